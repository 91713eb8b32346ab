"""What is wrong with a database that was rehearsed: each rule of the judge on its own, without a database."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from migration_values import add, key, keys, migration, operation, worded

from stitchback.rehearsal.checks import THEN_NEXT_RELEASE, FinalDatabase, Rehearsal
from stitchback.rehearsal.projections import flat
from stitchback.rehearsal.requests import Disagreement, RehearsedPopulation, Request
from stitchback.rehearsal.serialization import same
from stitchback.rehearsal.shapes import Shape
from stitchback.rehearsal.stage import topmost
from stitchback.upgrades.checks import AFTERWARDS
from stitchback.upgrades.paths import MIGRATE

TABLE = Shape({"id": "integer"}, {})
WIDER = Shape({"id": "integer", "color": "text"}, {})
REQUEST = Request(1, 2, 3, ())
PATCHED = RehearsedPopulation("release", "patched", (), None)


def judge(
    request: Request = REQUEST,
    tables: dict[str, set[str]] | None = None,
    stubs: tuple[tuple[str, str], ...] = (),
) -> Rehearsal:
    files = {1: SimpleNamespace(stubs=stubs)}
    result = SimpleNamespace(data_operations=Counter)
    stuff = SimpleNamespace(tables=tables or {})
    stage: Any = SimpleNamespace(connection=None, stuff=stuff, files=files, tree=lambda _: result)
    return Rehearsal(stage, request)


def end(*tables: str, following: tuple[str, ...] | None = (), wide: str = "", **more: Any) -> FinalDatabase:
    def shapes(names: tuple[str, ...]) -> dict[str, Shape]:
        return {name: WIDER if name == wide else TABLE for name in names}

    return FinalDatabase(
        schema=shapes(tables), following=None if following is None else shapes((*tables, *following)), **more
    )


def wrong(
    given: FinalDatabase,
    fresh: FinalDatabase,
    by: Rehearsal | None = None,
    database: RehearsedPopulation | None = None,
) -> list[tuple[str, str]]:
    return [(each.rollout, each.message) for each in (by or judge()).failures(database, given, fresh)]


class TestAgainstAFreshInstall:
    def test_the_same_tables(self) -> None:
        assert wrong(end("shop_item"), end("shop_item")) == []

    def test_the_first_of_a_full_migrate_and_the_next_release(self) -> None:
        acts = [act for act, _ in wrong(end("shop_item"), end("shop_item", wide="shop_item"))]
        assert acts == [MIGRATE]
        only_later = wrong(end("shop_item", following=("shop_next",)), end("shop_item"))
        assert [act for act, _ in only_later] == [THEN_NEXT_RELEASE]

    def test_the_next_release_counts_only_where_both_got_there(self) -> None:
        assert wrong(end("a", following=None), end("a", following=("b",))) == []
        assert wrong(end("a", following=("b",)), end("a", following=None)) == []

    def test_not_after_a_failure(self) -> None:
        failed = end("a", following=("b",))
        failed.fail(MIGRATE, AFTERWARDS, worded("lost"))
        assert wrong(failed, end("a")) == [(MIGRATE, "lost")]

    def test_nothing_is_compared_where_it_did_not_get_there(self) -> None:
        failed = FinalDatabase(rows=frozenset({("shop", "0003_x")}))
        assert wrong(failed, end("a"), database=replace(PATCHED, recorded=frozenset())) == []
        assert wrong(end("a"), FinalDatabase()) == []

    def test_the_names_that_the_models_declare(self) -> None:
        fresh = end("a", names=frozenset({"i", "j"}), declared=frozenset({"i", "k"}))
        assert wrong(end("a", names=frozenset({"j"})), fresh) == [
            (MIGRATE, "no index or constraint is called i")
        ]
        assert wrong(end("a", names=frozenset({"i"})), fresh) == []

    def test_the_models_are_compared_on_the_fresh_install_alone(self) -> None:
        fresh = end("a", unlike=(worded("a.color"),))
        assert wrong(fresh, fresh) == [(MIGRATE, "different from the models: a.color")]
        assert wrong(end("a", unlike=(worded("a.color"),)), end("a")) == []


class TestTablesThatMayRemain:
    @pytest.mark.parametrize(
        ("apps", "remains"),
        [({"old"}, True), ({"old", "older"}, True), ({"old", "shop"}, False), ({"shop"}, False)],
    )
    def test_of_apps_that_are_gone_alone(self, apps: set[str], remains: bool) -> None:
        by = judge(replace(REQUEST, gone=frozenset({"old", "older"})), {"ledger": apps})
        assert (wrong(end("a", "ledger"), end("a"), by) == []) is remains

    def test_by_the_name_of_their_app(self) -> None:
        by = judge(replace(REQUEST, gone=frozenset({"old"})))
        assert wrong(end("a", "old_item"), end("a"), by) == []
        assert wrong(end("a", "other_item"), end("a"), by) != []

    def test_of_an_installed_package(self) -> None:
        assert wrong(end("a", "auth_user"), end("a"), judge(stubs=(("auth", "user"),))) == []
        known = judge(stubs=(("auth", "user"),), tables={"auth_user": {"auth"}})
        assert wrong(end("a", "auth_user"), end("a"), known) != []

    def test_a_table_that_a_fresh_install_has_is_compared(self) -> None:
        by = judge(replace(REQUEST, gone=frozenset({"old"})))
        assert wrong(end("old_item", wide="old_item"), end("old_item"), by) != []


class TestAgainstTheFirstJudge:
    def said(
        self, given: FinalDatabase, database: RehearsedPopulation, request: Request = REQUEST
    ) -> list[str]:
        return [message for _, message in wrong(given, given, judge(request), database)]

    RAN = end("a", ran=frozenset({("shop", "0003_x")}), rows=frozenset({("shop", "0003_x")}))

    def test_what_runs_and_is_recorded(self) -> None:
        expected = replace(
            PATCHED, will_run=frozenset(keys("shop.0003_x")), recorded=frozenset(keys("shop.0003_x"))
        )
        assert self.said(self.RAN, expected) == []
        assert self.said(self.RAN, PATCHED) == []
        assert self.said(self.RAN, replace(PATCHED, will_run=frozenset(keys("shop.0004_y")), recorded=frozenset(keys("shop.0004_y")))) == [
            "shop.0003_x runs, which the simulation does not expect",
            "shop.0004_y does not run, which the simulation expects",
            "shop.0003_x is recorded, which the simulation does not expect",
            "shop.0004_y is not recorded, which the simulation expects",
        ]  # fmt: skip

    def test_a_replaced_migration_may_run_under_another_name(self) -> None:
        request = replace(REQUEST, replaced=frozenset(keys("shop.0003_x")))
        assert self.said(self.RAN, replace(PATCHED, will_run=frozenset()), request) == []


class TestDataOperations:
    """`data` are the runs of a database, the old trees' first; `order` counts those of the planned tree."""

    RUN = ("shop", "0003_x"), "fill"

    def said(self, before: int, planned: int, fresh: int, request: Request = REQUEST) -> list[str]:
        given = end("a", data=(self.RUN,) * (before + planned), order=keys("shop.0003_x") * planned)
        return [message for _, message in wrong(given, end("a", data=(self.RUN,) * fresh), judge(request))]

    @pytest.mark.parametrize(
        ("before", "planned", "fresh"), [(0, 1, 1), (1, 0, 1), (2, 0, 1), (1, 1, 2), (0, 0, 1)]
    )
    def test_as_often_as_on_a_fresh_install_or_as_before(self, before: int, planned: int, fresh: int) -> None:
        assert self.said(before, planned, fresh) == []

    @pytest.mark.parametrize(("before", "planned", "fresh"), [(1, 1, 1), (0, 2, 1), (2, 1, 1), (0, 1, 0)])
    def test_again(self, before: int, planned: int, fresh: int) -> None:
        assert self.said(before, planned, fresh) == [f"its data operation has run {before + planned} times"]

    def test_what_the_project_allows_to_run_again(self) -> None:
        assert self.said(1, 1, 1, replace(REQUEST, may_repeat=frozenset(keys("shop.0003_x")))) == []
        assert self.said(1, 1, 1, replace(REQUEST, may_repeat=frozenset(keys("shop.0004_y")))) != []


