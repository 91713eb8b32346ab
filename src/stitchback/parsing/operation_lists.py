"""Values in a list of operations -> operations whose class is known, or opaque ones."""

from __future__ import annotations

from dataclasses import replace

from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Call, Constant, Items, Reference, Value, render
from stitchback.operations import BY_NAME, BY_PATH
from stitchback.operations.within import NESTED
from stitchback.parsing.classes import KnownClass, known_class
from stitchback.parsing.scopes import CallSite, ModuleReading
from stitchback.parsing.sources import MAX_SHOWN, shown
from stitchback.parsing.unknown_values import UnknownLength

_SEPARATE = "SeparateDatabaseAndState"


def read_operations(value: Value, module: ModuleReading, span: Span) -> tuple[Operation | Opaque, ...]:
    """The operations of a list, in order. What of it cannot be read is opaque in its place, never left out."""
    match value:
        case Items(kind="list" | "tuple", items=items):
            return tuple(_operation(item, module, span) for item in items)
        case Call(callee=Reference(path="operator.add"), args=parts):
            return tuple(found for part in parts for found in read_operations(part, module, span))
        case Opaque():
            return (UnknownLength.of(value),)
        case _:
            return (UnknownLength("a list of operations that is not known", _cut(render(value)), span),)


def _operation(value: Value, module: ModuleReading, span: Span) -> Operation | Opaque:
    if isinstance(value, Opaque):
        return value
    if not isinstance(value, Call):
        return Opaque("this is not an operation", _cut(render(value)), span)
    place = module.place(value)
    where = place.span if place is not None else span
    if isinstance(value.callee, Reference) and value.callee.path in BY_PATH:
        kind = BY_PATH[value.callee.path].name
        return _known(kind, value.callee.path, value.args, value.kwargs, module, where)
    found = known_class(value, place, module)
    if isinstance(found, str):
        return Opaque(found, _text(value, place), where)
    operation = _known(found.kind, found.path, *found.arguments, module, where)
    return _as_found(operation, found) if isinstance(operation, Operation) else operation


def _as_found(operation: Operation, found: KnownClass) -> Operation:
    """The operation with what its class changes of it: a half that does nothing, a check of the database first."""
    match found.half:
        case "database":
            return Operation(_SEPARATE, found.path, (), operation.span, (operation,), ())
        case "state":
            return Operation(_SEPARATE, found.path, (), operation.span, (), (operation,))
        case _:
            return replace(operation, conditional=found.conditional)


def _known(
    kind: str,
    path: str,
    args: tuple[Value, ...],
    kwargs: tuple[tuple[str, Value], ...],
    module: ModuleReading,
    span: Span,
) -> Operation | Opaque:
    """The operation, its positional arguments named."""
    parameters = BY_NAME[kind].parameters
    if len(args) > len(parameters):
        call = Call(Reference(path), args, kwargs)
        return Opaque(f"more arguments than {kind} takes", _cut(render(call)), span)
    named = dict(zip(parameters, args, strict=False))
    named.update(kwargs)
    database, state = (
        _inner(named.pop(name) if name in parameters and name in named else None, module, span)
        for name in NESTED
    )
    return Operation(kind, path, tuple(sorted(named.items())), span, database, state)


def _inner(value: Value | None, module: ModuleReading, span: Span) -> tuple[Operation | Opaque, ...]:
    if value is None or value == Constant(None):
        return ()
    return read_operations(value, module, span)


def _text(value: Value, place: CallSite | None) -> str:
    return shown(place.node) if place is not None else _cut(render(value))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + " …"
