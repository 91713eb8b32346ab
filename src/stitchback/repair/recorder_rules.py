"""Which of a tree's migrations a ledger records, and which rows record a migration.

Django reads only the rows of a squash's targets and ignores its own row (FACTS, How the loader treats `replaces`). Here the squash's own row counts
as well, because it shows which schema changes were made; F7 and F8 are the failures that follow from ignoring it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from stitchback.graph import MigrationGraph
from stitchback.matching.provenance import covered
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree

Keys = frozenset[MigrationKey]


class RecorderRules:
    """The rules of one tree, for sets of rows. The database's schema is not used."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    @cached_property
    def graph(self) -> MigrationGraph:
        """The graph with every file as a node, including replaced ones."""
        return MigrationGraph.raw(self.tree)

    @cached_property
    def place(self) -> dict[MigrationKey, int]:
        """The position of each file in Django's full plan, replaced ones after their squash. It orders migrations without a dependency between them,
        as Django does."""
        order = (*MigrationGraph.of(self.tree).order(), *self.graph.order())
        return {key: place for place, key in reversed(list(enumerate(order)))}

    @cached_property
    def named(self) -> Keys:
        """All names that the tree knows: files, names in `replaces`, and names that it covers."""
        return self.recorded | covered(self.tree)

    @cached_property
    def recorded(self) -> Keys:
        """Names whose rows a migrate with this tree can record."""
        return frozenset(self.tree.migrations) | frozenset(self.tree.replacers)

    @cached_property
    def apps(self) -> frozenset[str]:
        return frozenset(key.app for key in self.named) | frozenset(self.tree.apps)

    def targets(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """The rows that make Django count the migration as applied: its own, or those of its targets (Django 6 resolves nested squashes:
        `_resolve_replaced_migration_keys`)."""
        return tuple(dict.fromkeys(self._resolved(key, frozenset())))

    def _resolved(self, key: MigrationKey, above: Keys) -> Iterable[MigrationKey]:
        migration = self.tree.migrations.get(key)
        if migration is None or not migration.ghosts or key in above:
            return (key,)
        return (found for ghost in migration.ghosts for found in self._resolved(ghost, above | {key}))

    def is_replacer(self, key: MigrationKey) -> bool:
        return key in self.tree.migrations and bool(self.tree.migrations[key].ghosts)

    def counts(self, key: MigrationKey, rows: Keys) -> bool:
        """Whether Django counts it as applied."""
        return rows.issuperset(self.targets(key))

    def standing(self, rows: Keys) -> RecordedNodes:
        """The nodes of the tree that the ledger describes: one node for each piece of work that was or was not done."""
        nodes, partial = set(self.tree.migrations), set[MigrationKey]()
        for key in sorted(self.tree.migrations):
            if not self.is_replacer(key):
                continue
            targets = self.targets(key)
            some = rows.intersection(targets)
            if key in rows or len(some) in (0, len(set(targets))):
                nodes.difference_update(self.tree.migrations[key].ghosts)
                nodes.difference_update(targets)
            elif all(target in self.tree.migrations for target in targets):
                nodes.discard(key)
            else:
                partial.add(key)
        made = frozenset(key for key in nodes - partial if key in rows or self.counts(key, rows))
        return RecordedNodes(frozenset(nodes), made, frozenset(partial))


@dataclass(frozen=True, slots=True)
class RecordedNodes:
    """`nodes`: squashes, or the migrations that they replace if the ledger has some of those. `made`: nodes recorded as applied. `partial`: squashes of
    which only a part is recorded and whose targets' files are gone (FACTS F6): the applied part is not known."""

    nodes: Keys
    made: Keys
    partial: Keys


class Order:
    """Selected nodes in an order in which they can run; the dependencies of an unselected node replace it."""

    def __init__(self, accounts: RecorderRules, chosen: Keys) -> None:
        self.accounts = accounts
        self.chosen = chosen
        self.replacer_of = {
            target: key
            for key in sorted(chosen, reverse=True)
            if accounts.is_replacer(key)
            for target in (*accounts.targets(key), *accounts.tree.migrations[key].ghosts)
        }

    def sorted(self) -> tuple[MigrationKey, ...]:
        """The nodes in Django's order, dependencies first. Iterative, because histories are long."""
        place = self.accounts.place.__getitem__
        found: dict[MigrationKey, None] = {}
        for start in sorted(self.chosen, key=place):
            stack = [(start, iter(sorted(self.above(start), key=place)))]
            entered = {start}
            while stack:
                key, parents = stack[-1]
                following = next((p for p in parents if p not in found and p not in entered), None)
                if following is None:
                    found[key] = None
                    stack.pop()
                elif following in self.chosen:
                    entered.add(following)
                    stack.append((following, iter(sorted(self.above(following), key=place))))
        return tuple(found)

    def above(self, key: MigrationKey) -> set[MigrationKey]:
        """The selected nodes that the node depends on directly, or only through unselected ones."""
        found: set[MigrationKey] = set()
        seen: set[MigrationKey] = {key}
        queue = list(self._parents(key))
        while queue:
            parent = queue.pop()
            if parent in seen:
                continue
            seen.add(parent)
            if parent in self.chosen:
                found.add(parent)
            elif parent in self.replacer_of:
                found.add(self.replacer_of[parent])
            else:
                queue.extend(self._parents(parent))
        return found - {key}

    def _parents(self, key: MigrationKey) -> set[MigrationKey]:
        """The dependencies named in the files, including replaced files; a name without a file is resolved to its squash."""
        tree = self.accounts.tree
        if key not in tree.migrations:
            return set(tree.replacers.get(key, ()))
        migration = tree.migrations[key]
        found = {*self.accounts.graph.parents(key), *migration.parents}
        for ghost in migration.ghosts:
            if ghost in tree.migrations:
                found |= {ghost, *self.accounts.graph.parents(ghost)}
        return found - {key}
