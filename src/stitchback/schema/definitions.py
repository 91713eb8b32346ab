"""The definitions of a model's indexes and constraints, in column names, and the names that Django gives to indexes without a name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from stitchback.model.physical import IndexDefinition
from stitchback.model.state import ModelState
from stitchback.model.values import Call, Constant, Reference, Value, render, strings
from stitchback.schema.expressions import ORDER_BY, F, canonical_definition

ColumnOf = Callable[[ModelState, str], str]

MAX_NAME_LENGTH = {"postgresql": 63, "mysql": 64, "oracle": 30}  # `DatabaseOperations.max_name_length`
OTHERWISE = 200
DIGEST_LENGTH = 8


def index_definition(model: ModelState, index: Value, column_of: ColumnOf) -> IndexDefinition:
    return named_definition("index", "Index", model, index, column_of)


def is_unique_constraint(constraint: Value) -> bool:
    callee = constraint.callee if isinstance(constraint, Call) else None
    return isinstance(callee, Reference) and callee.path.endswith(".UniqueConstraint")


def constraint_definition(model: ModelState, constraint: Value, column_of: ColumnOf) -> IndexDefinition:
    if isinstance(constraint, Call) and isinstance(constraint.callee, Reference):
        if is_unique_constraint(constraint):
            return named_definition("unique", "UniqueConstraint", model, constraint, column_of)
        if constraint.callee.path.endswith(".CheckConstraint"):
            return named_definition("check", "CheckConstraint", model, constraint, column_of)
    return named_definition("constraint", "", model, constraint, column_of)


def named_definition(
    kind: str, usual: str, model: ModelState, value: Value, column_of: ColumnOf
) -> IndexDefinition:
    canonical = canonical_definition(value)
    if not isinstance(canonical, Call):
        return IndexDefinition(kind, expressions=(render(canonical),))
    plain_columns = plain_names(canonical.args)
    names = strings(canonical.kwarg("fields")) or plain_columns
    columns = tuple(one_column(model, field, column_of) for field in names)
    name = canonical.callee.path.rpartition(".")[2] if isinstance(canonical.callee, Reference) else "?"
    expressions = () if plain_columns else tuple(render(item) for item in canonical.args)
    options = tuple((key, render(item)) for key, item in canonical.kwargs if key not in ("name", "fields"))
    return IndexDefinition(kind, columns, "" if name == usual else name, expressions, options)


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


def automatic_names(engine: str, table: str, index: IndexDefinition) -> tuple[str, ...]:
    """Of an index that the migration gave none. Source: `BaseDatabaseSchemaEditor._create_index_name`."""
    suffixes = ("_uniq",) if index.kind == "unique" else ("", "_idx")
    return tuple(_name(engine, table, index.column_names, suffix) for suffix in suffixes)


def _name(engine: str, table: str, columns: tuple[str, ...], suffix: str) -> str:
    digest = hashlib.md5("".join((table, *columns)).encode(), usedforsecurity=False).hexdigest()
    ending = digest[:DIGEST_LENGTH] + suffix
    longest = MAX_NAME_LENGTH.get(engine, OTHERWISE)
    joined = "_".join(columns)
    name = f"{table}_{joined}_{ending}"
    if len(name) <= longest:
        return name
    if len(ending) > longest / 3:
        ending = ending[: longest // 3]
    room = (longest - len(ending)) // 2 - 1
    name = f"{table[:room]}_{joined[:room]}_{ending}"
    return f"D{name[:-1]}" if name[0] == "_" or name[0].isdigit() else name
