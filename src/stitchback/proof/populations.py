"""Creates every kind of database that the branches' histories can have, by running the old trees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from stitchback.engine import (
    DatabaseId,
    Engine,
    EngineCache,
    LedgerStanding,
    MigrateOptions,
    RunError,
    SymbolicDatabase,
)
from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.plans import FORK, MAINLINE, PATCHED, Patch, Situation
from stitchback.proof.applied_sets import Keys, closed_sets, topmost
from stitchback.proof.trees import as_it_was, before_merge, had_before_merge, loadable, named_in
from stitchback.upgrades.histories import KindOfDatabase, KindsOfDatabase, fork_point_of, up_to

BESIDE = "that end with or directly before a migration that the plan changes or that affects the same models"
ONE_BY_ONE = MigrateOptions(exact=True, in_spite_of_conflicts=True)

SimulatedDatabase = KindOfDatabase[DatabaseId]


@dataclass
class SimulatedDatabases(KindsOfDatabase[Patch, SymbolicDatabase, DatabaseId]):
    """The kinds of database of a situation. `matters`: see `closed_sets`."""

    situation: Situation
    memory: EngineCache
    matters: Keys | None = None

    def __post_init__(self) -> None:
        self.create(self.situation.patches, self.situation.mainline.ref)

    def empty(self) -> SymbolicDatabase:
        return SymbolicDatabase()

    def identified(self, created: SymbolicDatabase) -> tuple[DatabaseId, DatabaseId]:
        place = self.memory.place_of(created)
        return place, place

    def at_fork_point(self, branch: Patch) -> SymbolicDatabase:
        """As far as Django can run the fork point's own tree."""
        tree = self.loadable(branch.fork)
        engine = Engine(tree, memory=self.memory)
        run = engine.migrate(SymbolicDatabase())
        database = run.final
        if run.error is not None:
            database, error = one_by_one(engine, SymbolicDatabase(), MigrationGraph.of(tree).order())
            if error is not None:
                self.add_remark(f"the fork point's own tree cannot be migrated to its end: {error.message}")
        self.add(fork_name(branch), FORK, branch.fork.ref, database)
        return database

    def grow_patch(self, branch: Patch, start: SymbolicDatabase) -> None:
        self.grow(branch.tree, start, PATCHED, frozenset())

    def grow_mainline(self, start: SymbolicDatabase) -> None:
        situation = self.situation
        if brings_nothing(situation):
            self.add_remark(
                f"databases of {situation.mainline.ref} itself, partial migrates and stops: no patch branch has a migration that affects them"
            )
            return
        for mainline in self.deployed:
            self.grow(mainline, start, MAINLINE, situation.policy.unreleased)

    @cached_property
    def deployed(self) -> tuple[Tree, ...]:
        return deployed_mainlines(self.situation, self.memory)

    def grow(
        self, tree: Tree, start: SymbolicDatabase, lineage: str, unreleased: frozenset[MigrationKey]
    ) -> None:
        """Adds a database for every set of the tree's own migrations that may have been applied: with the tree, or with the tree before its own
        squashes; on top of `start`, or of the database that the tree's own files create instead."""
        for variant in as_it_was(self.loadable(tree), start.rows):
            for base in dict.fromkeys((start, own_base(variant, start, self.memory))):
                if base != start:
                    self.add(up_to(variant.ref, ["the fork point"]), lineage, variant.ref, base)
                self.grow_variant(variant, base, lineage, unreleased)

    def loadable(self, tree: Tree) -> Tree:
        tree, left_out = loadable(tree)
        for text in left_out:
            self.add_remark(text)
        return tree

    def grow_variant(
        self, tree: Tree, start: SymbolicDatabase, lineage: str, unreleased: frozenset[MigrationKey]
    ) -> None:
        engine = Engine(tree, memory=self.memory)
        standing = engine.standing(start)
        if isinstance(standing, RunError):
            self.add_remark(f"{tree.ref} cannot create a database; Django reports: {standing.message}")
            return
        order, parents = own_graph(tree, standing, unreleased)
        sets = closed_sets(order, parents, matters=self.matters)
        if not sets.all:
            said = f"{tree.ref}: of the possible sets of its {len(order)} applied migrations, only those in the order of one deploy, with each app first in turn"
            more = "and some more at even distances in that order"
            self.add_remark(said if self.matters is None else f"{said}, {BESIDE}, {more}")
        created: dict[Keys, SymbolicDatabase] = {frozenset(): start}
        failures: list[RunError] = []
        for applied_set in sets.applied_set:
            if applied_set.smaller not in created:
                continue
            last = applied_set.last
            run = engine.migrate(created[applied_set.smaller], (last.app, last.name), ONE_BY_ONE)
            if run.error is not None:
                failures.append(run.error)
                continue
            created[applied_set.keys] = run.final
            if applied_set.matters:
                newest = topmost(applied_set.keys, parents)
                self.add(up_to(tree.ref, newest), lineage, tree.ref, run.final, newest)
        if failures:
            self.add_remark(
                f"{tree.ref}: some sets of its migrations cannot be applied by {tree.ref} itself ({failures[0].message})"
            )


