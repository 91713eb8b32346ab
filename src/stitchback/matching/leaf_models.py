"""The models at the leaves of both branches, as far as they have been compared, for a three-way merge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from stitchback.graph import MigrationGraph
from stitchback.matching.case import Case, Side
from stitchback.matching.match import fold
from stitchback.matching.relevant_models import of_apps
from stitchback.matching.sides import merged_by_git
from stitchback.matching.three_way import Branch, BranchSides, changed_models, parts_altered
from stitchback.model.atoms import Altered
from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Match, Verdict
from stitchback.model.migrations import Migration, Tree
from stitchback.operations.named_models import identity_after
from stitchback.schema.model_parts import is_invisible, value_of


def changes_the_state(side: Side) -> bool:
    """Whether the patch branch changed anything that no database sees, or mainline did of what the patch branch changed: only then
    something can be lost here."""
    comparison = side.comparison
    if any(map(patch_alone_seen, comparison.matches)):
        return True
    base = base_of(side)
    patch = Branch(comparison.patch_end, comparison.patch_identity)
    for model in changed_models(base, patch):
        was, now = base.parts(model), patch.parts(model)
        if any(value_of(was, part) != value_of(now, part) for part in {*was, *now} if is_invisible(part)):
            return True
    return False


def patch_alone_seen(match: Match) -> bool:
    """Whether both branches altered the schema object, and a database sees nothing of what mainline did."""
    altered = any(isinstance(atom, Altered) for atom in match.patch)
    return match.verdict is Verdict.PATCH_ONLY and bool(match.mainline) and altered


def sides_of(case: Case, result: Tree) -> list[BranchSides]:
    """As `proof.leaf_models.sides_of`, for the models that have been compared, of the sides of which something can be lost."""
    return [replace(before, result=of_result(side, result)) for side, before in case.once(unplanned)]


def unplanned(case: Case) -> tuple[tuple[Side, BranchSides], ...]:
    """What does not depend on a plan; as the result, mainline."""
    mainline = case.mainline
    brought = frozenset[MigrationKey]().union(*(merged_by_git(side.patch, mainline) for side in case.sides))
    changing = (side for side in case.sides if changes_the_state(side))
    return tuple((side, of_side(side, mainline, brought)) for side in changing)


def of_result(side: Side, result: Tree) -> Branch:
    shared = frozenset(migration.key for migration in side.sides.shared)
    return played(side, of_apps(tuple(own_of(result, shared)), side.comparison.apps))


def of_side(side: Side, mainline: Tree, brought: frozenset[MigrationKey]) -> BranchSides:
    comparison = side.comparison
    shared = frozenset(migration.key for migration in side.sides.shared)
    base = base_of(side)
    patch = Branch(comparison.patch_end, comparison.patch_identity)
    own = of_apps(tuple(own_of(mainline, shared | brought)), comparison.apps)
    touched = frozenset(changed_models(base, patch))
    altered = frozenset(parts_altered(base, comparison.mainline_start, own, touched))
    ours = played(side, own)
    return BranchSides(side.patch.tree.ref, base, patch, ours, ours, altered)


def base_of(side: Side) -> Branch:
    known = [each for each in side.sides.patch_all if each.key in side.sides.reconciled]
    return Branch(fold(known, side.comparison.start), identity_after(known))


def played(side: Side, own: Sequence[Migration]) -> Branch:
    return Branch(fold(own, side.comparison.mainline_start), identity_after(own))


def own_of(tree: Tree, without: frozenset[MigrationKey]) -> Iterator[Migration]:
    """What the tree has beside these, in Django's order. A squash of nothing but these makes nothing new."""
    for key in MigrationGraph.of(tree).order():
        migration = tree.migrations[key]
        if key not in without and not (migration.ghosts and without.issuperset(migration.ghosts)):
            yield migration
