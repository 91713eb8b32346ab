"""What `inspect` finds in a real database besides its rows, on every engine, and that `repair` never says otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from command_line import REFUSED, Said, stitchback
from databases.conftest import Place
from databases.servers import Server, execute, make_ledger
from fixture_repos import build_repository
from migration_values import add, char, create, foreign_key, integer, key, migration, operation, remove, tree

from stitchback.adapters.connections import connected
from stitchback.adapters.databases import DatabaseReading, read_database
from stitchback.adapters.urls import DatabaseUrl
from stitchback.errors import EnvironmentProblem
from stitchback.model.findings import Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.physical import IndexDefinition
from stitchback.model.values import TRUE, Call, Constant, Items, Reference
from stitchback.repair.diagnosis import Diagnosis
from stitchback.repair.ledger_edits import GiveId
from stitchback.repair.planner import RepairContext, RepairPlanner
from stitchback.repair.repair_outcomes import Repair, Unrepairable
from stitchback.schema.definitions import automatic_names

BASE = migration("shop.0001_base", "", create("Item", name=char(9)))
SIZE = migration("shop.0002_size", "shop.0001_base", add("item", "size", integer()))
VIP = migration("shop.0002_vip", "shop.0001_base", add("item", "vip", integer()))
TODAY = tree(BASE, SIZE)
THEN = tree(BASE, VIP, ref="then")
COLUMNS = "id integer NOT NULL PRIMARY KEY, name varchar(9) NOT NULL"


def fill(url: DatabaseUrl, rows: str, columns: str = COLUMNS) -> None:
    make_ledger(url, *map(key, rows.split()))
    execute(url, f"CREATE TABLE shop_item ({columns})")


def diagnosed(url: DatabaseUrl, today: Tree = TODAY, *past: Tree) -> Diagnosis:
    return diagnosed_as_read(read_database(url, with_schema=True), today, *past)


def diagnosed_as_read(reading: DatabaseReading, today: Tree, *past: Tree) -> Diagnosis:
    transactional = reading.vendor != "mysql"
    around = RepairContext(past, reading.schema, transactional=transactional, engine=reading.vendor)
    return RepairPlanner(today).diagnose(reading.ledger, around)


def errors(found: Diagnosis) -> list[str]:
    return [finding.code for finding in found.findings if finding.severity is Severity.ERROR]


def codes(found: Diagnosis) -> list[str]:
    return sorted(finding.code for finding in found.findings)


def test_a_sound_database(url: DatabaseUrl) -> None:
    fill(url, "shop.0001_base")
    found = diagnosed(url)
    assert (codes(found), found.needs_manual_step) == ([], False)
    assert found.now is not None
    assert (found.now.runs, found.now.error, found.now.harms, found.now.doubts) == ((SIZE.key,), "", (), ())
    assert found.now.looked


def test_a_column_that_is_there_already(url: DatabaseUrl) -> None:
    fill(url, "shop.0001_base", f"{COLUMNS}, size integer NULL")
    found = diagnosed(url)
    assert found.now is not None
    assert (found.now.runs, found.now.at) == ((), SIZE.key)
    assert found.now.error == "column shop_item.size exists already"
    assert found.needs_manual_step


def test_a_table_that_is_missing(url: DatabaseUrl) -> None:
    make_ledger(url, BASE.key)
    found = diagnosed(url)
    assert found.now is not None
    assert (found.now.at, found.now.error) == (SIZE.key, "table shop_item does not exist")


def test_a_required_column_that_no_model_has(url: DatabaseUrl) -> None:
    fill(url, "shop.0001_base shop.0002_vip", f"{COLUMNS}, vip integer NOT NULL")
    found = diagnosed(url, TODAY, THEN)
    assert errors(found) == ["SB641"]
    (finding,) = (finding for finding in found.findings if finding.code == "SB641")
    assert "column shop_item.vip" in finding.message
    assert "created by shop.0002_vip" in finding.message
    assert "git checkout then -- :/shop/migrations/0002_vip.py" in finding.hint
    assert isinstance(found.settled, Unrepairable)


@pytest.mark.parametrize("kind", ["integer NULL", "integer NOT NULL DEFAULT 7"])
def test_a_column_that_no_model_has_and_that_harms_nobody(url: DatabaseUrl, kind: str) -> None:
    fill(url, "shop.0001_base shop.0002_vip", f"{COLUMNS}, vip {kind}")
    found = diagnosed(url, TODAY, THEN)
    assert (errors(found), "SB642" in codes(found)) == ([], True)
    assert not found.needs_manual_step
    assert isinstance(found.settled, Repair)


def test_a_required_column_that_a_migration_still_to_run_drops(url: DatabaseUrl) -> None:

    today = tree(BASE, SIZE, migration("shop.0003_gone", "shop.0002_size", remove("item", "size")))
    fill(url, "shop.0001_base shop.0002_size", f"{COLUMNS}, size integer NOT NULL")
    assert "SB641" not in codes(diagnosed(url, today))


def test_what_is_still_to_run_may_take_it_away_where_migrate_fails_before(url: DatabaseUrl) -> None:

    gone = migration("shop.0003_gone", "shop.0002_size", remove("item", "size"))
    fill(url, "shop.0001_base", f"{COLUMNS}, size integer NOT NULL")
    found = diagnosed(url, tree(BASE, SIZE, gone))
    assert found.now is not None
    assert found.now.at == SIZE.key
    assert "SB641" not in codes(found)


def test_an_index_under_the_name_that_django_gives_it(url: DatabaseUrl) -> None:
    """A unique_together whose row is lost."""
    pair = Items("tuple", (Constant("name"), Constant("size")))
    together = operation(
        "AlterUniqueTogether",
        name=Constant("item"),
        unique_together=Call(Reference("set"), (Items("list", (pair,)),)),
    )
    today = tree(BASE, SIZE, migration("shop.0003_pairs", "shop.0002_size", together))
    fill(url, "shop.0001_base shop.0002_size", f"{COLUMNS}, size integer NULL")
    found = diagnosed(url, today)
    assert found.now is not None
    assert (found.now.runs, found.now.error) == ((key("shop.0003_pairs"),), "")
    (name,) = automatic_names(url.vendor, "shop_item", IndexDefinition("unique", ("name", "size")))
    execute(url, f"CREATE UNIQUE INDEX {name} ON shop_item (name, size)")
    found = diagnosed(url, today)
    assert found.now is not None
    assert (found.now.at, "exists already" in found.now.error) == (key("shop.0003_pairs"), True)


def test_models_that_cannot_be_rendered(url: DatabaseUrl) -> None:
    """Django renders the models of what is applied before it runs anything: one refers to a model that no applied migration makes."""
    home = migration("home.0001_base", "", create("House"))
    moved = migration(
        "shop.0002_size", "shop.0001_base", add("item", "house", foreign_key("home.house", null=TRUE))
    )
    today = tree(
        BASE, moved, home, migration("shop.0003_more", "shop.0002_size", add("item", "more", integer()))
    )
    fill(url, "shop.0001_base shop.0002_size", f"{COLUMNS}, house_id integer NULL")
    found = diagnosed(url, today)
    assert found.now is not None
    assert (found.now.runs, found.now.at) == ((), None)
    assert "lazy reference to 'home.house'" in found.now.error
    execute(
        url,
        "INSERT INTO django_migrations (app, name, applied) VALUES ('home', '0001_base', '2024-01-01 00:00:00')",
    )
    execute(url, "CREATE TABLE home_house (id integer NOT NULL PRIMARY KEY)")
    now = diagnosed(url, today).now
    assert now is not None
    assert now.error == ""


def test_a_table_that_is_not_looked_at(url: DatabaseUrl) -> None:
    """A view in its place: what is behind it is as the rows tell, and that is said."""
    make_ledger(url, BASE.key)
    execute(url, f"CREATE TABLE items ({COLUMNS})", "CREATE VIEW shop_item AS SELECT * FROM items")
    found = diagnosed(url)
    assert found.now is not None
    assert (found.now.error, found.now.runs, found.now.assumed) == ("", (SIZE.key,), ("shop_item",))


def test_a_table_that_no_model_has(url: DatabaseUrl) -> None:
    then = tree(BASE, migration("shop.0002_vip", "shop.0001_base", create("Vip")), ref="then")
    fill(url, "shop.0001_base shop.0002_vip")
    execute(
        url, "CREATE TABLE shop_vip (id integer NOT NULL PRIMARY KEY)", "CREATE TABLE others (id integer)"
    )
    found = diagnosed(url, TODAY, then)
    assert [f.message for f in found.findings if f.code == "SB642"] == [
        "no model has table shop_vip (created by shop.0002_vip, of then)"
    ]


def test_a_database_of_another_project(url: DatabaseUrl) -> None:
    make_ledger(url, key("auth.0001_initial"), key("blog.0001_initial"))
    assert errors(diagnosed(url)) == ["SB644"]


def test_a_new_database_in_which_django_has_begun(url: DatabaseUrl) -> None:
    make_ledger(url, key("auth.0001_initial"), key("contenttypes.0001_initial"))
    assert errors(diagnosed(url)) == []


# --- the id of a new row --------------------------------------------------------------------------------------------


def test_an_id_that_is_given(url: DatabaseUrl) -> None:
    fill(url, "shop.0001_base")
    new_id = read_database(url, with_schema=True).ledger.new_id
    assert new_id is not None
    assert new_id.is_sound


def test_an_id_that_is_not_given(url: DatabaseUrl, server: Server) -> None:
    execute(url, "CREATE TABLE old (app varchar(255), name varchar(255), applied varchar(60))")
    execute(
        url,
        "INSERT INTO old VALUES ('shop', '0001_base', '2024-01-01')",
        f"CREATE TABLE shop_item ({COLUMNS})",
    )
    execute(
        url,
        "CREATE TABLE django_migrations (id bigint NOT NULL PRIMARY KEY, app varchar(255), name varchar(255),"
        " applied varchar(60))",
        "INSERT INTO django_migrations SELECT 1, app, name, applied FROM old",
    )
    found = diagnosed(url)
    assert "SB643" in errors(found)
    assert found.now is not None
    assert (found.now.at, found.now.runs) == (SIZE.key, ())
    if server.vendor == "postgresql":
        assert isinstance(found.outcome, Repair)
    else:
        assert isinstance(found.outcome, Unrepairable)


@pytest.mark.parametrize(
    "damage",
    [
        "SELECT setval(pg_get_serial_sequence('django_migrations', 'id'), 1, false)",
        "ALTER TABLE django_migrations ALTER COLUMN id DROP IDENTITY",
    ],
)
def test_postgresql_is_given_ids_again(postgresql: Place, damage: str) -> None:
    url = postgresql.url
    fill(url, "shop.0001_base")
    execute(url, damage)
    found = diagnosed(url)
    assert errors(found) == ["SB627", "SB643"]
    assert isinstance(found.outcome, Repair)
    assert [type(edit) for edit in found.outcome.edits] == [GiveId]
    from stitchback.repair.sql import render_script

    script = render_script(found.outcome.edits, "postgresql", found.ledger)
    for _ in range(2):
        postgresql.server.client(url, script.text)
    postgresql.server.client(url, script.undo)
    assert errors(diagnosed(url)) == []
    execute(url, "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0002_size', now())")
    assert [row.key for row in read_database(url).ledger.rows] == [BASE.key, SIZE.key]


def test_a_sequence_that_is_behind_and_meets_a_free_id_first(postgresql: Place) -> None:
    """It is a finding all the same: a later row fails."""
    url = postgresql.url
    fill(url, "shop.0001_base")
    execute(
        url,
        "INSERT INTO django_migrations (id, app, name, applied) VALUES (9, 'auth', '0001_initial', now())",
    )
    found = diagnosed(url)
    assert errors(found) == ["SB643"]
    assert found.now is not None
    assert found.now.error == ""
    execute(url, "INSERT INTO django_migrations (id, app, name, applied) VALUES (2, 'auth', '0002_x', now())")
    now = diagnosed(url).now
    assert now is not None
    assert now.at == SIZE.key


def test_a_sequence_that_another_table_owns_is_found_by_the_default(postgresql: Place) -> None:
    url = postgresql.url
    fill(url, "shop.0001_base")
    execute(
        url,
        "ALTER TABLE django_migrations ALTER COLUMN id DROP IDENTITY",
        "CREATE SEQUENCE ids",
        "ALTER TABLE django_migrations ALTER COLUMN id SET DEFAULT nextval('ids')",
    )
    assert errors(diagnosed(url)) == ["SB627", "SB643"]


@pytest.mark.parametrize(
    ("sequence", "found_errors", "at"),
    [
        ("RESTART WITH 2", [], None),
        ("RESTART WITH 1", ["SB627", "SB643"], SIZE.key),
        ("INCREMENT BY 10 RESTART WITH 7", [], None),
        ("INCREMENT BY -1 MINVALUE -9 RESTART WITH 0", [], None),
        ("INCREMENT BY -1 MINVALUE -9 RESTART WITH 1", ["SB627"], SIZE.key),
        ("MAXVALUE 5 CYCLE RESTART WITH 5", [], None),
    ],
)
def test_a_sequence_that_was_set_by_hand(
    postgresql: Place, sequence: str, found_errors: list[str], at: MigrationKey | None
) -> None:
    """The next id is the judge: the server gives it to a row."""
    url = postgresql.url
    fill(url, "shop.0001_base")
    execute(url, f"ALTER SEQUENCE django_migrations_id_seq {sequence}")
    found = diagnosed(url)
    assert errors(found) == found_errors
    assert found.now is not None
    assert found.now.at == at
    insert = "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0002_size', now())"
    if at is None:
        execute(url, insert)
    else:
        with pytest.raises(Exception, match="django_migrations_pkey"):
            execute(url, insert)


@pytest.mark.parametrize(
    "damage",
    [
        (
            "ALTER SEQUENCE django_migrations_id_seq MAXVALUE 5",
            "SELECT setval('django_migrations_id_seq', 5)",
        ),
        (
            "ALTER TABLE django_migrations ALTER COLUMN id TYPE smallint",
            "ALTER SEQUENCE django_migrations_id_seq AS bigint",
            "SELECT setval('django_migrations_id_seq', 32767)",
        ),
    ],
)
def test_a_sequence_that_is_used_up(postgresql: Place, damage: tuple[str, ...]) -> None:
    url = postgresql.url
    fill(url, "shop.0001_base")
    execute(url, *damage)
    found = diagnosed(url)
    assert errors(found) == ["SB627", "SB643"]
    assert found.now is not None
    assert (found.now.at, found.now.runs) == (SIZE.key, ())
    assert isinstance(found.outcome, Unrepairable)
    assert "MAXVALUE" in found.outcome.hint


def test_a_row_is_put_in_beside_a_descending_sequence(postgresql: Place) -> None:
    """The statement that sets a sequence forward leaves it alone."""
    url = postgresql.url
    fill(url, "auth.0001_initial shop.0001_base", f"{COLUMNS}, size integer NULL")
    execute(url, "ALTER SEQUENCE django_migrations_id_seq INCREMENT BY -1 MINVALUE -9 RESTART WITH 0")
    found = diagnosed(url)
    assert isinstance(found.outcome, Repair)
    from stitchback.repair.sql import render_script

    postgresql.server.client(url, render_script(found.outcome.edits, "postgresql", found.ledger).text)
    assert read_database(url).ledger.keys == {key("auth.0001_initial"), BASE.key, SIZE.key}


def test_near_miss_ids_that_need_not_be_unique(postgresql: Place) -> None:
    url = postgresql.url
    fill(url, "shop.0001_base")
    execute(
        url,
        "ALTER TABLE django_migrations DROP CONSTRAINT django_migrations_pkey",
        "ALTER SEQUENCE django_migrations_id_seq RESTART WITH 1",
    )
    assert errors(diagnosed(url)) == []


def test_a_role_that_may_not_read_the_sequence_is_no_finding(postgresql: Place) -> None:
    """SELECT on the table is all that a role for reading has."""
    url = postgresql.url
    fill(url, "shop.0001_base")
    execute(url, "DROP ROLE IF EXISTS stitchback_reads", "CREATE ROLE stitchback_reads LOGIN")
    try:
        execute(url, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO stitchback_reads")
        assert errors(diagnosed(replace(url, user="stitchback_reads"))) == []
    finally:
        execute(url, "DROP OWNED BY stitchback_reads", "DROP ROLE stitchback_reads")


# --- rows that Django does not read, or that the role does not see ---------------------------------------------------


def test_a_view_in_the_place_of_the_ledger(url: DatabaseUrl) -> None:
    """Django reads no rows of a view, and cannot create the table."""
    fill(url, "shop.0001_base shop.0002_size", f"{COLUMNS}, size integer NULL")
    execute(
        url,
        "ALTER TABLE django_migrations RENAME TO kept_migrations",
        "CREATE VIEW django_migrations AS SELECT * FROM kept_migrations",
    )
    found = diagnosed(url)
    assert errors(found) == ["SB107", "SB627"]
    assert found.now is not None
    assert (found.now.runs, found.now.at) == ((), None)
    assert isinstance(found.settled, Unrepairable)
    assert "is not an ordinary table" in found.settled.message
    assert stitchback_and_django_agree(url)


def stitchback_and_django_agree(url: DatabaseUrl) -> bool:
    from django.db.migrations.recorder import MigrationRecorder

    with connected(url) as connection:
        return not MigrationRecorder(connection).has_table()


def test_rows_that_a_policy_hides(postgresql: Place) -> None:
    """Row-level security leaves rows out without an error: nothing is concluded from the others. The owner reads all of them."""
    url = postgresql.url
    fill(url, "shop.0001_base shop.0002_size", f"{COLUMNS}, size integer NULL")
    execute(url, "DROP ROLE IF EXISTS stitchback_reads", "CREATE ROLE stitchback_reads LOGIN")
    try:
        execute(
            url,
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO stitchback_reads",
            "ALTER TABLE django_migrations ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY in_part ON django_migrations FOR SELECT USING (name <> '0002_size')",
        )
        with pytest.raises(EnvironmentProblem) as caught:
            diagnosed(replace(url, user="stitchback_reads"))
        assert caught.value.code == "SB604"
        assert "BYPASSRLS" in caught.value.hint
        assert errors(diagnosed(url)) == []
        execute(url, "ALTER TABLE shop_item ENABLE ROW LEVEL SECURITY")
        execute(url, "ALTER TABLE django_migrations DISABLE ROW LEVEL SECURITY")
        assert errors(diagnosed(replace(url, user="stitchback_reads"))) == []
    finally:
        execute(url, "DROP OWNED BY stitchback_reads", "DROP ROLE stitchback_reads")


# --- the two commands -----------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return build_repository("same-column-leaf", tmp_path / "repository").path


def both(repository: Path, url: DatabaseUrl) -> tuple[Said, Said]:
    address = _address(url)
    return (
        stitchback(repository, "inspect", "--database", address),
        stitchback(repository, "repair", "--database", address),
    )


def _address(url: DatabaseUrl) -> str:
    return f"sqlite:///{url.name}" if url.vendor == "sqlite" else str(url)


def test_repair_never_passes_where_inspect_does_not(repository: Path, url: DatabaseUrl) -> None:
    make_ledger(url, key("blog.0001_initial"))
    inspected, repaired = both(repository, url)
    assert inspected.exit_code == 1
    assert (repaired.exit_code, repaired.out) == (REFUSED, "")
    assert "SB644" in repaired.err
