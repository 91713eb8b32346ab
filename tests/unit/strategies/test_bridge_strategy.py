"""bridge: one more migration at the leaf node creates what a database lacks."""

from __future__ import annotations

import pytest
from cases_by_hand import case_of, files, planned, proposed
from migration_values import (
    TRUE,
    add,
    add_index,
    add_unique,
    alter,
    alter_options,
    char,
    create,
    edited,
    foreign_key,
    key,
    keys,
    migration,
    operation,
    remove,
    rename,
    run_python,
)
from plans_by_hand import FORK, M, P, X, changed

from stitchback.model.edits import WriteFile
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.values import Constant, Items, Value
from stitchback.strategies.bridge import Bridge
from stitchback.strategies.draft import Draft

UNIQUE_TOGETHER = operation(
    "AlterUniqueTogether",
    name=Constant("item"),
    unique_together=Items("set", (Items("tuple", (Constant("label"), Constant("base"))),)),
)
MORE = edited(P, operations=(*P.operations, add("item", "size")))
BASE = FORK.migrations[key("shop.0002_base")]


def plus(*operations: Operation) -> Migration:
    return edited(P, operations=(*P.operations, *operations))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (create("Tag", name=char()), "conditional CreateModel Tag"),
        (add_index("item", "by_label", "label"), "conditional AddIndex item"),
        (add_unique("item", "one_label", "label"), "conditional AddConstraint item"),
        (UNIQUE_TOGETHER, "conditional AlterUniqueTogether item"),
    ],
    ids=["a table", "an index", "a constraint", "unique_together"],
)
def test_whatever_one_of_two_files_of_the_same_name_creates_is_created_where_it_is_missing(
    more: Operation, words: str
) -> None:
    expected = {"shop.0004_bridge_0003_p": f"after shop.0003_p: {words}"}
    assert files(planned(Bridge(), case_of((P,), plus(more)))) == expected
    assert files(planned(Bridge(), case_of((plus(more),), P))) == expected


@pytest.mark.parametrize(
    ("ours", "theirs", "lengths"),
    [
        (plus(alter("item", "label", char(30))), plus(alter("item", "label", char(40))), (30, 40)),
        (P, plus(alter("item", "label", char(40))), (20, 40)),
    ],
    ids=["altered in both", "altered in mainline's"],
)
def test_a_column_that_two_files_of_the_same_name_alter_ends_with_mainlines_length(
    ours: Migration, theirs: Migration, lengths: tuple[int, int]
) -> None:
    assert files(planned(Bridge(), case_of((ours,), theirs))) == {
        "shop.0004_bridge_0003_p": f"after shop.0003_p: state only AlterField item.label to {lengths[0]}; "
        f"AlterField item.label to {lengths[1]}"
    }


def test_what_only_the_patchs_file_of_the_same_name_alters_is_altered_everywhere() -> None:
    candidate = planned(Bridge(), case_of((plus(alter("item", "label", char(40))),), P))
    assert files(candidate) == {
        "shop.0004_bridge_0003_p": "after shop.0003_p: conditional AlterField item.label to 40"
    }


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(char(40), char(40, db_index=TRUE)), (char(40, unique=TRUE), char(40))],
    ids=["an index more on mainline", "unique on the patch branch"],
)
def test_a_column_with_other_indexes_is_altered_where_the_database_differs(
    ours: Value, theirs: Value
) -> None:
    """Else the index would be made twice, or dropped where it is not."""
    longer, indexed = (plus(alter("item", "label", each)) for each in (ours, theirs))
    assert files(planned(Bridge(), case_of((longer,), indexed))) == {
        "shop.0004_bridge_0003_p": "after shop.0003_p: conditional AlterField item.label to 40"
    }


