"""`replaces` that may be removed."""

from __future__ import annotations

from check_cases import BASE, case, found
from migration_values import keys
from plans_by_hand import FORK, P, S, changed, patch

from stitchback.hazards.replaces_may_go import ReplacesMayGo
from stitchback.model.migrations import Migration
from stitchback.model.plans import Patch


def release(*own: Migration) -> Patch:
    return patch(*own, ref="release/2.5")


def test_replaces_that_each_release_has() -> None:
    base = Patch(changed(FORK, S), changed(FORK, S), ())
    assert found(ReplacesMayGo(), case(S, patches=(base, release(S)))) == [("main", "note")]


def test_near_miss_replaces_that_a_release_or_the_base_lacks_or_has_otherwise_is_needed() -> None:
    base = Patch(changed(FORK, S), changed(FORK, S), ())
    assert found(ReplacesMayGo(), case(S, patches=(base, release(P)))) == []
    assert found(ReplacesMayGo(), case(S, patches=(BASE, release(S)))) == []
    more = S.with_changes(replaces=keys("shop.0003_p shop.0003_q"))
    assert found(ReplacesMayGo(), case(more, patches=(base, release(S)))) == []


def test_near_miss_without_a_release_or_with_the_old_file_nothing_is_known() -> None:
    base = Patch(changed(FORK, S), changed(FORK, S), ())
    assert found(ReplacesMayGo(), case(S, patches=(base,))) == []
    assert found(ReplacesMayGo(), case(P, S, patches=(base, release(S)))) == []
