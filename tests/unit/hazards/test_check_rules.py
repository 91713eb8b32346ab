"""The rules of `check`, on trees by hand: what each finds beside what it must not find."""

from __future__ import annotations

from migration_values import add, alter, char, key, keys, migration, remove, run_python
from plans_by_hand import BLOG, FORK, P, S, X, Y, changed, color, column, patch

from stitchback.hazards import find_in_check
from stitchback.hazards.hazard import Hazard
from stitchback.hazards.numbering import Numbering
from stitchback.hazards.partly_applied_squash import PartlyAppliedSquash
from stitchback.hazards.release_only import ReleaseOnly
from stitchback.hazards.replacer_above_unapplied import ReplacerAboveUnapplied
from stitchback.hazards.replaces_may_go import ReplacesMayGo
from stitchback.matching.build_case import case_of
from stitchback.matching.case import Case
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Patch, Policy
from stitchback.model.source import Opaque, Span

BASE = Patch(FORK, FORK, ())


def case(*mainline: Migration, without: str = "", patches: tuple[Patch, ...] = (BASE, patch(P))) -> Case:
    onto = Tree("main", "main", changed(FORK, *mainline, without=without).migrations)
    return case_of(patches, onto, Policy())


def found(hazard: Hazard, given: Case) -> list[tuple[str, str]]:
    return [(each.ref, each.severity.value) for each in hazard.find(given)]


# --- SB310: a replacer above migrations that are not applied ----------------------------------------------------------


def test_a_replacer_on_a_migration_that_the_release_lacks() -> None:
    above = color("shop.0004_m", "shop.0003_x", replaces="shop.0003_p")
    assert found(ReplacerAboveUnapplied(), case(X, above)) == [("release/2.4", "error")]
    assert found(ReplacerAboveUnapplied(), case(X, above, Y)) == [("release/2.4", "warning")]


def test_a_replacer_on_the_fork_point_is_right() -> None:
    merge = migration("shop.0004_merge", "shop.0003_x shop.0003_s")
    assert found(ReplacerAboveUnapplied(), case(X, S, merge)) == []


def test_a_replacer_on_another_replacer_of_the_release_is_right() -> None:
    q = column("shop.0004_q", "shop.0003_p", "q")
    both = (BASE, patch(P, q))
    second = column("shop.0004_t", "shop.0003_s", "q", replaces="shop.0004_q")
    assert found(ReplacerAboveUnapplied(), case(S, second, patches=both)) == []


def test_a_replacer_of_what_the_database_has_in_part_does_not_count_as_applied() -> None:
    above = color("shop.0004_m", "shop.0003_x", replaces="shop.0003_p shop.0003_other")
    assert found(ReplacerAboveUnapplied(), case(X, above)) == []


def test_a_replacer_that_the_release_has_is_given_another_dependency() -> None:
    hung = S.with_changes(dependencies=keys("shop.0003_x"))
    assert found(ReplacerAboveUnapplied(), case(X, hung, patches=(BASE, patch(S)))) == [
        ("release/2.4", "error")
    ]
    assert found(ReplacerAboveUnapplied(), case(X, S, patches=(BASE, patch(S)))) == []


def test_a_replacer_on_a_squash_that_the_release_has_is_right() -> None:
    """The rows of what the squash replaced are there, and no files."""
    q = column("shop.0003_q", "shop.0001_squashed", "q")
    base = changed(FORK, squash(OLD), q, without=OLD)
    renamed = column("shop.0003_t", "shop.0001_squashed", "q", replaces="shop.0003_q")
    given = case(squash(OLD), renamed, without=OLD, patches=(Patch(base, base, ()),))
    assert found(ReplacerAboveUnapplied(), given) == []


# --- SB311: a squash that is applied in part --------------------------------------------------------------------------


def squash(*ghosts: str) -> Migration:
    return migration(
        "shop.0001_squashed",
        "",
        *FORK.migrations[key("shop.0001_initial")].operations,
        replaces=" ".join(ghosts),
    )


OLD = "shop.0001_initial shop.0002_base"


def test_a_squash_of_a_file_that_is_gone_and_not_applied() -> None:
    given = case(squash(OLD, "shop.0003_x"), without=OLD)
    assert found(PartlyAppliedSquash(), given) == [("v2.4", "error"), ("release/2.4", "error")]
    (first, _) = PartlyAppliedSquash().find(given)
    assert "the operations of shop.0003_x are never run" in first.message


def test_a_file_that_depends_on_one_that_is_gone() -> None:
    (first, _) = PartlyAppliedSquash().find(case(squash(OLD, "shop.0003_x"), X, without=OLD))
    assert first.message.endswith(
        "NodeNotFoundError: shop.0003_x depends on shop.0002_base, which has no file"
    )


def test_a_squash_with_its_files_or_applied_as_a_whole_is_right() -> None:
    assert found(PartlyAppliedSquash(), case(squash(OLD, "shop.0003_x"), X)) == []
    assert found(PartlyAppliedSquash(), case(squash(OLD), without=OLD)) == []
    assert found(PartlyAppliedSquash(), case(squash("shop.0003_x shop.0004_m"))) == []


# --- SB312: `replaces` that may be removed ----------------------------------------------------------------------------


def release(*own: Migration) -> Patch:
    return patch(*own, ref="release/2.5")


def test_replaces_that_each_release_has() -> None:
    base = Patch(changed(FORK, S), changed(FORK, S), ())
    assert found(ReplacesMayGo(), case(S, patches=(base, release(S)))) == [("main", "note")]


