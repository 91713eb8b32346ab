from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace

import pytest
from django.db.migrations.loader import MigrationLoader
from migration_values import (
    add,
    alter,
    char,
    create,
    integer,
    key,
    keys,
    migration,
    operation,
    remove,
    run_python,
    tree,
)

from stitchback.engine import Engine, EngineCache, RunError, SymbolicDatabase
from stitchback.engine.ledger_recorder import LedgerLoader
from stitchback.engine.simulation import SymbolicLoader
from stitchback.model.migrations import Swappable, Tree
from stitchback.model.operations import Operation
from stitchback.model.problems import Problem, ProblemKind, raised
from stitchback.model.source import Opaque, Span
from stitchback.model.values import FALSE, Constant

EMPTY = SymbolicDatabase()


def shop() -> Tree:
    return tree(
        migration("shop.0001_initial", "", create("Item", label=char())),
        migration("shop.0002_size", "shop.0001_initial", add("item", "size", integer())),
        migration("blog.0001_initial", "shop.0001_initial", create("Post", title=char())),
    )


def test_a_fresh_install_makes_every_table_and_writes_every_row() -> None:
    run = Engine(shop()).migrate(EMPTY)
    assert run.error is None
    assert run.final.ledger == keys("shop.0001_initial blog.0001_initial shop.0002_size")
    assert set(run.final.schema.tables) == {"shop_item", "blog_post"}


def test_steps_hold_the_database_after_each_migration() -> None:
    run = Engine(shop()).migrate(EMPTY)
    assert [len(step.database.ledger) for step in run.steps] == [1, 2, 3]
    assert "size" not in run.steps[1].database.schema.tables["shop_item"].columns


def test_a_target_app_takes_what_it_depends_on_and_no_more() -> None:
    run = Engine(shop()).migrate(EMPTY, ("blog", None))
    assert run.ran == keys("shop.0001_initial blog.0001_initial")


def test_a_prefix_names_a_migration_and_one_of_two_is_refused() -> None:
    engine = Engine(shop())
    assert engine.migrate(EMPTY, ("shop", "0001")).ran == keys("shop.0001_initial")
    assert error_of(engine, ("shop", "000")).message.startswith(
        "More than one migration matches '000' in app 'shop'"
    )
    assert (
        error_of(engine, ("shop", "0009")).message
        == "Cannot find a migration matching '0009' from app 'shop'."
    )
    assert error_of(engine, ("nope", None)).message == "App 'nope' does not have migrations."


def error_of(engine: Engine, target: tuple[str, str | None]) -> RunError:
    error = engine.migrate(EMPTY, target).error
    assert error is not None
    return error


def test_going_back_is_told_unless_it_was_meant() -> None:
    engine = Engine(shop())
    run = engine.migrate(engine.migrate(EMPTY).final, ("shop", "0001_initial"))
    assert run.error is not None
    assert (run.error.kind, run.steps) == ("Backwards", ())


def test_a_clash_leaves_the_database_as_it_was_before_that_migration() -> None:
    files = shop().with_migrations(
        {
            key("shop.0003_twice"): migration(
                "shop.0003_twice", "shop.0002_size", add("item", "color"), run_python(), add("item", "size")
            )
        }
    )
    run = Engine(files).migrate(EMPTY)
    assert run.error == RunError(
        "Clash", Problem.of(ProblemKind.COLUMN_EXISTS, "shop_item", "size"), key("shop.0003_twice")
    )
    assert run.error.message == "column shop_item.size exists already"
    assert "color" not in run.final.schema.tables["shop_item"].columns
    assert run.final.data == ()
    assert run.final == run.steps[-1].database


def with_a_column_of_another_branch(forget: bool = False) -> tuple[Tree, SymbolicDatabase]:
    """A database that the branch has given shop_item.extra, and a tree that alters the table and knows nothing of that column."""
    base = migration("shop.0001_initial", "", create("Item", label=char()))
    extra = add("item", "extra", integer())
    branch = tree(base, migration("shop.0002_extra", "shop.0001_initial", extra))
    altered = migration("shop.0003_x", "shop.0001_initial", alter("item", "label", char(50)))
    moves = operation("SeparateDatabaseAndState")
    leaves = replace(moves, state=(extra,)), replace(moves, state=(remove("item", "extra"),))
    first = migration("shop.0001_initial", "", *base.operations, *(leaves if forget else ()))
    return tree(first, altered), Engine(branch).migrate(EMPTY).final


