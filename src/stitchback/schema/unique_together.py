"""`unique_together` and `index_together` as sets of tuples.

Source: `django.db.models.options.normalize_together`.
"""

from __future__ import annotations

from stitchback.model.source import Opaque, Span
from stitchback.model.values import NONE, Call, Constant, Dictionary, Items, Reference, Value, render
from stitchback.schema.labels import string

Together = frozenset[tuple[str, ...]]


def together_set_of(value: Value | None) -> Together | Opaque:
    """The set, from any spelling: a set, list or tuple of tuples or lists, one flat tuple, None, and `{}`, which is a
    dictionary."""
    if value is None or value in (NONE, Constant(""), Dictionary(())):
        return frozenset()
    items = members(value)
    if items is None:
        return value if isinstance(value, Opaque) else unread(value)
    names = [string(item) for item in items]
    if items and all(name is not None for name in names):
        return frozenset({tuple(name for name in names if name is not None)})
    found = [one(item) for item in items]
    if None in found:
        return unread(value)
    return frozenset(item for item in found if item is not None)


def one(value: Value) -> tuple[str, ...] | None:
    items = members(value)
    if items is None:
        return None
    names = tuple(string(item) for item in items)
    return None if None in names else tuple(name for name in names if name is not None)


def members(value: Value) -> tuple[Value, ...] | None:
    """What is in a collection: a display, or `set([…])`, `tuple([…])`, `list(…)`, `frozenset(…)` of one."""
    match value:
        case Items(items=items):
            return items
        case Call(callee=Reference(path=path), args=args, kwargs=()) if (
            path.removeprefix("builtins.") in COLLECTIONS
        ):
            return members(args[0]) if args else ()
        case _:
            return None


COLLECTIONS = frozenset({"set", "frozenset", "tuple", "list"})


def unread(value: Value) -> Opaque:
    return Opaque("a together that is no collection of names", render(value), Span(""))
