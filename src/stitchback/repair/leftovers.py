"""Columns and tables of a database that no model of the tree has after all migrations are applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.model.physical import PhysicalSchema
from stitchback.model.source import Span
from stitchback.repair.ledger_edits import Presence
from stitchback.repair.recorder_rules import Keys
from stitchback.repair.schema_of_applied import SchemaOfApplied
from stitchback.repair.visible_schema import VisibleSchema


@dataclass(frozen=True, slots=True, order=True)
class LeftoverOrigin:
    """The applied migration, unknown to the tree, that created the leftover, and the `commit` with its file."""

    key: MigrationKey
    ref: str
    commit: str
    span: Span


@dataclass(frozen=True, slots=True, order=True)
class Leftover:
    """A table or column. `required`: an INSERT must give it a value, and no model does. `by_sql`: SQL of the app may have created it, and its
    triggers may fill it."""

    name: Presence
    required: bool = False
    by_sql: bool = False
    origin: LeftoverOrigin | None = None


@dataclass(frozen=True, slots=True)
class Migrated:
    """A database after a full `migrate`: `final` is its schema, `wanted` a fresh install's; if it `failed`, the remaining migrations may remove names
    that the tree has."""

    visible: VisibleSchema
    final: PhysicalSchema
    wanted: PhysicalSchema
    failed: bool


def leftovers(
    migrated: Migrated, player: SchemaOfApplied, pasts: Iterable[SchemaOfApplied], rows: Keys
) -> tuple[Leftover, ...]:
    """The leftovers. `pasts`: other trees, used to find the migration that created them; `rows`: the ledger's."""
    made = _Made(player, tuple(pasts), rows)
    found = [*_columns(migrated, made), *_tables(migrated, made)]
    return tuple(sorted(found, key=lambda leftover: leftover.name))


class _Made:
    """Finds the migrations that created a name."""

    def __init__(self, player: SchemaOfApplied, pasts: tuple[SchemaOfApplied, ...], rows: Keys) -> None:
        self.player, self.pasts, self.rows = player, pasts, rows
        nodes = frozenset(player.accounts.tree.migrations)
        self.by_sql = {name.table for name in player.names_of_apps(player.by_sql(nodes))}

    @property
    def ever(self) -> frozenset[str]:
        """Tables that any of the trees creates."""
        names = self.player.ever.union(*(past.ever for past in self.pasts))
        return frozenset(name.table for name in names if name.table)

    def origin(self, name: Presence) -> LeftoverOrigin | None:
        for past in self.pasts:
            tree = past.accounts.tree
            for key in sorted((self.rows & frozenset(tree.migrations)) - self.player.accounts.named):
                if name in past.footprint(key):
                    return LeftoverOrigin(key, tree.ref, tree.commit, Span(tree.migrations[key].path))
        return None


def _columns(migrated: Migrated, made: _Made) -> Iterator[Leftover]:
    wanted = {name.lower(): table for name, table in migrated.wanted.tables.items()}
    for table_name, table in migrated.final.tables.items():
        name = table_name.lower()
        if name not in wanted:
            continue
        known = {column.lower() for column in wanted[name].columns}
        for column in {column.lower() for column in table.columns} - known:
            seen = Presence(name, column)
            if not migrated.visible.has(seen) or (migrated.failed and seen in made.player.ever):
                continue
            required = (name, column) in migrated.visible.required
            yield Leftover(seen, required, name in made.by_sql, made.origin(seen))


def _tables(migrated: Migrated, made: _Made) -> Iterator[Leftover]:
    wanted = {name.lower() for name in migrated.wanted.tables}
    final = {name.lower() for name in migrated.final.tables}
    ours = {name.table for name in made.player.ever if name.table}
    for table in (made.ever & migrated.visible.tables.keys()) - wanted:
        seen = Presence(table)
        goes = table in ours and (migrated.failed or table not in final)
        if not goes:
            yield Leftover(seen, by_sql=table in made.by_sql, origin=made.origin(seen))
