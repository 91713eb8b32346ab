"""Data operations that meet models, fields or tables which they use and which the other branch has dropped or renamed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import (
    add,
    char,
    create,
    delete,
    integer,
    keys,
    migration,
    operation,
    remove,
    rename,
    tree,
)
from plans_by_hand import BASE, candidate, patch, situation

from stitchback.engine import Engine, EngineCache, SymbolicDatabase
from stitchback.model.data_reach import EVERYTHING, Reach
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.plans import Refuted, SafePlan
from stitchback.model.values import Code, Constant, Reference
from stitchback.operations.data_needs import models_queried
from stitchback.operations.model_relations import ModelRelations
from stitchback.proof import prove


def run_python(*models: str, words: str = "", reach: Reach | None = None) -> Operation:
    found = reach or Reach(frozenset(models), frozenset(words.split()), runs_sql="execute" in words.split())
    return operation(
        "RunPython", code=Code("fill", f"fill {models} {words}", "def fill(a, b): ...", reach=found)
    )


def run_sql(text: str) -> Operation:
    return operation("RunSQL", sql=Constant(text))


def rename_model(old: str, new: str) -> Operation:
    return operation("RenameModel", old_name=Constant(old), new_name=Constant(new))


def merged(ours: Operation, theirs: Operation) -> SafePlan | Refuted:
    """The patch's migration beside mainline's, joined by an empty one."""
    brought = migration("shop.0003_p", "shop.0002_base", ours)
    given = situation(migration("shop.0003_m", "shop.0002_base", theirs), patches=[patch(brought)])
    return prove(candidate(given, brought, migration("shop.0004_merge", "shop.0003_m shop.0003_p")), given)


NOTE = run_python("shop.item", words="label")
USED = {
    "a model that is renamed": (NOTE, rename_model("Item", "Thing"), "uses model shop.item"),
    "a field that is renamed": (NOTE, rename("item", "label", "title"), "uses field shop.item.label"),
    "a field that is removed": (NOTE, remove("item", "label"), "uses field shop.item.label"),
    "a table": (run_sql("UPDATE shop_item SET base = 1"), rename_model("Item", "Thing"), "table shop_item"),
    "a column": (run_sql("UPDATE shop_item SET label = 1"), remove("item", "label"), "lacks column label"),
    "anything": (run_python(reach=EVERYTHING), remove("item", "label"), "uses field shop.item.label"),
}


@pytest.mark.parametrize("name", USED)
def test_what_the_patch_takes_from_a_data_operation_of_mainline(name: str) -> None:
    data, change, said = USED[name]
    outcome = merged(change, data)
    assert isinstance(outcome, Refuted)
    assert any(said in failure.message for failure in outcome.failures)


@pytest.mark.parametrize("name", USED)
def test_what_mainline_takes_from_a_data_operation_of_the_patch(name: str) -> None:
    data, change, said = USED[name]
    outcome = merged(data, change)
    assert isinstance(outcome, Refuted)
    assert any(said in failure.message for failure in outcome.failures)


UNUSED = {
    "another model": (run_python("blog.post", words="title"), rename_model("Item", "Thing")),
    "another field": (NOTE, remove("item", "base")),
    "another table": (run_sql("UPDATE blog_post SET title = 1"), rename_model("Item", "Thing")),
    "another column": (run_sql("UPDATE shop_item SET label = 1"), remove("item", "base")),
    "nothing is taken away": (run_python(reach=EVERYTHING), add("item", "size", integer())),
}


@pytest.mark.parametrize("name", UNUSED)
def test_what_is_not_used_may_go(name: str) -> None:
    data, change = UNUSED[name]
    assert isinstance(merged(change, data), SafePlan)


def test_where_the_order_is_kept_nothing_is_missing() -> None:
    """Mainline's rename comes behind the patch's data operation."""
    ours = migration("shop.0003_p", "shop.0002_base", NOTE)
    theirs = migration("shop.0003_m", "shop.0002_base", remove("item", "base"))
    given = situation(theirs, patches=[patch(ours)])
    plan = candidate(given, ours, migration("shop.0004_merge", "shop.0003_m shop.0003_p"))
    assert isinstance(prove(plan, given), SafePlan)


@pytest.mark.parametrize("data", [NOTE, run_python(reach=EVERYTHING)], ids=["by name", "unread"])
def test_queries_need_every_column_that_the_models_have(data: Operation) -> None:
    """The models have a column that this database lacks: any query of the model fails."""
    files: tuple[Migration, ...] = (
        *BASE,
        migration("shop.0003_a", "shop.0002_base", add("item", "a")),
        migration("shop.0004_fill", "shop.0003_a", data),
    )
    engine = Engine(tree(*files), memory=EngineCache())
    old = engine.migrate(SymbolicDatabase()).final
    lacking = Engine(tree(*BASE), memory=engine.memory).migrate(SymbolicDatabase()).final
    rows = [key for key in old.ledger if key.name != "0004_fill"]
    run = engine.migrate(SymbolicDatabase(tuple(rows), lacking.schema))
    assert run.error is not None
    assert "RunPython fill uses shop_item, which lacks column a" in run.error.message


def test_what_cannot_be_read_may_query_every_model_and_is_not_set_apart() -> None:
    web = ModelRelations.of(BASE, {})
    every = frozenset({ModelKey.of("shop", "item"), ModelKey.of("blog", "post")})
    assert models_queried([run_python(reach=EVERYTHING)], "shop", lambda: web) == every
    assert models_queried([NOTE], "shop", lambda: web) == {ModelKey.of("shop", "item")}
    unread = operation("RunSQL", sql=Reference("shop.sql.FILL"))
    assert models_queried([unread], "shop", lambda: web) == frozenset()


def test_sql_that_cannot_be_read_may_need_no_column() -> None:
    files = (
        *BASE,
        migration("shop.0003_a", "shop.0002_base", add("item", "a")),
        migration("shop.0004_fill", "shop.0003_a", operation("RunSQL", sql=Reference("shop.sql.FILL"))),
    )
    engine = Engine(tree(*files), memory=EngineCache())
    rows = [key for key in engine.migrate(SymbolicDatabase()).final.ledger if key.name != "0004_fill"]
    lacking = Engine(tree(*BASE), memory=engine.memory).migrate(SymbolicDatabase()).final
    assert engine.migrate(SymbolicDatabase(tuple(rows), lacking.schema)).error is None


def test_the_same_work_on_both_branches_needs_what_it_has_on_both() -> None:
    """Mainline ran it where the model had its old name, the patch branch where it had none of the field."""
    given_model = create("Log", {}, text=char())
    ours = (
        migration("shop.0003_p", "shop.0002_base", remove("item", "label")),
        migration("shop.0004_p", "shop.0003_p", NOTE),
    )
    theirs = migration("shop.0003_m", "shop.0002_base", NOTE, given_model)
    given = situation(theirs, patches=[patch(*ours)])
    plan = candidate(given, ours[0], migration("shop.0004_merge", "shop.0003_m shop.0003_p"))
    outcome = prove(plan, given)
    assert all("uses" not in failure.message for failure in getattr(outcome, "failures", ()))


def test_a_field_named_execute_makes_no_statement_of_the_word_beside_it() -> None:
    """`objects.create(execute="…")` in a text that has a table's name as a word."""
    gone = delete("Item")
    works = Reach(frozenset({"blog.post"}), frozenset({"execute", "shop_item"}))
    assert isinstance(merged(gone, run_python(reach=works)), SafePlan)
    assert isinstance(merged(gone, run_python(reach=replace(works, runs_sql=True))), Refuted)


