"""The rows of one database's `django_migrations`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from stitchback.model.keys import MigrationKey

NULL = "NULL"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """`id` and `applied` (ISO 8601 text) are None if the source lacks them. `stored`: the SQL literal of a value that is not
    text, on databases that store times as text (SQLite), and of NULL; otherwise "".
    """

    key: MigrationKey
    id: int | None = None
    applied: str | None = None
    stored: str = ""


@dataclass(frozen=True, slots=True)
class NoTable:
    """A database in which the connection finds no table django_migrations. `relations`: its tables and views,
    with their schema if the connection does not search it; `schemas`: those with a django_migrations table of
    their own; `is_taken`: another object, such as a view, has its name.
    """

    relations: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    is_taken: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.relations or self.schemas)


@dataclass(frozen=True, slots=True)
class NewId:
    """How a new row of the table gets its id. `is_given`: whether the database assigns it. Of a sequence: `following`, the next
    id that it gives, None if unknown, and `step`, the distance to the one after it; `is_used_up`: it has no further value. `highest`: the
    highest id of all rows.
    """

    is_given: bool
    highest: int | None = None
    following: int | None = None
    step: int = 1
    is_used_up: bool = False

    @property
    def is_behind(self) -> bool:
        """Whether the next rows get an id that a row may already have. A descending sequence has passed the highest one."""
        known = self.following is not None and self.highest is not None and self.step > 0
        return known and self.following <= self.highest  # type: ignore[operator]

    def refuses(self, used: Collection[int | None], rows: int) -> bool:
        """Whether one of so many new rows gets no id, or one of the `used`."""
        if self.following is None:
            return not self.is_given or self.is_used_up
        return not set(used).isdisjoint(range(self.following, self.following + rows * self.step, self.step))

    @property
    def is_sound(self) -> bool:
        return not self.problem

    @property
    def problem(self) -> str:
        """A description, the same for all databases with this problem; "" if there is none."""
        if not self.is_given:
            return "django_migrations.id has no default: migrate cannot write a row"
        if self.is_used_up:
            return "the sequence of django_migrations.id has no further value: migrate cannot write a row"
        behind = "the sequence of django_migrations.id is behind its highest id: migrate cannot write a row"
        return behind if self.is_behind else ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """`source` is a file's name, or a database URL without its password, or an alias of DATABASES (with the schema, if
    one was named: `schema`); `is_live` if it was read from a database. Rows in the order of the table; `no_table` if the database has no such table;
    `new_id` if it was checked.
    """

    source: str
    rows: tuple[LedgerRow, ...]
    no_table: NoTable | None = None
    new_id: NewId | None = field(default=None, compare=False)
    is_live: bool = field(default=False, compare=False)
    schema: str = field(default="", compare=False)

    @classmethod
    def of(cls, *keys: MigrationKey, source: str = "") -> Ledger:
        return cls(source, tuple(LedgerRow(key) for key in keys))

    @property
    def keys(self) -> frozenset[MigrationKey]:
        return frozenset(row.key for row in self.rows)

    @property
    def duplicates(self) -> tuple[MigrationKey, ...]:
        """Keys that have more than one row (the table has no unique constraint; FACTS F5)."""
        counts = Counter(row.key for row in self.rows)
        return tuple(sorted(key for key, count in counts.items() if count > 1))


@dataclass(frozen=True, slots=True)
class LedgerStanding:
    """A tree and a ledger as Django's loader sees them together: the nodes of the graph (sorted, or in the order of a full plan), those that count as
    applied (FACTS, How the loader treats `replaces`), and the leaf nodes.
    """

    nodes: tuple[MigrationKey, ...]
    applied: frozenset[MigrationKey]
    leaves: tuple[MigrationKey, ...]

    @property
    def unapplied(self) -> tuple[MigrationKey, ...]:
        return tuple(key for key in self.nodes if key not in self.applied)
