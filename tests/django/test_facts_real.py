"""FACTS, row by row, on real Django and SQLite: the hazards that the tool keeps its users out of.

One process serves all tests; the files of the migrations are changed under it. The same rows on symbolic databases stand in
`test_facts_simulated.py`. Where a Django says another thing than the row, the test says so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import django
import pytest

from stitchback.adapters.projects import MigrateOutcome, ProjectSession, Raised
from stitchback.adapters.scratch_databases import ScratchFiles

RECORDS_REPLACERS_AT_ONCE = django.VERSION >= (6,)  # F26
NESTS_REPLACERS = django.VERSION >= (6,)  # F24, F25

Tree = dict[str, str]  # "shop.0002_base" -> the file


def migration(after: str = "", *operations: str, replaces: str = "", attributes: str = "") -> str:
    """The text of a migration; `after` and `replaces` are keys, white space between them."""
    return (
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = {pairs(after)}\n    replaces = {pairs(replaces)}\n    {attributes}\n"
        f"    operations = [{', '.join(operations)}]\n"
    )


def pairs(keys: str) -> list[tuple[str, ...]]:
    return [tuple(key.split(".")) for key in keys.split()]


def create(model: str) -> str:
    key = '("id", models.AutoField(primary_key=True))'
    return f'migrations.CreateModel("{model}", [{key}, ("label", models.CharField(max_length=9))])'


def add(column: str, field: str = "models.CharField(max_length=9, null=True)") -> str:
    return f'migrations.AddField("item", "{column}", {field})'


DEFAULTED = 'models.CharField(max_length=9, default="red")'
COLOR = add("color")

BASE: Tree = {
    "shop.0001_initial": migration("", create("Item")),
    "shop.0002_base": migration("shop.0001_initial", add("base")),
    "blog.0001_initial": migration("", create("Post")),
}
P = migration("shop.0002_base", COLOR)
PATCH: Tree = {**BASE, "shop.0003_p": P}
X = migration("shop.0002_base", add("x"))
M = migration("shop.0003_x", COLOR)
Y = migration("shop.0004_m", add("y"))
MAINLINE: Tree = {
    **BASE,
    "shop.0003_x": X,
    "shop.0004_m": M,
    "shop.0005_y": Y,
    "blog.0002_z": migration(
        "blog.0001_initial", 'migrations.AddField("post", "z", models.IntegerField(null=True))'
    ),
}
S = migration("shop.0002_base", COLOR, replaces="shop.0003_p")
EMPTY_M = migration("shop.0003_x shop.0003_s")
ADOPTED: Tree = {**MAINLINE, "shop.0004_m": migration("shop.0003_x", COLOR, replaces="shop.0003_p")}
ADOPTED_LEAF: Tree = {key: text for key, text in ADOPTED.items() if key != "shop.0005_y"}
DIAMOND_AT_M: Tree = {**MAINLINE, "shop.0003_s": S, "shop.0004_m": EMPTY_M}
DIAMOND_AT_LEAF: Tree = {
    **MAINLINE,
    "shop.0004_m": migration("shop.0003_x"),
    "shop.0003_s": S,
    "shop.0006_merge": migration("shop.0005_y shop.0003_s"),
}


def without(tree: Tree, *keys: str) -> Tree:
    return {key: text for key, text in tree.items() if key not in keys}


def released(tree: Tree, leaf: str = "shop.0005_y") -> Tree:
    """The next release: one more migration on the leaf."""
    return {**tree, "shop.0099_next": migration(leaf, add("fresh"))}


class Project:
    """A project whose migrations are what the last `holds` said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write(
            folder / "project" / "settings.py",
            'SECRET_KEY = "x"\nINSTALLED_APPS = ["shop", "blog"]\nUSE_TZ = True\nDATABASES = {}\n',
        )
        for package in ("project", "shop", "blog", "shop/migrations", "blog/migrations"):
            write(folder / package / "__init__.py", "")

    def holds(self, tree: Tree) -> None:
        for app in ("shop", "blog"):
            for path in (self.folder / app / "migrations").glob("0*.py"):
                path.unlink()
        for key, text in tree.items():
            app, _, name = key.partition(".")
            write(self.folder / app / "migrations" / f"{name}.py", text)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