def test_replaces_that_a_release_or_the_base_lacks_or_has_otherwise_is_needed() -> None:
    base = Patch(changed(FORK, S), changed(FORK, S), ())
    assert found(ReplacesMayGo(), case(S, patches=(base, release(P)))) == []
    assert found(ReplacesMayGo(), case(S, patches=(BASE, release(S)))) == []
    more = S.with_changes(replaces=keys("shop.0003_p shop.0003_q"))
    assert found(ReplacesMayGo(), case(more, patches=(base, release(S)))) == []


def test_without_a_release_or_with_the_old_file_nothing_is_known() -> None:
    base = Patch(changed(FORK, S), changed(FORK, S), ())
    assert found(ReplacesMayGo(), case(S, patches=(base,))) == []
    assert found(ReplacesMayGo(), case(P, S, patches=(base, release(S)))) == []


# --- SB313: what mainline lacks ---------------------------------------------------------------------------------------


def test_a_migration_that_mainline_lacks_or_makes_under_another_name() -> None:
    (lacking,) = ReleaseOnly().find(case(X))
    assert lacking.message == "shop.0003_p of release/2.4 is neither in main nor replaced there"
    (double,) = ReleaseOnly().find(case(X, color("shop.0004_m", "shop.0003_x")))
    assert double.message.endswith(
        ", and shop.0004_m makes the same change: databases of release/2.4 cannot upgrade"
    )


def test_a_change_that_mainline_has_moved_to_another_migration() -> None:
    own = migration("shop.0003_p", "shop.0002_base", add("item", "color"), add("item", "size"))
    here = migration("shop.0003_p", "shop.0002_base", add("item", "color"))
    moved = migration("shop.0004_size", "shop.0003_p", add("item", "size"))
    (finding,) = ReleaseOnly().find(case(here, moved, patches=(BASE, patch(own))))
    assert finding.message.startswith(
        "shop.0003_p of release/2.4 makes a change that shop.0004_size makes in main"
    )


def test_what_mainline_has_or_replaces_is_not_lacking() -> None:
    assert found(ReleaseOnly(), case(P)) == []
    assert found(ReleaseOnly(), case(S)) == []


def test_what_mainline_does_not_need_is_not_lacking() -> None:
    gone = migration("shop.0003_gone", "shop.0002_base", alter("item", "base", char(30)))
    removal = migration("shop.0003_drop", "shop.0002_base", remove("item", "base"))
    assert found(ReleaseOnly(), case(removal, patches=(BASE, patch(gone)))) == []
    empty = migration("shop.0003_empty", "shop.0002_base", run_python("nothing", empty=True))
    assert found(ReleaseOnly(), case(X, patches=(BASE, patch(empty)))) == []
    merge = migration("shop.0003_merge", "shop.0002_base blog.0001_initial")
    assert found(ReleaseOnly(), case(X, patches=(BASE, patch(merge)))) == []


def test_a_released_migration_that_is_gone_or_edited_has_another_code() -> None:
    assert found(ReleaseOnly(), case(without="shop.0002_base", patches=(BASE,))) == []
    emptied = FORK.migrations[key("shop.0002_base")].with_changes(operations=())
    moved = migration("shop.0003_moved", "shop.0002_base", add("item", "base"))
    assert found(ReleaseOnly(), case(emptied, moved, patches=(BASE,))) == []


def test_what_no_database_can_have_applied_is_not_lacking() -> None:
    """SB301: Django does not load the branch."""
    dangling = color("shop.0003_p", "shop.0002_nowhere")
    assert found(ReleaseOnly(), case(X, patches=(BASE, patch(dangling)))) == []


# --- SB314: numbers ---------------------------------------------------------------------------------------------------


def test_a_number_that_is_not_greater() -> None:
    assert found(Numbering(), case(column("shop.0002_x", "shop.0002_base", "x"))) == [("main", "warning")]
    assert found(Numbering(), case(Y, column("shop.0003_x", "shop.0005_y", "x"))) == [("main", "warning")]


def test_numbers_that_are_right() -> None:
    twin = column("shop.0003_z", "shop.0002_base", "z")
    merge = migration("shop.0004_merge", "shop.0003_x shop.0003_z")
    assert found(Numbering(), case(X, twin, merge)) == []
    assert found(Numbering(), case(column("shop.x", "shop.0002_base", "x"))) == [], "no number"
    assert found(Numbering(), case(migration("blog.0002_z", "shop.0002_base"))) == [], "another app"
    assert found(Numbering(), case(column("shop.0004_x", "shop.gone", "x"))) == [], (
        "a parent without a number"
    )


def test_a_number_below_that_of_a_replacer_or_of_the_base_is_no_problem() -> None:
    late = S.with_changes(key=key("shop.0009_s"))
    assert found(Numbering(), case(late, column("shop.0004_x", "shop.0009_s", "x"))) == []
    old = column("shop.0001_old", "shop.0002_base", "old")
    base = changed(FORK, old)
    assert found(Numbering(), case(old, patches=(Patch(base, base, ()),))) == []


# --- all of them ------------------------------------------------------------------------------------------------------


def test_an_opaque_value_is_no_finding_of_check() -> None:
    """It is counted below the findings; a plan needs more."""
    opaque = migration("shop.0003_x", "shop.0002_base", Opaque("a computed value", "f()", Span("x.py")))
    assert [each.code for each in find_in_check(case(opaque, patches=(BASE,)))] == []


def test_a_tree_without_changes_has_no_findings() -> None:
    assert list(find_in_check(case(patches=(BASE,)))) == []
    assert list(find_in_check(case(X, BLOG, patches=(BASE,)))) == []
