"""The order that another app's migrations supply to a migration that refers to a model without depending on its migration.

`integrations.0001` refers to `projects.Project` and does not depend on `projects`; a full `migrate` runs `builds` first, which does. A slice
without `builds` would run `integrations.0001` first, so the trees of the proof have the dependency.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from functools import cached_property

from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import FRESH, BrokenOnMainline, Patch, Situation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.values import text
from stitchback.operations import kind_of
from stitchback.operations.data import runs_code
from stitchback.proof.relevance.footprint import mentions
from stitchback.proof.relevance.shared_migrations import is_readable, same_content
from stitchback.upgrades.histories import FRESH_INSTALL

Added = Mapping[MigrationKey, tuple[MigrationKey, ...]]


class SuppliedOrder:
    """`added`: shared migrations, with the migrations whose models they refer to without depending on them, which run first in every tree. A
    migration that is not shared gets the dependencies in each tree, on shared migrations alone: a slice may leave out what brings them first."""

    def __init__(self, situation: Situation) -> None:
        of_patches = [tree for patch in situation.patches for tree in (patch.fork, patch.tree)]
        shared = {
            key: migration
            for key, migration in situation.mainline.migrations.items()
            if is_readable(migration)
            and of_patches
            and all(same_content(migration, tree.migrations.get(key)) for tree in of_patches)
        }
        self.shared = frozenset(shared)
        self.creators = _creators(situation.mainline, self.shared)
        found: Added = dict(self._undeclared(situation.mainline, self.shared))
        for tree in of_patches:
            found = _run_first(found, tree)
        self.added: Added = _run_first(found, situation.mainline)
        self._known: dict[int, tuple[Migration, Migration]] = {}
        self.mainline = situation.mainline
        self.patches = of_patches

    @cached_property
    def _of_mainline(self) -> Added:
        return self._of(self.mainline)

    @property
    def broken_on_mainline(self) -> Iterator[BrokenOnMainline]:
        """What fails without that order, whatever the plan: the app's migrations alone, on an empty database."""
        for key, parents in sorted(self._of_mainline.items()):
            problem = Problem.of(ProblemKind.UNDECLARED, key, parents)
            yield BrokenOnMainline(FRESH_INSTALL, problem, key, FRESH, (f"migrate {key.app} {key.name}",))

    def lost(self, result: Tree) -> Iterator[Problem]:
        """Migrations that the plan has written so, while on mainline and on the patch branches they depend on what they refer to, or are not there."""
        new = {key: each for key, each in self._of(result).items() if key not in self._of_mainline}
        known = {key for tree in self.patches for key in self._of(tree)} if new else set()
        for key, parents in sorted(new.items()):
            if key not in known:
                yield Problem.of(ProblemKind.UNDECLARED, key, parents)

    def bounds(self, result: Tree) -> Iterator[str]:
        """What fails without that order in the planned tree alone, for what the patch branches have brought."""
        for key, parents in sorted(self._of(result).items()):
            if key not in self._of_mainline:
                yield f"{FRESH_INSTALL}, migrate {key.app} {key.name}: {Problem.of(ProblemKind.UNDECLARED, key, parents)}"

    def situation(self, situation: Situation) -> Situation:
        patches, mainline = tuple(map(self._patch, situation.patches)), self.tree(situation.mainline)
        if mainline is situation.mainline and patches == situation.patches:
            return situation
        return replace(situation, patches=patches, mainline=mainline)

    def _patch(self, patch: Patch) -> Patch:
        return replace(patch, tree=self.tree(patch.tree), fork=self.tree(patch.fork))

    def tree(self, tree: Tree) -> Tree:
        """The tree with the dependencies, as far as the order is that of the tree."""
        found = self._of(tree)
        if not found:
            return tree
        return tree.with_migrations(
            {key: self._depending(tree.migrations[key], parents) for key, parents in found.items()}
        )

    def _of(self, tree: Tree) -> Added:
        own = dict(self._undeclared(tree, tree.migrations.keys() - self.shared))
        found = {key: each for key, each in self.added.items() if key in tree.migrations}
        return _run_first({**found, **own}, tree)

    def _undeclared(
        self, tree: Tree, keys: Set[MigrationKey]
    ) -> Iterator[tuple[MigrationKey, tuple[MigrationKey, ...]]]:
        """Those of the migrations that refer to a model of another app without depending on the shared migration that creates it."""
        named = {key: self._named(tree.migrations[key]) for key in keys}
        if not any(named.values()):
            return
        graph = MigrationGraph.raw(tree)
        above: dict[MigrationKey, int] = {}
        for number, key in enumerate(graph.order()):
            above[key] = 1 << number
            for parent in graph.parents(key):
                above[key] |= above.get(parent, 0)
        for key in sorted(keys & above.keys()):
            lost = tuple(sorted(each for each in named[key] if above.get(each, 0) & ~above[key]))
            if lost:
                yield key, lost

    def _named(self, migration: Migration) -> frozenset[MigrationKey]:
        """The shared migrations that create the models of other apps to which the migration refers."""
        if not is_readable(migration):
            return frozenset()
        return frozenset(self.creators[each] for each in _references(migration) if each in self.creators)

    def _depending(self, migration: Migration, parents: tuple[MigrationKey, ...]) -> Migration:
        if id(migration) not in self._known:
            made = migration.with_changes(dependencies=(*migration.dependencies, *parents))
            self._known[id(migration)] = (migration, made)
        return self._known[id(migration)][1]


def _creators(tree: Tree, shared: frozenset[MigrationKey]) -> dict[ModelKey, MigrationKey]:
    """The models that shared migrations create, each with the first of them."""
    creators: dict[ModelKey, MigrationKey] = {}
    for key in MigrationGraph.raw(tree).order():
        if key in shared:
            for model in _created(tree.migrations[key]):
                creators.setdefault(model, key)
    return creators


def _created(migration: Migration) -> Iterator[ModelKey]:
    for operation in migration.operations:
        kind = kind_of(operation)
        if isinstance(operation, Operation) and kind is not None and kind.model.made:
            name = text(operation.argument(kind.model.after))
            if name:
                yield ModelKey.of(migration.key.app, name)


def _references(migration: Migration) -> frozenset[ModelKey]:
    app = migration.key.app
    operations = (each for each in migration.operations if not runs_code(each))
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
