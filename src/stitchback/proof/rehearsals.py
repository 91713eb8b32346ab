"""The rehearsal as a part of the proof: which databases are rehearsed, in which order, and how the answer affects the plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree, field_bases_of
from stitchback.model.plans import (
    FORK,
    FRESH,
    LEDGER,
    MAINLINE,
    PATCHED,
    BrokenOnMainline,
    Candidate,
    Failure,
    PopulationOutcome,
    Proof,
    RehearsalReport,
    Situation,
)
from stitchback.model.problems import Moment, Problem, ProblemKind
from stitchback.proof.graph_checks import split_without_us
from stitchback.proof.populations import fork_name
from stitchback.proof.trees import as_it_was, before_merge, loadable, named_in
from stitchback.rehearsal import (
    Bounds,
    Disagreement,
    Recipe,
    RehearsalAnswer,
    RehearsalSession,
    RehearsedPopulation,
    Request,
    prepare,
)
from stitchback.rehearsal.projections import Projection, projection
from stitchback.rehearsal.serialization import TreeSerializer
from stitchback.upgrades.next_release import next_release

REHEARSED = "rehearsal by Django on SQLite"
NO_TIME = "not enough time"
BESIDE = 2  # times the seconds after which no further database is started: the total for a listed plan
FIRST = (FRESH, FORK, PATCHED, MAINLINE)  # lineages in rehearsal order


@dataclass(frozen=True, slots=True)
class OldTrees:
    """The trees that databases were created with, as Django can have run them. `recipes`: lineage -> its trees, in order."""

    recipes: dict[str, tuple[tuple[Tree, ...], ...]]
    tips: tuple[tuple[Tree, ...], ...]
    untouched: Tree


class Rehearsals:
    """Rehearses a situation's plans. `situation`: with the files of each branch."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        patches = situation.patches
        self.trees = (situation.mainline, *(tree for patch in patches for tree in (patch.tree, patch.fork)))
        self._session = RehearsalSession(field_bases_of(*self.trees))
        self._old: OldTrees | None = None
        self._projections: dict[object, Projection] = {}
        self._missed: RehearsalAnswer | None = None
        prepare()

    @property
    def old(self) -> OldTrees:
        if self._old is None:
            self._old = old_trees(self.situation)
        return self._old

    def answer(
        self,
        candidate: Candidate,
        proof: Proof,
        apps: tuple[str, ...],
        *,
        as_expected: bool = True,
        beside: bool = False,
    ) -> RehearsalAnswer:
        """The answer of the rehearsal. `as_expected`: whether runs and rows must be those of the proof. `beside`: the plan is only listed, and has
        less time. After a plan exceeded the time limit, no other is rehearsed: a fresh install takes as long with each. Raises RehearsalEnded."""
        if self._missed is not None:
            return self._missed
        # One that finishes first is then a database of its branch's end, which is rehearsed.
        outcomes = in_order(tuple(each for each in proof.outcomes if each.finish is None), candidate)
        result = candidate.result
        split = split_without_us(result, self.situation)
        following = next_release(result, [app for app in apps if app not in split])
        policy = self.situation.policy
        most_seconds = policy.rehearsal_most_seconds
        if beside:
            most_seconds = min(most_seconds, BESIDE * policy.rehearsal_seconds)
        below = self.projection(result, following)
        known = frozenset(key for tree in (result, *self.trees) for key in named_in(tree)) - below.below
        replaced = frozenset(result.replacers) if as_expected else None

        def request(shipping: TreeSerializer) -> Request:
            def numbers(recipes: tuple[tuple[Tree, ...], ...]) -> tuple[Recipe, ...]:
                return tuple(
                    tuple(shipping.tree(tree, split, below) for tree in recipe) for recipe in recipes
                )

            databases = (
                *(database(each, numbers(self.recipes_for(each)), known, replaced) for each in outcomes),
                *(replace(each, recipes=numbers(trees)) for each, trees in self.further(proof)),
            )
            first = first_of(outcomes)
            marked = (replace(each, is_first=each.is_first or each.name in first) for each in databases)
            return Request(
                shipping.tree(result, split, below),
                shipping.tree(following, split, below),
                shipping.tree(self.old.untouched, split, below),
                tuple(sorted(marked, key=lambda each: not each.is_first)),
                tips=numbers(self.old.tips),
                replaced=frozenset(result.replacers),
                gone=self.gone_apps,
                may_repeat=frozenset(each.migration for each in policy.data if each.may_repeat),
                sqlite=policy.sqlite,
                bounds=Bounds(policy.rehearsed_databases, policy.rehearsal_seconds, most_seconds),
            )

        answer = self._session.rehearse(request)
        if answer.missed and not beside:
            self._missed = answer
        return answer

    @property
    def gone_apps(self) -> frozenset[str]:
        """Apps that mainline no longer has (SB307): their tables stay."""
        mainline = self.situation.mainline
        here = {key.app for key in mainline.migrations} | set(mainline.apps)
        return frozenset(key.app for tree in self.trees for key in tree.migrations) - here

    def projection(self, result: Tree, following: Tree) -> Projection:
        """The projection, shared by all plans that leave the same migrations unchanged."""
        trees = [tree for each in self.old.recipes.values() for recipe in each for tree in recipe]
        found = projection(self.situation.mainline, result, [*trees, self.old.untouched, following])
        return self._projections.setdefault((found.below, tuple(map(id, found.base)), found.relevant), found)

    def further(self, proof: Proof) -> Iterator[tuple[RehearsedPopulation, tuple[tuple[Tree, ...], ...]]]:
        """Fork points and tips of patch branches that the first engine treats as equal to another database: they may differ in the rehearsal."""
        seen = {(each.population.lineage, each.population.ref) for each in proof.outcomes}
        left_out = {each.population for each in proof.broken_on_mainline if not each.acts}
        for patch in self.situation.patches:
            fork, tree = (loadable(each)[0] for each in (patch.fork, patch.tree))
            name = fork_name(patch)
            if (FORK, patch.fork.ref) not in seen and name not in left_out:
                yield RehearsedPopulation(name, FORK, (), None, is_first=True), ((fork,),)
            if patch.migrations and (PATCHED, patch.tree.ref) not in seen:
                yield (
                    RehearsedPopulation(f"{patch.tree.ref} to its end", PATCHED, (), None, is_first=True),
                    ((fork, tree),),
                )

    def recipes_for(self, outcome: PopulationOutcome) -> tuple[tuple[Tree, ...], ...]:
        recipes = self.old.recipes
        if outcome.population.lineage == LEDGER:
            return tuple(recipe for each in recipes.values() for recipe in each)
        return recipes.get(outcome.population.lineage, ())