def test_unique_together_of_the_patchs_file_alone_is_added_to_mainlines() -> None:
    pairs = (("label", "base"), ("label", "color"))
    theirs, ours = (
        operation(
            "AlterUniqueTogether",
            name=Constant("item"),
            unique_together=Items("set", tuple(Items("tuple", tuple(map(Constant, pair))) for pair in some)),
        )
        for some in (pairs[:1], pairs[1:])
    )
    later = migration("shop.0004_m", "shop.0003_p", theirs)
    (edit,) = planned(Bridge(), case_of((plus(ours),), P, later)).edits
    assert isinstance(edit, WriteFile)
    assert "{('label', 'base'), ('label', 'color')}" in str(edit.result.operations[0])


def test_data_operations_of_two_files_of_the_same_name_are_left_to_the_findings() -> None:
    theirs = plus(add("item", "size"), run_python("theirs"))
    assert files(planned(Bridge(), case_of((plus(run_python("ours")),), theirs))) == {
        "shop.0004_bridge_0003_p": "after shop.0003_p: conditional AddField item.size"
    }


def test_dependencies_on_the_migration_go_to_the_bridge_where_mainline_has_no_file_of_the_name() -> None:
    idle = plus(run_python(empty=True), alter_options("item", verbose_name="item"))
    draft = proposed(Bridge(), case_of((idle,), X))
    assert draft is not None
    assert draft.replacements == {P.key: key("shop.0004_bridge_0003_p")}
    draft = proposed(Bridge(), case_of((P,), MORE))
    assert draft is not None
    assert draft.replacements == {P.key: P.key}


def test_an_index_on_a_column_that_mainline_removes_is_dropped_before_the_column() -> None:
    """SQLite refuses to drop a column that an index holds, and nothing can create the index again."""
    ours = edited(P, operations=(add_index("item", "by_label", "label"),))
    gone = migration("shop.0003_m", "shop.0002_base", remove("item", "label"))
    case = case_of((ours,), gone)
    assert files(planned(Bridge(), case)) == {
        "shop.0003_m": "after shop.0002_base: conditional RemoveIndex item.by_label; RemoveField item.label"
    }
    draft = proposed(Bridge(), case)
    assert draft is not None
    assert draft.replacements == {P.key: key("shop.0002_base")}


def test_a_column_that_mainlines_file_of_the_same_name_lacks_is_known_before_sqlite_recreates_the_table() -> (
    None
):
    """Mainline's databases that have recreated it already get the column at the leaf."""
    altered = migration("shop.0004_longer", "shop.0003_p", alter("item", "label", char(40)))
    assert files(planned(Bridge(), case_of((MORE,), P, altered))) == {
        "shop.0004_longer": "after shop.0003_p: conditional AddField item.size; AlterField item.label to 40",
        "shop.0005_bridge_0003_p": "after shop.0004_longer: conditional AddField item.size",
    }


def test_a_difference_that_no_database_stores_needs_no_bridge() -> None:
    worded = add("item", "color", char(null=TRUE, help_text=Constant("in words")))
    assert files(
        planned(Bridge(), case_of((P,), edited(MORE, operations=(worded, add("item", "size")))))
    ) == {"shop.0004_bridge_0003_p": "after shop.0003_p: conditional AddField item.size"}


def test_a_column_that_mainline_has_altered_since_is_left_to_that_alteration() -> None:
    longer = migration("shop.0004_longer", "shop.0003_p", alter("item", "color", char(40)))
    assert files(planned(Bridge(), case_of((P,), MORE, longer))) == {
        "shop.0004_longer": "after shop.0003_p: conditional AddField item.size; AlterField item.color to 40"
    }


def test_a_column_that_only_mainlines_file_of_the_same_name_adds_is_created_where_it_is_missing() -> None:
    candidate = planned(Bridge(), case_of((P,), MORE))
    assert files(candidate) == {
        "shop.0004_bridge_0003_p": "after shop.0003_p: conditional AddField item.size"
    }
    assert candidate.manual_inserts == ()
    assert candidate.strategies == {"shop": "bridge"}
    assert candidate.result.migrations[key("shop.0004_bridge_0003_p")].provenance == (
        "covers shop.0003_p of release/2.4 (commit release/2.4)",
    )


def test_a_column_that_only_the_patchs_file_of_the_same_name_adds_is_created_where_it_is_missing() -> None:
    assert files(planned(Bridge(), case_of((MORE,), P))) == {
        "shop.0004_bridge_0003_p": "after shop.0003_p: conditional AddField item.size"
    }


