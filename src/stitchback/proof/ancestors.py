"""Checks that every migration of a result still depends on its ancestors from its own branch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from stitchback.graph import MigrationGraph
from stitchback.matching.data_conflicts import web_of
from stitchback.matching.sides import merged_by_git
from stitchback.model.edits import WriteFile
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Candidate, Situation
from stitchback.operations.model_relations import ModelRelations
from stitchback.proof.independence import MigrationChanges, independent, migration_changes


class BranchAncestors:
    """The whole branches of a situation, with the ancestors of each migration, independent of any plan."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self._doings: dict[int, tuple[Migration, MigrationChanges]] = {}

    @property
    def trees(self) -> tuple[Tree, ...]:
        return (self.situation.mainline, *(patch.tree for patch in self.situation.patches))

    @cached_property
    def web(self) -> ModelRelations:
        """The relations of all models that the branches have or had."""
        return web_of(self.trees)

    def migration_changes(self, migration: Migration) -> MigrationChanges:
        known = self._doings.get(id(migration))
        if known is None:
            known = self._doings[id(migration)] = (migration, migration_changes(migration))
        return known[1]

    def own(self, tree: Tree) -> Iterator[MigrationKey]:
        """The branch's migrations that are not shared, and shared ones that it has re-parented; for mainline all of them."""
        for patch in self.situation.patches:
            if patch.tree is tree:
                fork = patch.fork.migrations
                yield from (
                    key
                    for key, migration in tree.migrations.items()
                    if key not in fork or set(migration.parents) != set(fork[key].parents)
                )
                return
        yield from tree.migrations

    def parallel(self, tree: Tree) -> frozenset[MigrationKey]:
        """The migrations that only this branch has since the fork; for mainline, without those that git's merge brought."""
        others = {key for patch in self.situation.patches for key in patch.fork.migrations}
        if tree is self.situation.mainline:
            others = others.union(*(merged_by_git(patch, tree) for patch in self.situation.patches))
        return frozenset(tree.migrations) - others

    def independent(self, first: Iterable[Migration], second: Iterable[Migration]) -> bool:
        """Whether the second migrations, which come after the first on a branch, may run before them."""
        others = [self.migration_changes(each) for each in second]
        return all(
            independent(self.migration_changes(one), other, self.web) for one in first for other in others
        )


def lost_ancestors(candidate: Candidate, branches: BranchAncestors) -> Iterator[str]:
    """Ancestors that a migration has on its own branch and not in the result, although their order matters.

    Whole trees are compared, including migrations that are left out of a slice. A migration that the result has under another name, or replaces,
    counts as the same. Django orders by dependencies alone (FACTS F32).
    """
    result = Result(candidate, branches.situation.mainline)
    for tree in branches.trees:
        graph = MigrationGraph.raw(tree)
        own = set(branches.own(tree))
        for key in sorted(own & result.moved(graph)):
            for node in result.standing(key):
                above = result.above(node)
                for ancestor in sorted(set(graph.ancestors(key)) - above - {key}):
                    if not result.has_before(ancestor, node, above) and not branches.independent(
                        result.files(ancestor), result.files(key)
                    ):
                        yield f"{node} would no longer run after {ancestor}, as {key} does on {tree.ref}, although their operations depend on that order"


class Above:
    """The ancestors of a graph's nodes as sets, cached."""

    def __init__(self, graph: MigrationGraph) -> None:
        self.graph = graph
        self.known: dict[MigrationKey, frozenset[MigrationKey]] = {}

    def __call__(self, node: MigrationKey) -> frozenset[MigrationKey]:
        found = self.known.get(node)
        if found is None:
            found = self.known[node] = frozenset(self.graph.ancestors(node))
        return found


class Result:
    """A candidate's whole tree, by the names of the branches."""

    def __init__(self, candidate: Candidate, mainline: Tree) -> None:
        self.tree = candidate.result
        self.graph = MigrationGraph.raw(self.tree)
        self._above = Above(self.graph)
        self.renamed: Mapping[MigrationKey, MigrationKey] = {
            edit.original.key: edit.key
            for edit in candidate.edits
            if isinstance(edit, WriteFile)
            and edit.original is not None
            and edit.original.key in mainline.migrations
        }

    def standing(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """The nodes for a branch's migration in the result: itself, under its new name, or its replacement. None if the result runs no migration of
        that name."""
        if key in self.graph.nodes:
            return (key,)
        if key in self.renamed and self.renamed[key] in self.graph.nodes:
            return (self.renamed[key],)
        return self.tree.replacers.get(key, ())

    def moved(self, graph: MigrationGraph) -> set[MigrationKey]:
        """The branch's migrations that may have lost an ancestor: those that no longer have all their dependencies, and their descendants."""
        nodes = self.graph.nodes
        changed = {
            key
            for key in graph.nodes
            if key not in nodes or not set(graph.parents(key)) <= set(self.graph.parents(key))
        }
        waiting = list(changed)
        for key in waiting:
            more = set(graph.children(key)) - changed
            changed |= more
            waiting.extend(more)
        return changed

    def above(self, node: MigrationKey) -> frozenset[MigrationKey]:
        """The node and all its ancestors."""
        return self._above(node)

    def has_before(self, ancestor: MigrationKey, node: MigrationKey, above: frozenset[MigrationKey]) -> bool:
        """Whether the ancestor is an ancestor of the node in the result, or the node itself, or no longer exists. A squash counts as the migrations
        that it replaces, and these count as the squash."""
        nodes = self.standing(ancestor)
        if not nodes or not above.isdisjoint((*nodes, *self.tree.replacers.get(ancestor, ()))):
            return True
        parts = [
            part for name in nodes for part in self.tree.migrations[name].ghosts if part in self.graph.nodes
        ]
        return bool(parts) and above.issuperset(parts)

    def files(self, key: MigrationKey) -> tuple[Migration, ...]:
        """The branch's migration as the result has it: operations that it no longer contains need no order."""
        return tuple(self.tree.migrations[node] for node in self.standing(key))
