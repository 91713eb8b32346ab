"""Python's own functions on values that are known."""

from __future__ import annotations

from collections.abc import Callable

from stitchback.model.values import Constant, Dictionary, Items, Value
from stitchback.parsing import constant_folding
from stitchback.parsing.comprehensions import NotUnrolled, items_of, parts_of
from stitchback.parsing.unknown_values import has_gap

_MAX_RANGE = 10_000
_SIMPLE: dict[str, Callable[..., object]] = {
    "len": len, "str": str, "int": int, "float": float, "bool": bool, "min": min, "max": max, "sum": sum,
    "abs": abs, "chr": chr, "ord": ord, "repr": repr, "hex": hex, "round": round, "any": any, "all": all,
}  # fmt: skip
_LOOKING = frozenset(
    {"dict", "list", "tuple", "set", "frozenset", "print", "isinstance", "hasattr", "type", "id", "getattr"}
)
# What reaches every name of the module.
CHANGE_ANYTHING = frozenset({"exec", "eval", "globals", "locals", "vars", "compile", "__import__"})
_FAILURES = (TypeError, ValueError, OverflowError)


def is_read_only(path: str) -> bool:
    """Whether the function of Python's leaves its arguments as they are, and keeps nothing of them but what is in them."""
    name = path.removeprefix("builtins.")
    return name != path and (name in _SIMPLE or name in _LISTS or name in _LOOKING)


def fold(name: str, args: tuple[Value, ...], kwargs: tuple[tuple[str, Value], ...]) -> Value | None:
    """The value of the call; None where it is to be kept as a call."""
    try:
        if name == "dict":
            return _dictionary(args, kwargs)
        if name in ("list", "tuple", "set", "frozenset") and not kwargs:
            return _sequence(name, args)
        if name in _SIMPLE and not kwargs:
            return _simple(name, args)
        if name in _LISTS:
            return _LISTS[name](args, dict(kwargs))
    except NotUnrolled:
        return None
    return None


def _sequence(kind: str, args: tuple[Value, ...]) -> Value | None:
    if len(args) > 1:
        return None
    given = args[0] if args else Items("tuple", ())
    if kind in ("set", "frozenset"):
        return constant_folding.unordered(kind, items_of(given, in_any_order=True))
    return Items(kind, parts_of(given))


def _dictionary(args: tuple[Value, ...], kwargs: tuple[tuple[str, Value], ...]) -> Value | None:
    pairs: dict[Value, Value] = {}
    if args:
        if isinstance(args[0], Dictionary):
            pairs.update(args[0].items)
        else:
            for item in items_of(args[0]):
                pair = items_of(item)
                if len(pair) != 2:
                    return None
                pairs[pair[0]] = pair[1]
    pairs.update((Constant(key), value) for key, value in kwargs)
    return Dictionary(tuple(pairs.items()))


def _simple(name: str, args: tuple[Value, ...]) -> Value | None:
    if name == "len" and len(args) == 1 and isinstance(args[0], Items | Dictionary):
        gapped = isinstance(args[0], Items) and has_gap(args[0].items)
        return None if gapped else Constant(len(args[0].items))
    known = [constant_folding.plain(arg) for arg in args]
    if None in known:
        return None
    try:
        return constant_folding.value_of(_SIMPLE[name](*(value[0] for value in known if value is not None)))
    except _FAILURES:
        return None


def _range(args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value | None:
    numbers = [arg.value for arg in args if isinstance(arg, Constant) and type(arg.value) is int]
    if kwargs or len(numbers) != len(args) or not 1 <= len(args) <= 3 or numbers[2:] == [0]:
        return None
    counted = range(*numbers)
    return Items("list", tuple(map(Constant, counted))) if len(counted) <= _MAX_RANGE else None


def _enumerate(args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value | None:
    start = args[1] if len(args) == 2 else kwargs.get("start", Constant(0))
    if not args or not isinstance(start, Constant) or not isinstance(start.value, int):
        return None
    pairs = enumerate(items_of(args[0]), start.value)
    return Items("list", tuple(Items("tuple", (Constant(number), item)) for number, item in pairs))


def _zip(args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value | None:
    if kwargs.keys() - {"strict"}:
        return None
    columns = [items_of(arg) for arg in args]
    return Items("list", tuple(Items("tuple", row) for row in zip(*columns, strict=False)))


def _sorted(args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value | None:
    known = (
        [constant_folding.plain(item) for item in items_of(args[0], in_any_order=True)]
        if len(args) == 1
        else [None]
    )
    if kwargs or None in known:
        return None
    try:
        return constant_folding.value_of(sorted(item[0] for item in known if item is not None))  # type: ignore[type-var]
    except TypeError:
        return None


def _reversed(args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value | None:
    return None if kwargs or len(args) != 1 else Items("list", items_of(args[0])[::-1])


_LISTS: dict[str, Callable[[tuple[Value, ...], dict[str, Value]], Value | None]] = {
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "sorted": _sorted,
    "reversed": _reversed,
}
