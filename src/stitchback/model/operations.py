"""One operation of a migration, as read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from stitchback.model.source import Opaque, Span
from stitchback.model.values import Value, opaques, render
from stitchback.model.work import TreeWork

DATA_KINDS = ("RunPython", "RunSQL")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation whose class is known.

    `kind` is Django's class name, whatever the file calls it: "AddField", "CreateModel", "RunPython", "BtreeGinExtension".
    A subclass defined in the tree, or configured as equal to a known one, has the known one's kind and its own `path`.
    `arguments` are by Django's parameter names, sorted, positional ones named; what was not said is absent.
    CreateModel's `fields` stay one Items value of (name, field) tuples, `options` a Dictionary.
    Two operations are equal wherever they stand: `span` does not count. `work`: of RunPython and RunSQL, what they run, followed through the
    tree of their ref, where they are compared with those of another ref; it does not count either, the text is the same.
    For SeparateDatabaseAndState the two lists are `database` and `state`, and `arguments` is empty.
    `conditional` is true where the class is one of `model.conditional`'s templates, letter for letter: its database half
    looks first whether the thing is there.
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


def data_operations(operations: Iterable[Operation | Opaque]) -> Iterator[Operation]:
    """RunPython and RunSQL, those that SeparateDatabaseAndState runs too."""
    for operation in operations:
        if isinstance(operation, Operation):
            if operation.kind in DATA_KINDS:
                yield operation
            yield from data_operations(operation.database)


def with_works(
    operations: Iterable[Operation | Opaque], works: Iterator[TreeWork]
) -> tuple[Operation | Opaque, ...]:
    """The operations, those that `data_operations` gives with one work each."""
    found: list[Operation | Opaque] = []
    for operation in operations:
        if isinstance(operation, Operation):
            work = next(works) if operation.kind in DATA_KINDS else operation.work
            operation = replace(operation, database=with_works(operation.database, works), work=work)
        found.append(operation)
    return tuple(found)
