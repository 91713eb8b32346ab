"""FACTS, row by row, on symbolic databases: what Django's loader and executor do with `replaces`.

The same rows on real databases stand in `test_facts_real.py`; the two must agree.
"""

from __future__ import annotations

import pytest
from django import VERSION
from migration_values import add, char, create, integer, key, keys, migration, tree

from stitchback.engine import Engine, EngineCache, MigrateOptions, Run, SymbolicDatabase
from stitchback.model.migrations import Migration, Tree
from stitchback.model.values import TRUE

RECORDS_REPLACERS_AT_ONCE = VERSION >= (6,)  # F26

BASE = (
    migration("shop.0001_initial", "", create("Item", label=char())),
    migration("shop.0002_base", "shop.0001_initial", add("item", "base")),
    migration("blog.0001_initial", "", create("Post", title=char())),
)
OTHER_APP = ("blog", None)


def color(name: str, after: str, *, replaces: str = "", empty: bool = False) -> Migration:
    operations = () if empty else (add("item", "color"),)
    return migration(name, after, *operations, replaces=replaces)


def column(name: str, after: str, column_name: str, replaces: str = "") -> Migration:
    return migration(name, after, add("item", column_name, integer()), replaces=replaces)


P = color("shop.0003_p", "shop.0002_base")
PATCH = tree(*BASE, P, ref="release")
X = column("shop.0003_x", "shop.0002_base", "x")
M = color("shop.0004_m", "shop.0003_x")
Y = column("shop.0005_y", "shop.0004_m", "y")
BLOG = migration("blog.0002_z", "blog.0001_initial", add("post", "z"))
MAINLINE = tree(*BASE, X, M, Y, BLOG)
NEXT = column("shop.0009_next", "shop.0005_y", "fresh")
ADOPTED = M.with_changes(replaces=keys("shop.0003_p"))
S = color("shop.0003_s", "shop.0002_base", replaces="shop.0003_p")


class World:
    """Engines over several trees that share what they know, so that schemas can be compared."""

    def __init__(self) -> None:
        self.memory = EngineCache()

    def on(self, files: Tree) -> Engine:
        return Engine(files, memory=self.memory)

    def built(self, files: Tree, *targets: str) -> SymbolicDatabase:
        """A database of that tree, from nothing: everything, or up to the targets one after the other."""
        database = SymbolicDatabase()
        for target in targets or ("",):
            run = self.on(files).migrate(database, tuple(target.split(".")) if target else None)  # type: ignore[arg-type]
            assert run.error is None, run.error
            database = run.final
        return database

    def fresh(self, files: Tree) -> SymbolicDatabase:
        return self.built(files)


@pytest.fixture
def world() -> World:
    return World()


def failed(run: Run, kind: str, words: str) -> bool:
    return run.error is not None and run.error.kind == kind and words in run.error.message


def with_(files: Tree, *changed: Migration, without: str = "") -> Tree:
    return files.with_migrations({each.key: each for each in changed} | dict.fromkeys(keys(without), None))


def test_f1_a_replacer_in_mid_chain_works_in_one_full_migrate(world: World) -> None:
    files = with_(MAINLINE, ADOPTED)
    run = world.on(files).migrate(world.built(PATCH))
    assert run.error is None
    assert set(run.ran) == set(keys("shop.0003_x shop.0005_y blog.0002_z"))
    assert key("shop.0004_m") in run.final.rows
    assert run.final.schema == world.fresh(files).schema


@pytest.mark.parametrize("first", [("blog", None), ("blog", "0002_z")])
def test_f2_another_app_first_records_the_replacer_and_then_every_migrate_fails(
    world: World, first: tuple[str, str | None]
) -> None:
    engine = world.on(with_(MAINLINE, ADOPTED))
    run = engine.migrate(world.built(PATCH), first)
    assert run.error is None
    assert key("shop.0004_m") in run.final.rows
    for target in (None, OTHER_APP, ("shop", None), ("shop", "0003_x")):
        again = engine.migrate(run.final, target)
        assert failed(
            again, "InconsistentMigrationHistory", "shop.0004_m is applied before its dependency shop.0003_x"
        )
        assert again.final == run.final


