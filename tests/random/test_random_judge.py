"""The judge of random pairs can fail: plans with one fault each are found unsafe, and the sound plan beside them is not."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from branches import Key, Migration, Tree
from changes import Dice
from django_trees import migrate, named_constraints, state_of
from judge import Judge, Problem, facts
from pairs import Branch, Pair
from populations import MAINLINE, in_django, simulated_databases
from shapes import (
    AddField,
    AddIndex,
    AlterField,
    AlterModelOptions,
    AlterUniqueTogether,
    Column,
    CreateModel,
    DataStep,
    DeleteModel,
    RemoveField,
    RenameField,
    State,
)

COLOR = Column(11, "char", default="white")
SIZE = Column(12, "int", null=True)
TIP = ("shop", "0002_rows")
STITCHED, AGAIN, INDEX, COUNT = (
    ("shop", name) for name in ("0003_stitched_color", "0004_color_again", "0004_index", "0005_count")
)
ROW = "INSERT INTO django_migrations (app, name, applied) SELECT 'shop', '{}', CURRENT_TIMESTAMP WHERE {};"
GHOST = ROW.format(
    "0003_color",
    "EXISTS (SELECT 1 FROM django_migrations WHERE name = '0004_color_again')"
    " AND NOT EXISTS (SELECT 1 FROM django_migrations WHERE name = '0003_color')",
)


def step(number: int, kind: str = "mark", **more: object) -> DataStep:
    return DataStep("shop", "Item", number, kind, f"step_{number}", **more)  # type: ignore[arg-type]


def base() -> Branch:
    made = Branch(Dice(random.Random(1), used=100), {}, State({}))
    columns = (
        ("label", Column(2, "char")),
        ("note", Column(3, "text", null=True)),
        ("mark", Column(4, "text", default="")),
    )
    made.write("shop", "0001_initial", [CreateModel("shop", "Item", 1, columns)])
    made.write("shop", "0002_rows", [step(21, "insert", inserted=(("label", "first"),))])
    return made


def a_pair() -> Pair:
    """The patch: a column, its index, a data operation. Mainline: another column, then the same one; it keeps the notes' help text."""
    fork = base()
    patch, mainline = fork.copy(), fork.copy()
    patch.write("shop", "0003_color", [AddField("shop", "Item", "color", COLOR)])
    patch.write("shop", "0004_index", [AddIndex("shop", "Item", "ix_color", ("color",))])
    patch.write("shop", "0005_count", [step(22)])
    mainline.write("shop", "0003_size", [AddField("shop", "Item", "size", SIZE), step(23)])
    mainline.write("shop", "0004_color_again", [AddField("shop", "Item", "color", COLOR)])
    helped = Column(3, "text", null=True, help_text="for us")
    mainline.write("shop", "0005_helped", [AlterField("shop", "Item", "note", helped)])
    defaults = frozenset({"white", "first"})
    return Pair(1, ("shop",), fork.tree, patch.tree, mainline.tree, mainline.tree, False, defaults)


def sound(pair: Pair) -> Tree:
    """A diamond: the column's stitched migration beside mainline's chain, and what only the patch has, on top of it."""
    tree = dict(pair.mainline)
    color = pair.patch["shop", "0003_color"]
    tree[STITCHED] = replace(color, key=STITCHED, replaces=(("shop", "0003_color"),))
    tree[AGAIN] = replace(
        tree[AGAIN], operations=(), sources=(), dependencies=(("shop", "0003_size"), STITCHED)
    )
    tree[INDEX] = replace(pair.patch[INDEX], dependencies=(STITCHED,))
    tree[COUNT] = pair.patch[COUNT]
    merge = ("shop", "0006_merge")
    tree[merge] = Migration(merge, (("shop", "0005_helped"), COUNT), (), ())
    return tree


def changed(key: Key, **changes: object) -> Callable[[Tree], Tree]:
    return lambda tree: {**tree, key: replace(tree[key], **changes)}  # type: ignore[arg-type]


