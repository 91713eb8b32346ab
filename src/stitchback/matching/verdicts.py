"""Two histories of one schema object, and their verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import takewhile
from typing import assert_never

from stitchback.matching.histories import History, ObjectState
from stitchback.model.atoms import Altered, Renamed, SchemaObjectKind
from stitchback.model.matches import Verdict
from stitchback.schema.comparing import ComparisonKind, compare_shapes


class Likeness(IntEnum):
    """How alike two moments are; higher is more alike."""

    UNREADABLE = 0
    DIFFERENT = 1
    SAME_SCHEMA = 2
    IDENTICAL = 3


@dataclass(frozen=True, slots=True)
class StateComparison:
    likeness: Likeness
    differences: tuple[str, ...] = ()

    @property
    def alike(self) -> bool:
        return self.likeness >= Likeness.SAME_SCHEMA


@dataclass(frozen=True, slots=True)
class JudgedHistories:
    """`taken` as in Match."""

    verdict: Verdict
    differences: tuple[str, ...] = ()
    taken: int = 0


def liken(patch: ObjectState | None, mainline: ObjectState | None) -> StateComparison:
    """Whether a schema object at a moment of the patch branch is the one at a moment of mainline."""
    if patch is None or mainline is None:
        gone = patch is None and mainline is None
        return StateComparison(
            Likeness.IDENTICAL if gone else Likeness.DIFFERENT, () if gone else ("on one side only",)
        )
    shapes = liken_shapes(patch, mainline)
    if is_reordered(patch.name, mainline.name):
        return StateComparison(
            min(shapes.likeness, Likeness.SAME_SCHEMA),
            (f"order of the columns: {patch.name} and {mainline.name}", *shapes.differences),
        )
    if patch.name.lower() != mainline.name.lower():
        worst = min(shapes.likeness, Likeness.DIFFERENT)
        return StateComparison(
            worst,
            (f"name: {patch.name} and {mainline.name}", *shapes.differences),
        )
    return shapes


def is_reordered(one: str, other: str) -> bool:
    """Whether two names of a together hold the same fields in another order."""
    return one != other and sorted(one.split(",")) == sorted(other.split(","))


def liken_shapes(patch: ObjectState, mainline: ObjectState) -> StateComparison:
    """As `liken`, whatever the names are."""
    compared = compare_shapes(patch.shape, mainline.shape)
    return StateComparison(_likeness(compared.kind), compared.differences)


def _likeness(kind: ComparisonKind) -> Likeness:
    match kind:
        case ComparisonKind.IDENTICAL:
            return Likeness.IDENTICAL
        case ComparisonKind.SAME_SCHEMA:
            return Likeness.SAME_SCHEMA
        case ComparisonKind.DIFFERENT:
            return Likeness.DIFFERENT
        case ComparisonKind.OPAQUE:
            return Likeness.UNREADABLE
        case _:
            assert_never(kind)


def judge(patch: History, mainline: History | None) -> JudgedHistories:
    """The verdict on a net change of the patch branch (DESIGN, Comparing)."""
    if patch.start is None and patch.end is None:
        return JudgedHistories(Verdict.PATCH_ONLY, ("added and removed again on the patch branch",))
    if mainline is None:
        return JudgedHistories(Verdict.PATCH_ONLY)
    if _seen_on_the_patch_alone(patch, mainline) or _named_on_the_patch_alone(patch, mainline):
        return JudgedHistories(Verdict.PATCH_ONLY)
    at_end = liken(patch.end, mainline.end)
    if at_end.likeness is Likeness.UNREADABLE:
        return JudgedHistories(Verdict.OPAQUE, at_end.differences)
    moment = _first_alike(patch, mainline)
    if moment is not None:
        return _alike(patch, mainline, moment)
    if only_altered(patch) and mainline.end is None:
        return _removed_on_mainline(mainline, at_end)
    if _contradict(patch, mainline):
        return JudgedHistories(Verdict.CONTRARY, at_end.differences)
    verdict = Verdict.EVOLVED if mainline.end is None else Verdict.DIFFERENT
    return JudgedHistories(verdict, at_end.differences, taken=_first_shape(patch, mainline))


def _first_shape(patch: History, mainline: History) -> int:
    """The moment at which mainline has given the schema object a shape of its own, where the patch branch has; a rename before it gives none."""
    if not any(isinstance(atom, Altered) for atom in patch.atoms):
        return 1
    renames = takewhile(lambda atom: isinstance(atom, Renamed), mainline.atoms)
    return min(len(tuple(renames)) + 1, len(mainline.atoms))


def _seen_on_the_patch_alone(patch: History, mainline: History) -> bool:
    """Whether the patch branch altered the schema object so that a database sees it, and mainline has only renamed it or altered what no
    database sees."""
    keeps = mainline.start is not None and all(
        isinstance(atom, Renamed) or (isinstance(atom, Altered) and not atom.database)
        for atom in mainline.atoms
    )
    return keeps and only_altered(patch) and patch.database


def _named_on_the_patch_alone(patch: History, mainline: History) -> bool:
    """Whether the patch branch has only renamed a column, and mainline has only altered it: the one does not touch the other."""
    renames = patch.start is not None and all(
        isinstance(atom, Renamed) and atom.schema_object.kind is SchemaObjectKind.COLUMN
        for atom in patch.atoms
    )
    return renames and only_altered(mainline)


def _alike(patch: History, mainline: History, moment: int) -> JudgedHistories:
    likening = liken(patch.end, mainline.moments[moment])
    if moment < len(mainline.atoms):
        gone_on = liken(patch.end, mainline.end)
        return JudgedHistories(Verdict.EVOLVED, gone_on.differences, taken=moment)
    verdict = Verdict.IDENTICAL if likening.likeness is Likeness.IDENTICAL else Verdict.SAME_SCHEMA
    return JudgedHistories(verdict, likening.differences, taken=moment)


def _first_alike(patch: History, mainline: History) -> int | None:
    """The moment at which mainline was where the patch branch ended; its very end if that is alike."""
    last = len(mainline.atoms)
    moments = (last, *range(1, last)) if last else ()
    return next((index for index in moments if liken(patch.end, mainline.moments[index]).alike), None)


def only_altered(history: History) -> bool:
    """Whether the schema object was there and has only got another shape."""
    return history.start is not None and all(isinstance(atom, Altered) for atom in history.atoms)


def _removed_on_mainline(mainline: History, at_end: StateComparison) -> JudgedHistories:
    """What mainline has removed goes in whatever shape its removal finds it. An alteration of mainline's before that starts from a
    shape, so it stands against the patch's."""
    before = next(place for place, atom in enumerate(mainline.atoms) if not isinstance(atom, Altered))
    return JudgedHistories(Verdict.DIFFERENT if before else Verdict.EVOLVED, at_end.differences, taken=before)


def _contradict(patch: History, mainline: History) -> bool:
    """The patch branch removed what mainline changed, or renamed what mainline removed, or both renamed it, each to another name."""
    if patch.start is None:
        return False
    if patch.end is None or mainline.end is None:
        return True
    was, here, there = patch.start.name, patch.end.name, mainline.end.name
    return was != here and was != there and here != there