def test_f2_a_partial_target_before_the_parent_of_m_does_the_same(world: World) -> None:
    files = with_(MAINLINE, ADOPTED, column("shop.0002_w", "shop.0002_base", "w"))
    files = with_(files, X.with_changes(dependencies=keys("shop.0002_w")))
    run = world.on(files).migrate(world.built(PATCH), ("shop", "0002_w"))
    assert run.error is None
    assert failed(
        world.on(files).migrate(run.final), "InconsistentMigrationHistory", "shop.0004_m is applied before"
    )


def test_f3_a_replacer_that_is_the_leaf_hides_the_older_migrations(world: World) -> None:
    files = with_(MAINLINE, ADOPTED, without="shop.0005_y")
    engine = world.on(files)
    run = engine.migrate(world.built(PATCH), ("shop", None))
    assert (run.error, run.ran) == (None, ())
    assert engine.unapplied(world.built(PATCH)) == keys("blog.0002_z shop.0003_x")
    assert failed(
        engine.migrate(run.final), "InconsistentMigrationHistory", "applied before its dependency shop.0003_x"
    )


TWO_REPLACERS = with_(
    tree(*BASE),
    color("shop.0003_s", "shop.0002_base", replaces="shop.0003_p"),
    column("shop.0004_t", "shop.0003_s", "size", replaces="shop.0003_p"),
)


def test_f4_two_replacers_of_one_ghost_lose_a_column_in_silence_after_a_stop(world: World) -> None:
    engine = world.on(TWO_REPLACERS)
    stopped = engine.migrate(SymbolicDatabase(), ("shop", "0003_s")).final
    again = engine.migrate(stopped)
    assert again.error is None
    assert key("shop.0004_t") not in again.ran
    assert "size" not in again.final.schema.tables["shop_item"].columns
    assert engine.unapplied(again.final) == ()


def test_f5_two_replacers_of_one_ghost_write_its_row_twice(world: World) -> None:
    database = world.fresh(TWO_REPLACERS)
    assert database.ledger.count(key("shop.0003_p")) == 2
    assert "size" in database.schema.tables["shop_item"].columns


TWO_PATCHES = with_(PATCH, column("shop.0004_p", "shop.0003_p", "size"))


def test_f6_a_replacer_of_two_ghosts_in_mid_chain_conflicts_where_one_is_applied(world: World) -> None:
    files = with_(MAINLINE, M.with_changes(replaces=keys("shop.0003_p shop.0004_p")))
    run = world.on(files).migrate(world.built(TWO_PATCHES, "shop.0003_p", "blog.0001_initial"))
    assert failed(run, "Conflict", "Conflicting migrations detected; multiple leaf nodes")


def test_f6_as_a_leaf_it_vanishes_in_silence(world: World) -> None:
    replacer = migration(
        "shop.0003_s", "shop.0002_base", add("item", "color"), add("item", "size", integer()),
        replaces="shop.0003_p shop.0004_p",
    )  # fmt: skip
    engine = world.on(tree(*BASE, replacer))
    run = engine.migrate(world.built(TWO_PATCHES, "shop.0003_p"))
    assert run.error is None
    assert "size" not in run.final.schema.tables["shop_item"].columns
    assert engine.migrate(run.final).ran == ()


def test_f7_a_replacer_applied_below_something_is_a_time_bomb(world: World) -> None:
    database = world.built(MAINLINE)
    files = with_(MAINLINE, ADOPTED)
    today = world.on(files).migrate(database)
    assert (today.error, today.ran) == (None, ())
    later = world.on(with_(files, NEXT)).migrate(today.final)
    assert failed(later, "Clash", "exists already")
    assert later.error is not None
    assert later.error.at == key("shop.0004_m")


