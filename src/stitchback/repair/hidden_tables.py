"""The tables of a tree that stitchback cannot read in a database, and the cases in which it asks the user instead of proposing an edit.

A table that cannot be read may exist: in another schema, behind a view, or, with DATABASE_ROUTERS, in another database. Its names are not compared,
and no row is inserted or deleted because of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stitchback.model.keys import MigrationKey
from stitchback.repair.ledger_edits import Presence
from stitchback.repair.schema_of_applied import SchemaOfApplied
from stitchback.repair.visible_schema import Names, VisibleSchema

OPTION = "--app-in-other-database"
KEY = "apps_in_other_databases"


class OpenQuestion(Exception):
    """An edit depends on information that only the user has."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class OtherDatabases:
    """The known facts about a project with several databases. `apps`: labels of those whose tables are in another database than the ledger; None if
    not configured. `routers`: whether the settings have DATABASE_ROUTERS."""

    apps: frozenset[str] | None = None
    routers: bool = False

    @property
    def is_open(self) -> bool:
        """Whether any table may be in another database."""
        return self.routers and self.apps is None


@dataclass(frozen=True, slots=True)
class HiddenTables:
    """`tables`: tables of the tree that were not read, in lower case -> the reason. `inside`: all names in them, also of their indexes -> the table.
    `names`: these, and those in the tables of `elsewhere`'s apps. `blind`: apps that have rows but no table in the database. `in_the_way`: those of `tables` whose name another object has."""

    elsewhere: OtherDatabases = field(default_factory=OtherDatabases)
    tables: Mapping[str, str] = field(default_factory=dict)
    inside: Mapping[Presence, str] = field(default_factory=dict)
    names: Names = frozenset()
    blind: frozenset[str] = frozenset()
    in_the_way: frozenset[str] = frozenset()

    def refuse_absent(self, key: MigrationKey, footprint: Names) -> None:
        """Raises OpenQuestion if the absence of what the migration creates proves nothing."""
        self.refuse_unseen(key, footprint)
        if key.app in self.blind:
            raise OpenQuestion(
                f"{key} has a row, and the database has no table of {key.app}", _in_another(key.app)
            )
        if self.elsewhere.is_open:
            raise OpenQuestion(
                f"{key} has a row, and what it creates is not in this database; the project has DATABASE_ROUTERS",
                f"{_in_another(key.app)} If the tables of all apps are in this database: {KEY} = [].",
            )

    def refuse_taken(self, key: MigrationKey, made: Iterable[str]) -> None:
        """Raises OpenQuestion if the migration will create a table and an object with its name was not read."""
        for table in sorted(self.in_the_way.intersection(made)):
            self.refuse_unseen(key, frozenset(name for name in self.names if name.table == table))

    def refuse_unseen(self, key: MigrationKey, footprint: Names) -> None:
        """Raises OpenQuestion if an edit depends on tables that were not read."""
        tables = sorted({self.inside[name] for name in footprint & self.inside.keys()})
        if tables:
            where = f"{tables[0]} is {self.tables[tables[0]]}"
            hint = "Connect as the application does, with its user and its search_path."
            raise OpenQuestion(
                f"stitchback cannot see whether {key} was applied: {where}", f"{hint} {_in_another(key.app)}"
            )


def _in_another(app: str) -> str:
    return f'If the tables of {app} are in another database: {OPTION} {app}, or {KEY} = ["{app}"] in [tool.stitchback].'


def unseen(
    player: SchemaOfApplied,
    visible: VisibleSchema | None,
    elsewhere: OtherDatabases,
    recorded: Iterable[MigrationKey],
    now: Names,
) -> HiddenTables:
    """The hidden tables of a database. `recorded`: migrations that the ledger records, `now`: the names after them. A ledger from a file has no hidden
    tables: its schema is derived."""
    apps = elsewhere.apps or frozenset()
    names = player.names_of_apps(apps)
    if visible is None:
        return HiddenTables(elsewhere, names=names)
    hidden = {table: place for table in player.tables if (place := visible.hides(table))}
    there = {name.table for name in now}
    blind = {
        app
        for app in {key.app for key in recorded} - apps
        if (tables := {name.table for name in player.names_of_apps(frozenset({app}))} & there - {""})
        and not any(table in visible.tables or table in hidden for table in tables)
    }
    taken = frozenset(table for table, place in visible.unseen.items() if not place.schema)
    in_the_way = taken & hidden.keys()
    inside = {name: table for table in sorted(hidden) for name in player.names_of_tables((table,))}
    return HiddenTables(elsewhere, hidden, inside, names | inside.keys(), frozenset(blind), in_the_way)
