"""The definitions of an upgrade, on databases that are lists of words: no back end runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from migration_values import key, keys

from stitchback.model.keys import MigrationKey
from stitchback.model.plans import FORK, FRESH, LEDGER, MAINLINE, PATCHED, Population
from stitchback.model.problems import Problem, ProblemKind
from stitchback.upgrades.baseline import Baseline, is_excusable
from stitchback.upgrades.checks import FinalChecks, MigrateResult, Phase, differences_by_name
from stitchback.upgrades.data_runs import DataRuns
from stitchback.upgrades.histories import KindsOfDatabase, runs_code_of
from stitchback.upgrades.next_release import empty_next_release, next_release, next_release_file
from stitchback.upgrades.paths import FULL, UpgradeStep, first_steps


@dataclass(frozen=True)
class Words:
    """A database: the trees that migrated it."""

    trees: tuple[str, ...] = ()
    ledger: tuple[MigrationKey, ...] = ()


class Kinds(KindsOfDatabase[str, Words, Words]):
    """Each tree migrates once. The branch "same" changes nothing."""

    def empty(self) -> Words:
        return Words()

    def at_fork_point(self, branch: str) -> Words:
        made = Words(("base",))
        self.add(f"fork point of {branch}", FORK, "base", made)
        return made

    def grow_patch(self, branch: str, start: Words) -> None:
        made = start if branch == "same" else Words((*start.trees, branch))
        self.add(branch, PATCHED, branch, made)

    def grow_mainline(self, start: Words) -> None:
        self.add("main", MAINLINE, "main", Words((*start.trees, "main")))

    def identified(self, created: Words) -> tuple[tuple[str, ...], Words]:
        return created.trees, created


def kinds(*branches: str) -> Kinds:
    found = Kinds()
    found.create(branches, "main")
    return found


class TestHistories:
    def test_each_database_once_under_its_first_name(self) -> None:
        names = [kind.population.name for kind in kinds("2.3", "same", "2.4").kinds]
        assert names == ["fresh install", "fork point of 2.3", "2.3", "2.4", "main"]

    def test_without_patch_branches_mainline_starts_from_an_empty_database(self) -> None:
        assert [kind.database.trees for kind in kinds().kinds] == [(), ("main",)]

    def test_a_remark_is_made_once(self) -> None:
        found = kinds()
        found.add_remark("one")
        found.add_remark("one")
        assert found.remarks == ["one"]

    @pytest.mark.parametrize("lineage", [FRESH, FORK, MAINLINE])
    def test_mainline_is_tried_on_the_database_itself(self, lineage: str) -> None:
        own = Words(("own",))
        assert kinds("2.4").without_patch(Population("x", lineage, "", ()), own) == (own,)

    @pytest.mark.parametrize("lineage", [PATCHED, LEDGER])
    def test_near_miss_mainline_cannot_be_tried_on_what_a_patch_branch_migrated(self, lineage: str) -> None:
        found = kinds("2.4").without_patch(Population("x", lineage, "", ()), Words(("base", "2.4")))
        assert [database.trees for database in found] == [("base",), ()]

    @pytest.mark.parametrize(
        ("lineage", "runs"),
        [(MAINLINE, [True, False]), (PATCHED, [False, True]), (LEDGER, [True, True]), (FORK, [False, False])],
    )
    def test_which_code_a_database_runs_before_the_deploy(self, lineage: str, runs: list[bool]) -> None:
        population = Population("x", lineage, "2.4", ())
        trees = (MAINLINE, "main before git's merge"), (PATCHED, "2.4")
        assert [runs_code_of(population, *tree) for tree in trees] == runs

    def test_near_miss_another_patch_branch(self) -> None:
        assert not runs_code_of(Population("x", PATCHED, "2.3", ()), PATCHED, "2.4")


class TestPaths:
    def test_each_app_first_then_each_partial_target(self) -> None:
        unapplied = keys("shop.0003_x blog.0002_y")
        assert [str(step) for step in first_steps(["blog", "shop"], unapplied)] == [
            "migrate blog",
            "migrate shop",
            "migrate shop 0003_x",
            "migrate blog 0002_y",
        ]
        relevant = [step.migration for step in first_steps([], unapplied, {unapplied[1]})]
        assert relevant == [unapplied[1]]

    def test_words_of_a_step(self) -> None:
        assert str(FULL) == "migrate"
        assert str(UpgradeStep(stopped=key("shop.0003_x"))) == "migrate, stopped after shop.0003_x"
        assert str(UpgradeStep(repair=keys("shop.0003_x"))) == "repair (shop.0003_x inserted)"


class Checks(FinalChecks[str]):
    """Each check fails where the database's name has its word."""

    fresh, fresh_next, new = "fresh", "fresh next", keys("shop.0009_next")

    def __init__(self, ran: Iterable[MigrationKey] = new, raises: bool = False) -> None:
        self.ran, self.raises = ran, raises

    def failing(self, word: str, final: str) -> list[Problem]:
        return [Problem(ProblemKind.RAISED, (word,), word)] if word in final else []

    def schema(self, final: str, fresh: str) -> list[Problem]:
        return self.failing("schema", final)

    def ledger(self, final: str, fresh: str) -> list[Problem]:
        return self.failing("ledger", final)

    def data(self, final: str, fresh: str) -> list[Problem]:
        return self.failing("data", final)

    def rows(self, final: str) -> list[Problem]:
        return self.failing("rows", final)

    def second_migrate(self, final: str) -> list[Problem]:
        return self.failing("again", final)

    def migrate_next(self, start: str) -> MigrateResult[str]:
        if self.raises:
            return MigrateResult(None, step="migrate", problem=Problem(ProblemKind.RAISED, (), "raised"))
        return MigrateResult(f"{start} next", self.ran)

    def not_only_new(self, keys: tuple[MigrationKey, ...]) -> tuple[str, Problem]:
        return "migrate", Problem.of(ProblemKind.NOT_ONLY_NEW, keys)