class Database:
    """One database, and the tree that migrates it."""

    def __init__(self, url: str, project: Project, session: ProjectSession) -> None:
        self.url, self.project, self.session = url, project, session

    def on(
        self,
        tree: Tree,
        *target: str,
        stop_after: int | None = None,
        fake: bool = False,
        fake_initial: bool = False,
    ) -> MigrateOutcome:
        """`migrate [app [name]]` with that tree."""
        self.project.holds(tree)
        self.session.forget()
        return self.session.migrate(
            self.url, *target, stop_after=stop_after, fake=fake, fake_initial=fake_initial
        )

    def passes(self, tree: Tree, *target: str) -> tuple[str, ...]:
        """What ran; it must go well."""
        outcome = self.on(tree, *target)
        assert outcome.went_well, outcome.error_message
        return tuple(map(str, outcome.ran))

    def fails(self, tree: Tree, *target: str, fake: bool = False) -> str:
        outcome = self.on(tree, *target, fake=fake)
        assert outcome.error_class, f"ran {outcome.ran}"
        return f"{outcome.error_class}: {outcome.error_message}"

    def holds_nothing_new(self, tree: Tree) -> None:
        """`migrate` runs nothing, and `--check` exits 0."""
        assert self.passes(tree) == ()
        assert self.session.check(self.url)

    def squash(self, *arguments: str) -> str:
        return self.session.manage(
            self.url, "squashmigrations", *arguments, interactive=False, no_optimize=True, squashed_name="all"
        )

    @property
    def ledger(self) -> list[str]:
        return [str(key) for key in self.session.ledger(self.url)]

    @property
    def columns(self) -> set[str]:
        return set(self.session.schema(self.url).tables["shop_item"]["columns"]) - {"id", "label"}

    def execute(self, sql: str) -> None:
        self.session.execute(self.url, sql)

    def insert(self, key: str) -> None:
        app, _, name = key.partition(".")
        self.execute(
            f"INSERT INTO django_migrations (app, name, applied) VALUES ('{app}', '{name}', '2024-01-01')"
        )


class Bench:
    """Makes databases."""

    def __init__(self, project: Project, session: ProjectSession, files: ScratchFiles) -> None:
        self.project, self.session, self.files = project, session, files

    def fresh(self) -> Database:
        return Database(self.files.create(), self.project, self.session)

    def built(self, tree: Tree, *targets: str) -> Database:
        """A database of that tree: everything, or up to the target."""
        database = self.fresh()
        database.passes(tree, *targets)
        return database


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    project = Project(tmp_path_factory.mktemp("project"))
    with (
        ProjectSession(project.folder, "project.settings") as session,
        ScratchFiles(tmp_path_factory.mktemp("databases")) as files,
    ):
        yield Bench(project, session, files)


INCONSISTENT = "InconsistentMigrationHistory"
ALL_COLUMNS = {"base", "x", "color", "y"}


def test_f1_a_replacer_in_mid_chain_passes_in_one_full_migrate(bench: Bench) -> None:
    patched = bench.built(PATCH)
    assert patched.passes(ADOPTED) == ("blog.0002_z", "shop.0003_x", "shop.0005_y")
    assert "shop.0004_m" in patched.ledger
    assert patched.columns == ALL_COLUMNS
    patched.holds_nothing_new(ADOPTED)


@pytest.mark.parametrize("target", [("blog",), ("shop", "0003_x")])
def test_f2_another_target_first_shuts_every_later_migrate_out(bench: Bench, target: tuple[str, ...]) -> None:
    # `migrate shop 0003_x` stops *at* m's parent: it passes. What lies before that parent is tried below.
    patched = bench.built(PATCH)
    patched.passes(ADOPTED, *target)
    assert "shop.0004_m" in patched.ledger
    if target == ("blog",):
        assert "shop.0004_m is applied before its dependency shop.0003_x" in patched.fails(ADOPTED)
        assert patched.fails(ADOPTED, "shop", "0003_x", fake=True).startswith(INCONSISTENT)
        assert patched.fails(ADOPTED, "shop", "0004_m", fake=True).startswith(INCONSISTENT)
        patched.execute("DELETE FROM django_migrations WHERE name = '0004_m'")
        patched.passes(ADOPTED)
    else:
        patched.passes(ADOPTED)


