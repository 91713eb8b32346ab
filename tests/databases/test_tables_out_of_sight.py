"""A table that the connection does not see is no table that is missing: no row is taken out on its account. Django made the databases, and
has nothing to migrate there before and after."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import REFUSED
from databases.conftest import Place
from databases.servers import Server, execute
from databases.small_projects import Live, SmallProject, add, create, live, small_project

from stitchback.adapters.scratch_databases import ScratchDatabases, scratch_databases

ALL = ["audit.0001_initial", "audit.0002_note", "shop.0001_initial"]


@pytest.fixture
def scratch(server: Server) -> Iterator[ScratchDatabases]:
    with scratch_databases(os.environ[server.variable] if server.variable else "sqlite:///") as made:
        yield made


@pytest.fixture
def postgresql_scratch() -> Iterator[ScratchDatabases]:
    if "STITCHBACK_TEST_POSTGRES" not in os.environ:
        pytest.skip("STITCHBACK_TEST_POSTGRES is not set")
    with scratch_databases(os.environ["STITCHBACK_TEST_POSTGRES"]) as made:
        yield made


def project(path: Path, *, table: str = "", settings: str = "") -> SmallProject:
    made = small_project(path, "shop", "audit", settings=settings)
    made.migration("shop.0001_initial", "", create("Item"))
    options = f"{{'db_table': {table!r}}}" if table else ""
    made.migration("audit.0001_initial", "", create("Log", options=options), create("Other"))
    made.migration("audit.0002_note", "audit.0001_initial", add("log", "note"))
    made.commit()
    return made


def untouched(database: Live, *options: str) -> None:
    """Nothing to do, or a question; never a script."""
    said = database.repair(*options)
    assert (said.exit_code, said.out) == (0, ""), said.err
    assert database.inspect(*options).exit_code == 0
    assert database.migrate() == ""
    assert database.names() == ALL


def question(database: Live, *options: str) -> str:
    said = database.repair(*options)
    assert (said.exit_code, said.out) == (REFUSED, ""), said.out
    assert "SB615" in said.err
    assert database.inspect(*options).exit_code == 1
    return said.err


def deleted(database: Live, *options: str) -> bool:
    return "DELETE" in database.repair(*options).out


def test_a_view_in_the_tables_place(server: Server, scratch: ScratchDatabases, tmp_path: Path) -> None:
    database = live(project(tmp_path), server, scratch)
    database.execute("ALTER TABLE audit_log RENAME TO audit_log_2024")
    database.execute("CREATE VIEW audit_log AS SELECT id FROM audit_log_2024")
    untouched(database)
    assert "audit_log (a view)" in database.repair().err


def test_near_it_a_table_that_is_gone_and_a_column(
    server: Server, scratch: ScratchDatabases, tmp_path: Path
) -> None:
    """Another table of the app is there, so this is the database of the app."""
    database = live(project(tmp_path), server, scratch)
    database.execute("ALTER TABLE audit_log DROP COLUMN note")
    assert deleted(database)
    database.execute("CREATE VIEW shop_view AS SELECT id FROM shop_item")
    assert deleted(database), "a view of another name changes nothing"


def test_a_generated_column_is_a_column(server: Server, scratch: ScratchDatabases, tmp_path: Path) -> None:
    database = live(project(tmp_path), server, scratch)
    kind = "STORED" if server.vendor == "postgresql" else "VIRTUAL"
    database.execute(
        "ALTER TABLE audit_log DROP COLUMN note",
        f"ALTER TABLE audit_log ADD COLUMN note integer GENERATED ALWAYS AS (id) {kind}",
    )
    untouched(database)
    database.execute("DELETE FROM django_migrations WHERE name = '0002_note'")
    assert database.repair("--apply", "--yes").exit_code == 0
    untouched(database)


def test_an_app_that_has_rows_and_no_table_at_all(
    server: Server, scratch: ScratchDatabases, tmp_path: Path
) -> None:
    database = live(project(tmp_path), server, scratch)
    database.execute("DROP TABLE audit_log", "DROP TABLE audit_other")
    said = question(database)
    assert "no table of audit" in said
    assert "--app-in-other-database audit" in said
    assert question(database, "--app-in-other-database", "shop")
    untouched(database, "--app-in-other-database", "audit")


def test_routers_make_every_absence_a_question(
    server: Server, scratch: ScratchDatabases, tmp_path: Path
) -> None:
    made = project(tmp_path, settings="\nDATABASE_ROUTERS = ['proj.routers.Router']\n")
    database = Live(made, server, scratch.create())
    made.write({"proj/routers.py": "class Router:\n    pass\n"})
    assert database.migrate() == ""
    untouched(database)
    database.execute("ALTER TABLE audit_log DROP COLUMN note")
    assert "DATABASE_ROUTERS" in question(database)
    untouched_rows = database.names()
    answer = "[tool.stitchback]\napps_in_other_databases = {}\n"
    made.write({"pyproject.toml": answer.format('["audit"]')})
    assert database.repair().exit_code == 0
    made.write({"pyproject.toml": answer.format("[]")})
    assert deleted(database)
    assert database.names() == untouched_rows == ALL


@pytest.mark.parametrize(
    ("lines", "routed"),
    [
        ("DATABASE_ROUTERS = []", False),
        ("# DATABASE_ROUTERS: none", False),
        ("DATABASE_ROUTERS = ['x.Y']", True),
        ("DATABASE_ROUTERS = []\nDATABASE_ROUTERS += ['x.Y']", True),
        ("import os\nDATABASE_ROUTERS = os.environ['R'].split()", True),
        ("import os\nif os.environ.get('R'):\n    DATABASE_ROUTERS = ['x.Y']", True),
    ],
)
def test_what_the_settings_say_of_routers(lines: str, routed: bool, tmp_path: Path) -> None:
    from stitchback.api import Project

    project(tmp_path, settings=f"\n{lines}\n")
    with Project.open(tmp_path) as opened:
        assert opened.tree("HEAD").has_routers is routed


def test_a_table_that_is_named_with_its_schema(
    postgresql: Place, postgresql_scratch: ScratchDatabases, tmp_path: Path
) -> None:
    """`db_table = 'audit"."log'` names it exactly, and it was looked at: what is missing in it is missing."""
    database = Live(project(tmp_path, table='audit"."log'), postgresql.server, postgresql_scratch.create())
    database.execute("CREATE SCHEMA audit")
    assert database.migrate() == ""
    untouched(database)
    database.execute("ALTER TABLE audit.log DROP COLUMN note")
    assert deleted(database)


@pytest.mark.parametrize("column", ["id", "note"])
def test_two_tables_whose_names_differ_in_case(
    column: str, postgresql: Place, postgresql_scratch: ScratchDatabases, tmp_path: Path
) -> None:
    """Neither the one nor the other table says what the migrations did: Django means one of them, and names are compared in lower case."""
    database = live(project(tmp_path), postgresql.server, postgresql_scratch)
    database.execute(f'CREATE TABLE "AUDIT_LOG" ({column} integer)')
    untouched(database)
    database.execute(
        "ALTER TABLE audit_log DROP COLUMN note", "DELETE FROM django_migrations WHERE name = '0002_note'"
    )
    said = database.repair()
    assert (said.exit_code, said.out) == (0, ""), "the other table's column is no reason to put the row in"
    assert database.migrate() == ""
    assert database.names() == ALL


def test_a_schema_off_the_search_path(
    postgresql: Place, postgresql_scratch: ScratchDatabases, tmp_path: Path
) -> None:
    database = live(project(tmp_path), postgresql.server, postgresql_scratch)
    database.execute("CREATE SCHEMA hidden", "ALTER TABLE audit_log SET SCHEMA hidden")
    untouched(database)
    assert "audit_log (in the schema hidden)" in database.repair().err
    database.execute("DELETE FROM django_migrations WHERE name = '0002_note'")
    assert database.repair().out == "", "its column is not seen, so nothing is put in either"


def test_another_tenants_table_is_not_this_ones_either(
    postgresql: Place, postgresql_scratch: ScratchDatabases, tmp_path: Path
) -> None:
    """The application's search path may have both schemas: a tenant's own and a shared one."""
    database = live(project(tmp_path), postgresql.server, postgresql_scratch)
    database.execute(
        "CREATE SCHEMA tenant",
        "CREATE TABLE tenant.django_migrations AS SELECT * FROM public.django_migrations",
        "CREATE TABLE tenant.shop_item AS SELECT * FROM public.shop_item",
        "CREATE TABLE tenant.audit_other AS SELECT * FROM public.audit_other",
    )
    said = database.project.say("repair", "--schemas", database.url)
    assert "DELETE" not in said.out
    assert "take out" not in said.out


def test_tables_that_a_mysql_user_has_no_right_on(mysql: Place, tmp_path: Path) -> None:
    """Its catalog does not show them at all."""
    made = project(tmp_path)
    root = mysql.url
    name = root.name
    database = Live(made, mysql.server, f"mysql://{root.user}@{root.host}:{root.port or 3306}/{name}")
    assert database.migrate() == ""
    user = f"reader_{name[-8:]}"
    execute(root, f"CREATE USER '{user}'@'%'", f"CREATE USER '{user}'@'localhost'")
    try:
        for table in ("django_migrations", "shop_item", "audit_other"):
            execute(root, f"GRANT SELECT ON {name}.{table} TO '{user}'@'%', '{user}'@'localhost'")
        reader = Live(made, mysql.server, f"mysql://{user}@{root.host}:{root.port or 3306}/{name}")
        said = reader.repair()
        assert (said.exit_code, said.out) == (0, ""), said.err
        assert "audit_log (not visible: this user has permissions on single tables only)" in " ".join(
            said.err.split()
        )
        execute(root, f"GRANT SELECT ON {name}.* TO '{user}'@'%', '{user}'@'localhost'")
        execute(root, f"ALTER TABLE {name}.audit_log DROP COLUMN note")
        assert deleted(reader), "who may read all of it sees all of it"
    finally:
        execute(root, f"DROP USER '{user}'@'%', '{user}'@'localhost'")