def test_targets_are_the_unapplied_migrations_that_no_other_one_depends_on() -> None:
    parents = {("a", "1"): [], ("a", "2"): [("a", "1")], ("b", "1"): []}

    def plan(name: tuple[str, str]) -> list[tuple[str, str]]:
        return [*(each for parent in parents[name] for each in plan(parent)), name]

    graph = SimpleNamespace(nodes=parents, forwards_plan=plan)
    every = frozenset({*parents, ("gone", "1")})
    assert topmost(every, SimpleNamespace(graph=graph, applied_migrations={})) == [("a", "2"), ("b", "1")]
    applied = {("a", "1"): 1, ("b", "1"): 1}
    assert topmost(every, SimpleNamespace(graph=graph, applied_migrations=applied)) == [("a", "2")]


def test_a_failure_keeps_what_raised_it() -> None:
    given = FinalDatabase()
    given.fail(MIGRATE, key("shop.0003_x"), worded("no such table"), raised=True)
    assert given.failures == [
        Disagreement("", MIGRATE, key("shop.0003_x"), worded("no such table"), raised=True)
    ]


def test_only_what_is_on_a_column_goes_with_it() -> None:
    given = Shape(
        {"a": "text", "b": "text"},
        {
            "index a": frozenset({"a"}),
            "index a, b": frozenset({"a", "b"}),
            "index b": frozenset({"b"}),
            "table": frozenset(),
        },
    )
    assert given.without_parts_on(frozenset({"a"})) == Shape(
        {"b": "text"}, {"index b": frozenset({"b"}), "table": frozenset()}
    )


def test_migrations_of_which_django_does_the_same() -> None:
    given = migration("shop.0003_x", "shop.0002_base", add("item", "x"))
    assert same(given, given.with_changes(dependencies=()))
    for other in (
        given.with_changes(operations=()),
        given.with_changes(replaces=keys("shop.0001_a")),
        given.with_changes(initial=True),
        given.with_changes(atomic=False),
    ):
        assert not same(given, other)


def test_operations_within_both_halves() -> None:
    halves = replace(
        operation("SeparateDatabaseAndState"), database=(add("item", "x"),), state=(add("item", "y"),)
    )
    assert list(flat([halves])) == [halves, add("item", "x"), add("item", "y")]
