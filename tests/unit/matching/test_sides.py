"""What each side has since the fork point."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import add, char, create, delete, keys, migration, tree
from plans_by_hand import FORK, MAIN, changed, patch

from stitchback.matching.case import Side
from stitchback.matching.leaf_models import of_side
from stitchback.matching.match import compare
from stitchback.matching.sides import merged_by_git, sides
from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Verdict
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Patch, Policy, Situation
from stitchback.proof.trees import before_merge

TAG = migration("shop.0003_tag", "shop.0002_base", create("Tag"))
ABOVE = migration("shop.0004_tag_name", "shop.0003_tag", add("tag", "name"))
BESIDE = migration("shop.0003_size", "shop.0002_base", add("item", "size"))
MERGE = migration("shop.0005_merge", "shop.0003_size shop.0004_tag_name")


def merged(*own: Migration) -> Patch:
    return patch(*own, merged=True)


def onto(*migrations: Migration) -> Tree:
    return Tree("main", "main", changed(FORK, *migrations).migrations)


def test_what_mainline_built_on_a_merged_branch_is_no_parallel_to_it() -> None:
    """Without the branch's own migrations it could not even be played."""
    split = sides(merged(TAG), onto(TAG, ABOVE, BESIDE, MERGE))
    assert tuple(each.key for each in split.mainline) == keys("shop.0003_size")
    found = compare(split, {}).matches
    assert [match.verdict for match in found] == [Verdict.PATCH_ONLY] * len(found)


def test_files_that_do_the_same_on_both_are_where_the_branches_part() -> None:
    other = TAG.with_changes(operations=(create("Tag", size=char()),))
    for theirs, expected in ((TAG, {TAG.key}), (other, set())):
        split = sides(patch(TAG, ABOVE), onto(theirs, BESIDE))
        assert (set(split.reconciled), split.known) == (expected, frozenset())


def test_what_mainline_had_is_its_own_above_a_squash_that_the_merge_brought() -> None:
    """The release squashed what it had released and deleted those files: all of mainline depends on the squash now (random seed 71018)."""
    squash = migration(
        "shop.0001_squashed", "", create("Item", label=char(), base=char()), replaces="shop.0001_initial shop.0002_base"
    )  # fmt: skip
    gone = "shop.0001_initial shop.0002_base"
    branch = patch(squash, TAG, merged=True)
    given = replace(branch, tree=changed(branch.tree, without=gone))
    tree_after = changed(onto(squash, TAG, ABOVE, BESIDE, MERGE), without=gone)
    had = replace(given, mainline_had=frozenset((*FORK.migrations, BESIDE.key)))
    assert {each.key for each in sides(had, tree_after).mainline} == {BESIDE.key}
    assert {each.key for each in sides(had, tree_after).patch} == {TAG.key}
    before = before_merge(Situation((had,), tree_after, (), Policy()))
    assert before.migrations.keys() & {*keys(gone), BESIDE.key, squash.key} == {*keys(gone), BESIDE.key}


def test_a_cherry_picked_file_is_mainlines_as_well_after_the_merge() -> None:
    """Near miss: without what mainline had before the merge it would count as brought by it."""
    picked = replace(merged(TAG, ABOVE), mainline_had=frozenset((*FORK.migrations, TAG.key, BESIDE.key)))
    split = sides(picked, onto(TAG, ABOVE, BESIDE))
    assert split.twins == ((TAG, TAG),)
    assert {each.key for each in split.mainline} == {TAG.key, BESIDE.key}
    assert sides(merged(TAG, ABOVE), onto(TAG, ABOVE, BESIDE)).twins == ()


def test_the_models_of_mainline_have_what_it_had_cherry_picked() -> None:
    """Else a field that it altered since would not be there at its leaves."""
    ours = migration("shop.0004_rel", "shop.0003_tag", add("tag", "name"))
    tree_after = onto(TAG, ours, BESIDE)
    for had, expected in ((frozenset({TAG.key}), {"item", "tag"}), (frozenset[MigrationKey](), {"item"})):
        given = replace(merged(TAG, ours), mainline_had=had)
        split = sides(given, tree_after)
        side = Side(given, split, compare(split, {}))
        found = of_side(side, tree_after, merged_by_git(given, tree_after))
        assert {key.model for key in found.mainline.state.models if key.app == "shop"} == expected


def test_a_branch_that_git_has_not_merged_leaves_mainline_whole() -> None:
    (given,) = MAIN.patches
    split = sides(given, MAIN.mainline)
    assert {each.key for each in split.mainline} == set(MAIN.mainline.migrations) - set(FORK.migrations)


