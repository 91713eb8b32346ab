"""Migrations that mainline has with the user model spelled otherwise: `settings.AUTH_USER_MODEL`, and the string that it is.

In Python both are one string, so Django sees no difference. Where all trees of a branch agree on the setting, such a migration is read as
mainline has it.
"""

from __future__ import annotations

from dataclasses import replace

from stitchback.graph.resolution import FIRST
from stitchback.graph.swapped import USER_MODEL
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Swappable, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import Patch
from stitchback.model.source import Opaque
from stitchback.model.values import Constant, Reference, Value, mapped, text
from stitchback.operations.data import data_operations
from stitchback.schema.labels import SETTINGS

Operations = tuple[Operation | Opaque, ...]
THE_SETTING = Reference(SETTINGS + USER_MODEL)


def as_mainline_spells(patch: Patch, mainline: Tree) -> Patch:
    """The patch branch with mainline's operations and dependencies wherever those of the same migration differ in that spelling alone."""
    label = patch.fork.settings.get(USER_MODEL)
    if label is None or any(tree.settings.get(USER_MODEL) != label for tree in (patch.tree, mainline)):
        return patch
    fork, tree = (respelled(each, mainline, label) for each in (patch.fork, patch.tree))
    own = tuple(tree.migrations[each.key] for each in patch.migrations)
    return replace(patch, fork=fork, tree=tree, migrations=own)


def respelled(tree: Tree, mainline: Tree, label: str) -> Tree:
    found = {}
    for key, migration in tree.migrations.items():
        theirs = mainline.migrations.get(key)
        if theirs is None or theirs is migration or theirs.blob == migration.blob:
            continue
        found[key] = migration.with_changes(
            operations=operations_spelled(migration.operations, theirs.operations, label),
            dependencies=dependencies_spelled(migration.dependencies, theirs.dependencies, label),
        )
    return tree.with_migrations({key: each for key, each in found.items() if each != tree.migrations[key]})


def operations_spelled(ours: Operations, theirs: Operations, label: str) -> Operations:
    if len(ours) != len(theirs):
        return ours
    pairs = zip(ours, theirs, strict=True)
    return tuple(other if is_spelling(one, other, label) else one for one, other in pairs)


def dependencies_spelled(
    ours: tuple[Dependency, ...], theirs: tuple[Dependency, ...], label: str
) -> tuple[Dependency, ...]:
    """`swappable_dependency` of the setting and of the label are one dependency, on the first migration of the model's app."""
    first = MigrationKey(label.partition(".")[0], FIRST)
    setting = Swappable(USER_MODEL)
    other = next((each for each in theirs if each in (first, setting)), None)
    return tuple(other if other is not None and each in (first, setting) else each for each in ours)


def is_spelling(one: Operation | Opaque, other: Operation | Opaque, label: str) -> bool:
    """Whether the two differ, and in nothing else. Data operations are compared with all that they run, each in its own tree."""
    return (
        one != other
        and not any(data_operations((one,)))
        and resolved((one,), label) == resolved((other,), label)
    )


def resolved(operations: Operations, label: str) -> Operations:
    """The operations with the model's own label wherever one of them names it."""

    def change(value: Value) -> Value:
        said = label if value == THE_SETTING else text(value)
        return Constant(label) if said is not None and said.lower() == label.lower() else value

    return tuple(
        each
        if isinstance(each, Opaque)
        else replace(
            each,
            arguments=tuple((name, mapped(value, change)) for name, value in each.arguments),
            database=resolved(each.database, label),
            state=resolved(each.state, label),
        )
        for each in operations
    )
