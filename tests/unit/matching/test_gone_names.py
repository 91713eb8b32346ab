"""What migrations drop or rename, of what data operations need; and which models the two sides name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import (
    add,
    alter,
    char,
    create,
    delete,
    key,
    keys,
    migration,
    operation,
    remove,
    rename,
    run_python,
)
from plans_by_hand import FORK, changed, patch

from stitchback.matching.case import Side
from stitchback.matching.data_conflicts import conflicts, dropped_names_in, label_of
from stitchback.matching.edited_shared_migrations import (
    EditedSharedMigrations,
    apps_of_trees,
    may_differ,
    new_parents,
    released_version,
)
from stitchback.matching.leaf_models import patch_alone_seen
from stitchback.matching.match import compare, edited_since
from stitchback.matching.relevant_models import below, named_models, with_earlier_names
from stitchback.matching.sides import sides
from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.matches import Match, Verdict
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Constant, Reference

ITEM = ModelKey.of("shop", "item")
UNREAD = Opaque("cannot be read", "op()", Span("shop/migrations/x.py", 3))
RENAMED_MODEL = operation("RenameModel", old_name=Constant("Item"), new_name=Constant("Thing"))
BASE = FORK.migrations[key("shop.0002_base")]
APPS = frozenset(each.app for each in FORK.migrations)


def onto(*migrations: Migration) -> Tree:
    return Tree("main", "main", changed(FORK, *migrations).migrations)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (delete("Item"), ""),
        (RENAMED_MODEL, ""),
        (operation("AlterModelTable", name=Constant("Item"), table=Constant("t")), ""),
        (remove("item", "base"), "base"),
        (rename("item", "base", "x"), "base"),
    ],
    ids=lambda given: given.kind if isinstance(given, Operation) else "",
)
def test_what_an_operation_takes_away(given: Operation, field: str) -> None:
    nothing = add("item", "x")
    inside = replace(operation("SeparateDatabaseAndState"), database=(nothing, given))
    for operations in ((nothing, given), (nothing, inside)):
        (found,) = dropped_names_in("main", [migration("shop.0003_x", "", *operations)])
        assert (found.model, found.field, found.kind, found.origin.index) == (ITEM, field, given.kind, 1)


def test_what_names_no_model_takes_nothing_away() -> None:
    unnamed = operation("RemoveField", model_name=Reference("elsewhere.NAME"), name=Constant("x"))
    assert (
        list(dropped_names_in("main", [migration("shop.0003_x", "", unnamed, UNREAD, create("Item"))])) == []
    )


def test_a_data_operation_is_named_by_its_code() -> None:
    assert label_of(run_python("fill")) == "RunPython fill"
    assert label_of(operation("RunSQL", sql=Constant("UPDATE shop_item SET base = 1"))).startswith("RunSQL")
    assert label_of(UNREAD) == "op()"


def test_data_of_one_branch_and_what_the_other_one_drops() -> None:
    sql = operation("RunSQL", sql=Constant("UPDATE shop_item SET base = 'x'"))

    def found(ours: Operation, theirs: Operation) -> list[tuple[str, str]]:
        given = patch(migration("shop.0003_p", "shop.0002_base", ours))
        mainline = onto(migration("shop.0003_m", "shop.0002_base", theirs))
        split = sides(given, mainline)
        side = Side(given, split, compare(split, {}))
        return [(str(each.migration.key), str(each.gone)) for each in conflicts(side, mainline)]

    assert found(sql, remove("item", "base")) == [("shop.0003_p", "RemoveField of shop.item.base")]
    assert found(remove("item", "base"), sql) == [("shop.0003_m", "RemoveField of shop.item.base")]
    assert found(sql, remove("item", "label")) == []
    assert found(sql, add("item", "y")) == []


class TestNamedModels:
    def test_every_model_that_an_operation_names(self) -> None:
        inside = replace(operation("SeparateDatabaseAndState"), state=(create("Inner"),))
        given = migration("shop.0003_x", "", RENAMED_MODEL, inside, run_python())
        assert named_models([given]) == {ModelKey.of("shop", name) for name in ("item", "thing", "inner")}

    def test_not_known_where_a_name_cannot_be_read(self) -> None:
        unnamed = operation("DeleteModel", name=Reference("elsewhere.NAME"))
        assert named_models([migration("shop.0003_x", "", unnamed)]) is None

    def test_what_was_ever_renamed_counts_too(self) -> None:
        base = frozenset({ModelKey.of("shop", "box")})
        given = [migration("shop.0003_x", "", RENAMED_MODEL, create("Other"))]
        assert with_earlier_names(base, given) == base | {ITEM, ModelKey.of("shop", "thing")}


def test_the_apps_below() -> None:
    unread = Opaque("cannot be read", "x", Span("x.py", 1))
    files = [
        migration("shop.0001", (key("shop.0000"), key("blog.0001"), unread)),
        migration("blog.0001", "tags.0001"),
        migration("early.0001", "", run_before="tags.0001"),
        migration("apart.0001", "shop.0001"),
    ]
    assert below(["shop"], files) == {"shop", "blog", "tags", "early"}
    assert below(["apart"], files) == {"apart", "shop", "blog", "tags", "early"}
    assert below(["early"], files) == {"early"}


class TestReleasedFiles:
    """What databases of the fork point have applied, against mainline's file of that name."""

    EDITED = BASE.with_changes(operations=(*BASE.operations, add("item", "more")), blob="edited")

    def test_the_fork_points_version(self) -> None:
        assert released_version(patch(), BASE.key, onto(self.EDITED)) is BASE

    def test_the_patch_branchs_own_where_only_that_is_another(self) -> None:
        own = Tree("release/2.4", "release/2.4", changed(FORK, self.EDITED).migrations)
        given = replace(patch(), tree=own)
        assert released_version(given, BASE.key, onto()) is self.EDITED
        assert released_version(given, BASE.key, onto(self.EDITED)) is BASE
        assert released_version(given, BASE.key, onto(BASE.with_changes(operations=()))) is BASE

    def test_only_other_operations_count(self) -> None:
        assert list(may_differ(patch(), onto(self.EDITED))) == [BASE.key]
        assert list(may_differ(patch(), onto(BASE.with_changes(blob="layout")))) == []
        assert list(may_differ(patch(), onto())) == []

    def test_squashes_tell_by_their_parts(self) -> None:
        squash = self.EDITED.with_changes(replaces=keys("shop.0000_old"))
        assert list(may_differ(patch(), onto(squash))) == []

    def test_not_in_an_app_whose_released_files_are_squashed_with_mainlines_own(self) -> None:
        both = migration("shop.0001_squashed", "", replaces="shop.0001_initial shop.0003_x")
        alone = migration("shop.0001_squashed", "", replaces="shop.0001_initial")
        assert list(may_differ(patch(), onto(self.EDITED, both))) == []
        assert list(may_differ(patch(), onto(self.EDITED, alone))) == [BASE.key]

    def test_parents_that_the_fork_point_lacks(self) -> None:
        def found(*parents: str) -> str:
            named = tuple(MigrationKey(*each.split(".")) for each in parents)
            new = BASE.with_changes(dependencies=(*BASE.dependencies, *named))
            return " ".join(map(str, new_parents(BASE, new, FORK, APPS)))

        assert found("shop.0001_new") == "shop.0001_new"
        assert found("blog.0001_initial", "elsewhere.0001", "blog.__first__", "blog.__latest__") == ""
        squashed = changed(FORK, migration("blog.0001_squashed", "", replaces="blog.0000_old"))
        new = BASE.with_changes(dependencies=keys("blog.0000_old"))
        assert list(new_parents(BASE, new, squashed, APPS)) == []
        assert (
            list(
                new_parents(
                    BASE.with_changes(run_before=keys("blog.0009_x")),
                    BASE.with_changes(dependencies=keys("blog.0009_x")),
                    FORK,
                    APPS,
                )
            )
            == []
        )

    def test_an_app_that_only_mainline_has(self) -> None:
        new = BASE.with_changes(dependencies=(*BASE.dependencies, key("geo.0001_initial")))
        mainline = onto(new, migration("geo.0001_initial", ""))
        assert edited_since(patch(), mainline).parents == {BASE.key}

    def test_near_miss_an_app_that_was_an_installed_package(self) -> None:
        new = BASE.with_changes(dependencies=(*BASE.dependencies, key("geo.0002_more")))
        mainline = onto(
            new, migration("geo.0001_initial", ""), migration("geo.0002_more", "geo.0001_initial")
        )
        package = patch(migration("shop.0003_p", "shop.0002_base geo.0001_initial"))
        assert "geo" not in apps_of_trees(package, mainline)
        assert edited_since(package, mainline).parents == frozenset()
        assert edited_since(patch(), onto(new)).parents == frozenset(), "no app of mainline's tree"

    def test_data_operations_on_either_side(self) -> None:
        fill = run_python("fill")
        more = BASE.with_changes(operations=(*BASE.operations, fill))
        data = frozenset({BASE.key})
        for old, new, emptied in ((BASE, more, frozenset()), (more, BASE, data)):
            fork = changed(FORK, old)
            assert edited_since(patch(fork=fork), changed(fork, new)) == EditedSharedMigrations(
                data=data, emptied=emptied
            )
        moved = migration("shop.0003_more", "shop.0002_base")
        old = changed(FORK, more, moved)
        assert (
            edited_since(patch(fork=old), changed(old, BASE, moved.with_changes(operations=(fill,))))
            == EditedSharedMigrations()
        )

    def test_an_edit_of_the_patch_branch_alone(self) -> None:
        """Its databases have what mainline's lack; mainline has not taken it out."""
        for more, schema in ((run_python("fill"), False), (add("item", "more"), True)):
            own = patch(BASE.with_changes(operations=(*BASE.operations, more)))
            found = edited_since(own, changed(FORK))
            assert (found.keys, found.data, found.emptied) == (
                ({BASE.key}, frozenset(), frozenset()) if schema else (frozenset(), {BASE.key}, frozenset())
            )

    def test_near_miss_a_patch_branch_that_edits_what_no_database_sees(self) -> None:
        own = patch(BASE.with_changes(path="elsewhere/0002_base.py"))
        assert edited_since(own, changed(FORK)) == EditedSharedMigrations()

    def test_unread_operations_on_either_side(self) -> None:
        more = BASE.with_changes(operations=(*BASE.operations, UNREAD))
        for old, new in ((BASE, more), (more, BASE)):
            fork = changed(FORK, old)
            assert edited_since(patch(fork=fork), changed(fork, new)).schema == {BASE.key}


@pytest.mark.parametrize(
    ("verdict", "mainline", "expected"),
    [(Verdict.PATCH_ONLY, True, True), (Verdict.PATCH_ONLY, False, False), (Verdict.DIFFERENT, True, False)],
)
def test_what_a_database_sees_of_the_patch_alone(verdict: Verdict, mainline: bool, expected: bool) -> None:
    split = sides(patch(migration("shop.0003_p", "shop.0002_base", alter("item", "label", char(30)))), onto())
    (match,) = compare(split, {}).matches
    assert patch_alone_seen(Match(match.patch, match.patch if mainline else (), verdict)) is expected
