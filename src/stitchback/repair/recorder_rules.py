"""Which of a tree's migrations a ledger records, and which rows record one.

Django looks at the targets of a replacer only: its own row counts for nothing (FACTS, How the loader treats `replaces`). Here a
replacer's own row counts as well, because it tells what was done to the schema: that is what F7 and F8 forget.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.repair.provenance import covered

Keys = frozenset[MigrationKey]


class RecorderRules:
    """One tree's accounts. Answers are for sets of rows; nothing of a database's schema is asked."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    @cached_property
    def graph(self) -> MigrationGraph:
        """Every file a node, replaced ones too."""
        return MigrationGraph.raw(self.tree)

    @cached_property
    def place(self) -> dict[MigrationKey, int]:
        """Where each file stands in Django's full plan, those that others replace behind: of migrations without an order between them, too,
        Django runs this one first and that one last."""
        order = (*MigrationGraph.of(self.tree).order(), *self.graph.order())
        return {key: place for place, key in reversed(list(enumerate(order)))}

    @cached_property
    def named(self) -> Keys:
        """Every name that the tree can tell something about: files, names in `replaces`, and what it says to cover."""
        return self.recorded | covered(self.tree)

    @cached_property
    def recorded(self) -> Keys:
        """Names whose rows a migrate with this tree can leave."""
        return frozenset(self.tree.migrations) | frozenset(self.tree.replacers)

    @cached_property
    def apps(self) -> frozenset[str]:
        return frozenset(key.app for key in self.named) | frozenset(self.tree.apps)

    def targets(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """The rows that make Django count the migration as applied: its own, or those of its targets (Django 6 resolves
        nested replacers: `_resolve_replaced_migration_keys`)."""
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
        """How the ledger tells of the tree: one node for each thing that was or was not done."""
        nodes, torn = set(self.tree.migrations), set[MigrationKey]()
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
                torn.add(key)
        made = frozenset(key for key in nodes - torn if key in rows or self.counts(key, rows))
        return RecordedNodes(frozenset(nodes), made, frozenset(torn))


@dataclass(frozen=True, slots=True)
class RecordedNodes:
    """`nodes`: replacers, or what they replace where the ledger has a part of that. `made`: those that the ledger tells to be
    done. `torn`: replacers of which it tells a part only, and whose targets' files are gone (FACTS F6): what was done is not known."""

    nodes: Keys
    made: Keys
    torn: Keys


class Order:
    """A choice of nodes in an order in which they can be run; what is left out is stepped over, its parents stand for it."""

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
        """Parents first, as Django runs them where it runs them all at once. Iterative: histories are long."""
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
        """The chosen nodes right above: what is left out in between is stepped over."""
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
        """Parents as the files name them, those of replaced files too; a name without a file leads to what replaces it."""
        tree = self.accounts.tree
        if key not in tree.migrations:
            return set(tree.replacers.get(key, ()))
        migration = tree.migrations[key]
        found = {*self.accounts.graph.parents(key), *migration.parents}
        for ghost in migration.ghosts:
            if ghost in tree.migrations:
                found |= {ghost, *self.accounts.graph.parents(ghost)}
        return found - {key}
