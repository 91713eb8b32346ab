"""Numbers for values, equal values the same: what many states share is hashed once, and not with every state again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from stitchback.model.physical import PhysicalSchema, Table
from stitchback.model.state import ModelState

T = TypeVar("T")


@dataclass(slots=True)
class Interner(Generic[T]):
    """By the object first, which is kept, so that its id stays its own; then by its content."""

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
    """What tells states from each other, and database schemas."""

    fields: Interner[Hashable] = field(default_factory=lambda: Interner(itself))
    models: Interner[ModelState] = field(init=False)
    tables: Interner[Table] = field(default_factory=lambda: Interner(table_content))

    def __post_init__(self) -> None:
        self.models = Interner(self.of_model)

    def of_model(self, model: ModelState) -> Hashable:
        """All of the model but the order of its fields: neither Django nor a database minds it, and each order in which
        migrations ran would make another state. An operation leaves most pairs of name and field the objects that they were."""
        return frozenset(map(self.fields.number, model.fields)), replace(model, fields=())

    def of_schema(self, schema: PhysicalSchema) -> Hashable:
        tables = ((name, self.tables.number(table)) for name, table in schema.tables.items())
        return frozenset(tables), schema.others
