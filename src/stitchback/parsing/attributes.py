"""The plain attributes of a migration: dependencies, replaces, initial, atomic."""

from __future__ import annotations

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Swappable
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Call, Constant, Items, Reference, Value, render, text
from stitchback.parsing.class_hierarchy import ClassHierarchy
from stitchback.parsing.sources import MAX_SHOWN
from stitchback.parsing.unknown_length import UnknownLength

_SETTINGS = "django.conf.settings."


def dependencies(family: ClassHierarchy, name: str) -> tuple[Dependency, ...]:
    """`dependencies` or `run_before`. What of it cannot be read is one Opaque in its place."""
    value = family.attribute(name)
    if value is None:
        return ()
    span = family.span(name)
    return tuple(_dependency(item, span) for item in _listed(value, span))


def replaced(family: ClassHierarchy) -> tuple[MigrationKey | Opaque, ...]:
    value = family.attribute("replaces")
    if value is None:
        return ()
    span = family.span("replaces")
    found: list[MigrationKey | Opaque] = []
    for item in _listed(value, span):
        dependency = _dependency(item, span)
        known = isinstance(dependency, MigrationKey | Opaque)
        found.append(dependency if known else _opaque("this is not the name of a migration", item, span))  # type: ignore[arg-type]
    return tuple(found)


def flag(family: ClassHierarchy, name: str, default: bool | None) -> tuple[bool | None, tuple[Opaque, ...]]:
    """`initial` or `atomic`, and what of it could not be read (then it is None)."""
    value = family.attribute(name)
    match value:
        case None:
            return default, ()
        case Constant(value=None):
            return None, ()
        case Constant(value=constant):
            return bool(constant), ()
        case _:
            return None, (_opaque(f"{name} is not known", value, family.span(name)),)


def _listed(value: Value, span: Span) -> tuple[Value, ...]:
    match value:
        case Items(items=items):
            return items
        case Call(callee=Reference(path="operator.add"), args=parts):
            return tuple(item for part in parts for item in _listed(part, span))
        case _:
            return (UnknownLength.of(_opaque("a list that is not known", value, span)),)


def _dependency(value: Value, span: Span) -> Dependency:
    """One `(app, name)`, or a swappable one (`django.db.migrations.migration.swappable_dependency`)."""
    match value:
        case Items(items=(Constant(value=str() | bytes() as app), Constant(value=str() | bytes() as name))):
            return MigrationKey(_string(app), _string(name))
        case Call(
            callee=Reference(path="django.db.migrations.swappable_dependency"), args=args, kwargs=kwargs
        ):
            given = args or tuple(item for _, item in kwargs)
            return (
                _swappable(given[0], span)
                if len(given) == 1
                else _opaque("not a swappable model", value, span)
            )
        case _:
            return _opaque("a dependency that is not known", value, span)


def _string(name: str | bytes) -> str:
    """Python 2's byte strings are strings here: no project of Python 3 can have meant them otherwise."""
    return name if isinstance(name, str) else name.decode("utf-8", "replace")


def _swappable(value: Value, span: Span) -> Dependency:
    if isinstance(value, Reference) and value.path.startswith(_SETTINGS):
        return Swappable(value.path.removeprefix(_SETTINGS))
    label = text(value)
    if label is not None:
        return MigrationKey(label.partition(".")[0], "__first__")
    return _opaque("a swappable dependency that is not known", value, span)


def _opaque(reason: str, value: Value, span: Span) -> Opaque:
    """What was opaque already keeps its own place and reason."""
    if isinstance(value, Opaque):
        return value
    shown = render(value)
    return Opaque(reason, shown if len(shown) <= MAX_SHOWN else shown[:MAX_SHOWN] + " …", span)
