"""What a plan does to a file, in a line."""

from __future__ import annotations

from dataclasses import replace

from migration_values import add, key, migration, operation, tree

from stitchback.model.edits import (
    DeleteFile,
    Insert,
    KeepOperation,
    MakeConditional,
    SetDependencies,
    SetOperations,
    SetReplaces,
    WriteFile,
)
from stitchback.model.values import Call, Constant, Reference
from stitchback.reporting.edit_words import migration_effects, operation_words, verb

BASE = migration("shop.0001_a")
MINE = migration("shop.0002_b", "shop.0001_a", add("item", "color"), add("item", "size"))
BEFORE = tree(BASE, MINE)
PATCH = migration("shop.0002_p", "shop.0001_a", add("item", "color"))


def test_an_edited_file() -> None:
    edit = WriteFile(
        MINE.key,
        MINE.path,
        MINE,
        (SetDependencies((key("shop.0001_a"), key("shop.0002_s"))), SetOperations((KeepOperation(1),))),
    )
    assert verb(edit, BEFORE) == "edit"
    assert migration_effects(edit, BEFORE) == (
        "also depends on shop.0002_s",
        "no longer contains AddField item.color",
    )


def test_a_stitched_file_is_new() -> None:
    edit = WriteFile(key("shop.0002_s"), "shop/migrations/0002_s.py", PATCH, (SetReplaces((PATCH.key,)),))
    assert verb(edit, BEFORE) == "new"
    assert migration_effects(edit, BEFORE) == (
        "replaces shop.0002_p",
        "depends on shop.0001_a",
        "contains AddField item.color",
    )


def test_a_merge_makes_nothing() -> None:
    made = WriteFile(key("shop.0003_m"), "x.py", None, (SetDependencies((PATCH.key, MINE.key)),))
    assert verb(made, BEFORE) == "new"
    assert migration_effects(made, BEFORE) == ("depends on shop.0002_p and shop.0002_b", "no operations")


def test_a_file_brought_over_as_it_is() -> None:
    edit = WriteFile(PATCH.key, PATCH.path, PATCH)
    assert verb(edit, BEFORE) == "bring"
    assert migration_effects(edit, BEFORE) == ("copy of the patch branch's file",)


def test_a_file_brought_over_and_hung_elsewhere() -> None:
    edit = WriteFile(PATCH.key, PATCH.path, PATCH, (SetDependencies((MINE.key,)),))
    assert verb(edit, BEFORE) == "bring"
    assert migration_effects(edit, BEFORE) == ("depends on shop.0002_b, no longer on shop.0001_a",)


def test_a_renumbered_file_moves() -> None:
    edit = WriteFile(key("shop.0003_b"), "shop/migrations/0003_b.py", MINE)
    assert verb(replace(edit, changes=(SetReplaces(()),)), BEFORE) == "move"
    assert verb(DeleteFile(MINE.key, MINE.path), BEFORE) == "delete"


def test_conditions_are_told() -> None:
    edit = WriteFile(MINE.key, MINE.path, MINE, (SetOperations((MakeConditional(0), KeepOperation(1))),))
    assert migration_effects(edit, BEFORE) == (
        "runs AddField item.color only if it is missing in the database",
    )
    inserted = replace(add("item", "color"), conditional=True)
    made = WriteFile(key("shop.0003_x"), "x.py", None, (SetOperations((Insert(inserted),)),))
    assert migration_effects(made, BEFORE) == ("contains AddField item.color if it is missing",)


def test_operations_are_named_by_what_they_are_about() -> None:
    index = Call(Reference("django.db.models.Index"), (), (("name", Constant("by_sku")),))
    assert (
        operation_words(operation("AddIndex", model_name=Constant("Item"), index=index))
        == "AddIndex item.by_sku"
    )
    assert operation_words(operation("RunSQL", sql=Constant("DROP TABLE x"))) == "RunSQL"
    both = replace(operation("SeparateDatabaseAndState"), state=(add("item", "color"), add("item", "size")))
    assert operation_words(both) == "AddField item.color then AddField item.size (state only)"
