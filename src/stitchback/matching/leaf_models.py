"""The models at the leaves of both branches, as far as they have been compared, for a three-way merge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stitchback.graph import MigrationGraph
from stitchback.matching.case import Case, Side
from stitchback.matching.match import fold
from stitchback.matching.relevant_apps import of_apps
from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Match, Verdict
from stitchback.model.migrations import Migration, Tree
from stitchback.model.state import SchemaState
from stitchback.schema.identity import Identity
from stitchback.schema.model_parts import is_invisible, value_of
from stitchback.schema.renames import identity_after
from stitchback.schema.three_way import Branch, BranchSides, changed_models, parts_altered, parts_by_identity


def changes_the_state(side: Side) -> bool:
    """Whether the patch branch changed anything that no database sees, or mainline did of what the patch branch changed: only then
    something can be lost here."""
    comparison = side.comparison
    if any(map(patch_alone_seen, comparison.matches)):
        return True
    base = Branch(base_of(side), Identity())
    patch = Branch(comparison.patch_end, comparison.patch_identity)
    for model in changed_models(base.state, patch):
        was, now = (parts_by_identity(branch, model) for branch in (base, patch))
        if any(value_of(was, part) != value_of(now, part) for part in {*was, *now} if is_invisible(part)):
            return True
    return False


def patch_alone_seen(match: Match) -> bool:
    """Whether both branches altered the schema object, and a database sees nothing of what mainline did."""
    return match.verdict is Verdict.PATCH_ONLY and bool(match.mainline)


def sides_of(side: Side, case: Case, result: Tree) -> BranchSides:
    """As `proof.leaves.of_patch`, for the models that have been compared."""
    comparison = side.comparison
    shared = frozenset(migration.key for migration in side.sides.shared)
    brought = frozenset(
        each.key
        for one in case.sides
        if one.patch.merged
        for each in one.sides.patch
        if each.key not in one.patch.mainline_had
    )
    base = base_of(side)
    patch = Branch(comparison.patch_end, comparison.patch_identity)
    mainline, reconciled = (
        of_apps(tuple(own_of(tree, without)), comparison.apps)
        for tree, without in ((case.situation.mainline, shared | brought), (result, shared))
    )
    touched = frozenset(changed_models(base, patch))
    return BranchSides(
        side.patch.tree.ref,
        base,
        patch,
        played(side, mainline),
        played(side, reconciled),
        frozenset(parts_altered(base, comparison.mainline_start, mainline, touched)),
    )


def base_of(side: Side) -> SchemaState:
    known = (migration for migration in side.sides.patch_all if migration.key in side.sides.known)
    return fold(known, side.comparison.start)


def played(side: Side, own: Sequence[Migration]) -> Branch:
    return Branch(fold(own, side.comparison.mainline_start), identity_after(own))


def own_of(tree: Tree, without: frozenset[MigrationKey]) -> Iterator[Migration]:
    """What the tree has beside these, in Django's order. A squash of nothing but these makes nothing new."""
    for key in MigrationGraph.of(tree).order():
        migration = tree.migrations[key]
        if key not in without and not (migration.ghosts and without.issuperset(migration.ghosts)):
            yield migration
