"""What the proof makes of the rehearsal's answer, and in which order databases are rehearsed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import key, keys, worded
from plans_by_hand import ADOPT, DIAMOND, MAIN

from stitchback.model.plans import (
    FORK,
    FRESH,
    LEDGER,
    MAINLINE,
    PATCHED,
    BrokenOnMainline,
    Failure,
    Population,
    PopulationOutcome,
    Proof,
    RehearsalReport,
)
from stitchback.proof.rehearsals import (
    REHEARSED,
    Rehearsals,
    broken_on_mainline,
    database,
    failures,
    in_order,
    report,
)
from stitchback.rehearsal import Disagreement, RehearsalAnswer


def outcome(
    name: str, lineage: str, ledger: str = "", *, ref: str = "main", inserts: str = "", will_run: str = ""
) -> PopulationOutcome:
    return PopulationOutcome(
        Population(name, lineage, ref, keys(ledger)),
        keys(inserts),
        0,
        keys(will_run),
        keys(f"{ledger} {will_run}"),
    )


def proof(*outcomes: PopulationOutcome, broken_on_mainline: tuple[BrokenOnMainline, ...] = ()) -> Proof:
    return Proof("", outcomes, 0, 0, 0, broken_on_mainline=broken_on_mainline)


def answer(*baseline: Disagreement, disagreements: tuple[Disagreement, ...] = ()) -> RehearsalAnswer:
    return RehearsalAnswer("5.2", "3.45", 4, 7, disagreements, baseline, ("one remark",))


FRESH_INSTALL = outcome("fresh install", FRESH)
FORKS = outcome("v2.4", FORK, "shop.0002_base", ref="v2.4")
AT_TIP = outcome("main", MAINLINE, "shop.0003_x shop.0004_m")
ON_THE_WAY = outcome("main up to shop.0003_x", MAINLINE, "shop.0003_x")
LOST = Disagreement("main", "migrate", key("shop.0003_x"), worded("a column is missing"), baseline=True)


def test_the_report_says_what_was_rehearsed() -> None:
    assert report(answer()) == RehearsalReport("5.2", 4, 7, ("one remark",))


def test_each_disagreement_refuses_the_plan_once() -> None:
    other = replace(LOST, rollout="migrate again")
    assert failures(answer(disagreements=(LOST, LOST, other))) == (
        Failure("main", f"{REHEARSED}: migrate", key("shop.0003_x"), worded("a column is missing")),
        Failure("main", f"{REHEARSED}: migrate again", key("shop.0003_x"), worded("a column is missing")),
    )
    assert failures(answer(LOST)) == ()


class TestWhatFailsWithoutThePlanToo:
    def test_the_first_of_each_database_is_reported(self) -> None:
        second, elsewhere = replace(LOST, problem=worded("another")), replace(LOST, population="v2.4")
        assert broken_on_mainline(answer(LOST, second, elsewhere), proof(AT_TIP, FORKS)) == (
            BrokenOnMainline(
                "main", worded("a column is missing"), key("shop.0003_x"), MAINLINE, rehearsed=True
            ),
            BrokenOnMainline("v2.4", worded("a column is missing"), key("shop.0003_x"), FORK, rehearsed=True),
        )

    def test_a_database_that_the_first_judge_does_not_have_is_a_fork_point(self) -> None:
        (found,) = broken_on_mainline(answer(LOST), proof())
        assert found.lineage == FORK

    def test_not_where_it_is_known_already(self) -> None:
        for known in (
            BrokenOnMainline("main", worded("something")),
            BrokenOnMainline("v2.4", worded("a column is missing")),
        ):
            assert broken_on_mainline(answer(LOST), proof(AT_TIP, broken_on_mainline=(known,))) == ()
            assert broken_on_mainline(
                answer(LOST), proof(AT_TIP, broken_on_mainline=(replace(known, acts=("migrate blog",)),))
            )

    def test_not_where_a_fresh_install_fails_in_the_same_way(self) -> None:
        assert broken_on_mainline(answer(replace(LOST, everywhere=True)), proof(AT_TIP)) == ()

    @pytest.mark.parametrize(
        ("lineage", "reported"), [(FORK, 1), (MAINLINE, 1), (PATCHED, 1), (FRESH, 0), (LEDGER, 0)]
    )
    def test_only_of_databases_that_a_branch_has(self, lineage: str, reported: int) -> None:
        assert len(broken_on_mainline(answer(LOST), proof(outcome("main", lineage)))) == reported


class TestDatabases:
    KNOWN = frozenset(keys("shop.0003_x shop.0004_m"))
    GIVEN = outcome(
        "r", PATCHED, "shop.0002_base shop.0003_x", inserts="shop.0003_p", will_run="shop.0004_m shop.0005_y"
    )

    def test_rows_that_the_rehearsal_does_not_know_are_left_out(self) -> None:
        found = database(self.GIVEN, ((1,),), self.KNOWN, frozenset())
        assert (found.ledger, found.will_run) == ({*keys("shop.0003_x")}, {*keys("shop.0004_m")})
        assert found.recorded == {*keys("shop.0003_x shop.0004_m")}
        assert (found.inserts, found.recipes, found.lineage) == (
            keys("shop.0003_p"),
            ((1,),),
            PATCHED,
        )

    def test_a_replaced_migration_may_run_under_another_name(self) -> None:
        found = database(self.GIVEN, (), self.KNOWN, frozenset(keys("shop.0004_m")))
        assert found.will_run == frozenset()
        assert found.recorded == {*keys("shop.0003_x shop.0004_m")}

    def test_nothing_is_expected_where_the_proof_says_nothing(self) -> None:
        found = database(self.GIVEN, (), self.KNOWN, None)
        assert (found.will_run, found.recorded) == (None, None)

    def test_a_fresh_install(self) -> None:
        found = database(FRESH_INSTALL, (), self.KNOWN, frozenset())
        assert found.lineage == FRESH


def test_what_a_plan_changes_is_rehearsed_first() -> None:
    """The fresh install, the fork points, the tips of the patch branches, mainline's, what is near a change, the rest."""
    patched = outcome("patched", PATCHED, "shop.0002_base shop.0003_p", ref="release/2.4")
    near = outcome("near", MAINLINE, "shop.0003_x", will_run="shop.0004_m")
    far = outcome("far", MAINLINE, "blog.0001_initial", will_run="blog.0002_z")
    given = (far, near, AT_TIP, patched, FORKS, FRESH_INSTALL)
    assert [each.population.name for each in in_order(given, ADOPT)] == [
        "fresh install", "v2.4", "patched", "main", "near", "far",
    ]  # fmt: skip
    inserting = outcome(
        "inserting", MAINLINE, "blog.0001_initial", inserts="shop.0003_p", will_run="blog.0002_z"
    )
    assert [each.population.name for each in in_order((far, inserting, AT_TIP), DIAMOND)] == [
        "main",
        "inserting",
        "far",
    ]


