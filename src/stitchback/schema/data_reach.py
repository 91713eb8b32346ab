"""What each operation can do to rows, and through which models and tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.model.data_reach import EVERYTHING, NOTHING, Reach, words_of
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import Code, Constant, Items, Value
from stitchback.schema.applying import STEPS
from stitchback.schema.data import is_empty


def data_operations(operations: Iterable[Operation | Opaque]) -> Iterator[Operation | Opaque]:
    """Those that may do anything to rows: RunPython and RunSQL, within SeparateDatabaseAndState too, and what cannot be read."""
    for operation in operations:
        if isinstance(operation, Opaque) or operation.kind not in STEPS:
            yield operation
        elif operation.kind in ("RunPython", "RunSQL"):
            if not is_empty(code_of(operation)):
                yield operation
        else:
            yield from data_operations(operation.database)


def code_of(operation: Operation) -> Value | None:
    """What a RunPython or RunSQL runs forwards."""
    return operation.argument("code" if operation.kind == "RunPython" else "sql")


def reach_of(operation: Operation | Opaque) -> Reach:
    """What a data operation can use; everything where its code cannot be read."""
    if isinstance(operation, Opaque) or operation.kind not in ("RunPython", "RunSQL"):
        return EVERYTHING
    code = code_of(operation)
    if is_empty(code):
        return NOTHING
    if operation.kind == "RunPython":
        return code.reach if isinstance(code, Code) else EVERYTHING
    said = None if code is None else list(_texts(code))
    if said is None or None in said:
        return EVERYTHING
    return Reach(frozenset(), frozenset(word for each in said if each for word in words_of(each)))


def _texts(code: Value) -> Iterator[str | None]:
    """The statements of SQL, parameters left out; None for what is no literal."""
    match code:
        case Constant(value=str() as sql):
            yield sql
        case Items(kind="list" | "tuple", items=items):
            for item in items:
                match item:
                    case Items(kind="list" | "tuple", items=(statement, *_)):
                        yield from _texts(statement)
                    case _:
                        yield from _texts(item)
        case Constant(value=None):
            return
        case _:
            yield None
