"""A situation without any plan: its databases, its models, and unchanged mainline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from stitchback.engine import DatabaseId, Engine, EngineCache, SymbolicDatabase
from stitchback.engine.composite_migration import parts_of
from stitchback.engine.rollouts import Rollouts
from stitchback.matching.three_way import BranchSides
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import MAINLINE, Candidate, Failure, Population, Situation
from stitchback.model.source import Opaque
from stitchback.model.state import SchemaState
from stitchback.operations import kind_of
from stitchback.proof.applied_sets import Keys
from stitchback.proof.data_runs import data_work
from stitchback.proof.final_state_checks import FinalStateChecks
from stitchback.proof.graph_checks import excused_tables, final_state
from stitchback.proof.models_kept import sides_of
from stitchback.proof.populations import SimulatedDatabases
from stitchback.proof.trees import before_merge
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.tables import tables_of
from stitchback.upgrades.histories import FRESH_INSTALL
from stitchback.upgrades.next_release import next_release
from stitchback.upgrades.paths import MIGRATE, NEXT_RELEASE


@dataclass(frozen=True, slots=True)
class FreshInstalls:
    """A tree with its next release, and fresh installs of both: the reference for all databases."""

    engine: Engine
    following: Engine
    fresh: DatabaseId
    fresh_next: DatabaseId


def fresh_installs(
    tree: Tree, apps: tuple[str, ...], memory: EngineCache, bystander: str | None = None
) -> FreshInstalls | Failure:
    """The fresh installs; a Failure if Django cannot install the tree."""
    engine = Engine(tree, memory=memory, beside=(bystander,) if bystander else ())
    following = Engine(next_release(tree, apps), memory=memory)
    nothing = engine.place(SymbolicDatabase())
    for each in (engine, following):
        each.beside_django(nothing)
    finishes = [each.way(nothing).finish for each in (engine, following)]
    for finish, act in zip(finishes, (MIGRATE, NEXT_RELEASE), strict=True):
        if finish.error is not None:
            problem = finish.error.problem.worded(after=not_read_at(finish.error.at, tree))
            return Failure(FRESH_INSTALL, act, finish.error.step, problem)
    return FreshInstalls(engine, following, *(finish.end for finish in finishes))


def not_read_at(key: MigrationKey | None, tree: Tree) -> str:
    """The part of the failed migration that could not be read: a more likely cause than the tree itself."""
    migration = tree.migrations.get(key) if key else None
    if migration is None:
        return ""
    found = [str(each) for part in parts_of(migration) for each in unread_operations(part.operations)]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    equal = "declare the class of an operation in pyproject.toml, [tool.stitchback.operation_equivalents]"
    return f"; not readable there: {found[0]}{more}; {equal}" if found else ""


class ProofContext:
    """The part of a proof that does not depend on the candidate."""

    def __init__(self, situation: Situation, memory: EngineCache) -> None:
        self.situation = situation
        self.memory = memory
        self._databases: dict[Keys | None, SimulatedDatabases] = {}
        self._untouched: dict[tuple[Keys | None, bool], Rollouts | None] = {}

    @property
    def trees(self) -> tuple[Tree, ...]:
        patches = self.situation.patches
        return (self.situation.mainline, *(tree for patch in patches for tree in (patch.fork, patch.tree)))

    def simulated_databases(self, matters: Keys | None) -> SimulatedDatabases:
        if matters not in self._databases:
            self._databases[matters] = SimulatedDatabases(self.situation, self.memory, matters)
        return self._databases[matters]

    @cached_property
    def excused(self) -> frozenset[str]:
        """Tables that differ from the models on a branch already."""
        trees = (self.situation.mainline, *(patch.tree for patch in self.situation.patches))
        return frozenset(name for tree in trees for name in excused_tables(tree, self.memory))

    @cached_property
    def tables_of_removed_apps(self) -> frozenset[str]:
        """Tables of apps that mainline no longer has (SB307): they stay."""
        here = {key.app for key in self.situation.mainline.migrations} | set(self.situation.mainline.apps)
        found = frozenset[str]()
        for tree in (tree for patch in self.situation.patches for tree in (patch.fork, patch.tree)):
            state = self.models_of(tree) or SchemaState()
            models = (model for key, model in state.models.items() if key.app not in here)
            found |= {name for model in models for name, _ in tables_of(state, model).all}
        return found

    def untouched(self, matters: Keys | None, population: Population) -> Rollouts | None:
        """Unchanged mainline, tried like a plan; None if it cannot be installed. Without the migrations that git's merge brought, unless the
        population has applied some of them: its databases are of the merged tree."""
        tree = before_merge(self.situation)
        if population.lineage == MAINLINE:
            merged = self.situation.mainline.migrations.keys() - tree.migrations.keys()
            if not merged.isdisjoint(population.ledger):
                tree = self.situation.mainline
        place = matters, tree is self.situation.mainline
        if place not in self._untouched:
            self._untouched[place] = self.left_alone(tree, matters)
        return self._untouched[place]

    def left_alone(self, tree: Tree, matters: Keys | None) -> Rollouts | None:
        found = fresh_installs(
            tree, tuple(sorted({key.app for key in tree.migrations})), self.memory, "contenttypes"
        )
        if isinstance(found, Failure):
            return None
        work = data_work(Candidate({}, (), tree), self.situation)
        ends = FinalStateChecks(
            found.engine, found.following, found.fresh, found.fresh_next, work, self.tables_of_removed_apps
        )
        return Rollouts(ends, None, frozenset(), "contenttypes", matters=matters)

    def sides(self, result: Tree) -> tuple[BranchSides, ...]:
        """For each patch branch, the inputs of the merge of the leaf models."""
        return sides_of(self.situation, result, self.models_of)

    def models_of(self, tree: Tree) -> SchemaState | None:
        """The models at the leaf nodes; None if the tree's operations do not fit each other."""
        try:
            return final_state(tree, self.memory)
        except InconsistentState:
            return None


def unread(tree: Tree) -> tuple[str, ...]:
    """One line for each, sorted: operations, dependencies and names in `replaces` that are opaque or of an unknown kind."""
    migrations = (part for migration in tree.migrations.values() for part in parts_of(migration))
    return tuple(sorted({line for migration in migrations for line in lines(migration)}))


def lines(migration: Migration) -> Iterator[str]:
    for name in (*migration.dependencies, *migration.run_before, *migration.replaces):
        if isinstance(name, Opaque):
            yield f"{migration.key}: {name}; ignored"
    for operation in unread_operations(migration.operations):
        where = (
            operation if isinstance(operation, Opaque) else f"{operation.span}: {operation.kind} is not known"
        )
        yield f"{migration.key}: {where}; assumed to change no schema, and to run exactly once"


def unread_operations(operations: Iterable[Operation | Opaque]) -> Iterator[Operation | Opaque]:
    for operation in operations:
        if isinstance(operation, Opaque) or kind_of(operation) is None:
            yield operation
        else:
            yield from unread_operations((*operation.database, *operation.state))