class TestFurther:
    """Fork points and tips that are no database of their own for the first judge."""

    def names(
        self, *outcomes: PopulationOutcome, broken_on_mainline: tuple[BrokenOnMainline, ...] = ()
    ) -> list[str]:
        return [
            each.name
            for each, _ in Rehearsals(MAIN).further(proof(*outcomes, broken_on_mainline=broken_on_mainline))
        ]

    def test_all_that_is_missing(self) -> None:
        assert self.names() == ["fork point of release/2.4", "release/2.4 to its end"]

    def test_not_what_is_there(self) -> None:
        tip = outcome("r", PATCHED, "shop.0003_p", ref="release/2.4")
        fork = outcome("f", FORK, "shop.0002_base", ref=MAIN.patches[0].fork.ref)
        assert self.names(tip) == ["fork point of release/2.4"]
        assert self.names(fork) == ["release/2.4 to its end"]
        assert self.names(fork, tip) == []
        assert self.names(replace(tip, population=replace(tip.population, ref="release/2.3"))) == self.names()

    def test_not_a_fork_point_for_which_a_plain_migrate_fails(self) -> None:
        lost = BrokenOnMainline("fork point of release/2.4", worded("fails"))
        assert self.names(broken_on_mainline=(lost,)) == ["release/2.4 to its end"]
        assert self.names(broken_on_mainline=(replace(lost, acts=("migrate blog",)),)) == self.names()
