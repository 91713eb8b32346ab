"""No decision depends on the words of a problem: with other words for all of them, the same plans are proved and refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from migration_values import add, integer, key, keys, migration
from plans_by_hand import DIAMOND, FORK, MAIN, candidate, changed, patch

from stitchback.engine import Engine, SymbolicDatabase
from stitchback.engine.rollouts import UpgradeFailure, distinct
from stitchback.hazards.left_out import LeftOut
from stitchback.matching.case import Case
from stitchback.model import problems
from stitchback.model.migrations import Tree
from stitchback.model.plans import Candidate, Failure, Refuted, Situation
from stitchback.model.problems import WORDS, Moment, Problem, ProblemKind, raised
from stitchback.proof import prove
from stitchback.rehearsal.checks import is_of_the_graph
from stitchback.reporting.refusal_text import _agreement_lines

MORE = FORK.migrations[key("shop.0002_base")].with_changes(
    operations=(
        *FORK.migrations[key("shop.0002_base")].operations,
        add("item", "more", integer()),
    )
)


def test_two_problems_are_equal_by_kind_and_objects() -> None:
    one = Problem.of(ProblemKind.TABLE_MISSING, "shop_item")
    assert one == replace(one, message="nowhere") == one.worded("see: ", "!")
    assert one != Problem.of(ProblemKind.TABLE_EXISTS, "shop_item")
    assert one != Problem.of(ProblemKind.TABLE_MISSING, "shop_other")
    assert len({one, replace(one, message="nowhere")}) == 1


def test_every_kind_but_those_with_words_of_others_has_words() -> None:
    others = {
        ProblemKind.RAISED, ProblemKind.SCHEMA_DIFFERS, ProblemKind.SEVERAL_LEAF_NODES, ProblemKind.SEVERAL_REPLACERS,
        ProblemKind.ORDER_LOST, ProblemKind.ROWS_NEED_VALUE, ProblemKind.FILL_SKIPPED, ProblemKind.MODELS_DIFFER, ProblemKind.IMPORT_MISSING, ProblemKind.IMPORT_DIFFERS,
        ProblemKind.NO_TIME, ProblemKind.NO_TREE, ProblemKind.REFUSED, ProblemKind.REPAIR_DIFFERS, ProblemKind.VALUES_DIFFER,
    }  # fmt: skip
    assert set(WORDS) == set(ProblemKind) - others


def test_the_migrations_that_a_problem_names_are_found_at_any_depth() -> None:
    inner = Problem.of(ProblemKind.UNAPPLIED, keys("shop.0002_b shop.0003_c"))
    outer = Problem(ProblemKind.SCHEMA_DIFFERS, (key("shop.0001_a"), inner, "shop.0009_text"))
    assert tuple(outer.migrations) == keys("shop.0001_a shop.0002_b shop.0003_c")


@pytest.fixture
def other_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """All problems of one kind, and of all kinds, read alike."""
    for kind in WORDS:
        monkeypatch.setitem(problems.WORDS, kind, "something else")


def outcome(plan: Candidate, given: Situation) -> tuple[object, ...]:
    """All that is decided: which failures, where, which databases are left out."""
    found = prove(plan, given)
    if isinstance(found, Refuted):
        return tuple((each.population, each.rollout, each.step, each.problem) for each in found.failures)
    left_out = tuple(LeftOut().find(Case(given, ()), found.proof))
    return (
        tuple(each.population for each in found.proof.outcomes),
        tuple((each.population, each.problem) for each in found.proof.broken_on_mainline),
        tuple((each.severity, each.span) for each in left_out),
    )


def plans() -> Iterator[tuple[str, Candidate, Situation]]:
    yield "proved", DIAMOND, MAIN
    yield "refused", candidate(MAIN), MAIN
    onto = Tree("main", "main", changed(FORK, MORE).migrations)
    edited = Situation((patch(fork=FORK),), onto, ())
    yield "broken on mainline", candidate(edited), edited


@pytest.mark.parametrize(("plan", "given"), [pytest.param(*each, id=name) for name, *each in plans()])
def test_the_same_is_decided_with_other_words(
    plan: Candidate, given: Situation, request: pytest.FixtureRequest
) -> None:
    before = outcome(plan, given)
    request.getfixturevalue("other_words")
    assert outcome(plan, given) == before


def test_failures_that_read_alike_stay_apart(other_words: None) -> None:
    def failure(table: str) -> UpgradeFailure:
        return UpgradeFailure(("migrate",), Moment.AFTERWARDS, Problem.of(ProblemKind.TABLE_LACKING, table))

    one, other = failure("shop_a"), failure("shop_b")
    assert one.problem.message == other.problem.message
    assert distinct([one, other]) == (one, other)
    assert one.kind != other.kind


def test_the_graph_is_recognised_by_the_exception() -> None:
    assert is_of_the_graph(raised("InconsistentMigrationHistory", "any words"))
    assert not is_of_the_graph(raised("OperationalError", "InconsistentMigrationHistory: any words"))


def test_what_django_refuses_is_known_by_the_migrations() -> None:
    """Its own texts are not read: the loader is asked for what it names."""
    files = changed(
        FORK, migration("shop.0003_x", "shop.0002_base"), migration("shop.0003_y", "shop.0002_base")
    )
    run = Engine(files).migrate(SymbolicDatabase())
    assert run.error is not None
    assert run.error.problem == raised("ConflictingMigrations", "", *keys("shop.0003_x shop.0003_y"))
    early = SymbolicDatabase(keys("shop.0002_base"))
    run = Engine(FORK).migrate(early)
    assert run.error is not None
    assert tuple(run.error.problem.migrations)[:1] == keys("shop.0002_base")
    missing = Engine(changed(FORK, migration("shop.0003_x", "shop.0000_gone"))).migrate(SymbolicDatabase())
    assert missing.error is not None
    assert set(missing.error.problem.migrations) == set(keys("shop.0000_gone shop.0003_x"))


@pytest.mark.parametrize(
    "kind", [ProblemKind.DATA_REPEATED, ProblemKind.DATA_NOT_RUN, ProblemKind.DATA_DROPPED]
)
def test_refused_data_operations_are_known_by_their_kind(kind: ProblemKind) -> None:
    def shown(problem: Problem) -> str:
        refused = Refuted(DIAMOND, (Failure("main", "migrate", Moment.AFTERWARDS, problem),))
        return "\n".join("".join(part.plain for part in line) for line in _agreement_lines([refused]))

    text = shown(Problem(kind, (keys("shop.0003_p"), "work"), "any words"))
    assert 'migration = "shop.0003_p"' in text
    assert ("repeat" in text) is (kind is ProblemKind.DATA_REPEATED)
    other = Problem(
        ProblemKind.TABLE_MISSING, ("shop_item",), "the data operation of shop.0003_p has not run"
    )
    assert shown(other) == ""
