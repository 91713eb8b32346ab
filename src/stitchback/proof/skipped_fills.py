"""Checks that no database gets a constraint on a column without the data operation that prepared its rows on the branch of the constraint.

Django runs a migration once for its name: where both branches have one of the same name, or one replaces the other, a database has run one of the
two files, and the data operation of the other one never runs there. A column that it would have filled stays NULL, or has one value in all rows,
and a later NOT NULL or unique constraint fails on every table with rows: one of a later migration of the branch, or the branch's own, written once
more for the databases that have the other file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from stitchback.graph import MigrationGraph
from stitchback.matching.data_conflicts import label_of, state_at
from stitchback.matching.match import fold
from stitchback.matching.relevant_models import with_earlier_names
from stitchback.model.atoms import Origin
from stitchback.model.data_reach import Reach
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import FRESH, LEDGER, Failure, Population, PopulationOutcome
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import TRUE, Call, text, walk
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
    """A kind of database with rows: the migrations that it has run since the fork point, and those that `migrate` will run. `earlier`: all that it
    has run, in order."""

    name: str
    done: tuple[Migration, ...]
    ahead: tuple[Migration, ...]
    earlier: tuple[Migration, ...]

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

    def before(self, place: Origin, database: Database) -> Iterator[DataStep]:
        """Those that the database has run, or that `migrate` runs there before the operation."""
        for migration in database.done:
            yield from self.of(migration)
        for migration in database.ahead:
            if migration.key == place.migration:
                yield from (step for step in self.of(migration) if step.origin.index < place.index)
                return
            yield from self.of(migration)


class Constraints:
    """Where `migrate` makes columns unique or NOT NULL with the result's migrations."""

    def __init__(self, result: Tree, start: SchemaState) -> None:
        self._result = result
        self._start = start
        self._models: dict[tuple[str, ModelKey], ModelState | None] = {}

    def first(self, fill: Fill, database: Database) -> Origin | None:
        """The operation that demands values in the fill's column of that database: the fill's own, or another one, as far as the database has
        no such constraint yet. None if `migrate` runs none."""
        for migration in database.ahead:
            for index, operation in enumerate(migration.operations):
                if not isinstance(operation, Operation) or operation.kind not in TIGHTENS:
                    continue
                place = Origin(migration.key, index)
                is_own = replace(operation, conditional=False) == fill.operation
                if is_own and migration.key == fill.constraint.migration:
                    return place
                if subject(operation, migration.key.app) == fill.model and fill.column in self._tightened(
                    operation, place, fill.model, database
                ):
                    return place
        return None

    def _tightened(
        self, operation: Operation, place: Origin, model: ModelKey, database: Database
    ) -> frozenset[str]:
        # The state may have the constraint before the operation, from the file of that name that the database has not run.
        after = model_after(self._result, place, operation, model, self._start)
        return frozenset(tightened(operation, self._on(database, model), after)) if after else frozenset()

    def _on(self, database: Database, model: ModelKey) -> ModelState | None:
        """The model as the database has it before `migrate`."""
        key = database.name, model
        if key not in self._models:
            before = [each for each in database.earlier if each.key.app == model.app]
            state = fold(before, self._start, with_earlier_names(frozenset({model}), before))
            self._models[key] = state.models.get(model)
        return self._models[key]


def skipped_fills(
    outcomes: Iterable[PopulationOutcome], result: Tree, branches: BranchAncestors, start: SchemaState
) -> Iterator[Failure]:
    """For each database with rows, the constraints that it gets without the data operation before them, and without any other that can use the
    column. `start`: a state without models."""
    databases = list(databases_of(outcomes, result, branches))
    data, constraints = DataSteps(), Constraints(result, start)
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
                place = constraints.first(fill, database)
                if place is not None and not any(
                    step.work & fill.data.work or _can_use(step.reach, fill.model, fill.column, branches)
                    for step in data.before(place, database)
                ):
                    message = (
                        f"{place.migration} {fill.operation.kind} needs values in {fill.model}.{fill.column} that "
                        f"{fill.data.label} of {fill.data.origin.migration} on {fill.ref} writes before, and that never runs here"
                    )
                    problem = Problem(ProblemKind.FILL_SKIPPED, (fill.data.origin, fill.constraint), message)
                    yield Failure(database.name, MIGRATE, place.migration, problem)


def _has_data(migration: Migration) -> bool:
    return any(True for _ in row_operations(migration.operations))


def databases_of(
    outcomes: Iterable[PopulationOutcome], result: Tree, branches: BranchAncestors
) -> Iterator[Database]:
    forks = [patch.fork for patch in branches.situation.patches]
    released = {key for fork in forks for key in fork.migrations}
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
            ahead = tuple(result.migrations[key] for key in outcome.will_run)
            tree = next(each for each in (*branches.trees, *forks) if each.ref == population.ref)
            yield Database(population.name, tuple(done), ahead, tuple(run_by(population, tree)))


def run_by(population: Population, tree: Tree) -> Iterator[Migration]:
    """The tree's migrations that have a row, in order; a squash instead of what it replaces."""
    rows = frozenset(population.ledger)
    for key in MigrationGraph.raw(tree).order():
        if key in rows and rows.isdisjoint(tree.replacers.get(key, ())):
            yield tree.migrations[key]


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
            old = state_at(tree, constraint, {model: frozenset()}, start).models.get(model)
            new = model_after(tree, constraint, operation, model, start)
            for column in tightened(operation, old, new) if old and new else ():
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


def model_after(
    tree: Tree, origin: Origin, operation: Operation, model: ModelKey, start: SchemaState
) -> ModelState | None:
    """The model right after the operation; None where the operation does not fit, which the engine reports."""
    try:
        state = state_at(tree, origin, {model: frozenset()}, start)
        return apply_operation(state, origin.migration.app, operation).models.get(model)
    except InconsistentState:
        return None


def tightened(operation: Operation, old: ModelState | None, new: ModelState) -> Iterator[str]:
    """The columns that the operation makes unique or NOT NULL, or on whose values it checks something, where the table was like `old` before."""
    if operation.kind == "AlterField":
        name = text(operation.argument("name")) or ""
        field, earlier = new.field(name), old.field(name) if old else None
        if isinstance(field, Field):
            known = earlier if isinstance(earlier, Field) else None
            is_null = known is None or known.argument("null") == TRUE
            filled = is_null and lacks_row_value(field, default_of(operation))
            if filled or (_is_unique(field) and not (known and _is_unique(known))):
                yield name
    elif operation.kind == "AlterUniqueTogether":
        for names in new.unique_together - (old.unique_together if old else frozenset()):
            yield from names
    else:
        constraint = operation.argument("constraint")
        known_names = dict(old.constraints if old else ())
        is_new = not isinstance(constraint, Call) or text(constraint.kwarg("name")) not in known_names
        if constraint is not None and is_new:
            words = {word.partition("__")[0] for word in filter(None, map(text, walk(constraint)))}
            yield from (name for name, _ in new.fields if name in words)


def _is_unique(field: Field) -> bool:
    return TRUE in (field.argument("unique"), field.argument("primary_key")) or field.path.endswith(
        ".OneToOneField"
    )


def _can_use(reach: Reach, model: ModelKey, column: str, branches: BranchAncestors) -> bool:
    models = branches.web.reached(reach)
    return models is None or (model in models and reach.names(column))
