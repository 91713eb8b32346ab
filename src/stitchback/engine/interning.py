"""Numbers for values, equal for equal values, so that a part that many states share is hashed only once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from stitchback.model.physical import PhysicalSchema, Table
from stitchback.model.state import ModelState

T = TypeVar("T")


@dataclass(slots=True)
class Interner(Generic[T]):
    """Looks a value up by object id first, then by content. It keeps the object, so that the id stays unique."""

    content: Callable[[T], Hashable]
    known: dict[int, tuple[T, int]] = field(default_factory=dict)
    by_content: dict[Hashable, int] = field(default_factory=dict)

    def number(self, value: T) -> int:
        known = self.known.get(id(value))
        if known is None:
            number = self.by_content.setdefault(self.content(value), len(self.by_content))
            known = self.known[id(value)] = (value, number)
        return known[1]


def itself(value: Hashable) -> Hashable:
    return value


def table_content(table: Table) -> Hashable:
    parts = (table.columns, table.indexes, table.constraints)
    return tuple(frozenset(part.items()) for part in parts), table.comment


@dataclass(slots=True)
class InternedContents:
    """What distinguishes states and database schemas."""

    fields: Interner[Hashable] = field(default_factory=lambda: Interner(itself))
    models: Interner[ModelState] = field(init=False)
    tables: Interner[Table] = field(default_factory=lambda: Interner(table_content))

    def __post_init__(self) -> None:
        self.models = Interner(self.of_model)

    def of_model(self, model: ModelState) -> Hashable:
        """The model without the order of its fields: Django and the database ignore it, and each order in
        which migrations run would make a different state. Most operations leave the (name, field) pairs the
        same objects.
        """
        return frozenset(map(self.fields.number, model.fields)), replace(model, fields=())

    def of_schema(self, schema: PhysicalSchema) -> Hashable:
        tables = ((name, self.tables.number(table)) for name, table in schema.tables.items())
        return frozenset(tables), schema.others