def test_f8_a_replacer_that_is_the_leaf_runs_again_at_once(world: World) -> None:
    files = with_(MAINLINE, ADOPTED, without="shop.0005_y")
    run = world.on(files).migrate(world.built(with_(MAINLINE, without="shop.0005_y")))
    assert failed(run, "Clash", "exists already")


@pytest.mark.parametrize("without", ["", "shop.0005_y"])
def test_f9_the_ghosts_row_cures_f7_and_f8(world: World, without: str) -> None:
    old, new = with_(MAINLINE, without=without), with_(MAINLINE, ADOPTED, without=without)
    cured = world.built(old).with_row(key("shop.0003_p"))
    run = world.on(new).migrate(cured)
    assert (run.error, run.ran) == (None, ())
    leaf = "shop.0004_m" if without else "shop.0005_y"
    later = world.on(with_(new, column("shop.0009_next", leaf, "fresh"))).migrate(run.final)
    assert (later.error, later.ran) == (None, keys("shop.0009_next"))


DIAMOND = with_(
    MAINLINE, S, M.with_changes(operations=(), dependencies=keys("shop.0003_x shop.0003_s"))
)  # F12
LEAF_DIAMOND = with_(
    MAINLINE,
    S,
    M.with_changes(operations=()),
    migration("shop.0006_merge", "shop.0005_y shop.0003_s"),
)  # F11


def test_f10_fake_works_where_the_history_is_consistent_and_fails_where_s_is_missing(world: World) -> None:
    fake = MigrateOptions(fake=True)
    leaf = with_(MAINLINE, ADOPTED, without="shop.0005_y")
    faked = world.on(leaf).migrate(
        world.built(with_(MAINLINE, without="shop.0005_y")), ("shop", "0004_m"), fake
    )
    assert faked.error is None
    assert faked.final.ledger.count(key("shop.0004_m")) == (2 if RECORDS_REPLACERS_AT_ONCE else 1)
    refused = world.on(DIAMOND).migrate(world.built(MAINLINE), ("shop", "0003_s"), fake)
    assert failed(
        refused, "InconsistentMigrationHistory", "shop.0004_m is applied before its dependency shop.0003_s"
    )


@pytest.mark.parametrize("files", [LEAF_DIAMOND, DIAMOND], ids=["F11", "F12"])
def test_f11_f12_diamonds_serve_patched_fresh_and_behind_databases(world: World, files: Tree) -> None:
    engine, final = world.on(files), world.fresh(files)
    for start in (
        world.built(PATCH),
        SymbolicDatabase(),
        world.built(tree(*BASE)),
        world.built(MAINLINE, "shop.0003_x"),
    ):
        targets = [None, OTHER_APP, ("shop", "0003_x"), ("shop", "0004_m"), ("shop", "0005_y")]
        for target in targets:
            first = engine.migrate(start, target)
            assert first.error is None, (target, first.error)
            run = engine.migrate(first.final)
            assert run.error is None, (target, run.error)
            assert run.final.schema == final.schema
            assert engine.unapplied(run.final) == ()


def test_f11_a_mainline_database_with_m_needs_the_row_or_the_fake(world: World) -> None:
    engine, database = world.on(LEAF_DIAMOND), world.built(MAINLINE)
    assert failed(engine.migrate(database), "Clash", "exists already")
    assert engine.migrate(database.with_row(key("shop.0003_p"))).error is None
    faked = engine.migrate(database, ("shop", "0003_s"), MigrateOptions(fake=True))
    assert faked.error is None
    assert engine.migrate(faked.final).error is None


def test_f12_a_mainline_database_with_m_fails_before_touching_anything(world: World) -> None:
    engine, database = world.on(DIAMOND), world.built(MAINLINE)
    run = engine.migrate(database)
    assert failed(
        run, "InconsistentMigrationHistory", "shop.0004_m is applied before its dependency shop.0003_s"
    )
    assert run.final == database
    cured = engine.migrate(database.with_row(key("shop.0003_p")))
    assert cured.error is None
    assert cured.final.schema == world.fresh(DIAMOND).schema


