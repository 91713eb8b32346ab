"""Empty migrations as slots for hotfixes: what real Django does when one is filled (the table in docs/backport.md).

Each slot is an empty migration that databases have recorded. The hotfix is the column `colour`, which mainline has in a later migration.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from databases.small_projects import SmallProject, add, create, small_project

from stitchback.adapters.scratch_databases import ScratchDatabases, scratch_databases
from stitchback.adapters.urls import DatabaseUrl

COLOUR = add("item", "colour")
DUPLICATE = "duplicate column name: colour"
INCONSISTENT = "is applied before its dependency"
GUARD = """


class AddFieldIfMissing(migrations.AddField):
    def state_forwards(self, app_label, state):
        if self.name not in state.models[app_label, self.model_name_lower].fields:
            super().state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        table = to_state.apps.get_model(app_label, self.model_name)._meta.db_table
        with schema_editor.connection.cursor() as cursor:
            there = schema_editor.connection.introspection.get_table_description(cursor, table)
        if self.name not in {column.name for column in there}:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
"""


@pytest.fixture
def scratch() -> Iterator[ScratchDatabases]:
    with scratch_databases("sqlite:///") as found:
        yield found


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    project = small_project(tmp_path / "project", "shop")
    project.migration("shop.0001_initial", "", create("Item"))
    return project


def mainline(project: SmallProject, *filled: str, last: str = "0004_size", change: str = COLOUR) -> None:
    """The slot 0003, a feature, and the migration that has the column on mainline."""
    project.migration("shop.0003_reserved", "shop.0001_initial", *filled)
    project.migration("shop.0004_size", "shop.0003_reserved", add("item", "size"))
    project.migration("shop.0005_colour", f"shop.{last}", *([change] if change else []))


def has_column(url: str) -> bool:
    with closing(sqlite3.connect(DatabaseUrl.parse(url).name)) as connection:
        return "colour" in [row[1] for row in connection.execute("PRAGMA table_info(shop_item)")]


def test_a_slot_of_the_release_is_never_run_again(project: SmallProject, scratch: ScratchDatabases) -> None:
    """The release's databases have recorded it empty."""
    project.migration("shop.0003_reserved", "shop.0001_initial")
    url = scratch.create()
    assert project.migrate(url) == ""
    project.migration("shop.0003_reserved", "shop.0001_initial", COLOUR)
    assert project.migrate(url) == ""
    assert not has_column(url)


def test_a_slot_of_the_release_under_a_new_name_stops_mainlines_databases(
    project: SmallProject, scratch: ScratchDatabases
) -> None:
    """The release's databases run the renamed file; mainline's have its child applied before it."""
    project.migration("shop.0003_reserved", "shop.0001_initial")
    release, main = scratch.create(), scratch.create()
    assert project.migrate(release) == ""
    mainline(project)
    assert project.migrate(main, "shop", "0004_size") == ""
    (project.path / "shop/migrations/0003_reserved.py").unlink()
    project.migration("shop.0003_colour", "shop.0001_initial", COLOUR)
    project.migration("shop.0004_size", "shop.0003_colour", add("item", "size"))
    project.migration("shop.0005_colour", "shop.0004_size")
    assert project.migrate(release) == ""
    assert has_column(release)
    assert INCONSISTENT in project.migrate(main)


def databases(project: SmallProject, scratch: ScratchDatabases) -> dict[str, str]:
    """The release's, with the filled slot; mainline's, with the slot, and with its own column."""
    found = {name: scratch.create() for name in ("release", "slot", "feature", "column")}
    project.migration("shop.0003_reserved", "shop.0001_initial", COLOUR)
    assert project.migrate(found["release"]) == ""
    mainline(project)
    for name, target in (("slot", "0003_reserved"), ("feature", "0004_size"), ("column", "0005_colour")):
        assert project.migrate(found[name], "shop", target) == ""
    return found


def test_a_slot_of_mainline_alone_left_empty(project: SmallProject, scratch: ScratchDatabases) -> None:
    """The release's database has the column already. (On SQLite a nullable column: `migrate` rebuilds no table.)"""
    found = databases(project, scratch)
    assert DUPLICATE in project.migrate(found["release"])
    assert project.migrate(found["slot"]) == ""


def test_a_slot_of_mainline_alone_filled(project: SmallProject, scratch: ScratchDatabases) -> None:
    """Databases of mainline between the slot and its own column never get the column: their rows are those of the release."""
    found = databases(project, scratch)
    mainline(project, COLOUR, change="")
    fresh = scratch.create()
    assert {project.migrate(url) for url in (*found.values(), fresh)} == {""}
    assert {name: has_column(url) for name, url in {**found, "fresh": fresh}.items()} == {
        "release": True,
        "slot": False,
        "feature": False,
        "column": True,
        "fresh": True,
    }


def test_a_slot_of_mainline_alone_filled_and_its_own_column_guarded(
    project: SmallProject, scratch: ScratchDatabases
) -> None:
    """It works for every database, by a condition that stays in mainline's migration; the guard strategy writes the same without a slot."""
    found = databases(project, scratch)
    mainline(project, COLOUR, change=COLOUR.replace("migrations.AddField", "AddFieldIfMissing"))
    file = project.path / "shop/migrations/0005_colour.py"
    file.write_text(file.read_text().replace("\n\n\nclass Migration", GUARD + "\n\nclass Migration"))
    fresh = scratch.create()
    assert {project.migrate(url) for url in (*found.values(), fresh)} == {""}
    assert all(map(has_column, (*found.values(), fresh)))


def test_without_a_slot_the_release_gets_mainlines_migration(
    project: SmallProject, scratch: ScratchDatabases
) -> None:
    """What `backport` writes: the same name on both sides, with the dependencies that both have. Every database migrates, with no condition
    in a migration and no manual step."""
    found = {name: scratch.create() for name in ("release", "fork", "feature", "column")}
    assert project.migrate(found["fork"]) == ""
    project.migration("shop.0005_colour", "shop.0001_initial", COLOUR)
    assert project.migrate(found["release"]) == ""
    project.migration("shop.0004_size", "shop.0001_initial", add("item", "size"))
    project.migration("shop.0005_colour", "shop.0004_size", COLOUR)
    for name, target in (("feature", "0004_size"), ("column", "0005_colour")):
        assert project.migrate(found[name], "shop", target) == ""
    project.migration("shop.0005_colour", "shop.0001_initial", COLOUR)
    project.migration("shop.0006_merge", "shop.0004_size shop.0005_colour")
    assert {project.migrate(url) for url in found.values()} == {""}
    assert all(map(has_column, found.values()))
