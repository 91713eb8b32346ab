"""Trees as they were when databases were migrated with them."""

from __future__ import annotations

from dataclasses import replace

from migration_values import char, create, keys, migration
from plans_by_hand import BASE, FORK, P, changed, patch, situation

from stitchback.engine import EngineCache
from stitchback.graph import MigrationGraph
from stitchback.proof.context import ProofContext
from stitchback.proof.edited_shared_migrations import as_sound
from stitchback.proof.populations import deployed_mainlines
from stitchback.proof.trees import before_merge


def test_what_was_built_on_a_merged_branch_hangs_on_what_that_hung_on() -> None:
    """Else mainline without the branch would have a leaf more than it ever had."""
    merged = P.with_changes(blob="p")
    again = migration("shop.0004_again", "shop.0003_p").with_changes(blob="again")
    above = migration("shop.0005_above", "shop.0004_again")
    found = before_merge(situation(merged, again, above, patches=[patch(merged, again, merged=True)]))
    assert found.migrations[above.key].dependencies == keys("shop.0002_base")
    assert [key for key in MigrationGraph.of(found).leaves() if key.app == "shop"] == [above.key]


def test_what_mainline_had_cherry_picked_before_the_merge_was_in_its_databases() -> None:
    merged = P.with_changes(blob="p")
    picked = replace(patch(merged, merged=True), mainline_had=frozenset({P.key}))
    assert P.key in before_merge(situation(merged, patches=[picked])).migrations
    assert P.key not in before_merge(situation(merged, patches=[patch(merged, merged=True)])).migrations


def test_a_run_before_that_the_merge_brought_is_no_dependency_of_what_mainline_had() -> None:
    """In a slice `run_before` is a dependency of the other migration. It takes none of the brought file's own for it."""
    brought = migration("blog.0003_p", "blog.0002_base").with_changes(blob="p")
    had = migration("shop.0003_m", "shop.0002_base blog.0003_p")
    merge = replace(patch(brought, merged=True), mainline_had=frozenset({had.key}))
    given = situation(migration("blog.0002_base", "blog.0001_initial"), brought, had, patches=[merge])
    assert before_merge(given).migrations[had.key].dependencies == keys("shop.0002_base")
    (_, before) = deployed_mainlines(given, EngineCache())
    assert had.key in before.migrations
    later = replace(given, patches=(replace(merge, mainline_had=frozenset()),))
    (_, before) = deployed_mainlines(later, EngineCache())
    assert had.key not in before.migrations


def test_what_a_merge_brought_may_have_got_another_dependency_since() -> None:
    """A plan adds the dependency that its own branch had by way of another file. Near miss: a file that a plan has copied."""
    merged = P.with_changes(blob="p")
    given = [patch(merged, merged=True)]
    moved = merged.with_changes(blob="moved", dependencies=keys("shop.0001_initial shop.0002_base"))
    assert P.key not in before_merge(situation(moved, patches=given)).migrations
    copied = merged.with_changes(blob="copied", provenance=(f"copied {P.key} of release (commit 1)",))
    assert P.key in before_merge(situation(copied, patches=given)).migrations


def test_tables_of_an_app_that_only_the_patch_branch_has_stay() -> None:
    own = migration("depot.0001_initial", "", create("Box", label=char()))
    given = situation(patches=[patch(P, own)])
    assert ProofContext(given, EngineCache()).tables_of_removed_apps == {"depot_box"}
    assert (
        ProofContext(situation(own, patches=[patch(P, own)]), EngineCache()).tables_of_removed_apps
        == frozenset()
    )


def test_new_files_are_sound_where_the_old_ones_are() -> None:
    """`shop.0003_p` adds the column that mainline has added to the released file since."""
    twice = BASE[1].with_changes(operations=(*BASE[1].operations, *P.operations))
    fine, broken = patch(P), patch(P, fork=changed(FORK, twice))
    memory = EngineCache()
    assert as_sound(fine, fine, memory)
    assert not as_sound(fine, broken, memory)
    assert as_sound(broken, broken, memory)
    assert as_sound(broken, fine, memory)