def test_f13_a_chain_re_parented_after_s_fails_part_way_along(world: World) -> None:
    files = with_(
        MAINLINE, S, X.with_changes(dependencies=keys("shop.0003_s")), M.with_changes(operations=())
    )
    run = world.on(files).migrate(world.built(MAINLINE, "shop.0003_x"))
    assert failed(
        run, "InconsistentMigrationHistory", "shop.0003_x is applied before its dependency shop.0003_s"
    )


def test_f14_replacing_p_and_m_while_m_stays_runs_m_on_a_patched_database(world: World) -> None:
    squash = color("shop.0003_s", "shop.0003_x", replaces="shop.0003_p shop.0004_m")
    run = world.on(with_(MAINLINE, squash)).migrate(world.built(PATCH))
    assert failed(run, "Clash", "exists already")
    assert run.error is not None
    assert run.error.at == key("shop.0004_m")


def test_f15_ps_own_file_on_mainline_and_a_replacer_of_it(world: World) -> None:
    engine = world.on(with_(MAINLINE, P, ADOPTED))
    run = engine.migrate(world.built(PATCH))
    assert run.error is None
    assert engine.leaves() == keys("blog.0002_z shop.0005_y")
    assert run.final.schema == engine.migrate(SymbolicDatabase()).final.schema


def test_f16_ps_file_as_it_is_and_a_merge_serve_every_database(world: World) -> None:
    old = with_(MAINLINE, M.with_changes(operations=()))
    new = with_(old, P, migration("shop.0006_merge", "shop.0005_y shop.0003_p"))
    engine, final = world.on(new), world.fresh(new)
    for start in (SymbolicDatabase(), world.built(PATCH), world.built(old), world.built(old, "shop.0003_x")):
        run = engine.migrate(start)
        assert run.error is None
        assert run.final.schema == final.schema


def test_f17_the_same_name_with_other_content_is_missing_in_silence(world: World) -> None:
    mainline = with_(tree(*BASE), column("shop.0003_p", "shop.0002_base", "size"))
    run = world.on(mainline).migrate(world.built(PATCH))
    assert (run.error, run.ran) == (None, ())
    assert "size" not in run.final.schema.tables["shop_item"].columns


def test_f18_a_dependency_on_a_ghost_goes_to_the_replacer(world: World) -> None:
    files = with_(DIAMOND, migration("blog.0003_w", "blog.0002_z shop.0003_p", add("post", "w")))
    run = world.on(files).migrate(SymbolicDatabase(), ("blog", None))
    assert run.error is None
    assert run.ran.index(key("shop.0003_s")) < run.ran.index(key("blog.0003_w"))


SQUASHED = tree(
    migration(
        "shop.0001_sq",
        "",
        create("Item", label=char(), base=char(null=TRUE)),
        replaces="shop.0001_initial shop.0002_base",
    ),
    migration("blog.0001_initial", "", create("Post", title=char())),
)


def test_f19_p_hung_on_the_squash_works_unless_mainlines_next_depends_on_it(world: World) -> None:
    rehung = color("shop.0003_p", "shop.0001_sq")
    merged = with_(
        SQUASHED,
        rehung,
        column("shop.0002_x", "shop.0001_sq", "x"),
        migration("shop.0004_merge", "shop.0002_x shop.0003_p"),
    )
    old = with_(SQUASHED, column("shop.0002_x", "shop.0001_sq", "x"))
    for start in (world.built(PATCH), SymbolicDatabase(), world.built(tree(*BASE)), world.built(old)):
        run = world.on(merged).migrate(start)
        assert run.error is None
        assert run.final.schema == world.fresh(merged).schema
    chained = with_(SQUASHED, rehung, column("shop.0002_x", "shop.0003_p", "x"))
    assert failed(
        world.on(chained).migrate(world.built(old)), "InconsistentMigrationHistory", "shop.0002_x is applied"
    )