def test_sqlite_would_lose_a_column_that_the_models_do_not_know() -> None:
    files, database = with_a_column_of_another_branch()
    error = Engine(files).migrate(database).error
    assert error is not None
    assert (error.kind, error.at) == ("Clash", key("shop.0003_x"))
    assert "loses what the model does not have: extra" in error.message


def test_other_engines_lose_nothing() -> None:
    files, database = with_a_column_of_another_branch()
    run = Engine(files, memory=EngineCache(sqlite=False)).migrate(database)
    assert run.error is None
    assert "extra" in run.final.schema.tables["shop_item"].columns


def test_what_the_models_have_let_go_of_on_purpose_may_go() -> None:
    files, database = with_a_column_of_another_branch(forget=True)
    assert Engine(files).migrate(EMPTY).error is None
    assert Engine(files).migrate(database).error is None


def test_an_operation_that_does_not_fit_the_models_is_an_error_of_the_run() -> None:
    run = Engine(tree(migration("shop.0001_initial", "", remove("item", "size")))).migrate(EMPTY)
    assert run.error is not None
    assert run.error.kind == "InconsistentState"


def test_data_operations_are_remembered_in_order_and_empty_ones_are_not() -> None:
    files = tree(
        migration("a.0001", "", run_python("one"), run_python("nothing", empty=True)),
        migration("a.0002", "a.0001", run_python("two"), run_python("one")),
    )
    final = Engine(files).migrate(EMPTY).final
    assert [name.split()[-1] for name in final.data] == ["one", "two", "one"]
    assert max(final.data_runs.values()) == 2


def test_an_operation_that_cannot_be_read_counts_as_work_on_data() -> None:
    opaque = Opaque("a loop", "made()", Span("a.py"))
    assert Engine(tree(migration("a.0001", "", opaque))).migrate(EMPTY).final.data == ("a: unread made()",)


@pytest.mark.parametrize(
    "dependency", ["auth.__first__", "auth.0012_x", "contenttypes.__latest__ auth.0001_initial"]
)
def test_installed_apps_are_applied_and_no_rows(dependency: str) -> None:
    run = Engine(tree(migration("a.0001", dependency, run_before="auth.0009_y"))).migrate(EMPTY)
    assert run.error is None
    assert run.final.ledger == keys("a.0001")


def test_a_swappable_dependency_orders_where_its_setting_is_known() -> None:
    files = tree(migration("a.0001", (Swappable("AUTH_USER_MODEL"),)), migration("people.0001"))
    assert Engine(files).migrate(EMPTY).ran == keys("a.0001 people.0001")
    assert Engine(files, settings={"AUTH_USER_MODEL": "people.User"}).migrate(EMPTY).ran == keys(
        "people.0001 a.0001"
    )


def test_a_missing_parent_is_what_django_says() -> None:
    run = Engine(tree(migration("a.0002", "a.0001"))).migrate(EMPTY)
    assert run.error is not None
    assert (run.error.kind, run.error.at) == ("NodeNotFoundError", None)
    assert "dependencies reference nonexistent parent node ('a', '0001')" in run.error.message


def test_two_leaves_are_what_the_command_says() -> None:
    run = Engine(
        tree(migration("a.0001"), migration("a.0002", "a.0001"), migration("a.0003", "a.0001"))
    ).migrate(EMPTY)
    assert run.error is not None
    assert run.error.message == (
        "Conflicting migrations detected; multiple leaf nodes in the migration graph: (0002, 0003 in a).\n"
        "To fix them run 'python manage.py makemigrations --merge'"
    )


def test_a_circle_is_told_the_same_way_every_time() -> None:
    files = tree(migration("a.0001", "a.0003"), migration("a.0002", "a.0001"), migration("a.0003", "a.0002"))
    run = Engine(files).migrate(EMPTY)
    assert run.error == RunError(
        "CircularDependencyError", raised("CircularDependencyError", "", *keys("a.0001 a.0002 a.0003"))
    )
    assert run.error.message == "a.0001, a.0002, a.0003"


def test_standing_tells_what_counts_as_applied() -> None:
    engine = Engine(tree(migration("a.0001"), migration("a.0002", "a.0001", replaces="a.0000_gone")))
    database = SymbolicDatabase(keys("a.0001 a.0002 zzz.0001"))
    assert engine.unapplied(database) == keys("a.0002")
    assert engine.leaves(database) == keys("a.0002")
    assert engine.inconsistency(database) is None
    assert engine.unapplied(database.with_row(key("a.0000_gone"))) == ()