def test_f2_a_target_before_ms_parent_shuts_out_too(bench: Bench) -> None:
    longer = {
        **ADOPTED,
        "shop.0003_w": migration("shop.0002_base", add("w")),
        "shop.0003_x": migration("shop.0003_w", add("x")),
    }
    patched = bench.built(PATCH)
    patched.passes(longer, "shop", "0003_w")
    assert patched.fails(longer).startswith(INCONSISTENT)


def test_f3_a_replacer_at_the_leaf_leaves_mainlines_migrations_out(bench: Bench) -> None:
    patched = bench.built(PATCH)
    outcome = patched.on(ADOPTED_LEAF, "shop")
    assert outcome.went_well
    assert outcome.ran == ()
    assert "x" not in patched.columns
    assert patched.fails(ADOPTED_LEAF).startswith(INCONSISTENT)


def test_f3_check_exits_0_where_nothing_else_is_to_do(bench: Bench) -> None:
    one_app = without(ADOPTED_LEAF, "blog.0002_z")
    patched = bench.built(PATCH)
    bench.project.holds(one_app)
    bench.session.forget()
    assert bench.session.check(patched.url)
    assert patched.passes(one_app) == ()
    assert patched.fails(one_app).startswith(INCONSISTENT)


TWO_REPLACERS: Tree = {
    **BASE,
    "shop.0003_s": migration("shop.0002_base", COLOR, replaces="shop.0003_p"),
    "shop.0004_t": migration("shop.0003_s", add("size"), replaces="shop.0003_p"),
    "shop.0005_y": migration("shop.0004_t", add("y")),
}


@pytest.mark.parametrize("way", ["crash", "target"])
def test_f4_a_stop_between_two_replacers_of_one_ghost_loses_columns(bench: Bench, way: str) -> None:
    fresh = bench.fresh()
    if way == "crash":
        assert fresh.on(TWO_REPLACERS, "shop", stop_after=3).stopped
    else:
        fresh.passes(TWO_REPLACERS, "shop", "0003_s")
    fresh.passes(TWO_REPLACERS)
    fresh.holds_nothing_new(TWO_REPLACERS)
    assert fresh.columns == {"base", "color", "y"}, "size is never made"


def test_f5_two_replacers_of_one_ghost_write_its_row_twice(bench: Bench) -> None:
    fresh = bench.fresh()
    fresh.passes(TWO_REPLACERS)
    assert fresh.ledger.count("shop.0003_p") == 2


TWO_GHOSTS = migration("shop.0002_base", COLOR, add("size"), replaces="shop.0003_p shop.0004_q")


def test_f6_half_of_the_ghosts_in_mid_chain_is_a_conflict(bench: Bench) -> None:
    patched = bench.built(PATCH)
    tree = {
        **BASE,
        "shop.0003_x": X,
        "shop.0004_s": TWO_GHOSTS.replace("0002_base", "0003_x"),
        "shop.0005_y": migration("shop.0004_s"),
    }
    assert "multiple leaf nodes" in patched.fails(tree)


@pytest.mark.parametrize("shape", ["leaf", "diamond"])
def test_f6_half_of_the_ghosts_elsewhere_is_silent(bench: Bench, shape: str) -> None:
    leaf = {**BASE, "shop.0004_s": TWO_GHOSTS}
    diamond = {**leaf, "shop.0003_x": X, "shop.0005_merge": migration("shop.0003_x shop.0004_s")}
    tree = leaf if shape == "leaf" else diamond
    patched = bench.built(PATCH)
    patched.passes(tree)
    patched.holds_nothing_new(tree)
    assert "size" not in patched.columns


def test_f7_an_applied_replacer_runs_again_at_the_next_release(bench: Bench) -> None:
    mainline = bench.built(MAINLINE)
    mainline.holds_nothing_new(ADOPTED)
    assert "duplicate column name: color" in mainline.fails(released(ADOPTED))


def test_f8_at_the_leaf_it_runs_again_at_once(bench: Bench) -> None:
    mainline = bench.built(without(MAINLINE, "shop.0005_y"))
    assert "duplicate column name: color" in mainline.fails(ADOPTED_LEAF)


@pytest.mark.parametrize("leaf", [True, False])
def test_f9_the_ghosts_row_cures(bench: Bench, leaf: bool) -> None:
    tree = ADOPTED_LEAF if leaf else ADOPTED
    mainline = bench.built(without(MAINLINE, "shop.0005_y") if leaf else MAINLINE)
    mainline.insert("shop.0003_p")
    mainline.holds_nothing_new(tree)
    assert mainline.passes(released(tree, "shop.0004_m" if leaf else "shop.0005_y")) == ("shop.0099_next",)


