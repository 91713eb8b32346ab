"""Which data operations of both sides are one, and which statements are no data operation at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from migration_values import add, migration, operation
from plans_by_hand import FORK, changed, patch

from stitchback.engine import EngineCache
from stitchback.matching.followed_data_operations import differing_imports, with_followed_works
from stitchback.matching.match import _why_other_work, compare
from stitchback.matching.sides import sides
from stitchback.model.atoms import DataRun, Origin, Work, WorkInTree
from stitchback.model.data_reach import Reach
from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Match, Verdict
from stitchback.model.migrations import Tree
from stitchback.model.operations import Operation
from stitchback.model.values import Constant, Items, Value
from stitchback.operations.data import data_operations, data_run
from stitchback.operations.row_operations import reach_of
from stitchback.parsing.tree import read_tree

HEAD = "from django.db import migrations, models\n"

UPDATE = "UPDATE shop_item SET size = 1"
SET = "SET CONSTRAINTS ALL IMMEDIATE"


def sql(*texts: str) -> Operation:
    value: Value = Constant(texts[0])
    if len(texts) > 1:
        value = Items("list", tuple(Items("tuple", (Constant(text), Constant(None))) for text in texts))
    return operation("RunSQL", sql=value)


def matches(ours: Operation, theirs: Operation, name: str = "shop.0003_m") -> tuple[Match, ...]:
    mine = migration("shop.0003_p", "shop.0002_base", ours)
    other = migration(name, "shop.0002_base", add("item", "y"), theirs)
    split = sides(patch(mine), Tree("main", "main", changed(FORK, other).migrations))
    return compare(split).matches


def test_the_same_sql_is_one_data_operation() -> None:
    (match,) = matches(sql(UPDATE), sql(UPDATE))
    assert match.verdict is Verdict.IDENTICAL


def test_a_statement_of_the_session_is_the_same_as_no_other() -> None:
    for statement in (sql(SET), sql(SET, "SET lock_timeout = '5s'"), sql("SELECT 1")):
        (match,) = matches(statement, statement)
        assert match.verdict is Verdict.PATCH_ONLY
        assert not match.given
        assert not match.seen_by_database


def test_a_statement_with_work_behind_it_is_work() -> None:
    (match,) = matches(sql(SET, UPDATE), sql(SET, UPDATE))
    assert match.verdict is Verdict.IDENTICAL
    assert match.seen_by_database


ENSURE = "def ensure(apps, editor):\n    apps.get_model('shop', 'Kind').objects.create(name={name!r})\n"


@dataclass(frozen=True)
class Entry:
    content: bytes

    @property
    def blob(self) -> str:
        return hashlib.sha1(self.content).hexdigest()

    def read(self) -> bytes:
        return self.content


FILES = {"shop/__init__.py": "", "shop/migrations/__init__.py": ""}


def read(ref: str, helper: str, *names: str) -> Tree:
    """A tree whose migrations of these names all run the helper."""
    source = f"{HEAD}from shop.ensure import ensure\nclass Migration(migrations.Migration):\n    operations = [migrations.RunPython(ensure)]\n"
    files: Mapping[str, str] = {f"shop/migrations/{name}.py": source for name in names}
    texts = {**FILES, "shop/ensure.py": helper, **files}
    return read_tree(ref, ref, {path: Entry(text.encode()) for path, text in texts.items()})


def works(tree: Tree, name: str) -> str:
    (run,) = data_operations(tree.migrations[MigrationKey("shop", name)].operations)
    return data_run(run).fingerprint


FILL = """
def ensure(apps, schema_editor):
    apps.get_model("shop", "Item").objects.update({name}=1)
