"""The proof: Django's loader and executor take every population through every rollout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain, islice

from stitchback.engine import EngineCache
from stitchback.engine.rollouts import MOST_RUNS, MOST_RUNS_BESIDE
from stitchback.model.field_names import FieldNames
from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.migrations import Migration, Tree, field_bases_of, field_names_of
from stitchback.model.plans import (
    _PROOF_TOKEN,
    EVERY_DATABASE,
    Candidate,
    CandidateReach,
    Failure,
    Proof,
    Refuted,
    SafePlan,
    Situation,
)
from stitchback.model.problems import Moment, Problem
from stitchback.model.state import SchemaState
from stitchback.operations.separate_database_and_state import Stated, stated_alone
from stitchback.proof.ancestors import BranchAncestors, lost_ancestors
from stitchback.proof.attempt import Attempt
from stitchback.proof.context import ProofContext
from stitchback.proof.data_needs import data_needs
from stitchback.proof.data_order import order_broken
from stitchback.proof.data_runs import repeats_mainlines_work
from stitchback.proof.edited_shared_migrations import as_mainline_has_them
from stitchback.proof.graph_checks import one_replacer_a_ghost, split_without_us, statements_stay
from stitchback.proof.rehearsals import Rehearsals, broken_on_mainline, report
from stitchback.proof.rehearsals import failures as rehearsal_failures
from stitchback.proof.relevance import Slice, SliceBase, sliced, whole
from stitchback.proof.relevance.footprint import changed_models
from stitchback.proof.row_values import rows_without_value
from stitchback.proof.skipped_fills import skipped_fills
from stitchback.proof.supplied_order import SuppliedOrder
from stitchback.proof.user_model import UserModels

MOST_FAILURES = 8


class Prover:
    """Proves candidates for one situation. Results that do not depend on the candidate are cached."""

    def __init__(self, situation: Situation, *, slicing: bool = True) -> None:
        self.given = situation
        start = self.start = SchemaState(
            field_bases=field_bases(situation),
            field_names=field_names(situation),
            migrated_apps=migrated_apps(situation),
            left_out=shared_models(situation),
        )
        needs = data_needs(BranchAncestors(situation), start)
        stated = stated_by_branches(situation)
        self.memory = EngineCache(start, sqlite=situation.policy.sqlite, stated=stated, needs=needs.by_work)
        self.user_models = UserModels(situation)
        given, self.edited = as_mainline_has_them(situation, self.memory)
        resolved = self.user_models.situation(given)
        self.supplied_order = SuppliedOrder(resolved)
        self.situation = self.supplied_order.situation(resolved)
        self.branches = BranchAncestors(self.situation)
        self.base = SliceBase(self.situation, needs.kept) if slicing else None
        self._scenes: list[ProofContext] = []
        self.rehearsals = Rehearsals(given)

    def prove(self, candidate: Candidate, most_runs: int = MOST_RUNS) -> SafePlan | Refuted:
        """A SafePlan, or the first failures. Its proof's `bounded` lists what was left out.

        Two proof engines must agree: the symbolic engine, which tries everything, and then the rehearsal, in which Django executes the plan on real
        tables. Raises RehearsalEnded if the rehearsal did not answer.
        """
        deployed, cut, context = self.sliced(candidate)
        failures = self.failures_of_the_graph(candidate, deployed, cut, context)
        if not failures:
            attempt = Attempt(cut, context, most_runs)
            failures = tuple(islice(attempt.failures(), MOST_FAILURES))
        if failures:
            return Refuted(candidate, failures)
        failures = self.skipped_fills(attempt, deployed)[:MOST_FAILURES]
        if failures:
            return Refuted(candidate, failures)
        proof = attempt.proof()
        split = map(of_a_split_app, sorted(split_without_us(deployed.result, self.situation)))
        unordered = self.supplied_order.bounds(candidate.result)
        proof = replace(proof, bounded=(*self.edited, *split, *unordered, *proof.bounded))
        left_out = (*self.supplied_order.broken_on_mainline, *proof.broken_on_mainline)
        proof = replace(proof, broken_on_mainline=left_out)
        return self.rehearsed(candidate, proof, cut.apps, beside=most_runs < MOST_RUNS)

    def reach(self, candidate: Candidate) -> CandidateReach:
        """Which databases the candidate works for in the simulation. `prove` ends at the first failures; this tries every database."""
        deployed, cut, context = self.sliced(candidate)
        if candidate.edits and self.failures_of_the_graph(candidate, deployed, cut, context):
            return CandidateReach(candidate, (), ())
        attempt = Attempt(cut, context, MOST_RUNS_BESIDE)
        found = attempt.reach()
        skipped = self.skipped_fills(attempt, deployed) if found.works else ()
        names = {failure.population for failure in skipped}
        return CandidateReach(
            candidate,
            tuple(each for each in found.works if each.name not in names),
            (*found.fails, *(each for each in found.works if each.name in names)),
        )

    def skipped_fills(self, attempt: Attempt, deployed: Candidate) -> tuple[Failure, ...]:
        return tuple(skipped_fills(attempt.outcomes, deployed.result, self.branches, self.start))

    def sliced(self, candidate: Candidate) -> tuple[Candidate, Slice, ProofContext]:
        """The candidate as it is deployed, the part of it that affects the proof, and that part without a plan."""
        result = self.supplied_order.tree(self.user_models.tree(candidate.result))
        deployed = replace(candidate, result=result)
        cut = sliced(deployed, self.situation, self.base) if self.base else whole(deployed, self.situation)
        return deployed, cut, self.proof_context(cut.situation)

    def failures_of_the_graph(
        self, candidate: Candidate, deployed: Candidate, cut: Slice, context: ProofContext
    ) -> tuple[Failure, ...]:
        ghosts = one_replacer_a_ghost(cut.candidate.result, cut.situation.mainline)
        lost = lost_ancestors(deployed, self.branches)
        broken = order_broken(deployed, self.branches)
        statements = statements_stay(candidate.result, self.situation)
        rows = rows_without_value(cut.candidate.result, cut.situation, context.memory)
        code = repeats_mainlines_work(candidate, self.given)
        unordered = self.supplied_order.lost(self.user_models.tree(candidate.result))
        wrong = chain(cut.unsound, ghosts, lost, broken, statements, code, unordered, rows)
        return tuple(islice(map(of_the_graph, wrong), MOST_FAILURES))

    def rehearsed(
        self, candidate: Candidate, proof: Proof, apps: tuple[str, ...], *, beside: bool
    ) -> SafePlan | Refuted:
        answer = self.rehearsals.answer(candidate, proof, apps, beside=beside)
        left_out = broken_on_mainline(answer, proof)
        names = {each.population for each in left_out}
        proof = replace(
            proof,
            outcomes=tuple(each for each in proof.outcomes if each.population.name not in names),
            rehearsal=report(answer),
            broken_on_mainline=(*proof.broken_on_mainline, *left_out),
        )
        found = rehearsal_failures(answer)
        if not found:
            return SafePlan(candidate, proof, token=_PROOF_TOKEN)
        failed = {each.population for each in found}
        populations = [outcome.population for outcome in proof.outcomes]
        reach = CandidateReach(
            candidate,
            tuple(each for each in populations if each.name not in failed),
            tuple(each for each in populations if each.name in failed),
        )
        refuted = Refuted(candidate, found[:MOST_FAILURES], reach=reach)
        return (
            replace(refuted, contradicted=proof)
            if answer.disagreements
            else replace(refuted, missed=answer.missed)
        )

    def proof_context(self, situation: Situation) -> ProofContext:
        """The situation without a plan. Most candidates share it."""
        for proof_context in self._scenes:
            if proof_context.situation == situation:
                return proof_context
        self._scenes.append(ProofContext(situation, self.memory))
        return self._scenes[-1]


def of_the_graph(problem: Problem) -> Failure:
    return Failure(EVERY_DATABASE, "the reconciled tree", Moment.GRAPH, problem)


def of_a_split_app(app: str) -> str:
    return (
        f"{app} has several leaf nodes even without the plan: Django migrates nothing until they are merged"
    )


def stated_by_branches(situation: Situation) -> Stated:
    """The branches' state-only operations: a plan with more of them creates no schema objects. Not the database operations of another branch's file
    with the same name: it was edited there after its release."""
    trees = _telling(situation)
    versions: dict[MigrationKey, list[Migration]] = {}
    for tree in trees:
        for key, migration in tree.migrations.items():
            versions.setdefault(key, []).append(migration)
    return frozenset(
        each
        for found in versions.values()
        for each in stated_alone(found)
        if not any(each[1] in migration.operations for migration in found)
    )


def field_bases(situation: Situation) -> Mapping[str, str]:
    """The base classes of custom fields in any of the trees; mainline takes precedence."""
    return field_bases_of(*_telling(situation))


def field_names(situation: Situation) -> FieldNames:
    """As `field_bases`, for the other known facts about custom fields."""
    return field_names_of(*_telling(situation))


def migrated_apps(situation: Situation) -> frozenset[str]:
    """The apps whose models the trees' migrations create, all of them readable; not those that are an installed package on a branch."""
    trees = _telling(situation)
    unread = {item.key.app for tree in trees for item in tree.unreadable if item.key is not None}
    packages = {package.label for patch in situation.patches for package in patch.packages}
    return frozenset(key.app for tree in trees for key in tree.migrations) - unread - packages