def test_f10_fake_cures_where_the_history_is_consistent(bench: Bench) -> None:
    mainline = bench.built(MAINLINE)
    assert mainline.on(ADOPTED, "shop", "0004_m", fake=True).went_well
    assert mainline.ledger.count("shop.0004_m") == (2 if RECORDS_REPLACERS_AT_ONCE else 1)
    assert mainline.passes(released(ADOPTED)) == ("shop.0099_next",)


def test_f10_fake_fails_where_a_child_depends_on_a_new_one(bench: Bench) -> None:
    mainline = bench.built(MAINLINE)
    assert mainline.fails(DIAMOND_AT_M, "shop", "0003_s", fake=True).startswith(INCONSISTENT)
    mainline.insert("shop.0003_p")
    mainline.holds_nothing_new(DIAMOND_AT_M)


@pytest.mark.parametrize("tree", [DIAMOND_AT_LEAF, DIAMOND_AT_M], ids=["leaf", "m"])
@pytest.mark.parametrize("first", [(), ("blog",), ("shop", "0003_x"), ("shop", "0004_m")], ids=str)
@pytest.mark.parametrize("population", ["patched", "fresh", "behind"])
def test_f11_f12_a_diamond_passes_whatever_is_done_first(
    bench: Bench, tree: Tree, first: tuple[str, ...], population: str
) -> None:
    databases: dict[str, Callable[[], Database]] = {
        "patched": lambda: bench.built(PATCH),
        "fresh": bench.fresh,
        "behind": lambda: bench.built(MAINLINE, "shop", "0003_x"),
    }
    database = databases[population]()
    database.passes(tree, *first)
    database.passes(tree)
    assert database.columns == ALL_COLUMNS
    assert {*tree} <= {*database.ledger}
    leaf = "shop.0006_merge" if tree is DIAMOND_AT_LEAF else "shop.0005_y"
    assert database.passes(released(tree, leaf)) == ("shop.0099_next",)


@pytest.mark.parametrize("cure", ["row", "fake"])
def test_f11_at_the_leaf_a_mainline_database_needs_the_row_or_a_fake(bench: Bench, cure: str) -> None:
    mainline = bench.built(MAINLINE)
    assert "duplicate column name: color" in bench.built(MAINLINE).fails(DIAMOND_AT_LEAF)
    if cure == "row":
        mainline.insert("shop.0003_p")
    else:
        assert mainline.on(DIAMOND_AT_LEAF, "shop", "0003_s", fake=True).went_well
    assert mainline.passes(DIAMOND_AT_LEAF) == ("shop.0006_merge",)
    assert mainline.columns == ALL_COLUMNS


def test_f12_at_m_a_mainline_database_fails_before_anything_is_touched(bench: Bench) -> None:
    mainline = bench.built(MAINLINE)
    before = mainline.ledger
    assert "shop.0004_m is applied before its dependency shop.0003_s" in mainline.fails(DIAMOND_AT_M)
    assert mainline.ledger == before
    mainline.insert("shop.0003_p")
    mainline.holds_nothing_new(DIAMOND_AT_M)
    assert mainline.passes(released(DIAMOND_AT_M)) == ("shop.0099_next",)


def test_f13_re_parenting_what_somebody_applied_fails(bench: Bench) -> None:
    mainline = bench.built(MAINLINE, "shop", "0003_x")
    moved = {**DIAMOND_AT_M, "shop.0003_x": migration("shop.0003_s", add("x"))}
    assert "shop.0003_x is applied before its dependency shop.0003_s" in mainline.fails(moved)


def test_f14_replacing_p_and_m_together_runs_m(bench: Bench) -> None:
    patched = bench.built(PATCH)
    tree = {
        **MAINLINE,
        "shop.0006_s": migration("shop.0002_base", COLOR, replaces="shop.0003_p shop.0004_m"),
    }
    assert "duplicate column name: color" in patched.fails(tree)