def old_trees(situation: Situation) -> OldTrees:
    mainline = before_merge(situation)
    mainlines = [loadable(each)[0] for each in (situation.mainline, mainline)]
    recipes: dict[str, list[tuple[Tree, ...]]] = {FORK: [], PATCHED: [], MAINLINE: []}
    tips = []
    for patch in situation.patches:
        fork, tree = (loadable(each)[0] for each in (patch.fork, patch.tree))
        tips.append((fork, tree))
        recipes[FORK].append((fork,))
        variants = tuple(as_it_was(tree, patch.fork.migrations))
        # The branch may have put migrations below a released one: then only its own installs have them.
        recipes[PATCHED] += [*((fork, each) for each in variants), *((each,) for each in variants)]
        for each in mainlines if situation.mainline is not mainline else mainlines[:1]:
            recipes[MAINLINE] += [(fork, variant) for variant in as_it_was(each, patch.fork.migrations)]
    recipes[MAINLINE] += [(each,) for each in mainlines]
    return OldTrees({name: tuple(each) for name, each in recipes.items()}, tuple(tips), mainline)


def database(
    outcome: PopulationOutcome,
    recipes: tuple[Recipe, ...],
    known: frozenset[MigrationKey],
    replaced: frozenset[MigrationKey] | None,
) -> RehearsedPopulation:
    """The population for the rehearsal. `known`: the rows that the rehearsal has. `replaced`: migrations that may run under another name; None:
    nothing is expected."""
    population = outcome.population
    before = frozenset(population.ledger) & known
    expected = replaced is not None
    return RehearsedPopulation(
        population.name,
        population.lineage,
        recipes,
        before,
        outcome.inserts,
        (frozenset(outcome.will_run) & known) - (replaced or frozenset()) if expected else None,
        (frozenset(outcome.recorded) & known) | before if expected else None,
    )


