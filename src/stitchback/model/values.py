"""Values in a migration file, read without running it.

A closed family: handle it with `match` that ends in `assert_never`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from stitchback.model.data_reach import EVERYTHING, Reach
from stitchback.model.source import Opaque


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: str, bytes, int, float, complex, bool, None or Ellipsis. Equal only if the types are equal
    too.
    """

    value: object

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Constant)
            and type(self.value) is type(other.value)
            and (self.value == other.value or repr(self.value) == repr(other.value))
        )

    def __hash__(self) -> int:
        return hash((type(self.value), repr(self.value)))


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple, set or frozenset display. Sets are kept sorted by `render`, so equal sets are equal."""

    kind: str  # "list" | "tuple" | "set" | "frozenset"
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Dictionary:
    items: tuple[tuple[Value, Value], ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """An imported object, by its full dotted import path after aliases are resolved:
    `django.db.models.deletion.CASCADE`.

    Django's re-exports have one path: `django.db.models.CharField`, `django.db.migrations.AddField`,
    `django.db.models.CASCADE`. `settings.X` is `django.conf.settings.X`. A builtin is `builtins.dict`.
    """

    path: str


Written = tuple[str, str, Reach]  # the fingerprint and the source of code, and what it can use


class _Deferring:
    """Computes a code's fingerprint, source and reach on first access. It is neither a field nor part of
    equality.
    """

    __slots__ = ("later",)
    later: Callable[[], Written] | None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Computes the missing attributes on first access."""
            if name == "later":
                return None
            if name not in ("fingerprint", "source", "reach") or self.later is None:
                raise AttributeError(name)
            self.settle()
            return getattr(self, name)

    def settle(self) -> None:
        """Compute the fingerprint and the source now, and release what they are computed from."""
        if self.later is not None:
            for name, value in zip(("fingerprint", "source", "reach"), self.later(), strict=True):
                object.__setattr__(self, name, value)
            object.__setattr__(self, "later", None)


@dataclass(frozen=True, slots=True)
class Code(_Deferring):
    """A function, lambda or class that the migration's own module defines.

    `fingerprint` is a digest of its code, and of the module's own functions and constants that it uses,
    without names of locals, comments, docstrings and layout. Equality compares only the fingerprint.
    `source` is `ast.unparse`d, for people and for writing it to a file. `name` is "<lambda>" for a lambda.
    """

    name: str
    fingerprint: str
    source: str
    empty: bool = False  # the body does nothing (pass, return, docstring only)
    reach: Reach = EVERYTHING  # which models it can use

    @classmethod
    def deferred(cls, name: str, empty: bool, later: Callable[[], Written]) -> Code:
        """Code that computes its fingerprint and source on first access: most code is never compared."""
        made = object.__new__(cls)
        for field, value in (("name", name), ("empty", empty), ("later", later)):
            object.__setattr__(made, field, value)
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Code) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)


@dataclass(frozen=True, slots=True)
class Call:
    """A call, or an operator written as one: `Q(a=1) | Q(b=2)` is a Call of Reference("operator.or_").

    Keyword arguments are sorted by name; `**{...}` of a literal is expanded, any other `**` makes the whole
    call opaque.
    """

    callee: Value
    args: tuple[Value, ...] = ()
    kwargs: tuple[tuple[str, Value], ...] = ()

    def kwarg(self, name: str) -> Value | None:
        return next((value for key, value in self.kwargs if key == name), None)


Value = Constant | Items | Dictionary | Reference | Code | Call | Opaque

TRUE = Constant(True)
FALSE = Constant(False)
NONE = Constant(None)


def render(value: Value) -> str:
    """One line of Python-like text, equal for equal values: for reports, sorting, JSON and hashes."""
    match value:
        case Constant(value=constant):
            return repr(constant)
        case Items(kind=kind, items=items):
            inner = ", ".join(render(item) for item in items)
            match kind:
                case "list":
                    return f"[{inner}]"
                case "tuple":
                    return f"({inner},)" if len(items) == 1 else f"({inner})"
                case "set":
                    return f"{{{inner}}}" if items else "set()"
                case _:
                    return f"frozenset([{inner}])"
        case Dictionary(items=pairs):
            return "{" + ", ".join(f"{render(k)}: {render(v)}" for k, v in pairs) + "}"
        case Reference(path=path):
            return path
        case Code(name=name, fingerprint=fingerprint):
            return f"<{name} {fingerprint[:12]}>"
        case Call(callee=callee, args=args, kwargs=kwargs):
            parts = [render(arg) for arg in args] + [f"{key}={render(item)}" for key, item in kwargs]
            return f"{render(callee)}({', '.join(parts)})"
        case Opaque(source=source):
            return f"<opaque {source}>"
        case _:
            assert_never(value)


def walk(value: Value) -> Iterator[Value]:
    """The value and everything in it, outermost first."""
    yield value
    match value:
        case Items(items=items):
            for item in items:
                yield from walk(item)
        case Dictionary(items=pairs):
            for key, item in pairs:
                yield from walk(key)
                yield from walk(item)
        case Call(callee=callee, args=args, kwargs=kwargs):
            yield from walk(callee)
            for arg in args:
                yield from walk(arg)
            for _, item in kwargs:
                yield from walk(item)
        case Constant() | Reference() | Code() | Opaque():
            return
        case _:
            assert_never(value)


def mapped(value: Value, change: Callable[[Value], Value]) -> Value:
    """The value with `change` applied to each constant and each reference in it."""
    match value:
        case Items(kind=kind, items=items):
            return Items(kind, tuple(mapped(item, change) for item in items))
        case Dictionary(items=pairs):
            return Dictionary(tuple((mapped(key, change), mapped(item, change)) for key, item in pairs))
        case Call(callee=callee, args=args, kwargs=kwargs):
            return Call(
                mapped(callee, change),
                tuple(mapped(arg, change) for arg in args),
                tuple((name, mapped(item, change)) for name, item in kwargs),
            )
        case Constant() | Reference():
            return change(value)
        case Code() | Opaque():
            return value
        case _:
            assert_never(value)


def opaques(value: Value) -> tuple[Opaque, ...]:
    """The parts of the value that could not be read."""
    found: list[Opaque] = []
    _collect(value, found)
    return tuple(found)


def _collect(value: Value, found: list[Opaque]) -> None:
    """Collects opaque parts like `walk`, but skips values without parts: most values have none, and this is
    called very often.
    """
    kind = type(value)
    if kind is Constant or kind is Reference or kind is Code:
        return
    if isinstance(value, Opaque):
        found.append(value)
    elif isinstance(value, Call):
        _collect(value.callee, found)
        for argument in value.args:
            _collect(argument, found)
        for _, argument in value.kwargs:
            _collect(argument, found)
    elif isinstance(value, Items):
        for item in value.items:
            _collect(item, found)
    elif isinstance(value, Dictionary):
        for key, item in value.items:
            _collect(key, found)
            _collect(item, found)


def text(value: Value | None) -> str | None:
    """The string of a string constant; None for any other value."""
    return value.value if isinstance(value, Constant) and isinstance(value.value, str) else None


def strings(value: Value | None) -> tuple[str, ...] | None:
    """The strings of a list, tuple or set of string constants; None for any other value."""
    if not isinstance(value, Items):
        return None
    found = tuple(text(item) for item in value.items)
    return None if None in found else tuple(item for item in found if item is not None)
