"""Fleets: many databases read at once, grouped by what they need, the dead ones told."""

from __future__ import annotations

from pathlib import Path

import pytest
from databases.conftest import Place
from databases.servers import Postgresql, Sqlite, execute, ledger, make_ledger
from migration_values import add, create, integer, key, migration, tree

from stitchback.adapters.fleet_file import (
    ReachedTenant,
    Tenant,
    UnreachedTenant,
    read_fleet,
    read_fleet_file,
    schemas_of,
)
from stitchback.adapters.urls import DatabaseUrl
from stitchback.errors import EnvironmentProblem
from stitchback.model.ledger import Ledger
from stitchback.repair.database_groups import FleetGroup, FleetMember, grouped
from stitchback.repair.ledger_edits import GiveId
from stitchback.repair.planner import RepairContext, RepairPlanner

BASE = migration("shop.0001_base", "", create("Item", name=integer()))
COLOR = migration("shop.0002_color", "shop.0001_base", add("item", "color"))
STITCH = migration(
    "shop.0002_stitch", "shop.0001_base", add("item", "color"), replaces="shop.0002_hotfix"
).with_changes(
    provenance=("replaces shop.0002_hotfix of release (commit abc)", "takes operations from shop.0002_color")
)
TODAY = tree(BASE, STITCH, migration("shop.0002_color", "shop.0001_base shop.0002_stitch"))

KINDS = {
    "fresh": [],
    "patched": ["shop.0001_base", "shop.0002_hotfix"],
    "mainline": ["shop.0001_base", "shop.0002_color"],
    "doubled": ["shop.0001_base", "shop.0001_base", "shop.0002_color"],
}


def derived(members: list[FleetMember]) -> tuple[FleetGroup, ...]:
    deriver = RepairPlanner(TODAY)
    return grouped(
        members, lambda member: deriver.derive(member.ledger, RepairContext(visible=member.visible))
    )


def member_of(answer: object) -> FleetMember:
    assert isinstance(answer, ReachedTenant)
    reading = answer.reading
    return FleetMember(
        answer.tenant.name, reading.vendor, reading.ledger, reading.schema, answer.tenant.schema
    )


def test_ten_thousand_tenants_are_a_handful_of_scripts() -> None:
    names = sorted(KINDS)
    members = [
        FleetMember(
            f"tenant {at}", "sqlite", Ledger.of(*map(key, KINDS[names[at % 4]]), source=f"tenant {at}")
        )
        for at in range(10_000)
    ]
    groups = derived(members)
    assert [len(group.members) for group in groups] == [5000, 2500, 2500]
    assert sum(bool(group.edits) for group in groups) == 2
    assert "2500 databases" in next(group for group in groups if group.edits).script().text


def test_a_refusal_is_a_group_too() -> None:
    broken = [FleetMember(f"t{at}", "sqlite", Ledger.of(key("shop.0002_hotfix"))) for at in range(3)]
    (group,) = derived(broken)
    assert group.refusal is not None
    assert (len(group.members), group.edits, group.repairs) == (3, (), ())


def test_dead_tenants_are_told_and_in_nobodys_way(tmp_path: Path) -> None:
    server = Sqlite()
    alive = [server.create(tmp_path) for _ in range(30)]
    for at, url in enumerate(alive):
        make_ledger(url, *map(key, KINDS[sorted(KINDS)[at % 4]]))
    dead = [
        DatabaseUrl("sqlite", str(tmp_path / "gone.sqlite3")),
        DatabaseUrl("postgresql", "x", "u", "hush", "127.0.0.1", 1),
    ]
    tenants = [Tenant(url) for url in (alive[0], dead[0], *alive[1:], dead[1])]
    seen: list[tuple[int, int]] = []
    answers = read_fleet(tenants, workers=4, timeout=2, progress=lambda done, of: seen.append((done, of)))
    assert [answer.tenant for answer in answers] == tenants
    lost = [answer for answer in answers if isinstance(answer, UnreachedTenant)]
    assert [answer.tenant.url for answer in lost] == dead
    assert all("hush" not in answer.problem.message + answer.tenant.name for answer in lost)
    assert seen[-1] == (32, 32)
    groups = derived([member_of(answer) for answer in answers if isinstance(answer, ReachedTenant)])
    assert sum(len(group.members) for group in groups) == 30


