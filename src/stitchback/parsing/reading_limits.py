"""The reader's limits: how large a value may be, and how much work a module may take.

A value is a tree in which one object may stand many times (`X += X`): small in memory, endless when it is walked. So the size of each
value is known without walking it, from the sizes of its parts, and a value that is too large is opaque.
"""

from __future__ import annotations

from typing import NamedTuple

from stitchback.model.source import Opaque
from stitchback.model.values import Call, Code, Constant, Dictionary, Items, Reference, Value

MAX_NODES = 50_000  # of one value; a text counts one more for each TEXT_UNIT characters
MAX_DEPTH = 80  # of values within values
MAX_WORK = 2_000_000  # steps of the reader in one module: some seconds
TEXT_UNIT = 100  # characters
COPY_UNIT = 16  # items that are copied in the time of one step

_GETATTR = Reference("builtins.getattr")
_HARMLESS = (
    "django.",
    "builtins.print",
    "sys.",
    "logging.",
    "warnings.",
    "itertools.",
    "copy.",
    "json.",
    "os.path.",
    "functools.",
    "collections.",
    "datetime.",
    "decimal.",
    "re.",
    "uuid.",
    "textwrap.",
)


class TooMuchWork(RecursionError):
    """A module takes more steps than MAX_WORK. Like Python's own limit of depth: what was being read is not known."""


def reason_of(problem: RecursionError) -> str:
    """The message for a file that reaches a limit, Python's own or ours."""
    return str(problem) if isinstance(problem, TooMuchWork) else "the code is nested too deeply"


class Measure(NamedTuple):
    """`size`: nodes. `may_be_anything`: an opaque value or the result of an unknown call is in it. `can_change`: it is a list, set or
    dictionary. `holds_changing`: one that can change is within it."""

    size: int
    depth: int
    may_be_anything: bool
    can_change: bool
    holds_changing: bool


_LEAF = Measure(1, 1, False, False, False)
_UNKNOWN = Measure(1, 1, True, False, False)
_ENDLESS = Measure(MAX_NODES + 1, MAX_DEPTH + 1, True, True, True)
_LEAVES = (Reference, Code)


class Measures:
    """Of the values of one module, each measured once."""

    __slots__ = ("_known", "work")

    def __init__(self) -> None:
        self._known: dict[int, tuple[Value, Measure]] = {}  # by `id` of the value, which it keeps alive
        self.work = 0

    def spend(self, steps: int) -> None:
        """Raises TooMuchWork."""
        self.work += steps
        if self.work > MAX_WORK:
            raise TooMuchWork("it takes too much time to read")

    def of(self, value: Value, depth: int = 0) -> Measure:
        if isinstance(value, Constant):
            return _of_constant(value)
        if isinstance(value, _LEAVES):
            return _LEAF
        if isinstance(value, Opaque):
            return _UNKNOWN
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        if depth > MAX_DEPTH:
            return _ENDLESS
        measure = self._with(_empty(value), _children(value), depth)
        self._known[id(value)] = (value, measure)
        return measure

    def applied_set(self, before: Items, added: tuple[Value, ...], after: Items) -> None:
        """Takes over the measure of a list for what it became when items were put in: measuring it again would take n² steps."""
        measure = self._with(self.of(before), added, 0)
        self._known.pop(id(before), None)
        self._known[id(after)] = (after, measure)

    def is_too_large(self, value: Value) -> bool:
        measure = self.of(value)
        self.spend(measure.size)  # whoever asked for the value may walk through it
        return measure.size > MAX_NODES or measure.depth > MAX_DEPTH

    def _with(self, measure: Measure, children: tuple[Value, ...], depth: int) -> Measure:
        size, deepest, anything, can_change, holds = measure
        self.spend(1 + len(children))
        for child in children:
            inner = self.of(child, depth + 1)
            size += inner.size
            deepest = max(deepest, inner.depth + 1)
            anything = anything or inner.may_be_anything
            holds = holds or inner.can_change or inner.holds_changing
        return Measure(min(size, _ENDLESS.size), deepest, anything, can_change, holds)


def is_harmless(callee: object) -> bool:
    """Whether what is called is known not to change what it is given: Django's, some of Python's, and classes."""
    while isinstance(callee, Call):  # logging.getLogger("x").info
        callee = callee.args[0] if callee.callee == _GETATTR and callee.args else callee.callee
    if not isinstance(callee, Reference):
        return False
    name = callee.path.rpartition(".")[2]
    is_class = name[:1].isupper() and (len(name) == 1 or not name.isupper())
    return is_class or callee.path.startswith(_HARMLESS)


def _of_constant(constant: Constant) -> Measure:
    if isinstance(constant.value, (str, bytes)) and len(constant.value) >= TEXT_UNIT:
        return Measure(1 + len(constant.value) // TEXT_UNIT, 1, False, False, False)
    return _LEAF


def _empty(value: Value) -> Measure:
    """The value's measure without what is in it."""
    match value:
        case Items(kind=kind):
            return Measure(1, 1, False, kind in ("list", "set"), False)
        case Dictionary():
            return Measure(1, 1, False, True, False)
        case Call(callee=callee):
            return Measure(1, 1, not is_harmless(callee), False, False)
        case _:
            return _LEAF


def _children(value: Value) -> tuple[Value, ...]:
    match value:
        case Items(items=items):
            return items
        case Dictionary(items=pairs):
            return tuple(part for pair in pairs for part in pair)
        case Call(callee=callee, args=args, kwargs=kwargs):
            return (callee, *args, *(item for _, item in kwargs))
        case _:
            return ()
