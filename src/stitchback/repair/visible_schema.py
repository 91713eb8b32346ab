"""The names that can be read from a database: tables, columns, indexes and constraints, and three traits of columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stitchback.repair.ledger_edits import Presence

Names = frozenset[Presence]
QUOTES = frozenset('"`')  # of a `db_table` that names the schema too: 'audit"."log'


@dataclass(frozen=True, slots=True)
class UnseenObject:
    """What cannot be read as a table of this connection. `schema`: where it is, if not where the connection looks."""

    what: str
    schema: str = ""

    def __str__(self) -> str:
        return f"in the schema {self.schema}" if self.schema else self.what


@dataclass(frozen=True, slots=True)
class VisibleSchema:
    """`tables`: table -> its columns; `indexes`: names of indexes and constraints; `traits`: (table, column, trait), as far as the engine shows them;
    `required`: (table, column) that an INSERT must give a value. Names in lower case: engines fold case differently, and Django's names do not clash.

    `unseen`: by name, objects that cannot be read as a table of this connection (a view, a table of a schema outside the
    search path). Not `everything`: there may be further tables that this user cannot see.
    """

    tables: Mapping[str, frozenset[str]] = field(default_factory=dict)
    indexes: frozenset[str] = frozenset()
    traits: frozenset[tuple[str, str, str]] = frozenset()
    required: frozenset[tuple[str, str]] = frozenset()
    unseen: Mapping[str, UnseenObject] = field(default_factory=dict)
    everything: bool = True

    @classmethod
    def of(
        cls,
        pairs: Iterable[tuple[str, str]],
        indexes: Iterable[str] = (),
        traits: Iterable[tuple[str, str, str]] = (),
        required: Iterable[tuple[str, str]] = (),
        unseen: Mapping[str, UnseenObject] | None = None,
        *,
        everything: bool = True,
    ) -> VisibleSchema:
        """Builds it from (table, column) pairs; a table without columns has the column ""."""
        found: dict[str, set[str]] = {}
        for table, column in pairs:
            found.setdefault(table.lower(), set()).update({column.lower()} - {""})
        tables = {table: frozenset(found[table]) for table in sorted(found)}
        folded = frozenset((table.lower(), column.lower(), trait) for table, column, trait in traits)
        needed = frozenset((table.lower(), column.lower()) for table, column in required)
        places = {name.lower(): place for name, place in sorted((unseen or {}).items())}
        return cls(tables, frozenset(name.lower() for name in indexes), folded, needed, places, everything)

    @classmethod
    def showing(cls, names: Names) -> VisibleSchema:
        """A visible schema with exactly these names."""
        return cls.of(
            [(name.table, name.column) for name in names if not (name.index or name.trait)],
            [name.index for name in names if name.index],
            [(name.table, name.column, name.trait) for name in names if name.trait],
        )

    @property
    def names(self) -> Names:
        return frozenset(
            {Presence(table, column) for table, columns in self.tables.items() for column in ("", *columns)}
            | {Presence("", index=name) for name in self.indexes}
            | {Presence(table, column, trait=trait) for table, column, trait in self.traits}
        )

    def names_in(self, tables: frozenset[str], others: Names) -> Names:
        """All visible names of these tables, and the names of indexes and constraints among the others."""
        return frozenset(
            name for name in self.names if name.table in tables or (name.index and name in others)
        )

    def hides(self, table: str) -> str:
        """Why the table's existence or contents cannot be read; "" if they can."""
        if table in self.unseen:
            return str(self.unseen[table])
        if table in self.tables:
            return ""
        if QUOTES.intersection(table):
            return "in a schema or database that was not read"
        return "" if self.everything else "not visible: this user has permissions on single tables only"

    def has(self, wanted: Presence) -> bool:
        folded = Presence(wanted.table.lower(), wanted.column.lower(), wanted.index.lower(), wanted.trait)
        return folded in self.names