def test_a_longer_column_in_mainlines_file_of_the_same_name_is_what_every_database_ends_with() -> None:
    longer = edited(P, operations=(add("item", "color", char(40)),))
    assert files(planned(Bridge(), case_of((P,), longer))) == {
        "shop.0004_bridge_0003_p": "after shop.0003_p: state only AlterField item.color to 20; "
        "AlterField item.color to 40"
    }


def test_a_column_that_mainline_has_put_into_a_released_migration_is_created_where_it_is_missing() -> None:
    more = edited(BASE, operations=(*BASE.operations, add("item", "size")))
    assert files(planned(Bridge(), case_of((), more))) == {
        "shop.0003_bridge_0002_base": "after shop.0002_base: conditional AddField item.size"
    }


def test_an_alteration_of_a_column_that_mainline_has_renamed_is_made_under_the_new_name() -> None:
    ours = edited(P, operations=(alter("item", "label", char(30)),))
    renamed = migration("shop.0003_m", "shop.0002_base", rename("item", "label", "title"))
    assert files(planned(Bridge(), case_of((ours,), renamed))) == {
        "shop.0004_bridge_0003_p": "after shop.0003_m: conditional AlterField item.title to 30"
    }


def test_a_missing_column_is_created_before_sqlite_recreates_the_table() -> None:
    """FACTS F34."""
    altered = migration("shop.0004_longer", "shop.0003_p", alter("item", "label", char(40)))
    assert files(planned(Bridge(), case_of((P,), MORE, altered))) == {
        "shop.0004_longer": "after shop.0003_p: conditional AddField item.size; AlterField item.label to 40"
    }


RENAMED = {
    "a field": (
        rename("item", "label", "title"),
        alter("item", "label", char(40)),
        "database only conditional RenameField item; ",
    ),
    "a field that a data operation uses": (
        rename("item", "label", "title"),
        run_python("fill"),
        "database only conditional RenameField item; ",
    ),
    "a model": (
        operation("RenameModel", old_name=Constant("Item"), new_name=Constant("Thing")),
        add("item", "size"),
        "database only conditional RenameModel; ",
    ),
}


@pytest.mark.parametrize("name", RENAMED)
def test_what_the_patch_renames_has_its_old_name_where_mainline_uses_that_and_the_new_one_at_the_leaf(
    name: str,
) -> None:
    renamed, use, words = RENAMED[name]
    ours, theirs = (
        migration("shop.0003_r", "shop.0002_base", renamed),
        migration("shop.0003_m", "shop.0002_base", use),
    )
    found = files(planned(Bridge(), case_of((ours,), theirs)))
    assert words in found["shop.0003_m"]
    assert f"conditional {renamed.kind}" in found["shop.0004_bridge_0003_r"]


def test_near_miss_a_rename_that_mainline_does_not_use() -> None:
    """A plain merge does it; no file of mainline's is edited."""
    ours = migration("shop.0003_r", "shop.0002_base", rename("item", "label", "title"))
    beside = migration("shop.0003_m", "shop.0002_base", create("Tag", name=char()))
    assert proposed(Bridge(), case_of((ours,), beside)) is None


def test_near_miss_a_rename_of_what_another_app_uses_under_the_old_name() -> None:
    """A file of that app cannot give this app's table another name."""
    renamed = operation("RenameModel", old_name=Constant("Item"), new_name=Constant("Thing"))
    ours = migration("shop.0003_r", "shop.0002_base", renamed)
    there = migration(
        "blog.0002_m", "blog.0001_initial shop.0002_base", add("post", "item", foreign_key("shop.Item"))
    )
    assert proposed(Bridge(), case_of((ours,), there)) is None


def test_near_miss_a_field_that_the_patch_renames_and_alters() -> None:
    """Mainline's own alteration contradicts that one."""
    ours = migration(
        "shop.0003_r", "shop.0002_base", rename("item", "label", "title"), alter("item", "title", char(30))
    )
    theirs = migration("shop.0003_m", "shop.0002_base", alter("item", "label", char(40)))
    assert proposed(Bridge(), case_of((ours,), theirs)) is None


