"""Checks that the models at mainline's leaf nodes after reconciling are the three-way merge of both branches (`schema.three_way`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from stitchback.matching.leaf_models import own_of
from stitchback.matching.own_squashes import before_squashes
from stitchback.matching.renamed_labels import relabelled_situation
from stitchback.matching.sides import sides as split
from stitchback.matching.three_way import (
    Branch,
    BranchSides,
    Merge,
    MergedPart,
    changed_models,
    merge,
    parts_altered,
)
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Patch, Situation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.state import SchemaState
from stitchback.operations.named_models import identity_after
from stitchback.proof.trees import emptied, mainlines_own
from stitchback.schema.identity import Identity
from stitchback.schema.model_parts import Absence, Part


def models_changed(sides: Sequence[BranchSides]) -> Iterator[Problem]:
    """The parts of the models that the reconciled tree lost or changed compared with the merge of both branches."""
    merged = merge(sides)
    gone = {part.model for part, each in merged.items() if part.kind == "model" and is_absent(each.result)}
    for part, each in sorted(merged.items()):
        if each.result == each.expected or (part.model in gone and part.kind != "model"):
            continue
        if not is_elsewhere(part, each, merged):
            refs = tuple(dict.fromkeys(ask.ref for ask in each.open_asks))
            yield Problem(ProblemKind.MODELS_DIFFER, (part, refs), in_words(part, each))


def is_absent(value: object) -> bool:
    return isinstance(value, Absence)


def is_elsewhere(part: Part, each: MergedPart, merged: Merge) -> bool:
    """Whether a patch branch has that part on a model of another name: a squash on mainline does not show renames."""
    if each.mainline is not Absence.GONE or is_absent(each.result):
        return False
    return any(
        twin.model != part.model
        and (twin.kind, twin.name, twin.argument) == (part.kind, part.name, part.argument)
        and any(ask.patch == each.result for ask in other.asks)
        for twin, other in merged.items()
    )


def in_words(part: Part, each: MergedPart) -> str:
    refs = joined(ask.ref for ask in each.open_asks)
    if is_absent(each.expected) and not refs:
        return f"{part} is on neither branch"
    if refs and is_absent(each.expected):
        return f"{part} still exists, although {refs} removed it"
    if refs:
        return f"{part}: the change of {refs} is lost"
    return f"{part} of mainline is lost" if is_absent(each.result) else f"{part} differs from mainline"


def joined(refs: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(refs))


ModelsOf = Callable[[Tree], SchemaState | None]


def sides_of(situation: Situation, result: Tree, models_of: ModelsOf) -> tuple[BranchSides, ...]:
    """One for each patch branch whose models are known; without any, the reconciled tree is compared with mainline alone."""
    situation, result = relabelled_situation(situation, result)
    mainline = mainlines_own(situation)
    ours = models_of(mainline)
    if ours is None:
        mainline, ours = situation.mainline, models_of(situation.mainline)
    models = SchemaState() if ours is None else ours
    found = (of_patch(patch, situation, mainline, models, result, models_of) for patch in situation.patches)
    known = tuple(sides for sides in found if sides is not None)
    return known or (alone(mainline, models, result, models_of),)


def of_patch(
    patch: Patch,
    situation: Situation,
    mainline: Tree,
    models: SchemaState,
    result: Tree,
    models_of: ModelsOf,
) -> BranchSides | None:
    parts = split(patch, situation.mainline)
    shared = frozenset(migration.key for migration in parts.shared)
    tree = as_read_on(situation.mainline, unsquashed(patch.tree, patch))
    reconciled = emptied(tree, (each.key for each in parts.patch if each.key not in parts.reconciled))
    known, before, theirs = models_of(reconciled), models_of(patch.fork), models_of(tree)
    if known is not None:
        base = branch(reconciled, known, shared)
    elif before is not None:
        base = Branch(before, Identity())
    else:
        return None
    if theirs is None:
        return None
    own = tuple(own_of(mainline, shared))
    start = models_of(mainline.with_migrations({migration.key: None for migration in own})) or SchemaState()
    patched = branch(tree, theirs, shared)
    touched = frozenset(changed_models(base, patched))
    return BranchSides(
        patch.tree.ref,
        base,
        patched,
        branch(mainline, models, shared),
        branch(result, models_of(result) or SchemaState(), shared),
        frozenset(parts_altered(base, start, own, touched)),
    )


def unsquashed(tree: Tree, patch: Patch) -> Tree:
    """The tree without the patch branch's own squashes whose replaced files exist: such a squash contains changes of the fork point and of the
    branch, and without it the two can be separated."""
    own = frozenset(tree.migrations) - frozenset(patch.fork.migrations)
    return before_squashes(tree, own) or tree


def as_read_on(mainline: Tree, tree: Tree) -> Tree:
    """The tree with mainline's reading of each file that is equal there: such a file may import a value that the branch has changed (the schema of a
    validator, a function's default), and the reconciled tree has mainline's."""
    read = {
        key: mainline.migrations[key]
        for key, migration in tree.migrations.items()
        if key in mainline.migrations and is_read_otherwise(migration, mainline.migrations[key])
    }
    return tree.with_migrations(read) if read else tree


def is_read_otherwise(one: Migration, other: Migration) -> bool:
    return one is not other and one.blob == other.blob and one.operations != other.operations


def alone(mainline: Tree, models: SchemaState, result: Tree, models_of: ModelsOf) -> BranchSides:
    known = frozenset(mainline.migrations)
    ours = branch(mainline, models, known)
    return BranchSides(
        mainline.ref, ours, ours, ours, branch(result, models_of(result) or SchemaState(), known)
    )


def branch(tree: Tree, models: SchemaState, shared: frozenset[MigrationKey]) -> Branch:
    return Branch(models, identity_after(own_of(tree, shared)))