def test_f15_ps_own_file_beside_the_replacer_is_no_second_leaf(bench: Bench) -> None:
    tree = {**ADOPTED, "shop.0003_p": P}
    patched = bench.built(PATCH)
    assert patched.passes(tree) == ("blog.0002_z", "shop.0003_x", "shop.0005_y")
    assert patched.columns == ALL_COLUMNS
    bench.fresh().passes(tree)


def test_f16_ps_file_and_a_merge_serve_every_database(bench: Bench) -> None:
    mainline = {**MAINLINE, "shop.0004_m": migration("shop.0003_x", add("other"))}
    tree = {**mainline, "shop.0003_p": P, "shop.0006_merge": migration("shop.0005_y shop.0003_p")}
    for database in (bench.fresh(), bench.built(BASE), bench.built(PATCH), bench.built(mainline)):
        database.passes(tree)
        assert database.columns == ALL_COLUMNS | {"other"}
        assert database.passes(released(tree, "shop.0006_merge")) == ("shop.0099_next",)


def test_f17_the_same_name_with_other_content_goes_unseen(bench: Bench) -> None:
    patched = bench.built({**BASE, "shop.0003_x": migration("shop.0002_base", COLOR)})
    patched.passes(MAINLINE, "shop", "0003_x")
    assert "x" not in patched.columns
    bench.built({**BASE, "shop.0003_x": migration("shop.0002_base")}).holds_nothing_new(
        {**BASE, "shop.0003_x": X}
    )


def test_f18_a_dependency_on_a_ghost_is_one_on_its_replacer(bench: Bench) -> None:
    tree = {**DIAMOND_AT_M, "blog.0003_after": migration("blog.0002_z shop.0003_p")}
    for database in (bench.built(PATCH), bench.fresh()):
        database.passes(tree, "blog")
        assert {"blog.0003_after", "shop.0003_s"} <= {*database.ledger}
    gone = without(tree, "shop.0003_s") | {"shop.0004_m": M}
    assert bench.fresh().fails(gone).startswith("NodeNotFoundError")


SQUASHED: Tree = {
    "blog.0001_initial": BASE["blog.0001_initial"],
    "shop.0001_sq": migration("", create("Item"), add("base"), replaces="shop.0001_initial shop.0002_base"),
    "shop.0003_x": migration("shop.0001_sq", add("x")),
}
REHUNG = migration("shop.0001_sq", COLOR)


def test_f19_p_hung_on_the_squash_and_a_merge_serve_every_database(bench: Bench) -> None:
    tree = {**SQUASHED, "shop.0003_p": REHUNG, "shop.0004_merge": migration("shop.0003_x shop.0003_p")}
    for database in (bench.built(PATCH), bench.fresh(), bench.built(BASE), bench.built(SQUASHED)):
        database.passes(tree)
        assert database.columns == {"base", "x", "color"}
    assert "shop.0003_p" in bench.built(SQUASHED).passes(tree)


def test_f19_mainlines_next_one_made_to_depend_on_p_fails_where_it_is_applied(bench: Bench) -> None:
    tree = {
        **SQUASHED,
        "shop.0003_p": REHUNG,
        "shop.0003_x": migration("shop.0001_sq shop.0003_p", add("x")),
    }
    for database in (bench.built(PATCH), bench.fresh(), bench.built(BASE)):
        database.passes(tree)
    assert bench.built(SQUASHED).fails(tree).startswith(INCONSISTENT)


def test_f20_backwards_over_the_replacer_takes_the_ghosts_row(bench: Bench) -> None:
    patched = bench.built(PATCH)
    patched.passes(DIAMOND_AT_LEAF)
    assert patched.on(DIAMOND_AT_LEAF, "shop", "0002_base").went_well
    assert patched.columns == {"base"}
    assert not {"shop.0003_p", "shop.0003_s"} & {*patched.ledger}


def test_f21_prune_refuses_while_ghosts_are_named(bench: Bench) -> None:
    patched = bench.built(PATCH)
    patched.passes(ADOPTED)
    before = patched.ledger
    assert "Cannot use --prune" in bench.session.manage(patched.url, "migrate", "shop", prune=True)
    assert patched.ledger == before


def test_f22_replaces_taken_out_too_early_runs_it_again(bench: Bench) -> None:
    patched = bench.built(PATCH)
    assert "duplicate column name: color" in patched.fails(MAINLINE)


