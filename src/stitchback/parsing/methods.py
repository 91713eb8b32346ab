"""Methods of strings, lists and dictionaries that are known."""

from __future__ import annotations

from stitchback.model.values import Constant, Dictionary, Items, Value
from stitchback.parsing import constant_folding

_TEXT = frozenset(
    [
        "capitalize",
        "casefold",
        "count",
        "endswith",
        "find",
        "format",
        "index",
        "isdigit",
        "join",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "swapcase",
        "title",
        "upper",
    ]
)
_MAX_WORK = 200_000  # characters that a method may make
_FAILURES = (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError)


def is_of_text(name: str) -> bool:
    return name in _TEXT


def fold(
    owner: Value, name: str, args: tuple[Value, ...], kwargs: tuple[tuple[str, Value], ...]
) -> Value | None:
    """What the method gives; None where that is not known."""
    match owner:
        case Constant(value=str(text)) if name in _TEXT:
            return _text(text, name, args, kwargs)
        case Dictionary(items=pairs):
            return _dictionary(pairs, name, args) if not kwargs else None
        case Items(kind="list", items=items) if name == "copy" and not args and not kwargs:
            return Items("list", items)
        case _:
            return None


def _text(
    text: str, name: str, args: tuple[Value, ...], kwargs: tuple[tuple[str, Value], ...]
) -> Value | None:
    known = [constant_folding.plain(arg) for arg in args]
    named = {key: constant_folding.plain(value) for key, value in kwargs}
    if None in known or None in named.values():
        return None
    plain = [value[0] for value in known if value is not None]
    keywords = {key: value[0] for key, value in named.items() if value is not None}
    if (len(text) + 1) * (len(str(plain)) + len(str(keywords))) > _MAX_WORK:
        return None
    if name == "format" and ":" in text:  # a width could be anything
        return None
    try:
        return constant_folding.value_of(getattr(text, name)(*plain, **keywords))
    except _FAILURES:
        return None


def _dictionary(pairs: tuple[tuple[Value, Value], ...], name: str, args: tuple[Value, ...]) -> Value | None:
    match name, args:
        case "items", ():
            return Items("list", tuple(Items("tuple", pair) for pair in pairs))
        case "keys", ():
            return Items("list", tuple(key for key, _ in pairs))
        case "values", ():
            return Items("list", tuple(value for _, value in pairs))
        case "copy", ():
            return Dictionary(pairs)
        case "get", (key, *rest):
            return dict(pairs).get(key, rest[0] if rest else Constant(None))
        case _:
            return None
