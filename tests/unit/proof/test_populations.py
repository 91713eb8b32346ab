"""Which mainline was deployed, and that a plan is judged in the scene of its own situation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from migration_values import key, migration, worded
from plans_by_hand import FORK, MAIN, MAINLINE, P, X, patch, situation

from stitchback.engine import DatabaseId, Engine, EngineCache, SymbolicDatabase
from stitchback.engine.rollouts import ReachedDatabase, Rollouts, UpgradeFailure
from stitchback.graph import MigrationGraph
from stitchback.graph.resolution import FIRST, LATEST
from stitchback.matching.three_way import Ask, MergedPart
from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.state import SchemaState
from stitchback.model.values import Constant
from stitchback.proof.applied_sets import closed_sets
from stitchback.proof.models_kept import is_elsewhere
from stitchback.proof.populations import deployed_mainlines
from stitchback.proof.proving import Prover
from stitchback.proof.relevance.tree_view import TreeView
from stitchback.schema.model_parts import Absence, Part
from stitchback.upgrades.next_release import next_release


def test_mainline_was_deployed_as_it_stands() -> None:
    joined = migration("shop.0004_merge", "shop.0003_p shop.0003_x")
    merged = situation(P, X, joined, patches=[patch(P, merged=True)])
    now, before = deployed_mainlines(merged, EngineCache(SchemaState()))
    assert now is merged.mainline
    assert set(before.migrations) == {*FORK.migrations, X.key}


def test_a_brought_run_before_is_no_reason_that_nobody_had_it() -> None:
    first = P.with_changes(run_before=(X.key,))
    merged = situation(first, X, patches=[patch(first, merged=True)])
    _, before = deployed_mainlines(merged, EngineCache(SchemaState()))
    assert X.key in before.migrations


def test_nobody_has_deployed_a_mainline_with_two_leaves() -> None:
    conflict = situation(P, X, patches=[patch(P, merged=True)])
    (before,) = deployed_mainlines(conflict, EngineCache(SchemaState()))
    assert set(before.migrations) == {*FORK.migrations, X.key}


def test_each_situation_has_its_own_scene() -> None:
    prover = Prover(MAIN)
    other = replace(MAIN, mainline=situation(*MAINLINE[:2]).mainline)
    first, second = prover.proof_context(MAIN), prover.proof_context(other)
    assert (first.situation, second.situation) == (MAIN, other)
    assert prover.proof_context(MAIN) is first
    assert prover.proof_context(other) is second


class TestOnAModelOfAnotherName:
    PART, TWIN = (Part(ModelKey.of("shop", name), "field", "label", "null") for name in ("item", "thing"))

    def known(self, mainline: object, result: object, patch: object = Constant(1)) -> bool:
        asked = MergedPart(Absence.GONE, result, [Ask("release/2.4", Absence.GONE, patch, False)])  # type: ignore[arg-type]
        each = MergedPart(mainline, result)  # type: ignore[arg-type]
        return is_elsewhere(self.PART, each, {self.PART: each, self.TWIN: asked})

    def test_a_patch_branch_has_it_there(self) -> None:
        assert self.known(Absence.GONE, Constant(1))

    def test_not_where_the_values_differ(self) -> None:
        assert not self.known(Absence.GONE, Constant(1), patch=Constant(2))

    def test_not_what_mainline_has_itself(self) -> None:
        assert not self.known(Constant(1), Constant(1))
        assert not self.known(Absence.UNSAID, Constant(1))

    def test_not_what_is_gone_from_the_result(self) -> None:
        assert not self.known(Absence.GONE, Absence.GONE, patch=Absence.GONE)


class TestViews:
    """A view names, for each own migration, the files that it depends on."""

    def parents(self, *own: object, below: object = FORK, hasty: tuple[object, ...] = ()) -> dict[str, str]:
        files = {each.key: each for each in own}  # type: ignore[attr-defined]
        tree = FORK.with_migrations(files)  # type: ignore[arg-type]
        view = TreeView(
            tree, files, frozenset(FORK.migrations), MigrationGraph.raw(FORK), {"shop", "blog"}, hasty
        )  # type: ignore[arg-type]
        return {str(name): " ".join(map(str, view.parents(name))) for name in files}

    def test_own_and_shared_parents(self) -> None:
        own = (
            migration("shop.0003_a", "shop.0002_base"),
            migration("shop.0004_b", "shop.0003_a blog.0001_initial"),
        )
        assert self.parents(*own) == {
            "shop.0003_a": "shop.0002_base",
            "shop.0004_b": "blog.0001_initial shop.0003_a",
        }

    def test_what_stands_for_a_ghost(self) -> None:
        own = (
            migration("shop.0003_s", "shop.0002_base", replaces="shop.0003_p"),
            migration("shop.0004_b", "shop.0003_p"),
        )
        assert self.parents(*own)["shop.0004_b"] == "shop.0003_s"

    def test_a_replaced_migration_that_is_still_there_is_itself(self) -> None:
        own = (
            migration("shop.0003_p", "shop.0002_base"),
            migration("shop.0003_s", "shop.0002_base", replaces="shop.0003_p"),
            migration("shop.0004_b", "shop.0003_p"),
        )
        assert self.parents(*own)["shop.0004_b"] == "shop.0003_p"

    def test_what_another_one_says_it_runs_before(self) -> None:
        own = (
            migration("blog.0002_a", "blog.0001_initial", run_before="shop.0003_b"),
            migration("shop.0003_b", "shop.0002_base"),
        )
        assert self.parents(*own)["shop.0003_b"] == "blog.0002_a shop.0002_base"

    def test_the_first_and_the_latest_of_another_app(self) -> None:
        for name, expected in ((FIRST, "blog.0001_initial"), (LATEST, "blog.0002_a")):
            own = (
                migration("blog.0002_a", "blog.0001_initial"),
                migration("shop.0003_b", (key("shop.0002_base"), MigrationKey("blog", name))),
            )
            assert self.parents(*own)["shop.0003_b"] == f"{expected} shop.0002_base"


def test_as_many_sets_as_the_bound_are_all_tried() -> None:
    chain = tuple(key(f"a.{number}") for number in range(4))
    parents = {each: frozenset(chain[:number]) for number, each in enumerate(chain)}
    assert closed_sets(chain, parents, most=4).all
    assert not closed_sets(chain, parents, most=3).all
    assert [len(each.keys) for each in closed_sets(chain, parents, most=3).applied_set] == [1, 2, 3, 4]


def test_the_next_release_makes_a_table_with_a_key_in_each_app() -> None:
    later = next_release(FORK, ["shop"])
    database = Engine(later).migrate(SymbolicDatabase())
    assert database.error is None
    assert list(database.final.schema.tables["shop_stitchbacknextrelease"].columns) == ["id"]
    assert later.migrations[key("shop.stitchback_next_release")].dependencies == (key("shop.0002_base"),)
    assert set(later.migrations) - set(FORK.migrations) == {key("shop.stitchback_next_release")}


def test_what_fails_at_a_database_in_full_or_in_part() -> None:
    """What mainline's own tree does with a database counts both."""
    full, part = (
        UpgradeFailure((act,), key("shop.0003_x"), worded(act)) for act in ("migrate", "migrate blog")
    )

    class Known(Rollouts):
        def __init__(self) -> None:
            pass

        def whole(self, place: DatabaseId) -> tuple[UpgradeFailure, ...]:
            return (full,)

        def partial(self, place: DatabaseId) -> ReachedDatabase:
            return ReachedDatabase((part,), (), 1)

    anywhere: Any = None
    assert Known().upgrade_failures_at(anywhere) == (full, part)