def without_operations(key: Key) -> Callable[[Tree], Tree]:
    return changed(key, operations=(), sources=())


def with_sql(key: Key, statement: str) -> Callable[[Tree], Tree]:
    return lambda tree: {
        **tree,
        key: replace(tree[key], sources=(*tree[key].sources, f'migrations.RunSQL("{statement}")')),
    }


def counted_twice(tree: Tree) -> Tree:
    again = ("shop", "0007_again")
    return {**tree, again: replace(tree[COUNT], key=again, dependencies=(("shop", "0006_merge"),))}


def without_merge(tree: Tree) -> Tree:
    return {key: each for key, each in tree.items() if key != ("shop", "0006_merge")}


def judged(pair: Pair, tree: Tree, script: str = GHOST) -> list[Problem]:
    return Judge(pair, simulated_databases(pair), in_django(tree), script).problems()


def test_the_sound_plan_is_safe() -> None:
    pair = a_pair()
    assert judged(pair, sound(pair)) == []


FAULTS = {
    "a dependency is dropped": (changed(INDEX, dependencies=(TIP,)), "raises"),
    "replaces is dropped": (changed(STITCHED, replaces=()), "rows"),
    "the column is never made": (without_operations(STITCHED), "raises"),
    "the index is never made": (without_operations(INDEX), "models"),
    "a data operation is dropped": (without_operations(COUNT), "rows"),
    "a data operation is there twice": (counted_twice, "rows"),
    "a value comes out of nowhere": (with_sql(COUNT, "UPDATE shop_item SET note = 'note'"), "rows"),
    "a value is reset": (with_sql(COUNT, "UPDATE shop_item SET label = 'white'"), "rows"),
    "rows are deleted": (with_sql(COUNT, "DELETE FROM shop_item WHERE id > 1000"), "rows"),
    "the schema is not the models'": (with_sql(COUNT, "ALTER TABLE shop_item ADD COLUMN more int"), "schema"),
    "the models at the leaf lose an option": (without_operations(("shop", "0005_helped")), "models"),
    "two leaves": (without_merge, "leaves"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_is_found(name: str) -> None:
    spoil, kind = FAULTS[name]
    pair = a_pair()
    assert kind in {problem.kind for problem in judged(pair, spoil(sound(pair)))}


def test_a_together_goes_with_a_field_that_the_other_branch_removes() -> None:
    """And where the other branch keeps the field, it is missed."""
    fork = base()
    patch, mainline = fork.copy(), fork.copy()
    patch.write("shop", "0003_pair", [AlterUniqueTogether("shop", "Item", ("label", "note"))])
    mainline.write("shop", "0003_no_note", [RemoveField("shop", "Item", "note")])
    kept = fork.copy()
    kept.write("shop", "0003_size", [AddField("shop", "Item", "size", SIZE)])
    for onto, wanted in ((mainline, set()), (kept, {"models"})):
        pair = Pair(3, ("shop",), fork.tree, patch.tree, onto.tree, onto.tree, False, frozenset())
        problems = Judge(pair, simulated_databases(pair), in_django(pair.mainline), "").model_problems()
        assert {"models" for _ in problems} == wanted


def test_one_index_under_two_names_keeps_mainlines() -> None:
    """An index over other fields is missed."""
    fork = base()
    patch = fork.copy()
    patch.write("shop", "0003_p", [AddIndex("shop", "Item", "ix_shop_p", ("label",))])
    for columns, wanted in ((("label",), set()), (("note",), {"models"})):
        mainline = fork.copy()
        mainline.write("shop", "0003_m", [AddIndex("shop", "Item", "ix_shop_m", columns)])
        pair = Pair(3, ("shop",), fork.tree, patch.tree, mainline.tree, mainline.tree, False, frozenset())
        problems = Judge(pair, simulated_databases(pair), in_django(pair.mainline), "").model_problems()
        assert {"models" for _ in problems} == wanted


def test_the_options_of_a_model_go_with_it() -> None:
    """Where the other branch keeps the model, they are missed."""
    fork = base()
    patch, mainline, kept = fork.copy(), fork.copy(), fork.copy()
    patch.write("shop", "0003_named", [AlterModelOptions("shop", "Item", (("verbose_name", "piece"),))])
    mainline.write("shop", "0003_no_item", [DeleteModel("shop", "Item")])
    kept.write("shop", "0003_size", [AddField("shop", "Item", "size", SIZE)])
    for onto, wanted in ((mainline, set()), (kept, {"models"})):
        pair = Pair(3, ("shop",), fork.tree, patch.tree, onto.tree, onto.tree, False, frozenset())
        problems = Judge(pair, simulated_databases(pair), in_django(pair.mainline), "").model_problems()
        assert {"models" for _ in problems} == wanted


def test_a_renamed_field_changes_no_together_of_others() -> None:
    """Django's RenameField turns the set of tuples in the model's state into a list of lists."""
    made = base()
    made.write("shop", "0003_pair", [AlterUniqueTogether("shop", "Item", ("label", "mark"))])
    before = facts(state_of(in_django(made.tree)))
    made.write("shop", "0004_memo", [RenameField("shop", "Item", "note", "memo")])
    after = facts(state_of(in_django(made.tree)))
    name = ("shop", "item", "unique_together")
    assert before[name] == after[name] == "[('label', 'mark')]"


def test_a_database_that_finishes_with_what_both_branches_do_is_left_out() -> None:
    """Django runs the second `AlterUniqueTogether` without an error (random seed 70370)."""
    fork = base()
    patch, mainline = fork.copy(), fork.copy()
    together = AlterUniqueTogether("shop", "Item", ("label", "note"))
    patch.write("shop", "0003_together", [together])
    mainline.write("shop", "0003_again", [together])
    key = ("shop", "0004_merge")
    merged = {**patch.tree, **mainline.tree}
    merged[key] = Migration(key, (("shop", "0003_together"), ("shop", "0003_again")), (), ())
    pair = Pair(1, ("shop",), fork.tree, patch.tree, mainline.tree, merged, True, frozenset({"first"}))
    judge = Judge(pair, [], in_django(merged), finishing=frozenset({MAINLINE}))
    (mainlines,) = (
        each
        for each in simulated_databases(pair)
        if each.lineage == MAINLINE and not list(judge.finished(each))
    )
    assert migrate(in_django(merged), mainlines.database).ran


def test_a_missing_row_is_found() -> None:
    """FACTS F12: mainline's databases cannot migrate before the row is there."""
    pair = a_pair()
    problems = judged(pair, sound(pair), script="")
    assert {problem.kind for problem in problems} == {"raises"}
    assert all(problem.population.startswith("main") for problem in problems)


def test_a_row_too_much_is_found() -> None:
    """With the row put in everywhere, a database of the fork point never gets the column."""
    pair = a_pair()
    assert judged(pair, sound(pair), script=ROW.format("0003_color", "1"))


def adopted(pair: Pair) -> Tree:
    """FACTS F7: mainline's own migration replaces the patch's; what only the patch has is left out."""
    return {**pair.mainline, AGAIN: replace(pair.mainline[AGAIN], replaces=(("shop", "0003_color"),))}


def test_the_next_release_is_tried() -> None:
    """A plan of which the harm shows only when the next release is deployed."""
    fork = base()
    patch, mainline = fork.copy(), fork.copy()
    patch.write("shop", "0003_color", [AddField("shop", "Item", "color", COLOR)])
    mainline.write("shop", "0003_size", [AddField("shop", "Item", "size", SIZE)])
    mainline.write("shop", "0004_color_again", [AddField("shop", "Item", "color", COLOR)])
    mainline.write("shop", "0005_size", [AlterField("shop", "Item", "size", Column(12, "big", null=True))])
    pair = Pair(
        2,
        ("shop",),
        fork.tree,
        patch.tree,
        mainline.tree,
        mainline.tree,
        False,
        frozenset({"white", "first"}),
    )
    problems = judged(pair, adopted(pair), script="")
    assert any("next release" in problem.rollout for problem in problems if problem.population == "main")
    stopped = [problem for problem in judged(pair, adopted(pair)) if problem.population == "main"]
    assert stopped == [], "with the row its databases are fine"


def ordered(*, swapped: bool) -> list[Problem]:
    """Mainline runs two data operations of its own one after the other; a plan may keep that order, or not."""
    fork = base()
    patch, mainline = fork.copy(), fork.copy()
    patch.write("shop", "0003_color", [AddField("shop", "Item", "color", COLOR)])
    one = mainline.write("shop", "0003_one", [step(31)])
    two = mainline.write("shop", "0004_two", [step(32)])
    pair = Pair(
        3,
        ("shop",),
        fork.tree,
        patch.tree,
        mainline.tree,
        mainline.tree,
        False,
        frozenset({"white", "first"}),
    )
    tree = {**mainline.tree, ("shop", "0003_color"): patch.tree["shop", "0003_color"]}
    if swapped:
        tree[one] = replace(tree[one], dependencies=(two,))
        tree[two] = replace(tree[two], dependencies=(TIP,))
    merge = ("shop", "0005_merge")
    tree[merge] = Migration(merge, (one if swapped else two, ("shop", "0003_color")), (), ())
    return judged(pair, tree, script="")


def test_the_order_of_data_operations() -> None:
    assert ordered(swapped=False) == []
    assert "order" in {problem.kind for problem in ordered(swapped=True)}


def test_the_order_of_constraints_in_a_table_does_not_count() -> None:
    one = 'CREATE TABLE t (n int, CONSTRAINT "ck_a" CHECK ("n" >= 0), CONSTRAINT "uq_b" UNIQUE ("n"))'
    two = 'CREATE TABLE t (n int, CONSTRAINT "uq_b" UNIQUE ("n"), CONSTRAINT "ck_a" CHECK ("n" >= 0))'
    assert named_constraints(one) == named_constraints(two)
    assert named_constraints(one) != named_constraints(one.replace(">= 0", ">= 1"))


def test_what_mainline_alone_does_too_is_excused() -> None:
    """Mainline's relation to another app's new model has no dependency: `migrate shop` alone fails without the plan too. A database of the
    patch is not excused: with the patch branch that command worked."""
    fork = base()
    marks = Column(52, "text", default="")
    fork.write("blog", "0001_initial", [CreateModel("blog", "Post", 51, (("mark", marks),))])
    patch, mainline = fork.copy(), fork.copy()
    color = patch.write("shop", "0003_color", [AddField("shop", "Item", "color", COLOR)])
    mainline.write("blog", "0002_new", [CreateModel("blog", "New", 53, (("mark", replace(marks, uid=54)),))])
    relation = AddField("shop", "Item", "new", Column(55, "fk", null=True, target=53))
    new = mainline.write("shop", "0003_new", [relation])
    mainline.tree[new] = replace(mainline.tree[new], dependencies=(TIP,))
    defaults = frozenset({"white", "first"})
    pair = Pair(4, ("blog", "shop"), fork.tree, patch.tree, mainline.tree, mainline.tree, False, defaults)
    merge = ("shop", "0004_merge")
    tree = {**mainline.tree, color: patch.tree[color], merge: Migration(merge, (new, color), (), ())}
    judge = Judge(pair, simulated_databases(pair), in_django(tree), partial_targets=len(tree))
    problems = judge.problems()
    assert {problem.population.partition(" ")[0] for problem in problems} == {"patch"}
    assert any(line.startswith("excused") and "fork point" in line for line in judge.story)
