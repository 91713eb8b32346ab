"""What a look into a database does not tell of a tree's tables, and when the answer is a question instead of an edit.

A table that is not seen is no table that is missing: it may be in another schema, behind a view, or, as DATABASE_ROUTERS say, in
another database. Its names are compared with nothing, and no row is put in or taken out on their account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stitchback.model.keys import MigrationKey
from stitchback.repair.schema_of_applied import SchemaOfApplied
from stitchback.repair.visible_schema import ELSEWHERE, Names, VisibleSchema

OPTION = "--app-in-other-database"
KEY = "apps_in_other_databases"


class OpenQuestion(Exception):
    """An edit depends on what only a person knows."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class OtherDatabases:
    """What is known of a project with several databases. `apps`: labels of those whose tables are in another database than the ledger; None
    where nobody has said. `routers`: whether the settings have DATABASE_ROUTERS."""

    apps: frozenset[str] | None = None
    routers: bool = False

    @property
    def is_open(self) -> bool:
        """Whether any table may be in another database for all that is known."""
        return self.routers and self.apps is None


@dataclass(frozen=True, slots=True)
class HiddenTables:
    """`tables`: those of the tree, in lower case -> why they were not looked at. `names`: everything in them, and in the tables of `elsewhere`'s
    apps. `blind`: apps that have rows, and none of whose tables is in the database. `in_the_way`: those of `tables` of whose name
    something is there already."""

    elsewhere: OtherDatabases = field(default_factory=OtherDatabases)
    tables: Mapping[str, str] = field(default_factory=dict)
    names: Names = frozenset()
    blind: frozenset[str] = frozenset()
    in_the_way: frozenset[str] = frozenset()

    def refuse_absent(self, key: MigrationKey, footprint: Names) -> None:
        """Raises Question where nothing can be concluded from what the migration makes not being there."""
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
        """Raises Question where the migration is still to make a table, and what has its name was not looked at."""
        for table in sorted(self.in_the_way.intersection(made)):
            self.refuse_unseen(key, frozenset(name for name in self.names if name.table == table))

    def refuse_unseen(self, key: MigrationKey, footprint: Names) -> None:
        """Raises Question where an edit would rest on tables that were not looked at."""
        tables = sorted({name.table for name in footprint & self.names if name.table in self.tables})
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
    told: Iterable[MigrationKey],
    now: Names,
) -> HiddenTables:
    """`told`: migrations that the ledger tells to be done, `now`: what they leave. A ledger from a file hides nothing: its schema is worked out."""
    apps = elsewhere.apps or frozenset()
    names = player.names_of_apps(apps)
    if visible is None:
        return HiddenTables(elsewhere, names=names)
    hidden = {table: place for table in player.tables if (place := visible.hides(table))}
    there = {name.table for name in now}
    blind = {
        app
        for app in {key.app for key in told} - apps
        if (tables := {name.table for name in player.names_of_apps(frozenset({app}))} & there - {""})
        and not any(table in visible.tables or table in hidden for table in tables)
    }
    taken = frozenset(table for table, place in visible.unseen.items() if not place.startswith(ELSEWHERE))
    in_the_way = taken & hidden.keys()
    return HiddenTables(
        elsewhere, hidden, names | player.names_of_tables(hidden), frozenset(blind), in_the_way
    )
