"""SB209: a data operation of one branch that fails on what the other branch does to its model."""

from __future__ import annotations

from cases_by_hand import RELEASE, case_of, findings, only_finding, place
from migration_values import add, char, delete, integer, migration, operation, remove, rename, run_python

from stitchback.hazards.data_and_rename import DataAndRename
from stitchback.model.operations import Operation
from stitchback.model.values import Constant


def run_sql(text: str) -> Operation:
    return operation("RunSQL", sql=Constant(text))


GONE = migration("shop.0003_gone", "shop.0002_base", remove("item", "label"))
USES_LABEL = migration("shop.0003_fill", "shop.0002_base", run_sql("UPDATE shop_item SET label = 'x'"))
USES_BASE = migration("shop.0003_fill", "shop.0002_base", run_sql("UPDATE shop_item SET base = 'x'"))


def test_a_data_operation_of_the_patch_branch_that_uses_what_mainline_removes_is_found() -> None:
    finding = only_finding(DataAndRename(), case_of((USES_LABEL,), GONE))
    assert place(finding) == ("SB209", "error", RELEASE, "shop/migrations/0003_fill.py:1")
    assert (
        "may use RemoveField of shop.item.label, which shop.0003_gone of main drops or renames"
        in finding.message
    )


def test_a_data_operation_of_mainline_that_uses_what_the_patch_branch_renames_is_found() -> None:
    renamed = migration("shop.0003_renamed", "shop.0002_base", rename("item", "label", "title"))
    finding = only_finding(DataAndRename(), case_of((renamed,), USES_LABEL))
    assert place(finding) == ("SB209", "error", "main", "shop/migrations/0003_fill.py:1")
    assert finding.message.endswith("On a database that has run shop.0003_renamed, shop.0003_fill fails")


def test_code_that_may_use_any_model_is_found() -> None:
    anything = migration("shop.0003_fill", "shop.0002_base blog.0001_initial", run_python())
    drop = migration("blog.0002_drop", "blog.0001_initial", delete("Post"))
    assert "DeleteModel of blog.post" in only_finding(DataAndRename(), case_of((anything,), drop)).message


def test_near_miss_code_that_does_not_have_the_other_apps_models_is_not_found() -> None:
    """Django gives it the models of the migrations that it depends on."""
    anything = migration("shop.0003_fill", "shop.0002_base", run_python())
    drop = migration("blog.0002_drop", "blog.0001_initial", delete("Post"))
    assert findings(DataAndRename(), case_of((anything,), drop)) == []


def test_near_miss_a_data_operation_that_uses_another_column_is_not_found() -> None:
    assert findings(DataAndRename(), case_of((USES_BASE,), GONE)) == []


def test_near_miss_a_data_operation_that_both_branches_have_is_not_found() -> None:
    """Mainline runs it before it removes the column."""
    same = USES_LABEL.with_changes(key=migration("shop.0003_same").key)
    gone = GONE.with_changes(dependencies=(same.key,))
    assert findings(DataAndRename(), case_of((USES_LABEL,), same, gone)) == []


INSERT = migration(
    "shop.0003_insert", "shop.0002_base", run_sql("INSERT INTO shop_item (label) VALUES ('x')")
)


def test_an_insert_without_a_value_for_a_column_that_mainline_makes_not_null_is_found() -> None:
    size = migration("shop.0003_size", "shop.0002_base", add("item", "size", char(20)))
    finding = only_finding(DataAndRename(), case_of((INSERT,), size))
    assert place(finding) == ("SB209", "error", RELEASE, "shop/migrations/0003_insert.py:1")
    assert "inserts rows into shop.item without a value for size" in finding.message


def test_near_miss_an_insert_beside_a_column_that_may_be_null_is_not_found() -> None:
    size = migration("shop.0003_size", "shop.0002_base", add("item", "size", integer()))
    assert findings(DataAndRename(), case_of((INSERT,), size)) == []