def test_rows_of_unknown_migrations_are_left_alone() -> None:
    run = Engine(shop()).migrate(SymbolicDatabase(keys("old.0001 auth.0001_initial")))
    assert run.error is None
    assert run.final.ledger[:2] == keys("old.0001 auth.0001_initial")


def test_altering_a_field_that_is_not_there_is_told() -> None:
    files = shop().with_migrations(
        {key("shop.0003_x"): migration("shop.0003_x", "shop.0002_size", alter("item", "size", integer()))}
    )
    assert Engine(files).migrate(EMPTY).error is None


def squashes() -> Tree:
    return tree(
        migration("a.0001", "", create("Item", label=char())),
        migration("a.0002", "a.0001", add("item", "size", integer())),
        migration(
            "a.0001_squashed", "", create("Item", label=char(), size=integer()), replaces="a.0001 a.0002"
        ),
        migration("a.0003", "a.0002", add("item", "color"), replaces="a.0003_ghost"),
        migration("b.0001", "a.0001", create("Post")),
    )


def test_the_graph_on_the_shelf_is_the_one_that_django_builds_for_that_ledger() -> None:
    """The shelf is what makes thousands of runs cheap; it may change nothing."""
    files = squashes()
    choose = random.Random(7)
    names = [*sorted(files.migrations), key("a.0003_ghost"), key("x.0001")]
    warm = Engine(files)
    for _ in range(200):
        database = SymbolicDatabase(tuple(name for name in names if choose.random() < 0.5))
        assert warm.standing(database) == Engine(files).standing(database)
        assert warm.migrate(database) == Engine(files).migrate(database)


def test_django_itself_is_not_patched() -> None:
    Engine(shop()).migrate(EMPTY)
    assert MigrationLoader.build_graph is not vars(LedgerLoader)["build_graph"]
    assert (
        MigrationLoader.build_graph.__globals__["MigrationRecorder"].__module__
        == "django.db.migrations.recorder"
    )
    assert SymbolicLoader.add_external_dependencies is MigrationLoader.add_external_dependencies


def test_no_settings_are_asked_or_configured() -> None:
    code = (
        "from stitchback.engine import Engine, SymbolicDatabase\n"
        "from migration_values import migration, tree\n"
        "from django.conf import settings\n"
        "assert Engine(tree(migration('a.0001'))).migrate(SymbolicDatabase()).error is None\n"
        "assert not settings.configured\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": "tests"})


def test_a_column_that_an_operation_alters_and_one_that_cannot_be_read_has_made() -> None:
    """It is there from the alteration on: for what makes SQLite recreate the table, and for its removal."""
    opaque = Opaque("a loop", "made()", Span("a.py"))
    made = create("Item", label=char())
    later = (alter("item", "size", integer()), add("item", "count", integer(null=FALSE, default=Constant(0))))

    def error_of(*operations: Operation | Opaque) -> str:
        files = tree(migration("shop.0001_initial", "", *operations))
        return str(Engine(files).migrate(SymbolicDatabase()).error or "")

    assert error_of(made, opaque, *later) == ""
    assert error_of(made, opaque, *later, remove("item", "size")) == ""
    assert "no field size" in error_of(made, *later)


@pytest.mark.parametrize(
    "rows",
    [
        "shop.0001_initial",
        "shop.0001_initial shop.0002_size",
        "shop.0001_initial shop.0002_size shop.0001_squashed",
    ],
)
def test_the_models_at_a_ledger_are_those_of_what_counts_as_applied(rows: str) -> None:
    """Of a squash that is applied in part Django drops the squash and keeps what it replaces (FACTS F3)."""
    made = tree(
        *(each for name, each in shop().migrations.items() if name.app == "shop"),
        migration(
            "shop.0001_squashed",
            "",
            create("Item", label=char(), size=integer()),
            replaces="shop.0001_initial shop.0002_size",
        ),
        migration("shop.0003_colour", "shop.0002_size", add("item", "colour", integer())),
    )
    engine = Engine(made)
    database = replace(EMPTY, ledger=keys(rows))
    token = engine.models_at(engine.place(database))
    assert token is not None
    (item,) = engine.memory.states[token].models.values()
    expected = ["id", "label"] if rows == "shop.0001_initial" else ["id", "label", "size"]
    assert sorted(name for name, _ in item.fields) == expected
