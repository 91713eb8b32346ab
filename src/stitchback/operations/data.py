"""Data operations: what distinguishes them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeGuard

from stitchback.model.atoms import OwnWork, WorkInTree
from stitchback.model.operations import Operation, TreeWork
from stitchback.model.session_statements import leaves_nothing
from stitchback.model.source import Opaque
from stitchback.model.values import Call, Code, Constant, Items, Reference, Value, render
from stitchback.operations import BY_NAME, kind_of
from stitchback.schema.effects import RunData

NOOPS = ("RunPython.noop", "RunSQL.noop")


def data_run(operation: Operation) -> RunData:
    """RunPython or RunSQL as its forward code, whether it does nothing, and a word for people."""
    code, tree = code_of(operation), operation.work
    label, is_sql, empty = label_of(operation, code), runs_sql(operation), is_empty(code)
    if tree is None:
        return RunData(work_of(operation, code), label, is_sql, empty)
    own = work_of(tree.operation, code_of(tree.operation))
    empty = empty or (isinstance(code, Reference) and tree.followed.empty)
    return RunData(WorkInTree(own, tree), label, is_sql, empty)


def runs_code(operation: Operation | Opaque) -> TypeGuard[Operation]:
    """Whether it is a RunPython or RunSQL."""
    kind = kind_of(operation)
    return kind is not None and bool(kind.code)


def runs_sql(operation: Operation | Opaque) -> bool:
    """Whether it is a RunSQL."""
    kind = kind_of(operation)
    return kind is not None and kind.code == "sql"


def code_of(operation: Operation) -> Value | None:
    """What a data operation runs forwards."""
    return operation.argument(BY_NAME[operation.kind].code)


def data_operations(operations: Iterable[Operation | Opaque]) -> Iterator[Operation]:
    """The RunPython and RunSQL operations, including those inside SeparateDatabaseAndState."""
    for operation in operations:
        if isinstance(operation, Operation):
            if runs_code(operation):
                yield operation
            yield from data_operations(operation.database)


def with_works(
    operations: Iterable[Operation | Opaque], works: Iterator[TreeWork]
) -> tuple[Operation | Opaque, ...]:
    """The operations, with one work set on each of those that `data_operations` returns."""
    found: list[Operation | Opaque] = []
    for operation in operations:
        if isinstance(operation, Operation):
            work = next(works) if runs_code(operation) else operation.work
            operation = replace(operation, database=with_works(operation.database, works), work=work)
        found.append(operation)
    return tuple(found)


def has_code(operations: Iterable[Operation | Opaque]) -> bool:
    """Whether there is SQL, Python, or an operation that cannot be read among them."""
    return any(isinstance(each, Opaque) or is_code(each) for each in operations)


def is_code(operation: Operation) -> bool:
    """RunSQL or RunPython that does anything; one within SeparateDatabaseAndState too."""
    if runs_code(operation):
        return not data_run(operation).empty
    return has_code(operation.database)


def session_statements(operations: Iterable[Operation | Opaque]) -> Iterator[Operation]:
    """The operations that leave nothing in a database and yet do something: those that are no noop."""
    for operation in data_operations(operations):
        code = code_of(operation)
        is_noop = code == Constant("") or (isinstance(code, Reference) and code.path.endswith(NOOPS))
        if not is_noop and data_run(operation).empty:
            yield operation


def work_of(operation: Operation, code: Value | None) -> OwnWork:
    """The code where the module defines it; a digest of the text for SQL and for what is imported."""
    if isinstance(code, Code):
        return code
    text = "" if code is None else render(without_layout(code))
    return hashlib.sha256(f"{operation.kind}:{text}".encode()).hexdigest()


def without_layout(value: Value) -> Value:
    """SQL text with its white space made one, inside lists of statements as well."""
    match value:
        case Constant(value=str() as sql):
            return Constant(" ".join(sql.split()))
        case Items(items=items):
            return Items("list", tuple(without_layout(item) for item in items))
        case _:
            return value


def is_empty(code: Value | None) -> bool:
    """Whether the code of RunPython or the SQL of RunSQL leaves nothing in a database: it does nothing at all, or it is of statements of the
    session alone (`model.session_statements`)."""
    match code:
        case Code(empty=empty) | Call(callee=Code(empty=empty)):
            return empty
        case Reference(path=path):
            return path.endswith(NOOPS)
        case Items(kind="list" | "tuple", items=items):
            return all(_statement_is_empty(item) for item in items)
        case _:
            return _statement_is_empty(code)


def _statement_is_empty(value: Value | None) -> bool:
    """One statement of RunSQL: a text, or a pair of a text and its parameters (`RunSQL._run_sql`)."""
    match value:
        case Constant(value=None):
            return True
        case Constant(value=str(sql)) | Items(kind="list" | "tuple", items=(Constant(value=str(sql)), _)):
            return leaves_nothing(sql)
        case _:
            return False


def label_of(operation: Operation, code: Value | None) -> str:
    match code:
        case Code(name=name) | Call(callee=Code(name=name)):
            return f"{operation.kind} {name}"
        case Reference(path=path):
            return f"{operation.kind} {path.rpartition('.')[2]}"
        case None:
            return operation.kind
        case _:
            line = " ".join(render(code).split())
            return f"{operation.kind} {line[:60]}"