@pytest.mark.parametrize("model", [False, True])
def test_f23_fake_initial_goes_by_names(bench: Bench, model: bool) -> None:
    operation = create("Part") if model else COLOR
    tree = {**BASE, "shop.0003_first": migration("shop.0002_base", operation, attributes="initial = True")}
    database = bench.built(BASE)
    database.execute(
        "CREATE TABLE shop_part (anything integer); ALTER TABLE shop_item ADD COLUMN color blob;"
    )
    outcome = database.on(tree, "shop", fake_initial=True)
    assert tuple(map(str, outcome.faked)) == ("shop.0003_first",)


@pytest.mark.parametrize("leaf", [False, True])
def test_f24_a_migration_that_replaces_itself_is_an_error(bench: Bench, leaf: bool) -> None:
    """Before 6.x the row holds in mid-chain only. At the leaf nothing is said, and nothing of the app is ever run: more than
    the row tells."""
    itself = {"shop.0003_x": migration("shop.0002_base", add("x"), replaces="shop.0003_x")}
    tree = {**(BASE if leaf else MAINLINE), **itself}
    if NESTS_REPLACERS:
        assert "Cyclical squash replacement found" in bench.fresh().fails(tree)
    elif leaf:
        assert bench.fresh().passes(tree) == ("blog.0001_initial",)
    else:
        assert bench.fresh().fails(tree).startswith("KeyError")


def test_f25_squashing_over_a_replacer(bench: Bench) -> None:
    bench.project.holds(DIAMOND_AT_M)
    bench.session.forget()
    fresh = bench.fresh()
    if NESTS_REPLACERS:
        assert "Created new squashed migration" in fresh.squash("shop", "0003_x", "0005_y")
    else:
        with pytest.raises(Raised, match="You cannot squash squashed migrations"):
            fresh.squash("shop", "0003_x", "0005_y")


@pytest.mark.parametrize("crash", [False, True])
def test_f26_who_records_the_replacer(bench: Bench, crash: bool) -> None:
    fresh = bench.fresh()
    fresh.on(DIAMOND_AT_M, "shop", "0003_s", stop_after=3 if crash else None)
    assert "shop.0003_p" in fresh.ledger
    assert ("shop.0003_s" in fresh.ledger) is (not crash or RECORDS_REPLACERS_AT_ONCE)
    fresh.passes(DIAMOND_AT_M)
    assert fresh.ledger.count("shop.0003_s") == 1


def test_f27_an_executed_replacer_counts_as_applied_in_the_next_run(bench: Bench) -> None:
    fresh = bench.fresh()
    assert fresh.on(DIAMOND_AT_M, "shop", "0003_s", stop_after=3).stopped
    assert "shop.0003_s" not in fresh.passes(DIAMOND_AT_M)
    assert fresh.columns == ALL_COLUMNS


def test_f28_the_same_ledger_and_two_schemas(bench: Bench) -> None:
    emptied = DIAMOND_AT_LEAF
    new = bench.built(emptied, "shop", "0004_m")
    old = bench.built(MAINLINE, "shop", "0004_m")
    assert sorted(new.ledger) == sorted(old.ledger)
    assert old.columns - new.columns == {"color"}
    for database in (new, old):
        database.insert("shop.0003_p")
        database.passes(emptied)
    assert "color" in old.columns
    assert "color" not in new.columns, "lost in silence"


def test_f28_a_diamond_at_m_has_no_such_pair(bench: Bench) -> None:
    new = bench.built(DIAMOND_AT_M, "shop", "0004_m")
    old = bench.built(MAINLINE, "shop", "0004_m")
    assert sorted(new.ledger) != sorted(old.ledger)
    assert "color" in new.columns


def test_f29_a_ghost_cannot_be_faked(bench: Bench) -> None:
    mainline = bench.built(MAINLINE)
    assert "Cannot find a migration matching '0003_p'" in mainline.fails(ADOPTED, "shop", "0003_p", fake=True)


BACKPORTED: Tree = {
    **BASE,
    "shop.0002_y": migration("shop.0002_base", add("y")),
    "shop.0003_p": migration("shop.0002_y", COLOR),
    "shop.0004_after": migration("shop.0003_p", add("after")),
}


def test_f30_the_same_name_on_another_parent_fails_at_once(bench: Bench) -> None:
    patched = bench.built(PATCH)
    assert "shop.0003_p is applied before its dependency shop.0002_y" in patched.fails(BACKPORTED)


