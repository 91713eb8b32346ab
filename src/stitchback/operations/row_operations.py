"""What each operation can do to rows, and through which models and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from stitchback.model.data_reach import EVERYTHING, NOTHING, Reach, words_of
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import Call, Code, Constant, Items, Reference, Value, text, walk
from stitchback.operations import kind_of
from stitchback.operations.data import code_of, is_empty, runs_code, runs_sql

ADD_TRIGGER = Reference("pgtrigger.migrations.AddTrigger")
REMOVE_TRIGGER = Reference("pgtrigger.migrations.RemoveTrigger")
# `SELECT *`, `t.*`, `RETURNING *`; INSERT without a list of columns.
EVERY_COLUMN = re.compile(
    r"(?:\bselect|\bdistinct|\ball|\breturning|,|\.)\s*\*"
    r"|\binsert\s+into\s+[\w.\"`\[\]]+\s+(?:values|select|with|table|\(\s*(?:select|with))\b",
    re.IGNORECASE,
)


def row_operations(operations: Iterable[Operation | Opaque]) -> Iterator[Operation | Opaque]:
    """Those that may do anything to rows: RunPython and RunSQL, within SeparateDatabaseAndState too, and what cannot be read."""
    for operation in operations:
        if isinstance(operation, Opaque) or kind_of(operation) is None:
            yield operation
        elif runs_code(operation):
            if not is_empty(code_of(operation)):
                yield operation
        else:
            yield from row_operations(operation.database)


def reach_of(operation: Operation | Opaque, app: str) -> Reach:
    """What a data operation of that app can use; everything where its code cannot be read."""
    if not runs_code(operation):
        return EVERYTHING
    code = code_of(operation)
    if is_empty(code):
        return NOTHING
    if not runs_sql(operation):
        if isinstance(code, Reference) and isinstance(operation, Operation) and operation.work is not None:
            return operation.work.reach
        return code.reach if isinstance(code, Code) else reach_of_trigger(code, app)
    said = None if code is None else list(_texts(code))
    if said is None or None in said:
        return EVERYTHING
    return reach_of_sql(each for each in said if each)


def reach_of_sql(statements: Iterable[str]) -> Reach:
    """The tables and columns that statements can use are those whose words they have; every column where one asks for all."""
    texts = tuple(statements)
    return Reach(
        frozenset(),
        frozenset(word for each in texts for word in words_of(each)),
        any(map(EVERY_COLUMN.search, texts)),
    )


def reach_of_trigger(value: Value | None, app: str) -> Reach:
    """Of an operation of django-pgtrigger, which asks the historical state for the model that it names; everything for any other value.

    RemoveTrigger drops the trigger of that model's table. AddTrigger makes one whose statements name further tables: everything where
    a part of them cannot be read.
    """
    if not isinstance(value, Call) or value.callee not in (ADD_TRIGGER, REMOVE_TRIGGER):
        return EVERYTHING
    name = text(value.kwarg("model_name") or next(iter(value.args), None))
    if name is None:
        return EVERYTHING
    models = frozenset({f"{app}.{name.lower()}"})
    if value.callee == REMOVE_TRIGGER:
        return Reach(models)
    parts = tuple(walk(value))
    calls = tuple(each for each in parts if isinstance(each, Call))
    callees = {each.callee for each in calls}
    if any(text(each.kwarg("table")) for each in calls) and all(
        isinstance(each, Call | Constant) or each in callees for each in parts
    ):
        return replace(reach_of_sql(filter(None, map(text, parts))), models=models)
    return EVERYTHING


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
