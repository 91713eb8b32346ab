"""Checks that no database gets a constraint on a column without the data operation that prepared its rows on the branch of the constraint.

Django runs a migration once for its name: where both branches have one of the same name, or one replaces the other, a database has run one of the
two files, and the data operation of the other one never runs there. A column that it would have filled stays NULL, or has one value in all rows,
and a later NOT NULL or unique constraint fails on every table with rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from stitchback.graph import MigrationGraph
from stitchback.matching.data_conflicts import label_of, state_at
from stitchback.model.atoms import Origin
from stitchback.model.data_reach import Reach
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import FRESH, LEDGER, Failure, PopulationOutcome
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import TRUE, text, walk
from stitchback.operations.applying import apply_operation
from stitchback.operations.named_models import default_of, subject
from stitchback.operations.row_operations import reach_of, row_operations
from stitchback.proof.ancestors import Above, BranchAncestors
from stitchback.proof.data_order import is_before
from stitchback.proof.data_runs import work_of
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.inserting import lacks_row_value
from stitchback.upgrades.paths import MIGRATE

TIGHTENS = frozenset({"AlterField", "AddConstraint", "AlterUniqueTogether"})


@dataclass(frozen=True, slots=True)
class DataStep:
    """A data operation of a branch, what it can use, and its work."""

    origin: Origin
    reach: Reach
    work: frozenset[str]
    label: str


@dataclass(frozen=True, slots=True)
class Fill:
    """A data operation that precedes, on the branch of `ref`, an operation that makes columns of `model` unique or NOT NULL, and can use one of them."""

    data: DataStep
    constraint: Origin
    operation: Operation
    model: ModelKey
    column: str
    ref: str


@dataclass(frozen=True, slots=True)
class Database:
    """A kind of database with rows: the migrations that it has run since the fork point, and those that `migrate` will run."""

    name: str
    done: tuple[Migration, ...]
    ahead: tuple[Migration, ...]

    def runs(self, migration: Migration) -> bool:
        """Whether it runs that migration with these operations, not comparing what its data operations do."""
        return any(
            each.key == migration.key and each.operations == migration.operations
            for each in (*self.done, *self.ahead)
        )


class DataSteps:
    """The data operations of migrations, each followed once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[DataStep, ...]] = {}

    def of(self, migration: Migration) -> tuple[DataStep, ...]:
        known = self._known.get(id(migration))
        if known is None:
            known = self._known[id(migration)] = tuple(data_steps(migration))
        return known

    def works(self, database: Database) -> frozenset[str]:
        migrations = (*database.done, *database.ahead)
        return frozenset[str]().union(*(step.work for each in migrations for step in self.of(each)))


def skipped_fills(
    outcomes: Iterable[PopulationOutcome], result: Tree, branches: BranchAncestors, start: SchemaState
) -> Iterator[Failure]:
    """For each database with rows, the constraints that it gets without the data operation before them, and without any other that can use the
    column. `start`: a state without models."""
    databases = list(databases_of(outcomes, result, branches))
    data = DataSteps()
    for tree in branches.trees:
        own = [tree.migrations[key] for key in sorted(branches.parallel(tree))]
        suspects = [each for each in own if _has_data(each) and not all(one.runs(each) for one in databases)]
        if not suspects:
            continue
        works = list(map(data.works, databases))
        steps = [step for migration in suspects for step in data.of(migration)]
        skipped = [step for step in steps if any(step.work.isdisjoint(work) for work in works)]
        for fill in fills_of(tree, own, skipped, branches, start) if skipped else ():
            for database in databases:
                ahead = _ahead_of(fill, database, data)
                done = (step for each in database.done for step in data.of(each))
                if ahead is not None and not any(
                    step.work & fill.data.work or _can_use(step.reach, fill.model, fill.column, branches)
                    for step in (*done, *ahead)
                ):
                    message = (
                        f"{fill.constraint.migration} {fill.operation.kind} needs values in {fill.model}.{fill.column} that "
                        f"{fill.data.label} of {fill.data.origin.migration} on {fill.ref} writes before, and that never runs here"
                    )
                    problem = Problem(ProblemKind.FILL_SKIPPED, (fill.data.origin, fill.constraint), message)
                    yield Failure(database.name, MIGRATE, fill.constraint.migration, problem)


def _has_data(migration: Migration) -> bool:
    return any(True for _ in row_operations(migration.operations))


