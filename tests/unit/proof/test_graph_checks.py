"""Checks of the reconciled tree, and of the frontier of a slice, that need no database."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from migration_values import add, keys, migration, operation
from plans_by_hand import P, candidate, patch, situation

from stitchback.engine.rollouts import Rollouts
from stitchback.model.operations import Operation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.values import Constant
from stitchback.proof.final_state_checks import FinalStateChecks
from stitchback.proof.graph_checks import split_without_us, statements_stay
from stitchback.proof.relevance.cut import SlicedTrees
from stitchback.upgrades.checks import AFTERWARDS

LEAVES = migration("blog.0002_a", "blog.0001_initial"), migration("blog.0002_b", "blog.0001_initial")


def test_an_app_that_mainline_has_split_on_its_own() -> None:
    given = situation(*LEAVES, patches=[patch(P)])
    assert split_without_us(candidate(given, P).result, given) == {"blog"}
    merged = migration("blog.0003_merge", "blog.0002_a blog.0002_b")
    assert split_without_us(candidate(given, P, merged).result, given) == frozenset()
    ours = situation(*LEAVES, patches=[patch(P, migration("blog.0002_p", "blog.0001_initial"))])
    assert split_without_us(candidate(ours, P).result, ours) == frozenset()


def immediate() -> Operation:
    return operation("RunSQL", sql=Constant("SET CONSTRAINTS ALL IMMEDIATE"))


@pytest.mark.parametrize("is_mainlines", [True, False])
def test_a_statement_of_the_session_stays_in_its_migration(is_mainlines: bool) -> None:
    """FACTS F35."""
    own = migration("shop.0003_s", "shop.0002_base", immediate(), add("item", "size"), immediate())
    given = situation(*[own] * is_mainlines, patches=[patch(P if is_mainlines else own)])

    def lost(*operations: Operation) -> list[Problem]:
        return list(statements_stay(candidate(given, own.with_changes(operations=operations)).result, given))

    first, size, last = own.operations
    assert lost(*own.operations) == []
    assert lost(first, last) == []
    (problem,) = lost(first, size)
    assert problem.kind is ProblemKind.STATEMENT_LOST
    assert len(lost(size)) == 2


def test_the_frontier_behind_a_migration_that_is_left_out() -> None:
    parents = {
        "shop.0005_a": "shop.0004_b shop.0003_c",
        "shop.0004_b": "shop.0002_front",
        "shop.0003_c": "shop.0001_shared",
    }
    view: Any = SimpleNamespace(parents=lambda key: keys(parents.get(str(key), "")))
    trees: Any = SimpleNamespace(
        front=frozenset(keys("shop.0002_front")), shared=frozenset(keys("shop.0002_front shop.0001_shared"))
    )
    (aside,) = keys("shop.0005_a")
    assert SlicedTrees.front_behind(trees, view, aside) == set(keys("shop.0002_front"))


def rollouts(*, states: int = 0, matters: str | None = None) -> Rollouts:
    ends: Any = SimpleNamespace(
        result=SimpleNamespace(memory=SimpleNamespace(states=range(states))), following=None
    )
    nothing: Any = None
    return Rollouts(
        ends, nothing, frozenset(), "blog", matters=None if matters is None else frozenset(keys(matters))
    )


def stops(*names: str) -> list[Any]:
    return [SimpleNamespace(key=keys(name)[0]) for name in names]


@pytest.mark.parametrize(
    ("matters", "expected"),
    [
        (None, [0, 1, 2]),
        ("shop.0001_a", [0, 2]),
        ("shop.0002_b", [0, 1, 2]),
        ("shop.0003_c", [1, 2]),
        ("", [2]),
    ],
)
def test_stops_around_what_matters_and_the_end(matters: str | None, expected: list[int]) -> None:
    run = stops("shop.0001_a", "shop.0002_b", "shop.0003_c")
    assert list(rollouts(matters=matters).stops(run)) == [run[index] for index in expected]


def test_the_databases_from_which_only_full_migrates_were_tried() -> None:
    start: Any = "the first database"
    other: Any = "another one"
    room = rollouts()
    assert room.has_room(other, start)
    assert not room.curtailed
    full = rollouts(states=10**9)
    assert not full.has_room(other, start)
    assert full.curtailed
    assert not full.in_full_only
    assert not full.has_room(start, start)
    assert full.in_full_only == {start}


def test_more_than_the_next_release_is_a_problem_after_everything() -> None:
    checks: Any = None
    unexpected = keys("shop.0003_x")
    assert FinalStateChecks.not_only_new(checks, unexpected) == (
        AFTERWARDS,
        Problem.of(ProblemKind.NOT_ONLY_NEW, unexpected),
    )
