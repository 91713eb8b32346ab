"""Data operations that insert rows into a model of which the other branch makes a column NOT NULL; and those that query what a database
lacks, in a slice too."""

from __future__ import annotations

import pytest
from migration_values import add, alter, char, create, field, foreign_key, integer, migration, operation, tree
from plans_by_hand import BASE, FORK, candidate, changed, patch, situation

from stitchback.engine import Engine, EngineCache, SymbolicDatabase
from stitchback.model.data_reach import EVERYTHING, Reach
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import Candidate, Refuted, SafePlan, Situation
from stitchback.model.values import TRUE, Code, Constant
from stitchback.operations.data_needs import Needs
from stitchback.proof import Prover, prove
from stitchback.proof.data_runs import work_of
from stitchback.proof.relevance import sliced
from stitchback.strategies.written_operations import conditional


def run_python(*models: str, words: str = "", reach: Reach | None = None) -> Operation:
    found = reach or Reach(frozenset(models), frozenset(words.split()), runs_sql="execute" in words.split())
    return operation(
        "RunPython", code=Code("fill", f"fill {models} {words}", "def fill(a, b): ...", reach=found)
    )


def run_sql(text: str) -> Operation:
    return operation("RunSQL", sql=Constant(text))


def merged(ours: tuple[Operation, ...], theirs: tuple[Operation, ...]) -> SafePlan | Refuted:
    """The patch's migration beside mainline's, joined by an empty one."""
    brought = migration("shop.0003_p", "shop.0002_base", *ours)
    given = situation(migration("shop.0003_m", "shop.0002_base", *theirs), patches=[patch(brought)])
    return prove(candidate(given, brought, migration("shop.0004_merge", "shop.0003_m shop.0003_p")), given)


CREATES = run_python("shop.item", words="create label")
REQUIRED = (add("item", "size", field("IntegerField")),)
LATER = (add("item", "size", integer()), alter("item", "size", field("IntegerField")))
OWNER = (create("Owner", {}, name=char()), add("item", "owner", foreign_key("shop.Owner")))
UNSET = {
    "a new column": (CREATES, REQUIRED),
    "a column that becomes NOT NULL": (CREATES, LATER),
    "a foreign key": (CREATES, OWNER),
    "a date": (CREATES, (add("item", "size", field("DateField")),)),
    "bulk_create": (run_python("shop.item", words="bulk_create label"), REQUIRED),
    "get_or_create": (run_python("shop.item", words="get_or_create label"), REQUIRED),
    "update_or_create": (run_python("shop.item", words="update_or_create label"), REQUIRED),
    "SQL": (run_sql("INSERT INTO shop_item (label) VALUES ('a')"), REQUIRED),
    "SQL, which knows no default of Django's": (
        run_sql("INSERT INTO shop_item (label) VALUES ('a')"),
        (add("item", "size", field("IntegerField", default=Constant(1))),),
    ),
    "SQL, which knows no empty text": (
        run_sql("INSERT INTO shop_item (label) VALUES ('a')"),
        (add("item", "size", char()),),
    ),
    "SQL within Python": (run_python("shop.item", words="execute insert shop_item label"), REQUIRED),
}


@pytest.mark.parametrize("name", UNSET)
@pytest.mark.parametrize("is_the_patchs", [True, False], ids=["patch inserts", "mainline inserts"])
def test_a_row_without_a_value_that_the_other_branch_demands(name: str, is_the_patchs: bool) -> None:
    data, changes = UNSET[name]
    outcome = merged((data,), changes) if is_the_patchs else merged(changes, (data,))
    assert isinstance(outcome, Refuted)
    assert any("without a value for" in failure.message for failure in outcome.failures)


FINE = {
    "it may be NULL": (CREATES, (add("item", "size", integer()),)),
    "Django has a default": (CREATES, (add("item", "size", field("IntegerField", default=Constant(1))),)),
    "the database has a default": (
        CREATES,
        (add("item", "size", field("IntegerField", db_default=Constant(1))),),
    ),
    "Django inserts an empty text": (CREATES, (add("item", "size", char()),)),
    "Django inserts the time": (CREATES, (add("item", "size", field("DateTimeField", auto_now_add=TRUE)),)),
    "the code names the field": (run_python("shop.item", words="create label size"), REQUIRED),
    "the statement names the column": (run_sql("INSERT INTO shop_item (size) VALUES (1)"), REQUIRED),
    "rows are saved, none is created": (run_python("shop.item", words="save label"), REQUIRED),
    "rows of another model": (run_python("blog.post", words="create title"), REQUIRED),
    "rows of another table": (run_sql("INSERT INTO blog_post (title) VALUES ('a')"), REQUIRED),
    "code that cannot be read": (run_python(reach=EVERYTHING), REQUIRED),
}