def test_one_groups_script_repairs_all_of_it(tmp_path: Path) -> None:
    server = Sqlite()
    urls = [server.create(tmp_path) for _ in range(3)]
    for at, url in enumerate(urls):
        make_ledger(url, *[key("auth.0001_initial")] * at, *map(key, KINDS["doubled"]))
        execute(url, "CREATE TABLE shop_item (id integer, name integer, color text)")
    answers = read_fleet([Tenant(url) for url in urls])
    befores = [ledger(url) for url in urls]
    groups = derived([member_of(answer) for answer in answers][:2])
    (group,) = (group for group in groups if group.edits)
    script = group.script()
    assert not script.undo_is_whole
    for url in urls:
        printed = server.client(url, script.text)
        assert sorted(str(row.key) for row in ledger(url).rows if row.key.app == "shop") == [
            "shop.0001_base",
            "shop.0002_color",
            "shop.0002_hotfix",
        ]
        kept = [line for line in printed.splitlines() if line.startswith("INSERT INTO")]
        server.client(url, script.undo + "\n".join(kept))
    assert [ledger(url) for url in urls] == befores


def test_schemas_of_one_database(postgresql: Place) -> None:
    url = postgresql.url
    make_ledger(url, key("shop.0001_base"))
    for at in range(5):
        kind = KINDS[sorted(KINDS)[at % 4]]
        copy = f'CREATE TABLE "tenant {at}".django_migrations (LIKE public.django_migrations INCLUDING ALL)'
        item = f'CREATE TABLE "tenant {at}".shop_item (id integer, name integer, color text)'
        execute(url, f'CREATE SCHEMA "tenant {at}"', copy, item)
        for name in kind:
            app, _, label = name.partition(".")
            execute(
                url,
                f"INSERT INTO \"tenant {at}\".django_migrations (app, name, applied) VALUES ('{app}', '{label}', now())",
            )
    tenants = schemas_of(url)
    assert [tenant.schema for tenant in tenants] == ["public", *(f"tenant {at}" for at in range(5))]
    answers = read_fleet(tenants)
    members = [member_of(answer) for answer in answers]
    assert [len(member.ledger.rows) for member in members] == [1, 3, 0, 2, 2, 3]
    groups = derived(members)
    for group in groups:
        if group.edits:
            repair, undo = group.texts()
            Postgresql().client(url, repair)
            Postgresql().client(url, undo)
            Postgresql().client(url, repair)
    again = derived([member_of(answer) for answer in read_fleet(tenants)])
    assert [group.edits for group in again] == [()]
    assert ledger(url).keys == {key("shop.0001_base")}


def test_fleet_files(tmp_path: Path) -> None:
    path = tmp_path / "fleet.txt"
    path.write_text("# ours\n\nsqlite:////a.db\n  postgresql://u:hush@h/x  \nsqlite:////a.db\n")
    assert [tenant.name for tenant in read_fleet_file(path)] == ["sqlite:////a.db", "postgresql://u:***@h/x"]
    path.write_text("sqlite:////a.db\npostgresql://u:hush@h\n")
    with pytest.raises(EnvironmentProblem, match="line 2") as caught:
        read_fleet_file(path)
    assert "hush" not in str(caught.value)
    for text in ("", "# nothing\n"):
        path.write_text(text)
        with pytest.raises(EnvironmentProblem, match="contains no database URL"):
            read_fleet_file(path)
    with pytest.raises(EnvironmentProblem, match="cannot be read"):
        read_fleet_file(tmp_path / "missing")
    with pytest.raises(EnvironmentProblem, match="PostgreSQL"):
        schemas_of(DatabaseUrl("sqlite", "/a.db"))


def test_sequences_that_are_behind_are_one_group(postgresql: Place) -> None:
    """However far: each database has ids of its own."""
    server = Postgresql()
    urls = [postgresql.url, server.create(Path())]
    try:
        for at, url in enumerate(urls):
            make_ledger(url, *[key("shop.0001_base")])
            execute(url, "CREATE TABLE shop_item (id bigint PRIMARY KEY, name integer)")
            execute(url, f"INSERT INTO django_migrations VALUES ({at + 7}, 'auth', '0001_initial', now())")
        members = [
            member_of(answer) for answer in read_fleet([Tenant(url) for url in urls], with_schema=True)
        ]
        deriver = RepairPlanner(TODAY)
        (group,) = grouped(
            members,
            lambda member: deriver.derive(
                member.ledger, RepairContext(visible=member.visible, engine=member.vendor)
            ),
        )
        assert [type(edit) for edit in group.edits] == [GiveId]
        for url in urls:
            server.client(url, group.script().text)
        again = [member_of(answer) for answer in read_fleet([Tenant(url) for url in urls], with_schema=True)]
        assert all(member.ledger.new_id and member.ledger.new_id.is_sound for member in again)
    finally:
        server.drop(urls[1])