def test_f30_hung_on_the_fork_point_again_nobody_needs_a_hand(bench: Bench) -> None:
    loosened = {
        **BACKPORTED,
        "shop.0003_p": P,
        "shop.0004_after": migration("shop.0003_p shop.0002_y", add("after")),
    }
    starts = [bench.built(BACKPORTED, "shop", name) for name in ("0002_y", "0003_p", "0004_after")]
    for database in (bench.built(PATCH), bench.fresh(), bench.built(BASE), *starts):
        database.passes(loosened)
        assert database.columns == {"base", "y", "color", "after"}


def test_f31_sqlite_resets_a_repeated_column_in_silence(bench: Bench) -> None:
    again = {**PATCH, "shop.0003_p": migration("shop.0002_base", add("color", DEFAULTED))}
    patched = bench.built(again)
    patched.execute("INSERT INTO shop_item (label, color) VALUES ('a', 'blue')")
    tree = {**again, "shop.0004_m": migration("shop.0003_p", add("color", DEFAULTED))}
    patched.passes(tree)
    assert [row["color"] for row in bench.session.rows(patched.url)["shop_item"]] == ["red"]


INDEX_ON = 'migrations.AddIndex("item", models.Index(fields=["{0}"], name="item_{0}"))'


def test_f32_a_cut_chain_loses_what_was_reached_by_way_of_it(bench: Bench) -> None:
    tree = {
        **BASE,
        "shop.0003_h": P,
        "shop.0004_k": migration("shop.0003_h", add("k")),
        "shop.0005_index": migration("shop.0004_k", INDEX_ON.format("color")),
    }
    bench.built(tree, "shop", "0005_index")
    cut = {
        **tree,
        "shop.0004_k": migration("shop.0002_base", add("k")),
        "shop.0006_merge": migration("shop.0003_h shop.0005_index"),
    }
    assert "FieldDoesNotExist" in bench.fresh().fails(cut, "shop", "0005_index")


@pytest.mark.parametrize(
    "gone",
    [
        'migrations.RemoveField("item", "base")',
        'migrations.RenameField("item", "base", "other")',
    ],
)
@pytest.mark.parametrize(
    "needs",
    [
        INDEX_ON.format("base"),
        'migrations.AddConstraint("item", models.UniqueConstraint(fields=["base"], name="one_base"))',
        'migrations.AlterUniqueTogether("item", {("base", "label")})',
    ],
)
def test_f33_an_index_on_a_field_that_is_gone(bench: Bench, gone: str, needs: str) -> None:
    tree = {
        **BASE,
        "shop.0003_gone": migration("shop.0002_base", gone),
        "shop.0004_needs": migration("shop.0003_gone", needs),
    }
    said = bench.fresh().fails(tree)
    assert said.startswith(("FieldDoesNotExist", "FieldError"))


def test_f34_sqlite_fills_a_column_that_the_table_lacks_with_its_own_name(bench: Bench) -> None:
    patched = bench.built({**BASE, "shop.0003_p": P})
    patched.execute("INSERT INTO shop_item (label) VALUES ('a')")
    tree = {
        **BASE,
        "shop.0003_p": migration("shop.0002_base", COLOR, add("u1")),
        "shop.0004_label": migration(
            "shop.0003_p", 'migrations.AlterField("item", "label", models.CharField(max_length=8, null=True))'
        ),
    }
    patched.passes(tree)
    assert [row["u1"] for row in bench.session.rows(patched.url)["shop_item"]] == ["u1"]


def test_f36_a_forgotten_row_is_silent_where_the_replacer_is_mainlines_own(bench: Bench) -> None:
    """Under a diamond `migrate` stops before anything is run."""
    column = add("color", DEFAULTED)
    mainline = {**without(MAINLINE, "shop.0005_y"), "shop.0004_m": migration("shop.0003_x", column)}
    adopted = {**mainline, "shop.0004_m": migration("shop.0003_x", column, replaces="shop.0003_p")}
    diamond = {**mainline, "shop.0003_s": migration("shop.0002_base", column, replaces="shop.0003_p")}
    diamond["shop.0004_m"] = EMPTY_M
    for tree, value in ((adopted, "red"), (diamond, "blue")):
        database = bench.built(mainline)
        database.execute("INSERT INTO shop_item (label, color) VALUES ('a', 'blue')")
        if tree is adopted:
            database.passes(tree)
        else:
            assert INCONSISTENT in database.fails(tree)
        assert [row["color"] for row in bench.session.rows(database.url)["shop_item"]] == [value]


