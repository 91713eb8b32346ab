"""A refusal names the databases that the best of its plans works for, and the command that may lead to a plan."""

from __future__ import annotations

from dataclasses import replace

from migration_values import add, key, migration, rename, worded
from plans_by_hand import DIAMOND, MAIN, M, P, X, candidate, patch, situation

from stitchback.matching.build_case import case_of
from stitchback.matching.case import Case
from stitchback.model.plans import (
    EVERY_DATABASE,
    Candidate,
    CandidateReach,
    Failure,
    Policy,
    Population,
    Refuted,
    Situation,
)
from stitchback.planning.outcomes import NO_PROOF, Unproved
from stitchback.planning.plan import MOST_COMPARED, plan
from stitchback.proof import Prover, reach
from stitchback.reporting.next_steps import refusal_steps
from stitchback.reporting.population_groups import fails_for, works_for

CASE = case_of(MAIN.patches, MAIN.mainline, MAIN.policy)
FRESH = Population("fresh install", "fresh", "main", ())
PATCHED = Population("release/2.4 up to shop.0003_p", "patched", "release/2.4", ())
ON_MAIN = tuple(Population(f"main up to {name}", "mainline", "main", ()) for name in ("a", "b"))


def refused(
    failing: dict[str, tuple[Population, ...]], case: Case = CASE, *, as_a_whole: tuple[str, ...] = ()
) -> tuple[Unproved, list[str]]:
    """The outcome where the strategy of that name fails for these populations, every other one for all; and which candidates were compared."""
    compared = []

    def prove(candidate: Candidate, _: Situation) -> Refuted:
        name = candidate.strategies["shop"]
        where = EVERY_DATABASE if name in as_a_whole else FRESH.name
        return Refuted(candidate, (Failure(where, "migrate", name, worded(str(len(candidate.edits)))),))

    def find_reach(candidate: Candidate, _: Situation) -> CandidateReach:
        name = candidate.strategies.get("shop", "")
        compared.append(name)
        everything = (FRESH, PATCHED, *ON_MAIN)
        fails = failing.get(name, everything)
        return CandidateReach(candidate, tuple(each for each in everything if each not in fails), fails)

    outcome = plan(case, prove, find_reach=find_reach)
    assert isinstance(outcome, Unproved)
    return outcome, compared


def best_of(failing: dict[str, tuple[Population, ...]], *, as_a_whole: tuple[str, ...] = ()) -> str:
    best = refused(failing, as_a_whole=as_a_whole)[0].best
    assert best is not None
    return best.candidate.strategies.get("shop", "")


def test_the_best_plan_fails_for_the_fewest_databases() -> None:
    assert best_of({"adopt": ON_MAIN, "diamond": ON_MAIN[:1]}) == "diamond"
    assert best_of({"adopt": ON_MAIN[:1], "diamond": ON_MAIN}) == "adopt"


def test_databases_that_must_need_no_manual_step_count_first() -> None:
    assert best_of({"adopt": (PATCHED,), "diamond": ON_MAIN}) == "diamond"


def test_a_plan_that_fails_as_a_whole_is_not_compared() -> None:
    """No database can be migrated with a tree that is wrong itself."""
    assert best_of({"adopt": ON_MAIN, "diamond": ()}, as_a_whole=("diamond",)) == "adopt"


def test_mainline_as_it_is_where_no_plan_works_for_any_database() -> None:
    outcome, compared = refused({"": (PATCHED,)})
    assert outcome.best is not None
    assert (outcome.best.candidate.strategies, outcome.best.fails) == ({}, (PATCHED,))
    assert compared[-1] == ""
    assert 1 < len(compared) <= MOST_COMPARED + 1


def test_a_blocking_change_is_answered_with_mainline_as_it_is() -> None:
    ours = migration("shop.0003_ours", "shop.0002_base", rename("item", "label", "title"))
    theirs = migration("shop.0003_theirs", "shop.0002_base", rename("item", "label", "caption"))
    given = situation(theirs, patches=[patch(ours)])
    outcome = plan(
        case_of(given.patches, given.mainline, given.policy),
        lambda candidate, _: Refuted(candidate, ()),
        find_reach=reach,
    )
    assert isinstance(outcome, Unproved)
    assert outcome.best is not None
    assert outcome.blocking
    assert [each.name for each in outcome.best.fails] == ["release/2.4 up to shop.0003_ours"]


def titles(given: Situation, plan: Candidate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = Prover(given).reach(plan)
    return works_for(found), fails_for(found)


def test_a_plan_that_is_proved_works_for_every_database() -> None:
    works, fails = titles(MAIN, DIAMOND)
    assert fails == ()
    assert works[:3] == ("fresh install", "fork point of release/2.4", "release/2.4 up to shop.0003_p")


def test_databases_of_one_branch_are_named_by_what_distinguishes_them() -> None:
    """Without the row, the plan fails for those databases of mainline that have the column."""
    works, fails = titles(MAIN, replace(DIAMOND, manual_inserts=()))
    assert (works[3:], fails) == (
        ("main up to shop.0003_x",),
        ("main with shop.0004_m applied (2 kinds of database)",),
    )


def test_mainline_as_it_is() -> None:
    works, fails = titles(MAIN, candidate(MAIN))
    assert fails == ("release/2.4 up to shop.0003_p",)
    assert "fresh install" in works


def steps(unproved: Unproved, given: Situation = MAIN) -> list[str]:
    return [text for text, _ in refusal_steps(unproved, given)]


def test_the_next_commands() -> None:
    failure = Failure("fresh install", "migrate", key("shop.0003_p"), worded("no"))
    refuted = Refuted(DIAMOND, (failure,))
    explain = f"stitchback explain {NO_PROOF}"
    assert steps(Unproved((refuted,), ())) == [explain]
    imports = replace(refuted, failures=(replace(failure, git_brings_it=True),))
    assert steps(Unproved((imports,), ())) == ["git merge release/2.4", explain]
    merged = situation(X, M, patches=[patch(P, merged=True)])
    assert steps(Unproved((imports,), ()), merged) == [explain]
    limited = replace(MAIN, policy=Policy(strategy="diamond", zero_touch=True))
    assert steps(Unproved((refuted,), ()), limited) == [
        "stitchback plan release/2.4 --onto main --zero-touch",
        "stitchback plan release/2.4 --onto main --strategy diamond",
        explain,
    ]


def test_unreleased_mainline_is_proposed_where_only_its_databases_fail() -> None:
    def found(fails: tuple[Population, ...], given: Situation = MAIN) -> bool:
        best = CandidateReach(DIAMOND, (FRESH,), fails)
        return any("--unreleased-since" in text for text in steps(Unproved((), (), best=best), given))

    assert found(ON_MAIN)
    assert not found((PATCHED, *ON_MAIN))
    assert not found(())
    assert not found(ON_MAIN, replace(MAIN, policy=Policy(unreleased=frozenset({X.key}))))


def test_a_refusal_names_what_is_needed_to_add_a_column_twice() -> None:
    """A column on both branches, and no strategy that fits: mainline as it is works for all but the patch branch."""
    ours = migration("shop.0003_ours", "shop.0002_base", add("item", "color"))
    given = situation(M.with_changes(dependencies=ours.dependencies), patches=[patch(ours)])
    works, fails = titles(given, candidate(given))
    assert fails == ("release/2.4 up to shop.0003_ours",)
    assert works == ("fresh install", "fork point of release/2.4", "main up to shop.0004_m")
