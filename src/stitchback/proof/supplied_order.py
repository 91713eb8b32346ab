"""The order that another app's migrations supply to a migration that refers to a model without depending on its migration.

`integrations.0001` refers to `projects.Project` and does not depend on `projects`; a full `migrate` runs `builds` first, which does. A slice
without `builds` would run `integrations.0001` first, so the trees of the proof have the dependency.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import BrokenOnMainline, Patch, Situation
from stitchback.model.values import text
from stitchback.proof.populations import FRESH
from stitchback.proof.slicing.footprint import ON_ROWS, mentions
from stitchback.proof.slicing.shared_migrations import is_readable, same_content

FRESH_INSTALL = "fresh install"
Added = Mapping[MigrationKey, tuple[MigrationKey, ...]]


class SuppliedOrder:
    """`added`: shared migrations, with the migrations whose models they refer to without depending on them, which run first in every tree."""

    def __init__(self, situation: Situation) -> None:
        of_patches = [tree for patch in situation.patches for tree in (patch.fork, patch.tree)]
        shared = {
            key: migration
            for key, migration in situation.mainline.migrations.items()
            if is_readable(migration)
            and of_patches
            and all(same_content(migration, tree.migrations.get(key)) for tree in of_patches)
        }
        found: Added = dict(_undeclared(situation.mainline, shared))
        for tree in of_patches:
            found = _run_first(found, tree)
        self.added: Added = _run_first(found, situation.mainline)
        self._known: dict[int, tuple[Migration, Migration]] = {}

    @property
    def broken_on_mainline(self) -> Iterator[BrokenOnMainline]:
        """What fails without that order, whatever the plan: the app's migrations alone, on an empty database."""
        for key, parents in sorted(self.added.items()):
            names = ", ".join(map(str, parents))
            said = f"{key} refers to models of {names} and does not depend on it"
            yield BrokenOnMainline(FRESH_INSTALL, said, key, FRESH, (f"migrate {key.app} {key.name}",))

    def situation(self, situation: Situation) -> Situation:
        if not self.added:
            return situation
        patches = tuple(map(self._patch, situation.patches))
        return replace(situation, patches=patches, mainline=self.tree(situation.mainline))

    def _patch(self, patch: Patch) -> Patch:
        return replace(patch, tree=self.tree(patch.tree), fork=self.tree(patch.fork))

    def tree(self, tree: Tree) -> Tree:
        """The tree with the dependencies, as far as the order is that of the tree."""
        if not self.added:
            return tree
        found = _run_first({key: each for key, each in self.added.items() if key in tree.migrations}, tree)
        return tree.with_migrations(
            {key: self._depending(tree.migrations[key], parents) for key, parents in found.items()}
        )

    def _depending(self, migration: Migration, parents: tuple[MigrationKey, ...]) -> Migration:
        if id(migration) not in self._known:
            made = migration.with_changes(dependencies=(*migration.dependencies, *parents))
            self._known[id(migration)] = (migration, made)
        return self._known[id(migration)][1]


def _undeclared(
    tree: Tree, shared: Mapping[MigrationKey, Migration]
) -> Iterator[tuple[MigrationKey, tuple[MigrationKey, ...]]]:
    """Shared migrations that refer to a model of another app without depending on the shared migration that creates it."""
    graph = MigrationGraph.raw(tree)
    order = [key for key in graph.order() if key in shared]
    creators: dict[ModelKey, MigrationKey] = {}
    above: dict[MigrationKey, int] = {}
    for number, key in enumerate(graph.order()):
        bits = 1 << number
        for parent in graph.parents(key):
            bits |= above.get(parent, 0)
        above[key] = bits
    for key in order:
        for model in _created(shared[key]):
            creators.setdefault(model, key)
    for key in order:
        named = {creators[model] for model in _references(shared[key]) if model in creators}
        lost = tuple(sorted(each for each in named if above[each] & ~above[key]))
        if lost:
            yield key, lost


def _created(migration: Migration) -> Iterator[ModelKey]:
    for operation in migration.operations:
        if isinstance(operation, Operation) and operation.kind == "CreateModel":
            name = text(operation.argument("name"))
            if name:
                yield ModelKey.of(migration.key.app, name)


def _references(migration: Migration) -> frozenset[ModelKey]:
    app = migration.key.app
    operations = (
        each for each in migration.operations if isinstance(each, Operation) and each.kind not in ON_ROWS
    )
    return frozenset(model for model in mentions(operations, app) if model.app != app)


def _run_first(found: Added, tree: Tree) -> Added:
    """Those of which the tree's own order runs the migrations first."""
    if not found:
        return found
    place = {key: number for number, key in enumerate(MigrationGraph.of(tree).order())}
    return {
        key: parents
        for key, parents in found.items()
        if key in place and all(place.get(parent, len(place)) < place[key] for parent in parents)
    }