@pytest.mark.parametrize("name", FINE)
def test_a_row_that_the_other_branchs_column_takes(name: str) -> None:
    data, changes = FINE[name]
    assert isinstance(merged((data,), changes), SafePlan)


def test_a_branch_whose_own_column_is_not_null_sets_it() -> None:
    """The code may give the value by a name that is not read: it ran on its own branch."""
    ours = (
        migration("shop.0003_p", "shop.0002_base", add("item", "size", integer())),
        migration("shop.0004_p", "shop.0003_p", alter("item", "size", field("IntegerField"))),
        migration("shop.0005_p", "shop.0004_p", CREATES),
    )
    theirs = migration("shop.0003_m", "shop.0002_base", alter("item", "base", char(30)))
    given = situation(theirs, patches=[patch(*ours)])
    plan = candidate(given, *ours, migration("shop.0006_merge", "shop.0003_m shop.0005_p"))
    assert isinstance(prove(plan, given), SafePlan)


def test_rows_that_are_inserted_by_way_of_a_relation() -> None:
    """Mainline's operation names the owner alone: `owner.item_set.create(…)`."""
    owner = add("item", "owner", foreign_key("shop.Owner", null=TRUE))
    below = migration("shop.0003_owner", "shop.0002_base", create("Owner", {}, name=char()), owner)
    fork = changed(FORK, below)
    ours = migration("shop.0004_p", "shop.0003_owner", *REQUIRED)
    theirs = migration(
        "shop.0004_m", "shop.0003_owner", run_python("shop.owner", words="item_set create label")
    )
    onto = Tree("main", "main", changed(fork, theirs).migrations)
    given = Situation((patch(ours, fork=fork),), onto, ())
    outcome = prove(candidate(given, ours, migration("shop.0005_merge", "shop.0004_m shop.0004_p")), given)
    assert isinstance(outcome, Refuted)
    assert any("inserts rows into shop.item without a value for size" in f.message for f in outcome.failures)


def test_a_database_may_demand_what_the_models_do_not_know() -> None:
    """As where a patched database comes with a column of the patch's migration of the same name."""
    insert = migration("shop.0003_fill", "shop.0002_base", CREATES)
    [work] = work_of(insert)
    memory = EngineCache(needs={work: Needs(inserts={ModelKey("shop", "item"): frozenset({"size"})})})
    applied_set = migration("shop.0003_size", "shop.0002_base", *REQUIRED)
    patched = Engine(tree(*BASE, applied_set), memory=memory).migrate(SymbolicDatabase()).final
    rows = [key for key in patched.ledger if key.name != "0003_size"]
    run = Engine(tree(*BASE, insert), memory=memory).migrate(SymbolicDatabase(tuple(rows), patched.schema))
    assert run.error is not None
    assert "inserts rows into shop_item without a value for column size" in run.error.message


QUERIES = {
    "Python": run_python("shop.item", words="label save"),
    "SQL": run_sql("UPDATE shop_item SET a = 1"),
    "SQL within Python": run_python(words="execute update shop_item a"),
}


def bridged_at_the_leaf(data: Operation) -> tuple[Candidate, Situation]:
    """The patch's 0003_x makes another column than mainline's; what is missing is made at the leaf, behind the data operation."""
    ours = migration("shop.0003_x", "shop.0002_base", add("item", "b", integer()))
    theirs = (
        migration("shop.0003_x", "shop.0002_base", add("item", "a", integer())),
        migration("shop.0004_fill", "shop.0003_x", data),
    )
    given = situation(*theirs, patches=[patch(ours)])
    leaf = (conditional(add("item", name, integer())) for name in "ab")
    return candidate(given, migration("shop.0005_leaf", "shop.0004_fill", *leaf)), given


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("slicing", [True, False], ids=["sliced", "whole"])
def test_a_query_of_mainlines_needs_what_a_patched_database_lacks(name: str, slicing: bool) -> None:
    plan, given = bridged_at_the_leaf(QUERIES[name])
    outcome = Prover(given, slicing=slicing).prove(plan)
    assert isinstance(outcome, Refuted)
    assert any("uses shop_item, which lacks column a" in failure.message for failure in outcome.failures)


UNRELATED = {
    "another model": run_python("blog.post", words="title"),
    "another table": run_sql("UPDATE blog_post SET title = 1"),
    "a statement that changes the schema": run_sql("ALTER TABLE shop_item ADD COLUMN a integer"),
}


@pytest.mark.parametrize("name", UNRELATED)
def test_a_data_operation_on_other_models_is_left_out_of_a_slice(name: str) -> None:
    plan, given = bridged_at_the_leaf(UNRELATED[name])
    cut = sliced(plan, given).candidate.result
    assert [each.operations for key, each in cut.migrations.items() if key.name == "0004_fill"] == [()]
