"""Verdicts on two histories of one thing, by hand."""

from __future__ import annotations

import pytest
from migration_values import key

from stitchback.matching.histories import SchemaAtom, histories
from stitchback.matching.verdicts import JudgedHistories, judge
from stitchback.model.atoms import Altered, Origin, Removed, Renamed, SchemaObject, SchemaObjectKind, Shape
from stitchback.model.keys import ModelKey
from stitchback.model.matches import Verdict
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Constant

COLUMN = SchemaObject(SchemaObjectKind.COLUMN, ModelKey.of("shop", "item"), "size")
BASE, SHORT, LONG = (Constant(each) for each in ("base", "short", "long"))
UNREAD = Opaque("cannot be read", "size()", Span("shop/migrations/0003_p.py", 3))


def altered(after: Shape, *, database: bool = True) -> Altered:
    return Altered(Origin(key("shop.0003_p"), 0), COLUMN, "size", BASE, after, database)


def removed() -> Removed:
    return Removed(Origin(key("shop.0003_p"), 0), COLUMN, "size", BASE)


def renamed(to: str) -> Renamed:
    return Renamed(Origin(key("shop.0003_p"), 0), COLUMN, "size", to)


def judged(patch: SchemaAtom, mainline: SchemaAtom) -> JudgedHistories:
    ours, theirs = (histories((each,))[COLUMN] for each in (patch, mainline))
    return judge(ours, theirs)


def test_what_cannot_be_read_is_never_called_alike_or_different() -> None:
    """The shapes may be the same or others: nothing is concluded."""
    for ours, theirs in ((UNREAD, LONG), (LONG, UNREAD)):
        found = judged(altered(ours), altered(theirs))
        assert (found.verdict, found.taken) == (Verdict.OPAQUE, 0)
    assert judged(altered(SHORT), altered(LONG)).verdict is Verdict.DIFFERENT
    assert judged(altered(LONG), altered(LONG)).verdict is Verdict.IDENTICAL


@pytest.mark.parametrize(
    ("patch", "mainline", "taken"),
    [
        (altered(SHORT), (renamed("length"), altered(LONG)), 2),
        (altered(SHORT), (altered(LONG), renamed("length")), 1),
        (renamed("width"), (renamed("length"), altered(LONG)), 1),
    ],
)
def test_mainlines_shape_stands_against_the_patchs_and_not_a_rename_before_it(
    patch: SchemaAtom, mainline: tuple[SchemaAtom, ...], taken: int
) -> None:
    found = judge(histories((patch,))[COLUMN], histories(mainline)[COLUMN])
    assert (found.verdict, found.taken) == (Verdict.DIFFERENT, taken)


@pytest.mark.parametrize(
    ("patch", "mainline", "verdict"),
    [
        (altered(SHORT), altered(LONG, database=False), Verdict.PATCH_ONLY),
        (altered(SHORT), altered(LONG), Verdict.DIFFERENT),
        (altered(SHORT, database=False), altered(LONG, database=False), Verdict.DIFFERENT),
        (altered(SHORT, database=False), altered(LONG), Verdict.DIFFERENT),
        (removed(), altered(LONG, database=False), Verdict.CONTRARY),
        (altered(SHORT), removed(), Verdict.EVOLVED),
    ],
)
def test_an_alteration_that_a_database_sees_beside_one_that_it_does_not(
    patch: SchemaAtom, mainline: SchemaAtom, verdict: Verdict
) -> None:
    """Mainline has nothing of it then. Not so where either has made or removed the thing, or where mainline's is seen too."""
    assert judged(patch, mainline).verdict is verdict


@pytest.mark.parametrize(
    ("patch", "mainline", "verdict"),
    [
        ((renamed("width"),), (altered(LONG),), Verdict.PATCH_ONLY),
        ((renamed("width"), altered(SHORT)), (altered(LONG),), Verdict.DIFFERENT),
        ((renamed("width"),), (altered(LONG), renamed("length")), Verdict.CONTRARY),
        ((renamed("width"),), (removed(),), Verdict.CONTRARY),
    ],
)
def test_a_column_that_the_patch_only_renames_and_mainline_only_alters(
    patch: tuple[SchemaAtom, ...], mainline: tuple[SchemaAtom, ...], verdict: Verdict
) -> None:
    """The one does not touch the other. Not so where both name it, or alter it."""
    assert judge(histories(patch)[COLUMN], histories(mainline)[COLUMN]).verdict is verdict


@pytest.mark.parametrize(
    ("patch", "then", "verdict"),
    [
        (altered(SHORT), (), Verdict.PATCH_ONLY),
        (altered(SHORT), (altered(LONG, database=False),), Verdict.PATCH_ONLY),
        (altered(SHORT), (altered(LONG),), Verdict.DIFFERENT),
        (altered(SHORT), (removed(),), Verdict.EVOLVED),
        (altered(SHORT, database=False), (), Verdict.DIFFERENT),
        (removed(), (), Verdict.CONTRARY),
        (renamed("length"), (), Verdict.CONTRARY),
    ],
)
def test_an_alteration_of_what_mainline_renames(
    patch: SchemaAtom, then: tuple[SchemaAtom, ...], verdict: Verdict
) -> None:
    """The thing is the same one under both names: mainline has nothing of the alteration. Not so where mainline alters it too."""
    ours, theirs = (histories(each)[COLUMN] for each in ((patch,), (renamed("width"), *then)))
    assert judge(ours, theirs).verdict is verdict
