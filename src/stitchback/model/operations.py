"""One operation of a migration, as read."""

from __future__ import annotations

from dataclasses import dataclass, field

from stitchback.model.source import Opaque, Span
from stitchback.model.values import Value, opaques, render
from stitchback.model.work import TreeWork


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation whose class is known.

    `kind` is Django's class name, whatever name the file imports it under: "AddField", "CreateModel",
    "RunPython". A subclass defined in the tree, or configured as equal to a known class, has that class's
    kind and its own `path`. `arguments` are by Django's parameter names, sorted, positional ones named;
    omitted ones are absent. CreateModel's `fields` stay one Items value of (name, field) tuples, `options` a
    Dictionary. Equality ignores `span` and `work`. `work`: for RunPython and RunSQL, what they run, followed
    through the tree of their ref, if it is compared with another ref.
    For SeparateDatabaseAndState the two lists are `database` and `state`, and `arguments` is empty.
    `conditional` is true if the class equals one of `model.conditional`'s templates: its database operation
    first checks whether the schema object exists.
    """

    kind: str
    path: str
    arguments: tuple[tuple[str, Value], ...]
    span: Span = field(compare=False)
    database: tuple[Operation | Opaque, ...] = ()
    state: tuple[Operation | Opaque, ...] = ()
    conditional: bool = False
    work: TreeWork | None = field(default=None, compare=False, repr=False)

    def argument(self, name: str) -> Value | None:
        for key, value in self.arguments:
            if key == name:
                return value
        return None

    @property
    def opaques(self) -> tuple[Opaque, ...]:
        own = [item for _, value in self.arguments for item in opaques(value)]
        for inner in (*self.database, *self.state):
            own.extend((inner,) if isinstance(inner, Opaque) else inner.opaques)
        return tuple(own)

    def __str__(self) -> str:
        if self.kind == "SeparateDatabaseAndState":
            database = ", ".join(map(str, self.database))
            state = ", ".join(map(str, self.state))
            return f"SeparateDatabaseAndState(database=[{database}], state=[{state}])"
        return f"{self.kind}({', '.join(f'{key}={render(value)}' for key, value in self.arguments)})"