def shared_models(situation: Situation) -> frozenset[ModelKey]:
    """The models on which migrations of a fork point work: a slice may leave them out. `SuppliedOrder` checks references to them."""
    forks = (patch.fork for patch in situation.patches)
    return frozenset(
        key for fork in forks for each in fork.migrations.values() for key in changed_models(each).keys
    )


def _telling(situation: Situation) -> tuple[Tree, ...]:
    trees = (tree for patch in reversed(situation.patches) for tree in (patch.tree, patch.fork))
    return (situation.mainline, *trees)


def prove(candidate: Candidate, situation: Situation) -> SafePlan | Refuted:
    """Proves the candidate over every population and rollout: a SafePlan, or the reasons against it."""
    return prover_of(situation).prove(candidate)


def prove_beside(candidate: Candidate, situation: Situation) -> SafePlan | Refuted:
    """As `prove`, for a plan that is only listed next to the chosen one: with a lower bound on its runs."""
    return prover_of(situation).prove(candidate, MOST_RUNS_BESIDE)


def reach(candidate: Candidate, situation: Situation) -> CandidateReach:
    """Which kinds of database a refused candidate works for, and which it fails for."""
    return prover_of(situation).reach(candidate)


def prover_of(situation: Situation) -> Prover:
    """The situation's prover, shared by all its candidates; cached with mainline's tree."""
    memo = situation.mainline.memo
    prover = memo.get("prover")
    if not isinstance(prover, Prover) or prover.given is not situation:
        prover = memo["prover"] = Prover(situation)
    return prover