def in_order(outcomes: tuple[PopulationOutcome, ...], candidate: Candidate) -> tuple[PopulationOutcome, ...]:
    """The fresh install and the fork points first, then the tip of each branch, then the databases directly before or after a migration that the plan
    changes, copies or records; then the rest."""
    touched = {edit.key for edit in candidate.edits}
    touched |= {key for each in candidate.manual_inserts for key in (each.insert, *each.applied)}
    touched |= {ghost for key in touched for ghost in ghosts(candidate.result, key)}
    first = first_of(outcomes)

    def rank(outcome: PopulationOutcome) -> int:
        population = outcome.population
        if population.name in first:
            return FIRST.index(population.lineage)
        near = {*population.ledger[-1:], *outcome.will_run[:1], *outcome.inserts}
        return len(FIRST) if near & touched else len(FIRST) + 1

    return tuple(sorted(outcomes, key=rank))


def first_of(outcomes: tuple[PopulationOutcome, ...]) -> frozenset[str]:
    """The databases without which no plan is proved: the fresh install, the fork points, the tips of the branches."""
    longest: dict[tuple[str, str], int] = {}
    for each in outcomes:
        place = each.population.lineage, each.population.ref
        longest[place] = max(longest.get(place, 0), len(each.population.ledger))
    return frozenset(
        population.name
        for population in (each.population for each in outcomes)
        if population.lineage in (FRESH, FORK)
        or (
            population.lineage in FIRST
            and len(population.ledger) == longest[population.lineage, population.ref]
        )
    )


def ghosts(tree: Tree, key: MigrationKey) -> tuple[MigrationKey, ...]:
    migration = tree.migrations.get(key)
    return migration.ghosts if migration else ()


def report(answer: RehearsalAnswer) -> RehearsalReport:
    return RehearsalReport(answer.django, answer.rehearsed, answer.total, answer.remarks)


def failures(answer: RehearsalAnswer) -> tuple[Failure, ...]:
    """The failures that refuse the plan."""
    return tuple(
        dict.fromkeys(
            Failure(each.population, f"{REHEARSED}: {each.rollout}", each.step, each.problem)
            for each in answer.disagreements
        )
    ) or tuple(
        Failure(name, REHEARSED, Moment.NOT_FINISHED, Problem(ProblemKind.NO_TIME, (), NO_TIME))
        for name in answer.missed
    )


def broken_on_mainline(answer: RehearsalAnswer, proof: Proof) -> tuple[BrokenOnMainline, ...]:
    """The failures that occur without the plan too, of databases for which the first engine saw none: the first of each."""
    populations = {each.population.name: each.population for each in proof.outcomes}
    lineages = {name: each.lineage for name, each in populations.items()}
    broken = [each for each in proof.broken_on_mainline if not each.acts]
    names, problems = {each.population for each in broken}, {each.problem for each in broken}
    first: dict[str, Disagreement] = {}
    for each in answer.baseline:
        lineage = lineages.get(each.population, FORK)
        if (
            each.population not in names
            and each.problem not in problems
            and not each.everywhere
            and lineage in (FORK, MAINLINE, PATCHED)
        ):
            first.setdefault(each.population, each)
    return tuple(
        BrokenOnMainline(
            name,
            each.problem,
            each.step if isinstance(each.step, MigrationKey) else None,
            lineages.get(name, FORK),
            rehearsed=True,
            newest=populations[name].newest if name in populations else (),
        )
        for name, each in first.items()
    )