class TestChecks:
    def test_all_of_them_in_order_and_again_with_the_next_release(self) -> None:
        found = list(Checks().after_migrate("rows again data ledger schema"))
        words = ["schema", "ledger", "data", "rows"]
        assert [each.problem.message for each in found] == [*words, "again", *words]
        phases = [Phase.MIGRATE] * 4 + [Phase.SECOND_MIGRATE] + [Phase.NEXT_RELEASE] * 4
        assert [each.phase for each in found] == phases
        assert list(Checks().after_migrate("sound")) == []

    def test_the_next_release_runs_its_own_migrations_alone(self) -> None:
        ran = keys("shop.0003_x shop.0009_next")
        (found,) = Checks(ran).after_migrate("sound")
        assert found.problem.message == "not only the new migrations run: shop.0003_x"
        assert list(Checks(ran).next_release("sound", only_new=False)) == []

    def test_nothing_is_compared_after_an_error(self) -> None:
        (found,) = Checks(raises=True).next_release("schema", only_new=True)
        assert (found.step, found.problem.message) == ("migrate", "raised")

    def test_differences_by_name(self) -> None:
        def differing(name: str, has: int, should: int) -> list[Problem]:
            return [Problem.of(ProblemKind.PART_DIFFERS, "column", "item", name, has, should)]

        kinds = ProblemKind.PART_LACKING, ProblemKind.PART_EXTRA
        found = differences_by_name(
            {"a": 1, "c": 1, "d": 1}, {"b": 1, "c": 2, "d": 1}, kinds, differing, "column", "item"
        )
        assert list(map(str, found)) == [
            "column item.a exists, and a fresh install has none",
            "column item.b is missing",
            "column item.c is 1, on a fresh install 2",
        ]


class MainlineFails(Baseline[str, str]):
    def identity(self, failure: str) -> str:
        return failure

    def fails_with(self, failure: str, start: str) -> set[str]:
        return {"E"} if start == "broken" else set()


class TestBaseline:
    def test_the_same_failure_on_one_of_the_databases(self) -> None:
        assert MainlineFails().reproduces("E", ["sound", "broken"])
        assert not MainlineFails().reproduces("E", ["sound"])
        assert not MainlineFails().reproduces("F", ["broken"])

    @pytest.mark.parametrize(
        ("lineage", "excusable"),
        [(FORK, True), (MAINLINE, True), (FRESH, False), (PATCHED, False), (LEDGER, False)],
    )
    def test_a_plain_migrate_may_fail_on_mainlines_databases_alone(
        self, lineage: str, excusable: bool
    ) -> None:
        population = Population("x", lineage, "", ())
        assert is_excusable(population, plainly=True) is excusable
        assert is_excusable(population, plainly=False)


def test_runs_of_data_operations() -> None:
    runs = DataRuns.of(["a", "a", "own", "own", "c"], ["a", "b", "c"])
    assert (runs.repeated, runs.missing) == (["a"], ["b"])
    assert runs.work == ["a", "b", "c", "own"]


def test_the_next_release_is_one_more_migration_on_each_leaf() -> None:
    from plans_by_hand import FORK as TREE

    made = next_release(TREE, ["shop"]).migrations[key("shop.stitchback_next_release")]
    assert made.dependencies == keys("shop.0002_base")
    empty = empty_next_release(TREE).migrations[key("shop.stitchback_following")]
    assert (empty.dependencies, empty.operations) == (made.dependencies, ())
    assert "dependencies = [('shop', '0002_base')]" in next_release_file(keys("shop.0002_base"))