def test_what_a_fresh_install_of_its_own_branch_never_gave_it_is_no_need() -> None:
    """Mainline's own blog.0002 comes before shop.0003 in Django's order, and neither depends on the other."""
    fill = migration("shop.0003_m", "shop.0002_base blog.0001_initial", run_python(reach=EVERYTHING))
    gone = migration("blog.0002_gone", "blog.0001_initial", delete("Post"))
    ours = migration("shop.0003_p", "shop.0002_base", add("item", "size"))
    given = situation(fill, gone, patches=[patch(ours)])
    plan = candidate(given, ours, migration("shop.0004_merge", "shop.0003_m shop.0003_p"))
    assert isinstance(prove(plan, given), SafePlan)
    late = gone.with_changes(dependencies=keys("blog.0001_initial shop.0003_m"))
    given = situation(fill, late, patches=[patch(ours)])
    early = candidate(given, ours, gone, migration("shop.0004_merge", "shop.0003_m shop.0003_p"))
    outcome = prove(early, given)
    assert isinstance(outcome, Refuted)
    kept = candidate(given, ours, migration("shop.0004_merge", "shop.0003_m shop.0003_p"))
    assert isinstance(prove(kept, given), SafePlan)


@pytest.mark.parametrize("name", ["shop.0003_a", "shop.0004_p"])
def test_the_order_of_a_merged_tree_takes_no_field_from_a_data_operation(name: str) -> None:
    """In the tree that git merged the rename may come first: what the data operation needs is what it had on its own branch."""
    own = migration(name, "shop.0002_base", NOTE)
    renamed = migration("shop.0003_m", "shop.0002_base", rename("item", "label", "title"))
    joined = migration("shop.0005_merge", f"shop.0003_m {name}")
    given = situation(renamed, own, joined, patches=[patch(own, merged=True)])
    outcome = prove(candidate(given), given)
    assert isinstance(outcome, Refuted)
    assert any("uses field shop.item.label" in failure.message for failure in outcome.failures)