def test_f20_going_back_over_the_replacer_takes_the_ghosts_row_too(world: World) -> None:
    engine = world.on(DIAMOND)
    upgraded = engine.migrate(world.built(PATCH)).final
    back = engine.migrate(upgraded, ("shop", "0002_base"), MigrateOptions(backwards=True))
    assert back.error is None
    assert key("shop.0003_p") not in back.final.rows
    assert "color" not in back.final.schema.tables["shop_item"].columns


def test_f22_replaces_removed_too_early_runs_the_replacer_again(world: World) -> None:
    plain = with_(DIAMOND, S.with_changes(replaces=()))
    assert failed(world.on(plain).migrate(world.built(PATCH)), "Clash", "exists already")


def test_f24_a_migration_that_replaces_itself(world: World) -> None:
    itself = M.with_changes(replaces=keys("shop.0004_m"))
    run = world.on(with_(MAINLINE, itself)).migrate(SymbolicDatabase())
    if VERSION >= (6,):
        assert failed(run, "CommandError", "Cyclical squash replacement found")
    else:
        assert failed(run, "KeyError", "shop")


def test_f25_nested_replaces_are_for_6_and_later(world: World) -> None:
    nested = migration(
        "shop.0000_outer", "", create("Item", label=char(), base=char(null=TRUE)), replaces="shop.0001_sq"
    )
    run = world.on(with_(SQUASHED, nested)).migrate(SymbolicDatabase())
    if VERSION >= (6,):
        assert run.error is None
    else:
        assert failed(run, "NodeNotFoundError", "Unable to find replacement node")


def test_f26_the_row_of_a_replacer_is_written_at_the_end_or_at_once(world: World) -> None:
    run = world.on(DIAMOND).migrate(SymbolicDatabase(), ("shop", "0003_s"))
    (stopped,) = [step.database for step in run.steps if step.key == key("shop.0003_s")]
    assert key("shop.0003_p") in stopped.rows
    assert (key("shop.0003_s") in stopped.rows) == RECORDS_REPLACERS_AT_ONCE
    assert key("shop.0003_s") in run.final.rows


def test_f27_a_crash_right_after_a_replacer_is_harmless_with_one_replacer(world: World) -> None:
    engine = world.on(DIAMOND)
    for step in engine.migrate(SymbolicDatabase()).steps:
        run = engine.migrate(step.database)
        assert run.error is None
        assert run.final.schema == world.fresh(DIAMOND).schema
        assert run.final.rows == world.fresh(DIAMOND).rows


def test_f28_one_ledger_two_schemas(world: World) -> None:
    new = world.on(LEAF_DIAMOND).migrate(SymbolicDatabase(), ("shop", "0004_m")).final
    old = world.on(MAINLINE).migrate(SymbolicDatabase(), ("shop", "0004_m")).final
    assert new.rows == old.rows
    assert new.schema != old.schema
    cured = [world.on(LEAF_DIAMOND).migrate(each.with_row(key("shop.0003_p"))).final for each in (new, old)]
    assert ["color" in each.schema.tables["shop_item"].columns for each in cured] == [False, True]


def test_f29_a_ghost_cannot_be_faked(world: World) -> None:
    run = world.on(DIAMOND).migrate(
        world.built(MAINLINE, "shop.0003_x"), ("shop", "0003_p"), MigrateOptions(fake=True)
    )
    assert failed(run, "CommandError", "Cannot find a migration matching '0003_p'")


def test_f30_the_same_name_hung_on_mainlines_chain_fails_at_once(world: World) -> None:
    files = tree(*BASE, X, color("shop.0003_p", "shop.0003_x"))
    run = world.on(files).migrate(world.built(PATCH))
    assert failed(
        run, "InconsistentMigrationHistory", "shop.0003_p is applied before its dependency shop.0003_x"
    )
    loosened = tree(*BASE, X, P, migration("shop.0004_merge", "shop.0003_x shop.0003_p"))
    assert world.on(loosened).migrate(world.built(PATCH)).error is None


def test_f31_a_repeated_add_field_is_a_clash_here_on_every_engine(world: World) -> None:
    assert failed(
        world.on(with_(MAINLINE, without="")).migrate(world.built(PATCH)), "Clash", "color exists already"
    )
