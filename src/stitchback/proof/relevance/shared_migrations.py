"""Migrations that are equal in every tree, with all their ancestors: every database but a fresh one has applied them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stitchback.graph import MigrationGraph
from stitchback.graph.resolution import FIRST, LATEST
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Migration, Tree
from stitchback.model.source import Opaque


def shared_keys(trees: Sequence[Tree], ledgers: Iterable[Ledger]) -> frozenset[MigrationKey]:
    """The largest set of keys that are the same migration in all trees and applied in all ledgers. It contains their dependencies, and squashes only
    with all their parts."""
    return ties(trees, ledgers).whole


def ties(trees: Sequence[Tree], ledgers: Iterable[Ledger]) -> KeyTies:
    first, *others = trees
    keys = {
        key
        for key, migration in first.migrations.items()
        if is_readable(migration)
        and all(same_content(migration, tree.migrations.get(key)) for tree in others)
    }
    for ledger in ledgers:
        keys &= applied_in(ledger.keys, first)
    return KeyTies(trees, keys)


def same_content(one: Migration, other: Migration | None) -> bool:
    return one is other or one == other


def is_readable(migration: Migration) -> bool:
    names = (*migration.dependencies, *migration.run_before, *migration.replaces)
    return not any(isinstance(each, Opaque) for each in names)


def applied_in(rows: frozenset[MigrationKey], tree: Tree) -> set[MigrationKey]:
    """The migrations that count as applied with these rows: a squash by its own row, or by the rows of all that it replaces."""
    squashes = (key for key, migration in tree.migrations.items() if migration.ghosts)
    return {*rows, *(key for key in squashes if rows.issuperset(tree.migrations[key].ghosts))}


class KeyTies:
    """The keys that depend on each other's presence: `whole` are those of `keys` for which all tied keys are present."""

    def __init__(self, trees: Sequence[Tree], keys: set[MigrationKey]) -> None:
        self.trees = trees
        self.keys = keys
        self.files = {key for tree in trees for key in tree.migrations}
        self.known = {key.app for key in self.files} | {app for tree in trees for app in tree.apps}
        self.squashes: dict[MigrationKey, set[MigrationKey]] = {}  # replaced migration -> its squashes
        self.targets: dict[MigrationKey, set[MigrationKey]] = {}  # squash -> its replaced migrations
        for tree in trees:
            for key, migration in tree.migrations.items():
                for ghost in migration.ghosts:
                    self.squashes.setdefault(ghost, set()).add(key)
                    self.targets.setdefault(key, set()).add(ghost)

        self.dependants: dict[MigrationKey, list[MigrationKey]] = {}
        self.whole = frozenset(
            keys
            - self.partially_applied_by((*self.held_up(), *self.parts_of_broken_squashes(), *self.loose()))
        )

    def loose(self) -> Iterator[MigrationKey]:
        """Keys with a dependency that is not among them; records the others as dependants."""
        migrations = self.trees[0].migrations
        for key in self.keys:
            for parent in self.parents(migrations[key]):
                if parent is None or parent not in self.keys:
                    yield key
                else:
                    self.dependants.setdefault(parent, []).append(key)

    def partially_applied_by(self, unwanted: Iterable[MigrationKey]) -> set[MigrationKey]:
        """The keys that must be removed with these: those that depend on them, and the other parts of their squashes."""
        gone: set[MigrationKey] = set()
        waiting = list(unwanted)
        for key in waiting:
            if key not in gone:
                gone.add(key)
                waiting.extend(self.dependants.get(key, ()))
                waiting.extend(self.tied_by_squash(key))
        return gone

    def without(self, changed: Iterable[Migration | MigrationKey]) -> frozenset[MigrationKey]:
        """The keys that stay shared with a tree in which these migrations are new, changed, or removed (then given by their keys)."""
        unwanted: set[MigrationKey] = set()
        for each in changed:
            if isinstance(each, MigrationKey):
                unwanted.add(each)
                continue
            unwanted |= {each.key, *each.ghosts}
            unwanted.update(child for child in each.run_before if isinstance(child, MigrationKey))
        if unwanted.isdisjoint(self.whole):
            return self.whole
        return self.whole - self.partially_applied_by(unwanted & self.whole)

    def parents(self, migration: Migration) -> Iterator[MigrationKey | None]:
        """Dependencies in the trees' apps; None for one that is missing or differs between trees."""
        for parent in migration.parents:
            if parent.app not in self.known:
                continue
            if parent.name == FIRST:
                if parent.app != migration.key.app:
                    yield self.first_of(parent.app)
            elif parent.name == LATEST:
                yield None
            elif parent in self.files:
                yield parent
            else:
                yield from self.squashes.get(parent, {None})

    def first_of(self, app: str) -> MigrationKey | None:
        firsts = {MigrationGraph.raw(tree).roots(app)[:1] for tree in self.trees}
        only = firsts.pop()
        return only[0] if only and not firsts else None

    def held_up(self) -> Iterator[MigrationKey]:
        """Keys that migrations outside name in `run_before`."""
        for tree in self.trees:
            for key, migration in tree.migrations.items():
                if migration.run_before and key not in self.keys:
                    yield from (each for each in migration.run_before if isinstance(each, MigrationKey))

    def parts_of_broken_squashes(self) -> Iterator[MigrationKey]:
        for squash, targets in self.targets.items():
            group = {squash, *(target for target in targets if target in self.files)}
            if not group <= self.keys:
                yield from group

    def tied_by_squash(self, key: MigrationKey) -> Iterator[MigrationKey]:
        yield from self.targets.get(key, ())
        yield from self.squashes.get(key, ())
