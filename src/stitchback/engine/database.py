"""A database that exists as values only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter

from stitchback.model.keys import MigrationKey
from stitchback.model.physical import PhysicalSchema

BY_NAME = attrgetter("app", "name")


@dataclass(frozen=True, slots=True)
class SymbolicDatabase:
    """`ledger`: the rows of `django_migrations` in their order, duplicates and all (the table has no unique constraint).
    `schema`: what its tables are. `data`: the data operations that ran on it, in order, each by app and fingerprint.

    Equal where all three are; hashed, once, by ledger and data, which is enough to keep databases apart in a dictionary.
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
        """The same for everything that Django's loader looks at: rows sorted and once each, data operations sorted (how often
        each one ran stays)."""
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
