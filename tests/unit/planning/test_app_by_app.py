"""Each app of a plan has its own strategy: chosen by `--strategy APP=NAME`, as a mixture, or as each app alone gets it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import add, migration
from plans_by_hand import MAINLINE, P, patch, situation

from stitchback.errors import EnvironmentProblem
from stitchback.matching.build_case import case_of, part_of, parts_of
from stitchback.matching.case import Case
from stitchback.model.migrations import Migration
from stitchback.model.plans import Candidate, Proof, Refuted, SafePlan, Situation
from stitchback.planning.outcomes import Unproved
from stitchback.planning.plan import plan
from stitchback.strategies import ALL, compose, search
from stitchback.strategies.choices import WantedStrategies
from stitchback.strategies.search import mixtures

BLOG_P = migration("blog.0002_p", "blog.0001_initial", add("post", "colour"))
BLOG_M = migration("blog.0003_m", "blog.0002_z", add("post", "colour"))
WITH_BLOG = (*MAINLINE, BLOG_M)


def two_apps(*ours: Migration, strategy: str | None = None) -> Case:
    given = situation(*WITH_BLOG, patches=[patch(*(ours or (P, BLOG_P)))])
    return case_of(given.patches, given.mainline, replace(given.policy, strategy=strategy))


def tried(case: Case) -> list[Candidate]:
    found: list[Candidate] = []

    def prove(candidate: Candidate, situation: Situation) -> SafePlan | Refuted:
        if situation is case.situation:
            found.append(candidate)
        return Refuted(candidate, ())

    assert isinstance(plan(case, prove), Unproved)
    return found


def test_a_strategy_is_named_for_all_apps_or_for_one() -> None:
    assert WantedStrategies.parse("diamond") == WantedStrategies("diamond")
    both = WantedStrategies.parse("guard, blog=merge,shop=diamond")
    assert (both.every, both.by_app) == ("guard", {"blog": "merge", "shop": "diamond"})
    assert WantedStrategies.parse(None).allowed("shop", ALL) == ALL


def test_the_strategy_of_an_app_leads_there_alone() -> None:
    found = [dict(each.strategies) for each in compose(two_apps(), ALL, "blog=rehome,shop=diamond")]
    assert found == [{"blog": "rehome", "shop": "diamond"}]
    assert {each.strategies["blog"] for each in compose(two_apps(), ALL, "blog=rehome")} == {"rehome"}
    assert len({each.strategies["shop"] for each in compose(two_apps(), ALL, "blog=rehome")}) > 1


def test_a_strategy_that_fits_nothing_in_its_app_leads_nowhere() -> None:
    assert list(compose(two_apps(), ALL, "blog=skip-dropped,shop=diamond")) == []


@pytest.mark.parametrize("text", ["blog=diamnd", "blgo=diamond"])
def test_an_unknown_strategy_or_app_is_a_usage_error(text: str) -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        tried(two_apps(strategy=text))
    assert caught.value.code == "SB402"


def test_mixtures_are_of_strategies_that_fit() -> None:
    found = mixtures(two_apps(), ALL, WantedStrategies())
    assert found is not None
    assert {each["blog"].name for each in found} == {each["shop"].name for each in found}
    assert "skip-dropped" not in {each["blog"].name for each in found}


def test_apps_are_planned_apart_unless_their_own_migrations_depend_on_each_other() -> None:
    assert parts_of(two_apps()) == (("blog",), ("shop",))
    depending = BLOG_P.with_changes(dependencies=(*BLOG_P.dependencies, P.key))
    assert parts_of(two_apps(P, depending)) == (("blog", "shop"),)


def test_a_part_has_the_patch_migrations_of_its_apps_alone() -> None:
    part = part_of(two_apps(), ("blog",))
    assert [unit.key for unit in part.units] == [BLOG_P.key]
    assert P.key not in part.situation.patches[0].tree.migrations
    assert part.situation.mainline == two_apps().situation.mainline


def test_where_mixtures_are_too_many_each_app_has_what_it_gets_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone, the proof (here: this function) lets through guard in blog and diamond in shop."""
    monkeypatch.setattr(search, "MOST_MIXED", 1)
    case = two_apps()
    together: list[dict[str, str]] = []

    class Passed(SafePlan):
        def __init__(self) -> None: ...

    def prove(candidate: Candidate, situation: Situation) -> SafePlan | Refuted:
        names = dict(candidate.strategies)
        if situation is case.situation:
            together.append(names)
        elif names in ({"blog": "guard"}, {"shop": "diamond"}):
            return Passed()
        return Refuted(candidate, ())

    outcome = plan(case, prove)
    assert {"blog": "guard", "shop": "diamond"} in together
    assert {"blog": "rehome", "shop": "diamond"} not in together
    assert isinstance(outcome, Unproved)
    assert {apps: bool(found) for apps, found in outcome.alone.items()} == {("blog",): True, ("shop",): True}


def test_a_refusal_knows_which_app_has_no_plan_alone() -> None:
    case = two_apps()

    class Passed(SafePlan):
        def __init__(self) -> None: ...

    def prove(candidate: Candidate, situation: Situation) -> SafePlan | Refuted:
        return Passed() if dict(candidate.strategies) == {"blog": "guard"} else Refuted(candidate, ())

    outcome = plan(case, prove)
    assert isinstance(outcome, Unproved)
    assert {apps: bool(found) for apps, found in outcome.alone.items()} == {("blog",): True, ("shop",): False}


def test_in_brief_the_first_proved_plan_is_enough() -> None:
    """`status` names the state of forty branches: it needs one proof for each, and no list of other plans."""

    class Passed(SafePlan):
        def __init__(self, candidate: Candidate) -> None:
            object.__setattr__(self, "candidate", candidate)
            object.__setattr__(self, "proof", Proof("", (), 0, 0, 0))

    def proofs(*, passes: bool, first_only: bool) -> int:
        tried: list[Candidate] = []

        def prove(candidate: Candidate, _: Situation) -> SafePlan | Refuted:
            tried.append(candidate)
            return Passed(candidate) if passes else Refuted(candidate, ())

        plan(two_apps(), prove, first_only=first_only)
        return len(tried)

    assert proofs(passes=True, first_only=True) == 1
    assert proofs(passes=True, first_only=False) > 1
    together = len(tried(two_apps()))
    assert proofs(passes=False, first_only=True) == together < proofs(passes=False, first_only=False)
