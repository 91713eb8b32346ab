"""The rehearsal of one plan: migrates every database with the planned tree, a second time, and with the next release; then compares."""

from __future__ import annotations

import re
import sqlite3
import time
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import django
from django.db.migrations.exceptions import (
    CircularDependencyError,
    InconsistentMigrationHistory,
    NodeNotFoundError,
)
from django.db.utils import IntegrityError

from stitchback.graph.refused_by_django import applied_too_early
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import FRESH, PATCHED, FailureKind
from stitchback.model.problems import Moment, Problem, ProblemKind, Step, raised
from stitchback.rehearsal.connection import RehearsalRecorder, rows_of
from stitchback.rehearsal.editor import shape_of_model
from stitchback.rehearsal.files import Name, RehearsalExecutor, RehearsalFiles
from stitchback.rehearsal.requests import Disagreement, RehearsalAnswer, RehearsedPopulation, Request
from stitchback.rehearsal.rows import DataRun, fill, lost_values, values_of
from stitchback.rehearsal.shapes import Shape, differences, schema_differences, schema_of
from stitchback.rehearsal.stage import MadeDatabase, RehearsalStage, has_table
from stitchback.rehearsal.states import OutOfTime
from stitchback.upgrades.baseline import Baseline
from stitchback.upgrades.checks import AFTERWARDS
from stitchback.upgrades.paths import MIGRATE, NEXT_RELEASE

AGAIN = f"{MIGRATE}, then {MIGRATE}"
THEN_NEXT_RELEASE = f"{MIGRATE}, then {NEXT_RELEASE}"
GRACE = 2  # times the bound, for work that started before the bound was reached
ROWS = (
    2,
    1,
    0,
)  # in each table, tried in this order: rows can make a data operation fail
OF_THE_GRAPH = (CircularDependencyError, InconsistentMigrationHistory, NodeNotFoundError)
CONSTRAINT_NAME = re.compile(r'CONSTRAINT "((?:[^"]|"")*)"')


@dataclass(slots=True)
class FinalDatabase:
    """The result for one database. `failures` do not contain the database's name. `schema`, `following`: after the full migrate and after the next
    release's migrate; None if the database did not get that far. `unlike`: how the tables differ from the models."""

    failures: list[Disagreement] = field(default_factory=list)
    data: tuple[DataRun, ...] = ()
    order: tuple[MigrationKey, ...] = ()
    ran: frozenset[Name] = frozenset()
    rows: frozenset[Name] = frozenset()
    schema: dict[str, Shape] | None = None
    names: frozenset[str] = frozenset()
    declared: frozenset[str] = frozenset()
    unlike: tuple[Problem, ...] = ()
    following: dict[str, Shape] | None = None

    def fail(self, act: str, step: Step, problem: Problem, raised: bool = False) -> None:
        self.failures.append(Disagreement("", act, step, problem, raised=raised))


