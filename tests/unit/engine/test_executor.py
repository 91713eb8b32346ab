"""What is taken over from earlier runs is what Django would have done."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import combinations, permutations

import pytest
from django.db.migrations.executor import MigrationExecutor
from migration_values import add, alter, char, create, integer, migration, remove, run_python, tree
from random_plans import random_plan

from stitchback.engine import Engine, EngineCache, SymbolicDatabase
from stitchback.engine.executor import SymbolicExecutor
from stitchback.engine.fast_migrate import FastMigrate
from stitchback.engine.state_cache import worked_out
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.schema.clashes import InconsistentState

Target = tuple[str, str | None] | None
EMPTY = SymbolicDatabase()


def shop() -> Tree:
    """Two apps, a squash, a data migration, and a migration that clashes where another one came first."""
    return tree(
        migration("shop.0001_initial", "", create("Item", label=char())),
        migration("shop.0002_size", "shop.0001_initial", add("item", "size", integer())),
        migration("shop.0003_data", "shop.0002_size", run_python("fill")),
        migration("shop.0004_label", "shop.0003_data", alter("item", "label", char(40))),
        migration("blog.0001_initial", "shop.0001_initial", create("Post", title=char())),
        migration(
            "blog.0002_ghosts", "blog.0001_initial", add("post", "seen", integer()), replaces="blog.0002_gone"
        ),
        migration("blog.0003_less", "blog.0002_ghosts shop.0002_size", remove("post", "title")),
    )


def targets(made: Tree) -> list[Target]:
    return [None, ("shop", None), ("blog", None), *((key.app, key.name) for key in sorted(made.migrations))]


def databases(made: Tree) -> list[SymbolicDatabase]:
    """What any two runs one after the other leave, whole or stopped half-way, and ledgers that do not fit their schema."""
    found = dict.fromkeys((EMPTY,))
    for _ in range(2):
        for database in list(found):
            for target in targets(made):
                run = Engine(made).migrate(database, target)
                found.update(dict.fromkeys((run.final, *(step.database for step in run.steps))))
    odd = [SymbolicDatabase((), each.schema, each.data) for each in list(found)[::7]]
    odd += [each.with_row(MigrationKey("blog", "0002_gone")) for each in list(found)[::5]]
    odd += [each.with_row(each.ledger[0]) for each in list(found)[1::5]]
    return [*found, *odd]


@pytest.mark.parametrize("seed", range(4))
def test_an_engine_that_has_run_thousands_of_times_says_what_a_new_one_says(seed: int) -> None:
    made, asked = shop(), []
    for database in databases(made):
        asked += [(database, target) for target in targets(made)]
    random.Random(seed).shuffle(asked)
    experienced = Engine(made)
    for database, target in asked[:400]:
        new = Engine(made)
        assert experienced.migrate(database, target) == new.migrate(database, target)
        assert experienced.inconsistency(database) == new.inconsistency(database)
        assert experienced.standing(database) == new.standing(database)


def test_django_runs_a_migration_once_on_each_database(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    original = MigrationExecutor.apply_migration

    def counted(self: MigrationExecutor, state: object, migration: object, **options: object) -> object:
        ran.append(str(migration))
        return original(self, state, migration, **options)

    monkeypatch.setattr(MigrationExecutor, "apply_migration", counted)
    engine = Engine(shop())
    whole = engine.migrate(EMPTY)
    assert sorted(ran) == sorted(map(str, whole.ran))
    for step in whole.steps:
        assert engine.migrate(step.database).final.schema == whole.final.schema
    assert len(ran) == len(whole.ran)


@pytest.fixture
def django_alone(monkeypatch: pytest.MonkeyPatch) -> Callable[[Tree], Engine]:
    """Engines that take nothing over: Django does every call whole."""
    walked, way = FastMigrate.walk, FastMigrate.way
    alone: set[FastMigrate] = set()
    monkeypatch.setattr(
        FastMigrate, "walk", lambda self, *said: None if self in alone else walked(self, *said)
    )
    monkeypatch.setattr(FastMigrate, "way", lambda self, place: None if self in alone else way(self, place))

    def made(tree: Tree) -> Engine:
        engine = Engine(tree)
        alone.add(engine._walks)
        return engine

    return made


@pytest.mark.parametrize("seed", range(-1, 4))
def test_what_is_taken_over_is_what_django_does(seed: int, django_alone: Callable[[Tree], Engine]) -> None:
    made = shop() if seed < 0 else random_plan(seed)[0].result
    ours, theirs = Engine(made), django_alone(made)
    asked = [(database, target) for database in databases(made)[:60] for target in targets(made)]
    random.Random(seed).shuffle(asked)
    for database, target in asked[:100]:
        assert ours.migrate(database, target) == theirs.migrate(database, target)


def nested() -> Tree:
    """A squash of a squash: Django's check of the history and what it counts as applied do not say the same before 6.0."""
    made = (create("Item", label=char()), add("item", "size", integer()))
    return tree(
        migration("shop.0001_initial", "", made[0]),
        migration("shop.0002_size", "shop.0001_initial", made[1]),
        migration("shop.0001_once", "", *made, replaces="shop.0001_initial shop.0002_size"),
        migration("shop.0001_twice", "", *made, replaces="shop.0001_once"),
        migration("shop.0003_more", "shop.0001_twice", add("item", "more", integer())),
    )


