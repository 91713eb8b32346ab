"""A symbolic database: its state as plain values, and as numbers, so that the proof can compare hundreds of thousands of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter

from stitchback.model.command_cache import by_value
from stitchback.model.keys import MigrationKey
from stitchback.model.physical import PhysicalSchema

BY_NAME = attrgetter("app", "name")


@dataclass(frozen=True, slots=True)
class SymbolicDatabase:
    """`ledger`: the rows of `django_migrations` in order, with duplicates (the table has no unique
    constraint). `schema`: its tables. `data`: the data operations that ran on it, in order, each as app and
    fingerprint.

    Equality compares all three. The hash uses only ledger and data and is computed once.
    """

    ledger: tuple[MigrationKey, ...] = ()
    schema: PhysicalSchema = field(default_factory=PhysicalSchema)
    data: tuple[str, ...] = ()
    _hash: int = field(init=False, repr=False, compare=False)
    _canonical: SymbolicDatabase | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.ledger, self.data)))

    def __hash__(self) -> int:
        return self._hash

    @property
    def rows(self) -> frozenset[MigrationKey]:
        return frozenset(self.ledger)

    @property
    def canonical(self) -> SymbolicDatabase:
        """The database with what Django's loader ignores removed: rows sorted and without duplicates, data
        operations sorted (with their repetitions).
        """
        if self._canonical is None:
            ledger = tuple(sorted(set(self.ledger), key=BY_NAME))
            made = SymbolicDatabase(ledger, self.schema, tuple(sorted(self.data)))
            object.__setattr__(made, "_canonical", made)
            object.__setattr__(self, "_canonical", made)
        assert self._canonical is not None
        return self._canonical

    @property
    def data_runs(self) -> Counter[str]:
        return Counter(self.data)

    def with_row(self, key: MigrationKey) -> SymbolicDatabase:
        return SymbolicDatabase((*self.ledger, key), self.schema, self.data)


@dataclass(slots=True, eq=False)
class DatabaseId:
    """What Django's loader sees of a database, and its content, as numbers of one `EngineCache`: the rows
    (bits), the schema (`EngineCache.schemas_by_number`) and the data operations that ran, sorted.

    Only `EngineCache.place` creates one, once per content: databases with an equal `canonical` get the same
    object, compared and hashed by identity. Never changed. It is not frozen because creating a frozen one
    takes three times as long.
    """

    rows: int
    schema: int
    data: tuple[str, ...]


Name = tuple[str, str]


@by_value
def as_key(name: Name) -> MigrationKey:
    """The key of a name, always the same object: databases are compared very often."""
    return MigrationKey(*name)