class Rehearsal(Baseline[MadeDatabase, Disagreement]):
    def __init__(self, stage: RehearsalStage, request: Request) -> None:
        self.stage = stage
        self.request = request
        self.connection = stage.connection
        self.remarks: dict[str, None] = {}
        self.found: list[Disagreement] = []
        self.baseline: list[Disagreement] = []
        self.order: dict[str, tuple[MigrationKey, ...]] = {}
        self.rehearsed = 0
        self.begun = 0
        self._ends: list[tuple[int, FinalDatabase]] = []
        self._untouched: dict[int, tuple[MadeDatabase, FinalDatabase]] = {}

    def answer(self) -> RehearsalAnswer:
        started = time.process_time()
        missed: tuple[str, ...] = ()
        try:
            self.every_database(started)
        except OutOfTime:
            self.remarks["there was no time for more"] = None
            wanted = self.request.databases[self.begun : self.request.bounds.databases]
            missed = tuple(each.name for each in wanted if each.is_first)
        finally:
            self.stage.states.deadline = float("inf")
        return RehearsalAnswer(
            django.get_version(),
            sqlite3.sqlite_version,
            self.rehearsed,
            len(self.request.databases),
            tuple(self.found),
            tuple(self.baseline),
            (*self.remarks, *self.stage.stuff.substituted),
            self.order,
            time.process_time() - started,
            missed,
        )

    def every_database(self, started: float) -> None:
        """Rehearses every database in order, within the bounds, until the first one that refuses the plan. Raises OutOfTime."""
        bounds = self.request.bounds
        self.stage.states.deadline = started + bounds.most_seconds
        fresh = self.end(self.request.result, self.stage.empty)
        for place, database in enumerate(self.request.databases[: bounds.databases]):
            self.begun = place
            if not database.is_first:
                self.stage.states.deadline = started + min(GRACE * bounds.seconds, bounds.most_seconds)
                if time.process_time() - started > bounds.seconds:
                    return
            made = self.made(database)
            if made is None:
                self.remarks[f"{database.name}: the old trees created no database with its rows"] = None
                continue
            end = (
                fresh if database.lineage == FRESH else self.end(self.request.result, made, database.inserts)
            )
            failures = [
                replace(each, population=database.name) for each in self.failures(database, end, fresh)
            ]
            sorted_out = [self.sorted_out(each, database, made) for each in failures]
            self.baseline += [each for each in sorted_out if each.baseline]
            self.found += [each for each in sorted_out if not each.baseline]
            self.order[database.name] = end.order
            self.rehearsed += not any(each.everywhere for each in sorted_out)
            if self.found:
                return

    def made(self, database: RehearsedPopulation) -> MadeDatabase | None:
        if database.lineage == FRESH:
            return self.stage.empty
        rows = database.ledger
        ledger = None if rows is None else frozenset((key.app, key.name) for key in rows)
        made = (self.stage.database(recipe, ledger) for recipe in database.recipes)
        return next((each for each in made if each is not None), None)

    # Migrating one database

    def end(
        self,
        number: int,
        made: MadeDatabase,
        inserts: tuple[MigrationKey, ...] = (),
        following: int | None = None,
    ) -> FinalDatabase:
        following = self.request.following if number == self.request.result else following
        for rows in (0,) if made is self.stage.empty else ROWS:
            try:
                return self.played(number, made, inserts, rows, following)
            except IntegrityError as error:
                watch = self.connection.watch
                failed = FinalDatabase(data=tuple(watch.data))
                failed.fail(MIGRATE, step_of(watch.running), problem_of(error, watch.operation), raised=True)
        return failed

    def played(
        self,
        number: int,
        made: MadeDatabase,
        inserts: tuple[MigrationKey, ...],
        rows: int,
        following: int | None,
    ) -> FinalDatabase:
        """Migrates one database and returns the result. Raises IntegrityError if the rows, or the values that an operation gives them, do not fit."""
        end, files = FinalDatabase(), self.stage.tree(number)
        watch = self.stage.begin(made, strict=True)
        watch.is_sqlite = self.request.sqlite
        self.stage.prepare(files)
        fill(self.connection, rows)
        before = values_of(self.connection)
        recorder = RehearsalRecorder(self.connection)
        for key in inserts:
            recorder.record_applied(key.app, key.name)
        state = self.migrate(files, end, MIGRATE)
        end.data, end.order = (
            tuple(watch.data),
            tuple(MigrationKey(*name) for name, _ in watch.data[len(made.data) :]),
        )
        end.ran = frozenset(watch.ran)
        if state is None:
            return end
        for problem in lost_values(before, values_of(self.connection), watch.changes):
            end.fail(MIGRATE, AFTERWARDS, problem)
        for problem in sorted(watch.debts.values(), key=str):
            end.fail(MIGRATE, AFTERWARDS, Problem.of(ProblemKind.ONLY_BY_REMAKE, problem))
        try:
            self.check_database(end, state)
        except ValueError as error:  # Django raises this for a relation to a missing model
            end.fail(MIGRATE, AFTERWARDS, problem_of(error), raised=True)
            return end
        end.rows = frozenset(rows_of(self.connection)) - files.installed
        known = [
            each
            for each in self._ends
            if (number, end.rows, end.schema) == (each[0], each[1].rows, each[1].schema)
        ]
        if known:  # the steps after a full migrate need only rows and tables
            end.failures += [each for each in known[0][1].failures if each.rollout != MIGRATE]
            end.following = known[0][1].following
            return end
        self.again(files, end)
        if following is not None:
            self.next_release(following, files, end)
        self._ends.append((number, end))
        return end

    def migrate(self, files: RehearsalFiles, end: FinalDatabase, act: str) -> Any:
        """Runs a full migrate and returns Django's final state; None if it fails."""
        watch, executor = self.connection.watch, None
        try:
            executor = RehearsalExecutor(self.connection, files, watch.progress)
            executor.loader.check_consistent_history(self.connection)
            conflicts = executor.loader.detect_conflicts()
            split = [
                (app, tuple(sorted(names)))
                for app, names in sorted(conflicts.items())
                if app not in files.tree.split
            ]
            if split:
                end.fail(act, Moment.NOTHING_RUN, several_leaf_nodes(split), raised=True)
                return None
            return executor.migrate(executor.loader.graph.leaf_nodes())
        except IntegrityError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever Django and the database raise is what was asked
            problem = problem_of(
                error, watch.operation if watch.running else named_by(error, executor, self.connection)
            )
            end.fail(act, step_of(watch.running), problem, raised=True)
            return None

    def check_database(self, end: FinalDatabase, state: Any) -> None:
        with self.connection.cursor() as cursor:
            end.schema = schema_of(cursor)
            cursor.execute("SELECT type, name, sql FROM sqlite_master")
            schema_objects = cursor.fetchall()
        end.names = frozenset(name for kind, name, _ in schema_objects if kind == "index") | {
            name
            for kind, _, sql in schema_objects
            if kind == "table"
            for name in CONSTRAINT_NAME.findall(sql or "")
        }
        made = [model for model in state.apps.get_models(include_auto_created=True) if has_table(model)]
        end.declared = frozenset(
            each.name for model in made for each in (*model._meta.indexes, *model._meta.constraints)
        )
        end.unlike = tuple(
            problem
            for model in made
            for problem in differences(
                model._meta.db_table,
                end.schema.get(model._meta.db_table.lower()),
                shape_of_model(model),
            )
        )

    def again(self, files: RehearsalFiles, end: FinalDatabase) -> None:
        """Runs a second migrate, which must have no migrations to apply. Of the executor's work only the steps before and after the migrations
        remain."""
        rows = rows_of(self.connection)
        try:
            executor = RehearsalExecutor(self.connection, files)
            executor.loader.check_consistent_history(self.connection)
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
            executor.check_replacements()
        except Exception as error:  # noqa: BLE001  # whatever Django raises is what was asked
            end.fail(AGAIN, Moment.NOTHING_RUN, problem_of(error), raised=True)
            return
        if plan:
            ran = tuple(MigrationKey(each.app_label, each.name) for each, _ in plan)
            end.fail(AGAIN, AFTERWARDS, Problem.of(ProblemKind.SECOND_RUNS, ran))
        elif rows_of(self.connection) != rows:
            end.fail(AGAIN, AFTERWARDS, Problem.of(ProblemKind.SECOND_RECORDS))

    def next_release(self, number: int, before: RehearsalFiles, end: FinalDatabase) -> None:
        files, watch = self.stage.tree(number), self.connection.watch
        ran = len(watch.ran)
        if self.migrate(files, end, THEN_NEXT_RELEASE) is None:
            return
        new = files.migrations.keys() - before.migrations.keys()
        wrong = sorted(new ^ {*watch.ran[ran:]})
        if wrong:
            names = tuple(MigrationKey(*name) for name in wrong)
            end.fail(THEN_NEXT_RELEASE, AFTERWARDS, Problem.of(ProblemKind.NOT_ONLY_NEW, names))
        with self.connection.cursor() as cursor:
            end.following = schema_of(cursor)

    # Checking the result

    def failures(
        self, database: RehearsedPopulation | None, end: FinalDatabase, fresh: FinalDatabase
    ) -> Iterator[Disagreement]:
        """The failures of a database. `database` None: mainline without the plan, where the only check is that all databases end alike."""
        yield from end.failures
        if end.schema is None:
            return
        found = list(self.unlike(end, fresh))
        yield from found
        if end.following is not None and fresh.following is not None and not (found or end.failures):
            wanted = fresh.following
            for problem in schema_differences(self.without_leftover(end.following, wanted), wanted):
                yield Disagreement("", THEN_NEXT_RELEASE, AFTERWARDS, problem)
        if end is fresh:
            for problem in map(not_as_the_models, end.unlike):
                yield Disagreement("", MIGRATE, AFTERWARDS, problem)
        if database is not None:
            yield from self.unexpected(database, end)
        yield from self.ran_again(end, fresh)

    def unlike(self, end: FinalDatabase, fresh: FinalDatabase) -> Iterator[Disagreement]:
        """How a database differs from a fresh install."""
        if end.schema is None or fresh.schema is None:
            return
        for problem in schema_differences(self.without_leftover(end.schema, fresh.schema), fresh.schema):
            yield Disagreement("", MIGRATE, AFTERWARDS, problem)
        for name in sorted((fresh.declared & fresh.names) - end.names):
            yield Disagreement("", MIGRATE, AFTERWARDS, Problem.of(ProblemKind.NAME_LACKING, name))

    def without_leftover(self, found: dict[str, Shape], wanted: dict[str, Shape]) -> dict[str, Shape]:
        """Leaves out tables that may remain, and tables that only represent an installed package."""
        known = self.stage.stuff.tables
        gone = tuple(f"{app}_" for app in self.request.gone)
        return {
            name: shape
            for name, shape in found.items()
            if name in wanted
            or not (
                name.startswith(gone)
                or (name in known and known[name] <= self.request.gone)
                or (name not in known and name in self.stubs)
            )
        }

    @property
    def stubs(self) -> frozenset[str]:
        return frozenset(f"{app}_{name}" for files in self.stage.files.values() for app, name in files.stubs)

    def unexpected(self, database: RehearsedPopulation, end: FinalDatabase) -> Iterator[Disagreement]:
        """Where Django's result differs from the first engine's."""
        ran = end.ran - {(key.app, key.name) for key in self.request.replaced}
        for found, wanted, more, fewer in (
            (ran, database.will_run, ProblemKind.RUNS_UNEXPECTED, ProblemKind.RUNS_NOT),
            (end.rows, database.recorded, ProblemKind.RECORDED_UNEXPECTED, ProblemKind.RECORDED_NOT),
        ):
            if wanted is None:
                continue
            expected = {(key.app, key.name) for key in wanted}
            for name in sorted(found - expected):
                yield Disagreement("", MIGRATE, AFTERWARDS, Problem.of(more, MigrationKey(*name)))
            for name in sorted(expected - found):
                yield Disagreement("", MIGRATE, AFTERWARDS, Problem.of(fewer, MigrationKey(*name)))

    def ran_again(self, end: FinalDatabase, fresh: FinalDatabase) -> Iterator[Disagreement]:
        before = Counter(identity for _, identity in end.data[: len(end.data) - len(end.order)])
        should = Counter(identity for _, identity in fresh.data)
        should |= self.stage.tree(self.request.result).data_operations()  # a squash may omit them
        ran = Counter(identity for _, identity in end.data)
        doers = {identity: name for name, identity in end.data}
        agreed = {
            identity for name, identity in end.data if name and MigrationKey(*name) in self.request.may_repeat
        }
        for identity, times in sorted(ran.items()):
            if identity in agreed or times <= max(should[identity], before[identity]):
                continue
            if fresh.schema is not None:
                step = step_of(doers[identity])
                yield Disagreement("", MIGRATE, step, Problem.of(ProblemKind.RAN_TIMES, times))

    # Whether the plan causes the failure

    def sorted_out(
        self, failure: Disagreement, database: RehearsedPopulation, made: MadeDatabase
    ) -> Disagreement:
        """The failure, marked `baseline` if mainline without the plan ends in the same way or an operation that could not be built may be the cause."""
        for why in self.unread_before(failure):
            self.remarks[f"{database.name} from {failure.step} on: {why}"] = None
            return replace(failure, baseline=True, everywhere=True)
        if self.reproduces(failure, [self.stage.empty]):
            if failure.raised:
                self.remarks[
                    f"{database.name} from {failure.step} on, where mainline's own tree fails: {failure.message}"
                ] = None
            return replace(failure, baseline=True, everywhere=failure.raised)
        if database.lineage not in (FRESH, PATCHED) and self.reproduces(failure, [made]):
            return replace(failure, baseline=True)
        if database.lineage == PATCHED and not failure.raised and self.is_so_at_a_fork_point(failure):
            return replace(failure, baseline=True)
        return self.of_a_branch(failure)

    def is_so_at_a_fork_point(self, failure: Disagreement) -> bool:
        """Whether databases without the patch fail in the same way with unchanged mainline: mainline has edited a file that they had applied."""
        made = (self.stage.database(recipe[:1], None) for recipe in self.request.tips)
        return self.reproduces(failure, filter(None, made))

    def unread_before(self, failure: Disagreement) -> list[str]:
        """Operations that could not be built and may be the cause. They are never the cause of an inconsistent history or of several leaf nodes."""
        if not failure.raised or is_of_the_graph(failure.problem):
            return []
        files = self.stage.tree(self.request.result)
        step = failure.step
        return files.unread_above((step.app, step.name) if isinstance(step, MigrationKey) else None)

    def of_a_branch(self, failure: Disagreement) -> Disagreement:
        """The failure, marked as excused where a branch's own databases already differ from its models: hand-written statements changed them."""
        if (
            failure.problem.kind is ProblemKind.NOT_AS_THE_MODELS
            and failure.problem in self.unlike_on_branches()
        ):
            return replace(failure, baseline=True)
        return failure

    def unlike_on_branches(self) -> frozenset[Problem]:
        found: set[Problem] = set()
        for recipe in self.request.tips:
            made = self.stage.database(recipe, None)
            if made is not None:
                end = FinalDatabase()
                self.stage.begin(made, strict=False)
                state = self.migrate(self.stage.tree(recipe[-1]), end, MIGRATE)
                if state is not None:
                    self.check_database(end, state)
                    found.update(map(not_as_the_models, end.unlike))
        return frozenset(found)

    def untouched(self, made: MadeDatabase) -> FinalDatabase | None:
        """The result for the database with unchanged mainline."""
        number = self.request.untouched
        if number is None:
            return None
        known = self._untouched.get(id(made))
        if known is None:
            known = self._untouched[id(made)] = (made, self.end(number, made))
        return known[1]

    def identity(self, failure: Disagreement) -> FailureKind:
        return failure.kind

    def fails_with(self, failure: Disagreement, start: MadeDatabase) -> set[FailureKind]:
        end, fresh = self.untouched(start), self.untouched(self.stage.empty)
        if end is None or fresh is None:
            return set()
        return {each.kind for each in self.failures(None, end, fresh)}