def test_squashes_of_squashes_are_what_django_makes_of_them(django_alone: Callable[[Tree], Engine]) -> None:
    made = nested()
    full = Engine(made).migrate(EMPTY).final
    ours, theirs = Engine(made), django_alone(made)
    for count in range(len(made.migrations) + 1):
        for rows in combinations(sorted(made.migrations), count):
            database = SymbolicDatabase(rows, full.schema)
            for target in targets(made):
                assert ours.migrate(database, target) == theirs.migrate(database, target)
            ours.beside_django(ours.place(database))


@pytest.mark.parametrize("seed", range(-1, 4))
def test_a_way_is_a_full_migrate_with_all_its_stops(
    seed: int, django_alone: Callable[[Tree], Engine]
) -> None:
    made = shop() if seed < 0 else random_plan(seed)[0].result
    ours, theirs = Engine(made), django_alone(made)
    for database in databases(made)[:60]:
        run, way = theirs.migrate(database), ours.way(ours.place(database))
        stops = [(step.key, ours.place(step.database)) for step in run.steps]
        assert [*way] == stops
        assert (way.finish.end, way.finish.error) == (ours.place(run.final), run.error)
        ours.beside_django(ours.place(database))


def test_a_django_that_migrates_in_another_manner_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(shop())
    place = engine.place(EMPTY)
    engine.beside_django(place)
    monkeypatch.setattr(
        SymbolicExecutor, "check_replacements", lambda self: self.connection.write(("x", "y"))
    )
    with pytest.raises(RuntimeError, match="does not migrate as the simulation does"):
        engine.beside_django(place)


def test_a_clash_is_met_again_at_the_same_place() -> None:
    made = shop()
    full = Engine(made).migrate(EMPTY).final
    engine = Engine(made)
    torn = SymbolicDatabase(full.ledger[:1], full.schema)
    errors = [engine.migrate(torn, target).error for target in (None, ("shop", None), None)]
    assert all(error is not None and error.kind == "Clash" for error in errors)
    assert errors[0] == errors[2]
    assert engine.migrate(torn, ("shop", "0004")).error == errors[1]


def test_the_order_of_fields_makes_no_other_state() -> None:
    parts = [migration(f"shop.000{n}_x", "", add("item", f"f{n}", integer())) for n in (2, 3, 4)]
    memory = EngineCache()
    start = memory.migration_effect(0, migration("shop.0001_initial", "", create("Item", label=char()))).after
    ends = set()
    for order in permutations(parts):
        token = start
        for part in order:
            token = memory.migration_effect(token, part).after
        ends.add(token)
    assert len(ends) == 1


def test_another_field_makes_another_state() -> None:
    memory = EngineCache()
    start = memory.migration_effect(0, migration("shop.0001_initial", "", create("Item", label=char()))).after
    ends = {
        memory.migration_effect(start, migration("shop.0002_x", "", add("item", name, field))).after
        for name, field in (("a", integer()), ("b", integer()), ("a", char()), ("a", char(3)))
    }
    assert len(ends) == 4


@pytest.mark.parametrize("seed", range(12))
def test_work_taken_over_from_a_state_with_other_models_beside_is_the_same_work(seed: int) -> None:
    made, dice = random_plan(seed)[0].result, random.Random(seed)
    memory = EngineCache()
    keys, seen = sorted(made.migrations), 0
    for _ in range(25):
        token = 0
        for key in dice.sample(keys, len(keys)):
            migration = made.migrations[key]
            found = memory.by_token.migration_effect(token, migration, memory.number(migration))
            alone = worked_out(memory.states[token], migration, memory.by_token)
            if isinstance(alone, InconsistentState):
                assert isinstance(found, InconsistentState)
                assert str(found) == str(alone)
                continue
            assert not isinstance(found, InconsistentState)
            assert found.effects == alone[0]
            assert found.after == memory.token(alone[1])
            token, seen = found.after, seen + 1
    assert seen > 100