"""


def reached(tree: Tree, name: str) -> Reach:
    (run,) = data_operations(tree.migrations[MigrationKey("shop", name)].operations)
    return reach_of(run, "shop")


def test_each_side_is_followed_through_its_own_tree() -> None:
    fork = read("fork", ENSURE.format(name="a"))
    mainline, tree, _ = with_followed_works(
        (read("main", ENSURE.format(name="m"), "0002_m"), read("release", ENSURE.format(name="p"), "0002_p")),
        [fork],
    )
    assert works(mainline, "0002_m") != works(tree, "0002_p")


def test_what_an_imported_function_can_use_is_known() -> None:
    """Each side's in its own tree; a file that mainline lacks will run with mainline's module too."""
    fork = read("fork", FILL.format(name="size"))
    mainline, tree, _ = with_followed_works(
        (
            read("main", FILL.format(name="colour"), "0002_m"),
            read("release", FILL.format(name="size"), "0002_p"),
        ),
        [fork],
    )
    ours, theirs = reached(mainline, "0002_m"), reached(tree, "0002_p")
    assert [ours.names(name) for name in ("colour", "size", "weight")] == [True, False, False]
    assert [theirs.names(name) for name in ("colour", "size", "weight")] == [True, True, False]


def test_the_engine_takes_migrations_of_one_text_and_other_work_for_two() -> None:
    fork = read("fork", ENSURE.format(name="a"))
    trees = (
        read("main", ENSURE.format(name="m"), "0002_m"),
        read("release", ENSURE.format(name="p"), "0002_p"),
    )
    ours, theirs, _ = (
        next(iter(tree.migrations.values()), None) for tree in with_followed_works(trees, [fork])
    )
    assert ours is not None
    assert theirs is not None
    assert ours.operations == theirs.operations
    memory = EngineCache()
    assert memory.number(ours) != memory.number(theirs)


def test_a_migration_of_one_text_has_one_work_whatever_its_tree_holds() -> None:
    """Django runs it once on a database; a second migration of the same text is another one."""
    fork = read("fork", ENSURE.format(name="a"))
    mainline, tree, _ = with_followed_works(
        (
            read("main", ENSURE.format(name="m"), "0002_x"),
            read("release", ENSURE.format(name="p"), "0002_x", "0003_y"),
        ),
        [fork],
    )
    assert works(tree, "0002_x") == works(mainline, "0002_x")
    assert works(tree, "0003_y") != works(tree, "0002_x")


def test_what_all_trees_have_from_the_fork_point_is_not_followed_unless_a_squash_replaces_it() -> None:
    fork = read("fork", ENSURE.format(name="a"), "0001_a")
    mainline, _, _ = with_followed_works(
        (read("main", ENSURE.format(name="m"), "0001_a", "0002_m"), fork), [fork]
    )
    (shared,) = data_operations(mainline.migrations[MigrationKey("shop", "0001_a")].operations)
    assert shared.work is None
    (own,) = data_operations(mainline.migrations[MigrationKey("shop", "0002_m")].operations)
    assert own.work is not None


def test_why_operations_of_one_text_are_other_work_is_said() -> None:
    fork = read("fork", ENSURE.format(name="a"))
    mainline, tree, other = with_followed_works(
        (read("main", ENSURE.format(name="m"), "0002_m"), read("release", ENSURE.format(name="p"), "0002_p")),
        [fork],
    )
    own = patch(*tree.migrations.values(), fork=other)
    (match,) = compare(sides(own, mainline)).matches
    assert isinstance(match.patch[0], DataRun)
    assert match.differences[1:] == (
        "shop.0002_m has the same text on mainline, and these differ: shop.ensure.ensure",
    )


@pytest.mark.parametrize(
    ("own", "theirs", "said"),
    [
        ("a", "a", ["shop.0002_m has the same text on mainline, and these differ: shop.ensure"]),
        ("a", "b", []),  # another text is simply another operation
        ("a", None, []),  # nothing of mainline's was followed
        (None, "a", []),
    ],
)
def test_only_an_operation_of_the_same_text_is_a_reason_to_say_why(
    own: str | None, theirs: str | None, said: list[str]
) -> None:
    class Followed:
        unknown = ""

    class Tree:
        followed = Followed()

        def unlike(self, other: object) -> tuple[str, ...]:
            return ("shop.ensure",)

    def run(name: str, text: str | None) -> DataRun:
        work: Work = "followed by nobody" if text is None else WorkInTree(text, Tree())  # type: ignore[arg-type]
        return DataRun(Origin(MigrationKey.parse(name), 0), "shop", work, False, "RunPython")

    assert list(_why_other_work(run("shop.0002_p", own), [run("shop.0002_m", theirs)])) == said


OPERATION = """
from django.db.migrations.operations.base import Operation

class Load(Operation):
    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, before, after):
        load(after.apps, {flag})

def load(apps, flag):
    apps.get_model("shop", "Kind").objects.update(flag=flag)
"""


def read_own(ref: str, flag: str, arguments: str, *names: str, head: str = "") -> Tree:
    source = f"{head}{HEAD}from shop.loading import Load\nclass Migration(migrations.Migration):\n    operations = [Load({arguments})]\n"
    texts = {**FILES, "shop/loading.py": OPERATION.format(flag=flag)}
    texts |= {f"shop/migrations/{name}.py": source for name in names}
    return read_tree(ref, ref, {path: Entry(text.encode()) for path, text in texts.items()})


def test_an_operation_of_the_projects_own_is_as_its_class_is() -> None:
    fork = read("fork", ENSURE.format(name="a"))
    mainline, tree, _ = with_followed_works(
        (
            read_own("main", "1", "", "0002_x"),
            read_own("release", "2", "", "0002_x", "0003_y", head="# laid out\n"),
        ),
        [fork],
    )
    assert works(tree, "0002_x") == works(mainline, "0002_x")
    assert works(tree, "0003_y") != works(tree, "0002_x")


def test_an_operation_of_the_projects_own_is_as_its_arguments_are() -> None:
    fork = read("fork", ENSURE.format(name="a"))
    mainline, tree, other = with_followed_works(
        (read_own("main", "1", "'a'", "0002_m"), read_own("release", "1", "'b'", "0002_p")), [fork]
    )
    assert works(tree, "0002_p") != works(mainline, "0002_m")
    same, _, _ = with_followed_works((read_own("main", "1", "'b'", "0002_m"), tree), [other])
    assert works(tree, "0002_p") == works(same, "0002_m")


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (ENSURE.format(name="p"), ("shop.ensure.ensure",)),
        (ENSURE.format(name="m"), ()),
        ("# laid out otherwise\n" + ENSURE.format(name="m"), ()),
    ],
)
def test_what_a_migration_of_one_text_imports_otherwise(ours: str, said: tuple[str, ...]) -> None:
    mainline, tree = read("main", ENSURE.format(name="m"), "0002_x"), read("release", ours, "0002_x")
    (migration,) = tree.migrations.values()
    assert differing_imports(migration, tree, mainline) == said
