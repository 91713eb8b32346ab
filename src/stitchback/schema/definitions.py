"""Definitions of indexes and constraints as one line of text: `kind(columns) rest`.

The columns stand first and apart, so that a renamed or dropped column can be followed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stitchback.model.state import ModelState
from stitchback.model.values import Call, Constant, Reference, Value, render, strings
from stitchback.schema.expressions import ORDER_BY, F, canonical_definition

ColumnOf = Callable[[ModelState, str], str]


def definition(kind: str, columns: Sequence[str], rest: str = "") -> str:
    return f"{kind}({','.join(columns)})" + (f" {rest}" if rest else "")


def columns_in(text: str) -> tuple[str, ...]:
    """The columns of a definition, without the "-" of a descending one."""
    inner = text.partition("(")[2].partition(")")[0]
    return tuple(name.removeprefix("-") for name in inner.split(",") if name)


def column_renamed(text: str, old: str, new: str) -> str:
    """The definition after a column of it was renamed, as the database keeps it."""
    if old not in columns_in(text):
        return text
    kind, _, tail = text.partition("(")
    inner, _, rest = tail.partition(")")
    names = [rename_one(name, old, new) for name in inner.split(",")]
    return definition(kind, names) + rest


def rename_one(name: str, old: str, new: str) -> str:
    return {old: new, f"-{old}": f"-{new}"}.get(name, name)


def index_text(model: ModelState, index: Value, column_of: ColumnOf) -> str:
    """An index in column names: "index(a,-b) GinIndex condition=…"."""
    return named_text("index", "Index", model, index, column_of)


def is_unique_constraint(constraint: Value) -> bool:
    callee = constraint.callee if isinstance(constraint, Call) else None
    return isinstance(callee, Reference) and callee.path.endswith(".UniqueConstraint")


def constraint_text(model: ModelState, constraint: Value, column_of: ColumnOf) -> str:
    if isinstance(constraint, Call) and isinstance(constraint.callee, Reference):
        if is_unique_constraint(constraint):
            return named_text("unique", "UniqueConstraint", model, constraint, column_of)
        if constraint.callee.path.endswith(".CheckConstraint"):
            return named_text("check", "CheckConstraint", model, constraint, column_of)
    return named_text("constraint", "", model, constraint, column_of)


def named_text(kind: str, plain: str, model: ModelState, value: Value, column_of: ColumnOf) -> str:
    canonical = canonical_definition(value)
    if not isinstance(canonical, Call):
        return definition(kind, (), render(canonical))
    plain_columns = plain_names(canonical.args)
    names = strings(canonical.kwarg("fields")) or plain_columns
    columns = [one_column(model, field, column_of) for field in names]
    name = canonical.callee.path.rpartition(".")[2] if isinstance(canonical.callee, Reference) else "?"
    words = [] if name == plain else [name]
    words.extend(render(item) for item in canonical.args if not plain_columns)
    words.extend(f"{key}={render(item)}" for key, item in canonical.kwargs if key not in ("name", "fields"))
    return definition(kind, columns, " ".join(words))


def plain_names(expressions: tuple[Value, ...]) -> tuple[str, ...]:
    """The fields' names, "-" before descending ones, where all expressions are plain fields; else none."""
    found = []
    for expression in expressions:
        match expression:
            case Call(callee=callee, args=(Constant(value=str() as name),), kwargs=()) if callee == F:
                found.append(name)
            case Call(
                callee=callee, args=(Call(callee=inner, args=(Constant(value=str() as name),)),), kwargs=()
            ) if (callee, inner) == (ORDER_BY, F):
                found.append(name)
            case Call(
                callee=callee,
                args=(Call(callee=inner, args=(Constant(value=str() as name),)),),
                kwargs=(("descending", Constant(value=True)),),
            ) if (callee, inner) == (ORDER_BY, F):
                found.append(f"-{name}")
            case _:
                return ()
    return tuple(found)


def one_column(model: ModelState, name: str, column_of: ColumnOf) -> str:
    bare = name.removeprefix("-")
    return ("-" if bare != name else "") + column_of(model, bare)