def step_of(running: Name | None) -> Step:
    return MigrationKey(*running) if running else Moment.NOTHING_RUN


def problem_of(error: BaseException, about: tuple[Hashable, ...] = ()) -> Problem:
    """The problem of what Django or the database raised. `about`: the operation that ran, or what Django's loader refused."""
    return raised(type(error).__name__, f"{type(error).__name__}: {error}", *about)


def named_by(error: Exception, executor: RehearsalExecutor | None, connection: Any) -> tuple[Hashable, ...]:
    """The migrations that an error of the graph is about."""
    if isinstance(error, InconsistentMigrationHistory) and executor is not None:
        return applied_too_early(executor.loader, RehearsalRecorder(connection).applied_migrations())
    return tuple(error.node) if isinstance(error, NodeNotFoundError) else ()


def is_of_the_graph(problem: Problem) -> bool:
    """Whether Django refused the graph or the rows before it ran anything."""
    if problem.kind is ProblemKind.RAISED:
        return problem.objects[0] in {each.__name__ for each in OF_THE_GRAPH}
    return problem.kind is ProblemKind.SEVERAL_LEAF_NODES


def several_leaf_nodes(split: list[tuple[str, tuple[str, ...]]]) -> Problem:
    said = "; ".join(f"{', '.join(names)} in {app}" for app, names in split)
    keys = tuple(MigrationKey(app, name) for app, names in split for name in names)
    return Problem(ProblemKind.SEVERAL_LEAF_NODES, keys, f"multiple leaf nodes: {said}")


def not_as_the_models(difference: Problem) -> Problem:
    return Problem.of(ProblemKind.NOT_AS_THE_MODELS, difference)