def test_near_miss_a_duplicate_under_another_name() -> None:
    """Mainline's migration would still make it."""
    assert proposed(Bridge(), case_of((P,), X, M)) is None
    assert proposed(Bridge(), case_of((plus(add("item", "first")),), X, M)) is None


def test_near_miss_the_same_schema_under_the_same_name() -> None:
    assert proposed(Bridge(), case_of((P,), P.with_changes(blob="black"))) is None


def test_a_file_of_the_same_name_on_which_django_stops_gets_the_dependencies_of_the_patch() -> None:
    """Patched databases lack its dependency; what depends on it gets that one."""
    later = migration("shop.0004_y", "shop.0003_p", add("item", "y"))
    candidate = planned(Bridge(), case_of((P,), X, edited(MORE, dependencies=keys("shop.0003_x")), later))
    assert files(candidate) == {
        "shop.0003_p": "after shop.0002_base: AddField item.color; AddField item.size",
        "shop.0004_y": "after shop.0003_p shop.0003_x: AddField item.y",
        "shop.0005_bridge_0003_p": "after shop.0004_y: conditional AddField item.size",
    }


INDEXED = migration(
    "shop.0002_base",
    "shop.0001_initial",
    add("item", "base"),
    add_index("item", "by_label", "label"),
    add_unique("item", "one_label", "label"),
)
REMOVALS = {
    "RemoveField item.base": remove("item", "base"),
    "RemoveIndex item.by_label": operation(
        "RemoveIndex", model_name=Constant("item"), name=Constant("by_label")
    ),
    "RemoveConstraint item.one_label": operation(
        "RemoveConstraint", model_name=Constant("item"), name=Constant("one_label")
    ),
}


@pytest.mark.parametrize("words", REMOVALS)
def test_what_one_of_two_files_of_the_same_name_removes_is_removed_where_it_is(words: str) -> None:
    fork = changed(FORK, INDEXED)
    more = edited(P, operations=(*P.operations, REMOVALS[words]))
    expected = {"shop.0004_bridge_0003_p": f"after shop.0003_p: conditional {words}"}
    for ours, theirs in ((more, P), (P, more)):
        candidate = planned(Bridge(), case_of((ours,), theirs, fork=fork))
        assert files(candidate) == expected
        (edit,) = candidate.edits
        assert "removes what only one" in str(edit)


def test_near_miss_what_a_file_of_the_same_name_removes_and_mainline_makes_again() -> None:
    """Mainline's own migration makes another one of the name: dropping it at the leaf would lose that."""
    fork = changed(FORK, INDEXED)
    again = migration("shop.0004_again", "shop.0003_p", add_index("item", "by_label", "label", "base"))
    more = edited(P, operations=(*P.operations, REMOVALS["RemoveIndex item.by_label"]))
    assert proposed(Bridge(), case_of((P,), more, again, fork=fork)) is None


def test_near_miss_what_the_patch_alone_removes_under_a_name_of_its_own() -> None:
    fork = changed(FORK, INDEXED)
    own = migration("shop.0003_p", "shop.0002_base", REMOVALS["RemoveIndex item.by_label"])
    assert proposed(Bridge(), case_of((own,), X, fork=fork)) is None


@pytest.mark.parametrize(
    "only_ours",
    [run_python("fill"), remove("item", "label"), rename("item", "label", "title")],
    ids=["a data operation", "a removal", "a renaming"],
)
def test_near_miss_what_no_condition_on_the_database_can_make(only_ours: Operation) -> None:
    assert proposed(Bridge(), case_of((edited(P, operations=(only_ours,)),), X)) is None
    assert proposed(Bridge(), case_of((plus(only_ours),), X)) is None


RENAMED_FIELD = rename("item", "label", "title")
RENAMED_MODEL = operation("RenameModel", old_name=Constant("Item"), new_name=Constant("Thing"))