def databases_of(
    outcomes: Iterable[PopulationOutcome], result: Tree, branches: BranchAncestors
) -> Iterator[Database]:
    released = {key for patch in branches.situation.patches for key in patch.fork.migrations}
    for outcome in outcomes:
        population = outcome.population
        if population.lineage not in (FRESH, LEDGER):
            rows = frozenset(population.ledger) - released
            done = [
                tree.migrations[key]  # of its own branch, and of what git's merge brought there
                for tree in branches.trees
                if tree.ref == population.ref
                for key in sorted(tree.migrations.keys() & rows)
            ]
            yield Database(
                population.name, tuple(done), tuple(result.migrations[key] for key in outcome.will_run)
            )


def fills_of(
    tree: Tree,
    own: Iterable[Migration],
    skipped: Sequence[DataStep],
    branches: BranchAncestors,
    start: SchemaState,
) -> Iterator[Fill]:
    """The constraints of the branch's own migrations behind one of these data operations."""
    above = Above(MigrationGraph.raw(tree))
    for migration in own:
        for index, operation in enumerate(migration.operations):
            if not isinstance(operation, Operation) or operation.kind not in TIGHTENS:
                continue
            constraint, model = Origin(migration.key, index), subject(operation, migration.key.app)
            before = [step for step in skipped if is_before(step.origin, constraint, above)]
            if model is None or not before:
                continue
            for column in tightened(operation, constraint, model, tree, start):
                for step in before:
                    if _can_use(step.reach, model, column, branches):
                        yield Fill(step, constraint, operation, model, column, tree.ref)


def data_steps(migration: Migration) -> Iterator[DataStep]:
    for index, operation in enumerate(migration.operations):
        alone = migration.with_changes(operations=(operation,))
        for each in row_operations((operation,)):
            yield DataStep(
                Origin(migration.key, index),
                reach_of(each, migration.key.app),
                frozenset(work_of(alone)),
                label_of(each),
            )


def tightened(
    operation: Operation, origin: Origin, model: ModelKey, tree: Tree, start: SchemaState
) -> Iterator[str]:
    """The columns that the operation makes unique or NOT NULL, or on whose values it checks something."""
    try:
        before = state_at(tree, origin, {model: frozenset()}, start)
        after = apply_operation(before, origin.migration.app, operation)
    except InconsistentState:
        return  # the engine reports that
    old, new = before.models.get(model), after.models.get(model)
    if old is None or new is None:
        return
    for name, field in new.fields:
        earlier = old.field(name)
        if isinstance(field, Field) and isinstance(earlier, Field):
            filled = lacks_row_value(field, default_of(operation)) and earlier.argument("null") == TRUE
            if filled or (_is_unique(field) and not _is_unique(earlier)):
                yield name
    for names in new.unique_together - old.unique_together:
        yield from names
    yield from _in_new_constraints(old, new)


def _is_unique(field: Field) -> bool:
    return TRUE in (field.argument("unique"), field.argument("primary_key")) or field.path.endswith(
        ".OneToOneField"
    )


def _in_new_constraints(old: ModelState, new: ModelState) -> Iterator[str]:
    known = dict(old.constraints)
    words = {
        word.partition("__")[0]
        for name, constraint in new.constraints
        if name not in known
        for word in filter(None, map(text, walk(constraint)))
    }
    yield from (name for name, _ in new.fields if name in words)


def _can_use(reach: Reach, model: ModelKey, column: str, branches: BranchAncestors) -> bool:
    models = branches.web.reached(reach)
    return models is None or (model in models and reach.names(column))


def _ahead_of(fill: Fill, database: Database, data: DataSteps) -> list[DataStep] | None:
    """The data operations that `migrate` runs there before the constraint; None if it does not run the constraint."""
    found: list[DataStep] = []
    for migration in database.ahead:
        place = _place(fill, migration) if migration.key == fill.constraint.migration else None
        if place is not None:
            return [*found, *(step for step in data.of(migration) if step.origin.index < place)]
        found += data.of(migration)
    return None


def _place(fill: Fill, migration: Migration) -> int | None:
    for index, operation in enumerate(migration.operations):
        plain: Operation | Opaque = (
            replace(operation, conditional=False) if isinstance(operation, Operation) else operation
        )
        if plain == fill.operation:
            return index
    return None