def brings_nothing(situation: Situation) -> bool:
    """Whether the patch branches equal an earlier mainline: no migration of their own, none that mainline lost, renamed or edited, and no ledger with
    other rows. Then mainline's databases do not depend on those branches."""
    known = named_in(situation.mainline)
    return (
        bool(situation.patches)
        and not situation.ledgers
        and all(
            not patch.migrations
            and not patch.is_least
            and known.issuperset(patch.fork.migrations)
            and not is_edited(patch.fork, situation.mainline)
            and not is_edited(patch.tree, situation.mainline)
            for patch in situation.patches
        )
    )


def is_edited(older: Tree, mainline: Tree) -> bool:
    """Whether mainline has other operations or dependencies in a migration of the older tree."""
    pairs = ((old, mainline.migrations.get(key)) for key, old in older.migrations.items())
    return any(
        new is not None
        and new is not old
        and not old.replaces
        and (new.operations, set(new.dependencies)) != (old.operations, set(old.dependencies))
        for old, new in pairs
    )


def fork_name(patch: Patch) -> str:
    return f"{patch.fork.ref} to its end" if patch.is_least else fork_point_of(patch.tree.ref)


def one_by_one(
    engine: Engine, database: SymbolicDatabase, keys: Iterable[MigrationKey]
) -> tuple[SymbolicDatabase, RunError | None]:
    first: RunError | None = None
    for key in keys:
        run = engine.migrate(database, (key.app, key.name), ONE_BY_ONE)
        database = run.final
        first = first or run.error
    return database, first


def deployed_mainlines(situation: Situation, memory: EngineCache) -> tuple[Tree, ...]:
    """Mainline as it stands and, where git has merged a patch branch, as it was before. Where the merge left several leaf nodes, no database
    could migrate with it, so only the tree before it counts."""
    before = before_merge(situation)
    run = Engine(situation.mainline, memory=memory).migrate(SymbolicDatabase())
    if run.error is not None and run.error.kind == "Conflict":
        return (before,)
    mainline = situation.mainline
    brought = frozenset(key for key in mainline.migrations if key not in before.migrations)
    if not brought:
        return (mainline,)
    later = depending_on(brought, mainline) - had_before_merge(situation)
    return (mainline, before.with_migrations(dict.fromkeys(later)))


def depending_on(brought: Keys, mainline: Tree) -> Keys:
    """Mainline's migrations that name one of these in their dependencies, in any number of steps: no database can have applied them before the
    merge, but for those that mainline had by then. A `run_before` of a brought file does not count: it came with the merge."""
    graph = MigrationGraph.raw(mainline)
    found = set(brought)
    for key in graph.order():
        if key in mainline.migrations and not found.isdisjoint(mainline.migrations[key].dependencies):
            found.add(key)
    return frozenset(found - brought)


def own_base(tree: Tree, start: SymbolicDatabase, memory: EngineCache) -> SymbolicDatabase:
    """The database at the fork point, created by this tree's own files: the rows differ after a squash or a rename, the schema after an edit.
    Migrations that got a dependency which the fork point lacks are left out."""
    engine = Engine(tree, memory=memory)
    found = engine.standing(start)
    if isinstance(found, RunError):
        return start
    graph = MigrationGraph.of(tree)
    shared = [key for key in graph.order() if found.applied.issuperset(graph.ancestors(key))]
    database, error = one_by_one(engine, SymbolicDatabase(), shared)
    same = memory.place_of(database) == memory.place_of(start)
    return start if error is not None or same else database


def own_graph(
    tree: Tree, standing: LedgerStanding, unreleased: frozenset[MigrationKey]
) -> tuple[tuple[MigrationKey, ...], dict[MigrationKey, Keys]]:
    """The unapplied migrations that a database may have, in order, with the ancestors among them."""
    graph = MigrationGraph.of(tree)
    unapplied = set(standing.unapplied) & graph.nodes
    held_back = {key for each in unreleased & graph.nodes for key in graph.descendants(each)}
    order = tuple(key for key in graph.order() if key in unapplied - held_back)
    own = frozenset(order)
    return order, {key: (frozenset(graph.ancestors(key)) & own) - {key} for key in order}