def test_f37_a_swappable_dependency_names_another_app_afterwards(bench: Bench) -> None:
    """As with admin after AUTH_USER_MODEL has changed; `--fake` refuses too, and only a row helps."""
    swapped = BASE["blog.0001_initial"].replace(
        "dependencies = []", 'dependencies = [migrations.swappable_dependency("shop.Item")]'
    )
    assert swapped != BASE["blog.0001_initial"]
    database = bench.built(BASE, "blog")
    tree = {**BASE, "blog.0001_initial": swapped}
    said = "blog.0001_initial is applied before its dependency shop.0001_initial"
    assert said in database.fails(tree)
    assert said in database.fails(tree, "shop", "0001_initial", fake=True)
    database.execute("CREATE TABLE shop_item (id integer PRIMARY KEY, label varchar(9))")
    database.insert("shop.0001_initial")
    database.passes(tree)


def test_f38_a_released_migration_that_is_edited_is_not_run_again(bench: Bench) -> None:
    database = bench.built(BASE)
    edited = {**BASE, "shop.0002_base": migration("shop.0001_initial", add("base"), add("late"))}
    database.holds_nothing_new(edited)
    assert database.columns == {"base"}
    assert bench.built(edited).columns == {"base", "late"}


def test_f39_altering_a_field_that_an_unmanaged_model_lacks(bench: Bench) -> None:
    made = 'migrations.CreateModel("Legacy", [("id", models.AutoField(primary_key=True))], options={"managed": False})'
    later = 'migrations.AlterField("legacy", "note", models.CharField(max_length=9))'
    renamed = 'migrations.RenameField("legacy", "note", "text")'
    tree = {
        **BASE,
        "shop.0003_legacy": migration("shop.0002_base", made),
        "shop.0004_note": migration("shop.0003_legacy", later),
        "shop.0005_text": migration("shop.0004_note", renamed),
    }
    bench.built(tree)
    unknown = {**tree, "shop.0004_note": migration("shop.0003_legacy")}
    assert bench.fresh().fails(unknown), "the state has the field from AlterField alone"


def test_f40_reading_a_database_in_wal_mode_leaves_files(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE item (id integer)")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader:
        reader.execute("SELECT * FROM item").fetchall()
        assert {each.name for each in tmp_path.iterdir()} == {
            path.name,
            f"{path.name}-shm",
            f"{path.name}-wal",
        }


def test_f41_a_finished_squash_and_a_database_with_only_the_old_rows(bench: Bench) -> None:
    finished = {
        **without(BASE, "shop.0001_initial", "shop.0002_base"),
        "shop.0001_squashed": migration("", create("Item"), add("base")),
        "shop.0003_next": migration("shop.0001_squashed", add("fresh")),
    }
    assert "already exists" in bench.built(BASE).fails(finished)
    whole, half = bench.built(BASE), bench.built(BASE, "shop", "0001_initial")
    for database in (whole, half):
        database.insert("shop.0001_squashed")
        database.passes(finished)
    assert whole.columns == {"base", "fresh"}
    assert half.columns == {"fresh"}, "the rest is lost for ever"


def test_the_indexes_of_a_new_model_are_made_at_the_end_of_its_migration(bench: Bench) -> None:
    """`schema_editor.deferred_sql`: what follows in the same migration does not find them."""
    kind = 'migrations.CreateModel("Kind", [("id", models.AutoField(primary_key=True)), ("code", models.IntegerField(db_index=True))])'
    count = "SELECT count(*) AS n FROM sqlite_master WHERE type = 'index' AND tbl_name = 'shop_kind'"

    def look(table: str) -> str:
        return f'migrations.RunPython(lambda apps, editor: editor.execute("CREATE TABLE {table} AS {count}"))'

    tree = {
        **BASE,
        "shop.0003_kind": migration("shop.0002_base", kind, look("same_migration")),
        "shop.0004_look": migration("shop.0003_kind", look("next_migration")),
    }
    rows = bench.session.rows(bench.built(tree).url)
    assert [row["n"] for row in rows["same_migration"]] == [0]
    assert [row["n"] for row in rows["next_migration"]] == [1]
