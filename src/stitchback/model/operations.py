"""One operation of a migration, as read, and what a data operation runs, followed through its tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from stitchback.model.data_reach import EVERYTHING, Reach
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Value, opaques, render


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation whose class is known.

    `kind` is Django's class name, whatever name the file imports it under: "AddField", "CreateModel",
    "RunPython". A subclass defined in the tree, or configured as equal to a known class, has that class's
    kind and its own `path`. `arguments` are by Django's parameter names, sorted, positional ones named;
    omitted ones are absent. CreateModel's `fields` stay one Items value of (name, field) tuples, `options` a
    Dictionary. Equality ignores `span` and `work`. `work`: for RunPython and RunSQL, what they run, followed
    through the tree of their ref, if it is compared with another ref.
    For SeparateDatabaseAndState the two lists are `database` and `state`, and `arguments` is empty.
    `conditional` is true if the class equals one of `model.conditional`'s templates: its database operation
    first checks whether the schema object exists.
    """

    kind: str
    path: str
    arguments: tuple[tuple[str, Value], ...]
    span: Span = field(compare=False)
    database: tuple[Operation | Opaque, ...] = ()
    state: tuple[Operation | Opaque, ...] = ()
    conditional: bool = False
    work: TreeWork | None = field(default=None, compare=False, repr=False)

    def argument(self, name: str) -> Value | None:
        for key, value in self.arguments:
            if key == name:
                return value
        return None

    @property
    def opaques(self) -> tuple[Opaque, ...]:
        own = [item for _, value in self.arguments for item in opaques(value)]
        for inner in (*self.database, *self.state):
            own.extend((inner,) if isinstance(inner, Opaque) else inner.opaques)
        return tuple(own)

    def __str__(self) -> str:
        if self.kind == "SeparateDatabaseAndState":
            database = ", ".join(map(str, self.database))
            state = ", ".join(map(str, self.state))
            return f"SeparateDatabaseAndState(database=[{database}], state=[{state}])"
        return f"{self.kind}({', '.join(f'{key}={render(value)}' for key, value in self.arguments)})"


class ReachedCode(NamedTuple):
    """A function, class or variable of the tree, a file or a setting: the file that contains it, and a digest
    of its own text.
    """

    path: str
    digest: str


class Followed(NamedTuple):
    """`fingerprint`: equal for operations that do the same work; "" if the work reaches nothing in the tree
    outside its migration, so that the operation's own text is all of it. `reached`: dotted name -> each
    function, class and variable that it reaches there. `unknown`: why the work cannot be followed to its end,
    "" if it can; otherwise its fingerprint is unique. `empty`: the code is in the tree and leaves nothing in
    a database. `reach`: what a function that is imported from the tree can use there.
    """

    fingerprint: str
    reached: Mapping[str, ReachedCode]
    unknown: str = ""
    empty: bool = False
    reach: Reach = EVERYTHING


class TreeWork:
    """The work of one data operation (`operation`) at one ref. It is followed on first comparison: most is
    never compared. `on_mainline`: the work of the same file within mainline's tree, if mainline lacks the
    file.
    """

    __slots__ = ("_follow", "_followed", "on_mainline", "operation")

    def __init__(self, operation: Operation, follow: Callable[[], Followed]) -> None:
        self.operation = operation
        self.on_mainline: TreeWork | None = None
        self._follow = follow
        self._followed: Followed | None = None

    @property
    def followed(self) -> Followed:
        if self._followed is None:
            self._followed = self._follow()
        return self._followed

    @property
    def reach(self) -> Reach:
        """What an imported function can use, in the tree of the ref and in mainline's, with which the file will run."""
        own = self.followed.reach
        return own if self.on_mainline is None else own | self.on_mainline.followed.reach

    def unlike(self, other: TreeWork) -> tuple[str, ...]:
        """The dotted names that the two reach with different content."""
        one, two = self.followed.reached, other.followed.reached
        return tuple(
            name for name in sorted({*one, *two}) if one.get(name, _NOTHING)[1] != two.get(name, _NOTHING)[1]
        )


_NOTHING = ReachedCode("", "")