def test_what_is_made_anew_beside_a_squash_is_no_part_of_the_squash() -> None:
    """Both sides delete a model and make it again under one name; a squash of another app's is no reason to overlook the second half."""
    anew = (delete("Item"), create("Item", label=char()))
    base = tree(
        migration("shop.0001_initial", "", create("Item", label=char())),
        migration("blog.0001_initial", "", create("Post", title=char())),
        ref="v2.4",
    )
    twin = migration("shop.0002_anew", "shop.0001_initial", *anew)
    squash = migration(
        "blog.0001_squashed", "", create("Post", title=char()), replaces="blog.0001_initial blog.0002_x"
    )
    mainline = changed(
        base, squash, twin.with_changes(blob="has another layout"), without="blog.0001_initial"
    )
    split = sides(patch(twin, fork=base), Tree("main", "main", mainline.migrations))
    assert split.shared != split.mainline_shared
    found = compare(split, {}).matches
    assert found
    assert {match.verdict for match in found} <= {Verdict.IDENTICAL, Verdict.SAME_SCHEMA}


OLD = migration("crm.0001_a", "", create("Deal"))
LATER = migration("crm.0002_b", "crm.0001_a", add("deal", "note"))
SQUASH = migration("crm.0001_squashed", "", create("Deal", note=char()), replaces="crm.0001_a crm.0002_b")
FINISHED = SQUASH.with_changes(replaces=())


def finished_with(*fork: Migration) -> tuple[Migration, ...]:
    """What is still the patch's where mainline has the finished squash alone."""
    base = changed(FORK, *fork)
    return sides(patch(TAG, fork=base), onto(FINISHED, BESIDE)).patch_all


def test_what_a_squash_replaced_is_not_gone_where_mainline_finished_the_squash() -> None:
    """open-forms, as Django's documentation says: the old files go, and so does `replaces`."""
    assert finished_with(OLD, LATER, SQUASH) == (TAG,)


def test_without_the_squash_at_the_fork_point_it_is_gone() -> None:
    assert {each.key for each in finished_with(OLD, LATER)} == {OLD.key, LATER.key, TAG.key}


def test_what_a_merge_has_left_as_mainline_had_it_is_mainlines_own() -> None:
    """Both sides had a migration of that name, and the merge took mainline's: the branch's databases have the branch's one."""
    theirs = TAG.with_changes(operations=(create("Tag", colour=char()),), blob="another file")
    split = sides(merged(TAG), onto(theirs, ABOVE, BESIDE))
    assert split.twins == ((TAG, theirs),)
    assert {each.key for each in split.mainline} == {TAG.key, ABOVE.key, BESIDE.key}


def test_what_a_merge_has_brought_may_stand_on_another_parent() -> None:
    moved = TAG.with_changes(dependencies=keys("shop.0003_size"))
    split = sides(merged(TAG), onto(moved, ABOVE, BESIDE))
    assert split.twins == ()
    assert {each.key for each in split.mainline} == {BESIDE.key}


def test_what_a_merge_has_brought_may_import_what_mainline_has_otherwise() -> None:
    """The file is the same on both, and what it imports is not."""
    read_there = TAG.with_changes(operations=(create("Tag", colour=char()),))
    split = sides(merged(TAG), onto(read_there, ABOVE, BESIDE))
    assert split.twins == ()
    assert {each.key for each in split.mainline} == {BESIDE.key}


def test_what_a_plan_has_copied_since_the_merge_is_mainlines_own() -> None:
    """Mainline's own migrations gave up their operations for it: without it mainline would lack them. Near miss: a copy of another one."""
    for line, twins in (("copied shop.0003_tag of release (commit 1)", 1), ("copied shop.0003_size of x", 0)):
        copied = TAG.with_changes(provenance=(line,))
        split = sides(merged(TAG, ABOVE), onto(copied, ABOVE, BESIDE))
        assert len(split.twins) == twins


@pytest.mark.parametrize(
    ("lines", "replaced", "brought"),
    [
        (("copied shop.0003_tag of release (commit 1)",), "shop.0002_base shop.0003_tag", False),
        ((), "shop.0002_base shop.0003_tag", True),
        (("copied shop.0003_tag of release (commit 1)",), "shop.0003_tag shop.0004_tag_name", True),
    ],
    ids=["all that is the branch's is copied", "nothing is copied", "one is as the merge brought it"],
)
def test_a_squash_of_what_a_plan_has_copied_since_the_merge_is_mainlines_own(
    lines: tuple[str, ...], replaced: str, brought: bool
) -> None:
    """It stands for the copies in Django's graph (random seeds 14 and 91290)."""
    squash = migration("shop.0003_squashed", "shop.0001_initial", create("Tag"), replaces=replaced)
    there = onto(TAG.with_changes(provenance=lines), ABOVE, squash, BESIDE)
    assert (squash.key in merged_by_git(merged(TAG, ABOVE, squash), there)) is brought


def test_a_migration_of_the_fork_point_is_nothing_that_a_merge_brings() -> None:
    """The branch's tree has it as well, since it began there."""
    split = sides(merged(TAG), onto(TAG, ABOVE, BESIDE))
    assert {each.key for each in split.shared} == set(FORK.migrations)