@pytest.mark.parametrize(
    ("renamed", "words"),
    [
        (RENAMED_FIELD, "conditional RenameField item"),
        (RENAMED_MODEL, "conditional RenameModel"),
    ],
    ids=["a field", "a model"],
)
def test_what_only_mainlines_file_of_the_same_name_renames_is_renamed_where_it_has_its_old_name(
    renamed: Operation, words: str
) -> None:
    assert files(planned(Bridge(), case_of((P,), plus(renamed)))) == {
        "shop.0004_bridge_0003_p": f"after shop.0003_p: {words}"
    }


def test_a_rename_stands_before_the_first_operation_of_mainlines_that_needs_the_new_name() -> None:
    later = migration("shop.0004_later", "shop.0003_p", add_index("item", "by_title", "title"))
    assert files(planned(Bridge(), case_of((P,), plus(RENAMED_FIELD), later))) == {
        "shop.0004_later": "after shop.0003_p: conditional RenameField item; AddIndex item"
    }


def test_a_column_of_another_table_comes_before_the_new_name_of_a_model() -> None:
    """SQLite recreates the tables that refer to the model; columns of the model's own table come after."""
    ours = plus(add("item", "size"), add("tag", "size"))
    fork = changed(FORK, edited(BASE, operations=(*BASE.operations, create("Tag", name=char()))))
    (said,) = files(planned(Bridge(), case_of((ours,), plus(RENAMED_MODEL), fork=fork))).values()
    assert said == (
        "after shop.0003_p: conditional AddField tag.size; conditional RenameModel; conditional AddField thing.size"
    )


def test_near_miss_what_both_files_of_the_same_name_rename() -> None:
    assert proposed(Bridge(), case_of((plus(RENAMED_FIELD),), plus(RENAMED_FIELD))) is None


def test_near_miss_a_column_that_mainline_has_taken_out_of_a_released_migration() -> None:
    """No plan may drop it, and nothing makes it any more."""
    assert proposed(Bridge(), case_of((), edited(BASE, operations=()))) is None


LINKED = add("item", "post", foreign_key("blog.Post"))
ON_BLOG = edited(P, dependencies=keys("shop.0002_base blog.0001_initial"), operations=(*P.operations, LINKED))


def test_a_bridge_depends_on_what_its_operations_refer_to() -> None:
    """Otherwise `migrate shop` fails on an empty database: "Related model 'blog.post' cannot be resolved"."""
    expected = {
        "shop.0004_bridge_0003_p": "after shop.0003_p blog.0001_initial: conditional AddField item.post"
    }
    assert files(planned(Bridge(), case_of((ON_BLOG,), P))) == expected


def test_a_bridge_depends_on_what_the_patch_migration_depended_on_there() -> None:
    later = migration("blog.0002_later", "blog.0001_initial", add("post", "later"))
    fork = changed(FORK, later)
    ours = edited(ON_BLOG, dependencies=keys("shop.0002_base blog.0002_later"))
    (said,) = files(planned(Bridge(), case_of((ours,), P, fork=fork))).values()
    assert said.startswith("after shop.0003_p blog.0002_later:")


def test_near_miss_a_dependency_that_is_there_already_is_not_added() -> None:
    theirs = edited(P, dependencies=keys("shop.0002_base blog.0001_initial"))
    (said,) = files(planned(Bridge(), case_of((ON_BLOG,), theirs))).values()
    assert said.startswith("after shop.0003_p:")


def test_a_column_that_an_earlier_migration_of_the_branch_added_is_left_to_that_one() -> None:
    """Its operation is in the other file: the second one only removes it again."""
    second = migration("shop.0004_q", "shop.0003_p", remove("item", "size"))
    theirs = migration("shop.0004_q", "shop.0003_p", add("item", "x"))
    first = plus(alter_options("item"), add("item", "size"))
    case = case_of((first, second), P, theirs)
    unit = case.units[1]
    assert unit.key == second.key
    draft = Bridge().propose(Draft(case.situation.mainline), unit)
    assert draft is None or not draft.files.get(key("shop.0004_q"))
