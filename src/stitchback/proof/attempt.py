"""The proof of one candidate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial

from stitchback.engine import DatabaseId, django_version
from stitchback.engine.rollouts import MOST_RUNS, Rollouts, UpgradeFailure
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.plans import (
    EVERY_DATABASE,
    FRESH,
    LEDGER,
    PATCHED,
    CandidateReach,
    Failure,
    FinishFirst,
    Population,
    PopulationOutcome,
    Proof,
)
from stitchback.model.problems import Moment, Problem, ProblemKind
from stitchback.proof.baseline import BaselineFailures
from stitchback.proof.context import FreshInstalls, ProofContext, fresh_installs, unread
from stitchback.proof.data_runs import data_work
from stitchback.proof.final_state_checks import FinalStateChecks
from stitchback.proof.forgotten_steps import forgotten
from stitchback.proof.graph_checks import schema_is_the_states
from stitchback.proof.manual_steps import ManualSteps, UnfinishedDatabases
from stitchback.proof.models_kept import models_changed
from stitchback.proof.populations import BESIDE, SimulatedDatabase, SimulatedDatabases, brings_nothing
from stitchback.proof.relevance import Slice
from stitchback.proof.relevance.many_migrations import is_too_much, what_matters
from stitchback.proof.trees import named_in
from stitchback.upgrades.baseline import is_excusable
from stitchback.upgrades.histories import NO_MANUAL_STEPS, KindOfDatabase
from stitchback.upgrades.paths import UpgradeStep

WITHOUT_THE_PATCH = (
    "Databases without the patch fail in the same way, and so do they on mainline without this plan."
)


@dataclass(frozen=True, slots=True)
class Passed:
    """A database for which every rollout passed, after `runs` of them: as it is (`start`), and after its manual step (`place`)."""

    start: DatabaseId
    rows: tuple[MigrationKey, ...]
    runs: int
    place: DatabaseId
    finish: FinishFirst | None = None


class Attempt:
    """One attempt to prove a candidate. `most_runs`: see `Rollouts`."""

    def __init__(self, cut: Slice, proof_context: ProofContext, most_runs: int = MOST_RUNS) -> None:
        self.most_runs = most_runs
        self.cut = cut
        self.proof_context = proof_context
        self.candidate = cut.candidate
        too_much = is_too_much(proof_context.situation)
        self.matters = what_matters(cut.candidate, proof_context.situation) if too_much else None
        self.fresh_installs = fresh_installs(
            cut.candidate.result, cut.apps, proof_context.memory, cut.bystander
        )
        self.passed: dict[SimulatedDatabase, Passed] = {}
        self.failed: dict[SimulatedDatabase, None] = {}
        self.bounded: list[str] = []
        self.work = data_work(cut.candidate, proof_context.situation)
        self.own = BaselineFailures(proof_context, self.matters)
        # The plan copies and writes no file: every way to migrate is mainline's, with or without it.
        self.idle = brings_nothing(proof_context.situation) and not cut.candidate.edits

    @property
    def simulated_databases(self) -> SimulatedDatabases:
        return self.proof_context.simulated_databases(self.matters)

    def failures(self) -> Iterator[Failure]:
        """All failures, the tree's own first."""
        if isinstance(self.fresh_installs, Failure):
            yield self.fresh_installs
            return
        found = list(self.of_the_models(self.fresh_installs))
        yield from found or self.of_the_databases(self.fresh_installs)

    def reach(self) -> CandidateReach:
        """Which databases pass every rollout, and which fail in one. None of both if Django cannot install the tree."""
        if isinstance(self.fresh_installs, FreshInstalls):
            for _ in self.of_the_databases(self.fresh_installs):
                pass
        works = (each.population for each in self.passed if each not in self.failed)
        fails = (each.population for each in self.failed)
        return CandidateReach(self.candidate, *(tuple(map(self.in_full, each)) for each in (works, fails)))

    def in_full(self, population: Population) -> Population:
        """The population with the rows that its databases have in the whole trees."""
        if population.lineage == LEDGER:
            return population
        rows = self.all_rows(population.ledger, below=population.lineage != FRESH)
        return replace(population, ledger=rows)

    def of_the_models(self, found: FreshInstalls) -> Iterator[Failure]:
        result, proof_context = self.candidate.result, self.proof_context
        for problem in (
            *schema_is_the_states(
                result,
                proof_context.memory.schemas_by_number[found.fresh.schema],
                proof_context.excused,
                proof_context.memory,
            ),
            *models_changed(proof_context.sides(result)),
        ):
            yield Failure(EVERY_DATABASE, "the reconciled tree", Moment.MODELS, problem)

    def final_state_checks(self, found: FreshInstalls) -> FinalStateChecks:
        return FinalStateChecks(
            found.engine,
            found.following,
            found.fresh,
            found.fresh_next,
            self.work,
            self.proof_context.tables_of_removed_apps,
        )

    def of_the_databases(self, found: FreshInstalls) -> Iterator[Failure]:
        ends = self.final_state_checks(found)
        rollouts = Rollouts(
            ends, self.remedies, self.cut.blocks, self.cut.bystander, self.most_runs, self.matters
        )
        if self.matters is not None:
            self.add_bound(f"only those partial migrates and stops {BESIDE}")
        for thoroughly in (False,) if self.idle else (False, True):
            for kind in self.simulated_databases.kinds:
                yield from self.of_one(kind, rollouts, thoroughly)
        for ledger, of_slice in zip(self.cut.ledgers, self.proof_context.situation.ledgers, strict=True):
            yield from self.of_ledger(ledger, of_slice.keys, rollouts)
        if rollouts.in_full_only:
            many = len(rollouts.in_full_only)
            self.add_bound(
                f"partial migrates of {many} of {len(self.simulated_databases.kinds)} kinds of database: too many states"
            )
        if rollouts.curtailed:
            self.add_bound("two partial migrates after each other, on some databases")

    def of_ledger(
        self, ledger: Ledger, rows: frozenset[MigrationKey], rollouts: Rollouts
    ) -> Iterator[Failure]:
        """Failures of a real ledger: it gets the schemas of the simulated databases with its rows, before the plan or during it."""
        known = frozenset(key for tree in self.proof_context.trees for key in named_in(tree)) | named_in(
            self.candidate.result
        )
        bits = self.remedies.bits(rows & known)
        of_populations = (each.database for each in self.simulated_databases.kinds)
        fitting = {place for place in (*of_populations, *rollouts.places) if place.rows == bits}
        name = ledger.source or "a ledger"
        if len(fitting) != 1:
            why = (
                "databases of more than one schema have"
                if fitting
                else "no branch results in a database with"
            )
            self.add_bound(
                f"{name}: {why} these rows, so its schema is not known and nothing was proved for it"
            )
            return
        population = Population(name, LEDGER, "", tuple(row.key for row in ledger.rows))
        yield from self.of_one(KindOfDatabase(population, fitting.pop()), rollouts, False)

    def of_one(self, kind: SimulatedDatabase, rollouts: Rollouts, thoroughly: bool) -> Iterator[Failure]:
        start = self.without_what_ran_too_often(kind, rollouts.ends.fresh)
        found = self.tried(kind, start, rollouts, thoroughly)
        if isinstance(found, tuple) and not self.proof_context.situation.policy.zero_touch:
            finished = self.unfinished.finished(kind.population, start)
            if finished is not None:
                step, place = finished
                later = self.tried(kind, place, rollouts, thoroughly)
                if isinstance(later, Passed):
                    found = replace(later, start=start, finish=step)
        if isinstance(found, Passed):
            self.passed[kind] = found
            if kind.population.lineage == PATCHED:
                self.own.report_for(kind.population, found.place, rollouts)
        elif found is not None:
            self.failed[kind] = None
            yield from found

    def tried(
        self, kind: SimulatedDatabase, start: DatabaseId, rollouts: Rollouts, thoroughly: bool
    ) -> Passed | tuple[Failure, ...] | None:
        """The database, or its failures; None if it is excluded from the proof."""
        rows = self.remedies.rows_for(start)
        refusal = self.may_not_need(kind.population, rows)
        if refusal is not None:
            return (Failure(kind.population.name, "repair", Moment.BEFORE_THE_DEPLOY, refusal),)
        place = self.remedies.with_rows(start, rows)
        is_own = partial(self.own.has, kind.population, start)
        upgrade_failures, runs = rollouts.whole(place), 1
        if (
            upgrade_failures
            and is_excusable(kind.population, plainly=True)
            and all(map(is_own, upgrade_failures))
        ):
            if any(trouble.error for trouble in upgrade_failures):
                return None
            upgrade_failures = ()
        if not upgrade_failures and not self.idle:
            upgrade_failures, runs = rollouts.explore(place, thoroughly=thoroughly, passed=is_own)
        if not upgrade_failures:
            return Passed(start, rows, runs, place)
        return tuple(self.failure_of(kind.population, start, rows, trouble) for trouble in upgrade_failures)

    def failure_of(
        self,
        population: Population,
        start: DatabaseId,
        rows: tuple[MigrationKey, ...],
        trouble: UpgradeFailure,
    ) -> Failure:
        failure = failure_of(population, rows, trouble)
        if population.lineage == PATCHED and self.own.is_without_the_patch(trouble, population, start):
            failure = replace(failure, problem=failure.problem.worded(after=f"\n{WITHOUT_THE_PATCH}"))
        return failure

    @cached_property
    def remedies(self) -> ManualSteps:
        return ManualSteps(self.candidate.manual_inserts, self.proof_context.memory)

    @cached_property
    def unfinished(self) -> UnfinishedDatabases:
        return UnfinishedDatabases(self.simulated_databases)

    def without_what_ran_too_often(self, kind: SimulatedDatabase, fresh: DatabaseId) -> DatabaseId:
        """The database without repeated data operations that ran before any plan (mainline had renamed their migration): no plan causes these."""
        start = kind.database
        data, twice = self.work.capped(start.data, fresh.data)
        for name in twice:
            self.add_bound(
                f"{name} has run more than once on some databases already, {kind.population.name} one of them"
            )
        return self.proof_context.memory.place(start.rows, start.schema, data)

    def add_bound(self, text: str) -> None:
        if text not in self.bounded:
            self.bounded.append(text)

    def may_not_need(self, population: Population, rows: tuple[MigrationKey, ...]) -> Problem | None:
        """Why the user may not be asked for these rows; None if they may."""
        if rows and population.lineage in NO_MANUAL_STEPS:
            return Problem.of(ProblemKind.STEP_NEEDED, rows)
        if rows and self.proof_context.situation.policy.zero_touch:
            return Problem.of(ProblemKind.STEP_NOT_ALLOWED, rows)
        return None

    def outcome(self, found: FreshInstalls, kind: SimulatedDatabase) -> PopulationOutcome:
        """The outcome in terms of the whole trees. Migrations that the slice leaves out count as not applied, unless a ledger records them."""
        passed = self.passed[kind]
        ran, after = found.engine.full(passed.place)
        population = kind.population
        fresh, real = population.lineage == FRESH, population.lineage == LEDGER
        before = set(population.ledger if real else self.cut.in_full(population.ledger))
        aside = tuple(key for key in self.cut.aside if key not in before)
        # Django also runs a recorded migration whose `replaces` names one without a row: it discards that row (`applied_migrations.pop`).
        runs_again = {key for key in ran if self.cut.in_full([key]) == (key,)}
        will_run = (
            {*self.cut.in_full(ran), *aside, *(self.cut.below if fresh else ())} - before
        ) | runs_again
        return PopulationOutcome(
            self.in_full(population),
            passed.rows,
            passed.runs,
            tuple(sorted(will_run & self.order.keys(), key=self.order.__getitem__)),
            (*self.all_rows(after), *aside),
            forgotten(passed.start, self.final_state_checks(found), self.proof_context.memory)
            if passed.rows or passed.finish
            else None,
            passed.finish,
        )

    @cached_property
    def order(self) -> dict[MigrationKey, int]:
        return {key: number for number, key in enumerate(self.cut.order)}

    @cached_property
    def below(self) -> frozenset[MigrationKey]:
        return frozenset(self.cut.below)

    def all_rows(self, keys: tuple[MigrationKey, ...], *, below: bool = True) -> tuple[MigrationKey, ...]:
        """The rows in terms of the whole trees, with the shared migrations first."""
        rest = (key for key in self.cut.in_full(keys) if key not in self.below)
        return (*(self.cut.below if below else ()), *rest)

    @cached_property
    def outcomes(self) -> tuple[PopulationOutcome, ...]:
        """Of the databases that pass every rollout."""
        assert isinstance(self.fresh_installs, FreshInstalls), "without it `migrate` fails"
        return tuple(self.outcome(self.fresh_installs, each) for each in self.passed)

    def proof(self) -> Proof:
        assert isinstance(self.fresh_installs, FreshInstalls), "without it `migrate` fails"
        first = {kind.population.lineage: passed.place for kind, passed in reversed(self.passed.items())}
        for place in first.values():
            self.fresh_installs.engine.beside_django(place)
        runs = self.fresh_installs.engine.runs + self.fresh_installs.following.runs
        bounded = (*self.simulated_databases.remarks, *unread(self.candidate.result), *self.bounded)
        return Proof(
            django_version(),
            self.outcomes,
            runs,
            self.cut.kept,
            self.cut.left_out,
            bounded,
            self.own.met,
            tuple(self.work.agreed.values()),
        )


def failure_of(population: Population, rows: tuple[MigrationKey, ...], trouble: UpgradeFailure) -> Failure:
    acts = (str(UpgradeStep(repair=rows)), *trouble.acts) if rows else trouble.acts
    problem = trouble.problem
    if any(act.repair for act in trouble.path):
        problem = problem.worded(
            after=" (its ledger asks for the row, but its schema is not that of the databases that need it)"
        )
    return Failure(population.name, ", then ".join(acts), trouble.step, problem)
