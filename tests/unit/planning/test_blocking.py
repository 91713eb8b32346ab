"""Matches that block every plan: contrary changes, and operations of the patch that cannot be read."""

from __future__ import annotations

from migration_values import add, alter, char, integer, migration, rename
from plans_by_hand import MAINLINE, P, patch, situation

from stitchback.matching.case import Case, Side
from stitchback.matching.match import compare
from stitchback.matching.sides import sides
from stitchback.model.matches import Verdict
from stitchback.model.migrations import Migration
from stitchback.model.plans import Candidate, Refuted, Situation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Call, Reference, Value
from stitchback.planning.outcomes import Unproved
from stitchback.planning.plan import plan

UNREAD = Opaque("its arguments are not known", "AddField(*arguments())", Span("shop/migrations/x.py", 7))


def case_of(*ours: Migration, mainline: tuple[Migration, ...] = MAINLINE) -> Case:
    given = situation(*mainline, patches=[patch(*ours)])
    split = tuple((each, sides(each, given.mainline)) for each in given.patches)
    return Case(given, tuple(Side(each, found, compare(found, {})) for each, found in split))


def blocking(case: Case) -> list[Verdict]:
    """The verdicts that block every plan, before any candidate is tried."""
    tried: list[Candidate] = []

    def prove(candidate: Candidate, _: Situation) -> Refuted:
        tried.append(candidate)
        return Refuted(candidate, ())

    outcome = plan(case, prove)
    assert isinstance(outcome, Unproved)
    assert bool(tried) is not bool(outcome.blocking)
    return [match.verdict for match in outcome.blocking]


def test_an_operation_of_the_patch_that_cannot_be_read_blocks() -> None:
    unread = migration("shop.0004_unread", "shop.0003_p").with_changes(operations=(UNREAD,))
    assert blocking(case_of(P, unread)) == [Verdict.OPAQUE]


def test_contrary_changes_block() -> None:
    ours = migration("shop.0003_ours", "shop.0002_base", rename("item", "label", "title"))
    theirs = migration("shop.0003_theirs", "shop.0002_base", rename("item", "label", "caption"))
    assert blocking(case_of(ours, mainline=(theirs,))) == [Verdict.CONTRARY]


def column_of(ours: Value, theirs: Value) -> Case:
    patched = migration("shop.0003_ours", "shop.0002_base", add("item", "phone", ours))
    own = migration("shop.0003_theirs", "shop.0002_base", add("item", "phone", theirs))
    return case_of(patched, mainline=(own,))


def test_a_column_blocks_whose_values_no_conversion_keeps() -> None:
    boolean = Call(Reference("django.db.models.BooleanField"))
    assert blocking(column_of(char(20), boolean)) == [Verdict.DIFFERENT]
    assert blocking(column_of(char(20), integer())) == [Verdict.DIFFERENT]
    assert blocking(column_of(integer(), char(20))) == []
    assert blocking(column_of(char(20), char(30))) == []


def test_mainlines_own_conversion_blocks_nothing() -> None:
    """Mainline had the patch branch's type first, and has altered it itself since."""
    own = (
        migration("shop.0003_theirs", "shop.0002_base", add("item", "phone", char(20))),
        migration("shop.0004_number", "shop.0003_theirs", alter("item", "phone", integer())),
    )
    patched = migration("shop.0003_ours", "shop.0002_base", add("item", "phone", char(20)))
    assert blocking(case_of(patched, mainline=own)) == []


def test_what_is_read_blocks_nothing() -> None:
    assert blocking(case_of(P)) == []
