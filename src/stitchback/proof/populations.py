"""Creates every kind of database that the branches' histories can have, by running the old trees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

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
from stitchback.matching.own_squashes import before_squashes
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.plans import ON_MAINLINE, RELEASED, Patch, Population, Situation
from stitchback.proof.applied_sets import AppliedSets, Keys, closed_sets, topmost
from stitchback.proof.trees import before_merge, had_before_merge, loadable, named_in

FRESH = "fresh"
FORK = RELEASED
MAINLINE = ON_MAINLINE
PATCHED = "patched"
LEDGER = "ledger"

BESIDE = "that end with or directly before a migration that the plan changes or that affects the same models"
ONE_BY_ONE = MigrateOptions(exact=True, in_spite_of_conflicts=True)


@dataclass(frozen=True, slots=True)
class SimulatedDatabase:
    """A population and its simulated database before the repair."""

    population: Population
    place: DatabaseId


@dataclass(slots=True)
class SimulatedDatabases:
    """All populations, each database once (in the first lineage that has it), and those that could not be created or tried."""

    memory: EngineCache
    matters: Keys | None = None
    inhabitants: list[SimulatedDatabase] = field(default_factory=list)
    bounded: list[str] = field(default_factory=list)
    seen: set[DatabaseId] = field(default_factory=set)

    def add(
        self,
        name: str,
        lineage: str,
        ref: str,
        database: SymbolicDatabase,
        newest: tuple[MigrationKey, ...] = (),
    ) -> None:
        place = self.memory.place_of(database)
        if place not in self.seen:
            self.seen.add(place)
            population = Population(name, lineage, ref, database.ledger, newest)
            self.inhabitants.append(SimulatedDatabase(population, place))

    def loadable(self, tree: Tree) -> Tree:
        tree, left_out = loadable(tree)
        for text in left_out:
            self.add_bound(text)
        return tree

    def add_bound(self, text: str) -> None:
        if text not in self.bounded:
            self.bounded.append(text)


def simulated_databases(
    situation: Situation, memory: EngineCache, matters: Keys | None = None
) -> SimulatedDatabases:
    """A fresh install, the fork points, every patch branch, and mainline (from an empty database without patch branches). `matters`: see
    `closed_sets`."""
    found = SimulatedDatabases(memory, matters)
    found.add("fresh install", FRESH, situation.mainline.ref, SymbolicDatabase())
    forks = [at_fork_point(patch, memory, found) for patch in situation.patches]
    for patch, start in zip(situation.patches, forks, strict=True):
        for tree in variants(patch.tree, start, found):
            for base in bases(tree, start, memory):
                if base != start:
                    found.add(f"{tree.ref} up to the fork point", PATCHED, tree.ref, base)
                grow(tree, base, PATCHED, frozenset(), memory, found)
    if brings_nothing(situation):
        found.add_bound(
            f"databases of {situation.mainline.ref} itself, partial migrates and stops: no patch branch has a migration that affects them"
        )
        return found
    deployed = deployed_mainlines(situation, memory)
    for start in forks or [SymbolicDatabase()]:
        for tree in (each for mainline in deployed for each in variants(mainline, start, found)):
            for base in bases(tree, start, memory):
                if base != start:
                    found.add(f"{tree.ref} up to the fork point", MAINLINE, tree.ref, base)
                grow(tree, base, MAINLINE, situation.policy.unreleased, memory, found)
    return found


def bases(tree: Tree, start: SymbolicDatabase, memory: EngineCache) -> tuple[SymbolicDatabase, ...]:
    """The fork point's database, and the one that the tree's own files create instead, if it differs."""
    return tuple(dict.fromkeys((start, own_base(tree, start, memory))))


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


def at_fork_point(patch: Patch, memory: EngineCache, found: SimulatedDatabases) -> SymbolicDatabase:
    """The database of the fork point's own tree, as far as Django can run it."""
    tree = found.loadable(patch.fork)
    engine = Engine(tree, memory=memory)
    run = engine.migrate(SymbolicDatabase())
    database = run.final
    if run.error is not None:
        database, error = one_by_one(engine, SymbolicDatabase(), MigrationGraph.of(tree).order())
        if error is not None:
            found.add_bound(f"the fork point's own tree cannot be migrated to its end: {error.message}")
    found.add(fork_name(patch), FORK, patch.fork.ref, database)
    return database


def fork_name(patch: Patch) -> str:
    return f"{patch.fork.ref} to its end" if patch.is_least else f"fork point of {patch.tree.ref}"


def one_by_one(
    engine: Engine, database: SymbolicDatabase, keys: Iterable[MigrationKey]
) -> tuple[SymbolicDatabase, RunError | None]:
    first: RunError | None = None
    for key in keys:
        run = engine.migrate(database, (key.app, key.name), ONE_BY_ONE)
        database = run.final
        first = first or run.error
    return database, first


def variants(tree: Tree, start: SymbolicDatabase, found: SimulatedDatabases) -> Iterator[Tree]:
    """The tree, and the tree before its own squashes."""
    tree = found.loadable(tree)
    yield tree
    older = before_squashes(tree, frozenset(tree.migrations) - start.rows)
    if older is not None:
        yield older


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


def grow(
    tree: Tree,
    start: SymbolicDatabase,
    lineage: str,
    unreleased: frozenset[MigrationKey],
    memory: EngineCache,
    found: SimulatedDatabases,
) -> None:
    """Adds a database for every set of the tree's own migrations that may have been applied on top of `start`."""
    engine = Engine(tree, memory=memory)
    standing = engine.standing(start)
    if isinstance(standing, RunError):
        found.add_bound(f"{tree.ref} cannot create a database; Django reports: {standing.message}")
        return
    order, parents = own_graph(tree, standing, unreleased)
    sets = closed_sets(order, parents, matters=found.matters)
    if not sets.all:
        said = f"{tree.ref}: of the possible sets of its {len(order)} applied migrations, only those in the order of one deploy, with each app first in turn"
        more = "and some more at even distances in that order"
        found.add_bound(said if found.matters is None else f"{said}, {BESIDE}, {more}")
    build(engine, tree.ref, start, lineage, sets, parents, found)


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


def build(
    engine: Engine,
    ref: str,
    start: SymbolicDatabase,
    lineage: str,
    sets: AppliedSets,
    parents: dict[MigrationKey, Keys],
    found: SimulatedDatabases,
) -> None:
    made: dict[Keys, SymbolicDatabase] = {frozenset(): start}
    failures: list[RunError] = []
    for applied_set in sets.applied_set:
        if applied_set.smaller not in made:
            continue
        run = engine.migrate(
            made[applied_set.smaller], (applied_set.last.app, applied_set.last.name), ONE_BY_ONE
        )
        if run.error is not None:
            failures.append(run.error)
            continue
        made[applied_set.keys] = run.final
        if not applied_set.matters:
            continue
        newest = topmost(applied_set.keys, parents)
        names = ", ".join(map(str, newest))
        found.add(f"{ref} up to {names}", lineage, ref, run.final, newest)
    if failures:
        found.add_bound(
            f"{ref}: some sets of its migrations cannot be applied by {ref} itself ({failures[0].message})"
        )
