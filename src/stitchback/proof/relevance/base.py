"""The part of a slice that is the same for every candidate of a situation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from stitchback.graph import MigrationGraph
from stitchback.matching.data_conflicts import web_of
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Situation
from stitchback.operations.model_relations import ModelRelations
from stitchback.proof.relevance.footprint import Models, under_all_names
from stitchback.proof.relevance.shared_base import SharedBase, shared_base
from stitchback.proof.relevance.shared_migrations import KeyTies, ties
from stitchback.proof.relevance.tree_view import Keys, TreeView


class SliceBase:
    """A situation's trees, and their shared migrations. Candidates that do not change these share it. `kept`: migrations that are relevant to every
    plan."""

    def __init__(self, situation: Situation, kept: Keys = frozenset()) -> None:
        self.situation = situation
        self.kept = kept
        of_patches = [tree for patch in situation.patches for tree in (patch.fork, patch.tree)]
        self.trees = (situation.mainline, *of_patches)
        self.graph = MigrationGraph.of(situation.mainline)
        self._grounds: dict[Keys, SlicedSituation] = {}

    @cached_property
    def ties(self) -> KeyTies:
        return ties(self.trees, self.situation.ledgers)

    @cached_property
    def web(self) -> ModelRelations:
        """The relations of all models that the trees have or had."""
        return web_of(self.trees)

    @cached_property
    def is_sound(self) -> bool:
        """Whether no tree has a cycle: only then slicing is possible."""
        return not any(MigrationGraph.raw(tree).cycles for tree in self.trees)

    def changes(self, result: Tree) -> dict[MigrationKey, Migration | None]:
        """The result's differences from mainline; None for a migration that it lacks."""
        before, after = self.situation.mainline.migrations, result.migrations
        found: dict[MigrationKey, Migration | None] = {
            key: migration for key, migration in after.items() if before.get(key) is not migration
        }
        if len(after) - len(found) < len(before):
            found |= {key: None for key in before if key not in after}
        return found

    def fresh_installs(self, changes: dict[MigrationKey, Migration | None]) -> SlicedSituation:
        """The shared part of the branches for such a result."""
        shared: Keys = frozenset()
        if (
            self.situation.patches
        ):  # without a patch branch, the migrations that all databases have are unknown
            shared = self.ties.without([migration or key for key, migration in changes.items()])
        if shared not in self._grounds:
            self._grounds[shared] = SlicedSituation(self, shared)
        return self._grounds[shared]


class SlicedSituation:
    """A situation with one set of shared keys."""

    def __init__(self, base: SliceBase, shared: Keys) -> None:
        self.base = base
        self.shared = shared
        self.mainline = base.situation.mainline
        self.order = [key for key in base.graph.order() if key in shared]
        files = self.mainline.migrations
        self.hasty = tuple(files[key] for key in sorted(shared) if files[key].run_before)
        self.apps = frozenset(key.app for key in shared)
        self.views = tuple(self.view(tree) for tree in base.trees)
        self._footings: dict[object, SharedBase] = {}

    def labels(self, tree: Tree, own: Iterable[MigrationKey]) -> frozenset[str]:
        """The apps of the tree."""
        return self.apps | set(tree.apps) | {key.app for key in own}

    def view(self, tree: Tree) -> TreeView:
        own = {key: migration for key, migration in tree.migrations.items() if key not in self.shared}
        return TreeView(tree, own, self.shared, self.base.graph, self.labels(tree, own), self.hasty)

    def view_of_result(self, result: Tree, changes: dict[MigrationKey, Migration | None]) -> TreeView:
        own = {**self.views[0].own, **{key: each for key, each in changes.items() if each is not None}}
        for key in (key for key, migration in changes.items() if migration is None):
            own.pop(key, None)
        return TreeView(result, own, self.shared, self.base.graph, self.labels(result, own), self.hasty)

    @cached_property
    def rows(self) -> tuple[MigrationKey, ...]:
        """The shared keys, and the ghosts that their squashes name, as in a ledger."""
        files = self.mainline.migrations
        ordered = [key for key in MigrationGraph.raw(self.mainline).order() if key in self.shared]
        return tuple(dict.fromkeys(row for key in ordered for row in (*files[key].ghosts, key)))

    def shared_base(self, front: Keys, hung: tuple[Keys, ...], models: Models) -> SharedBase:
        place = (front, hung, models)
        if place not in self._footings:
            below = under_all_names(
                models, self.of_apps(set(models.apps).union(key.app for key in models.keys))
            )
            self._footings[place] = shared_base(
                self.mainline, self.shared, self.base.graph, self.order, front, hung, below
            )
        return self._footings[place]

    def of_apps(self, apps: set[str]) -> Iterator[Migration]:
        return (self.mainline.migrations[key] for key in self.shared if key.app in apps)
