"""SB215 and SB216: parts of the models that no database stores, changed in different ways on two branches."""

from __future__ import annotations

import pytest
from cases_by_hand import RELEASE, case_of, findings, only_finding, place
from migration_values import (
    add,
    add_index,
    alter,
    alter_options,
    char,
    create,
    migration,
    operation,
    remove,
    run_python,
)
from plans_by_hand import FORK, changed, patch, situation

from stitchback.hazards.changed_on_both import ChangedOnBoth, ChangedOnTwoPatches
from stitchback.matching import build_case
from stitchback.matching.case import Case
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Constant, Items, Reference

HELP, OTHER_HELP = char(20, help_text=Constant("p")), char(20, help_text=Constant("m"))
VERBOSE_NAME = char(20, verbose_name=Constant("m"))


def managers(name: str) -> Operation:
    pair = Items("tuple", (Constant(name), Reference("shop.managers.Items")))
    return operation("AlterModelManagers", name=Constant("item"), managers=Items("list", (pair,)))


def changed_to(ours: Operation, theirs: Operation) -> Case:
    return case_of(
        (migration("shop.0003_p", "shop.0002_base", ours),),
        migration("shop.0003_m", "shop.0002_base", theirs),
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        (
            alter("item", "label", HELP),
            alter("item", "label", OTHER_HELP),
            "help_text of field shop.item.label",
        ),
        (
            alter_options("item", ordering="p"),
            alter_options("item", ordering="m"),
            "option ordering of shop.item",
        ),
        (managers("ours"), managers("theirs"), "managers of shop.item"),
    ],
    ids=["help_text", "an option", "managers"],
)
def test_what_both_branches_changed_in_different_ways_is_found(
    ours: Operation, theirs: Operation, words: str
) -> None:
    finding = only_finding(ChangedOnBoth(), changed_to(ours, theirs))
    assert place(finding) == ("SB215", "note", RELEASE, "shop/migrations/0003_p.py:1")
    assert (
        finding.message == f"{words} on release/2.4 differs from main, which changed it too: main's is kept"
    )


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (alter("item", "label", HELP), alter("item", "label", HELP)),
        (alter("item", "label", HELP), alter("item", "label", VERBOSE_NAME)),
        (alter("item", "label", HELP), add("item", "size")),
        (alter("item", "label", char(30)), alter("item", "label", char(40))),
        (alter_options("item", ordering="p"), alter_options("item", ordering="p")),
        (managers("ours"), managers("ours")),
    ],
    ids=[
        "changed alike",
        "two arguments",
        "changed on one branch",
        "what a database stores",
        "one option",
        "the same managers",
    ],
)
def test_near_miss_other_changes_of_both_branches_are_not_found(ours: Operation, theirs: Operation) -> None:
    assert findings(ChangedOnBoth(), changed_to(ours, theirs)) == []


@pytest.mark.parametrize(
    "beside",
    [
        run_python(),
        add_index("item", "by_label", "label"),
        Opaque("a function makes it", "made()", Span("x.py")),
    ],
    ids=["a data operation", "an index", "an opaque operation"],
)
def test_another_operation_beside_it_changes_nothing(beside: Operation | Opaque) -> None:
    ours = migration("shop.0003_p", "shop.0002_base", alter("item", "label", HELP), beside)
    theirs = migration("shop.0003_m", "shop.0002_base", alter("item", "label", OTHER_HELP))
    assert place(only_finding(ChangedOnBoth(), case_of((ours,), theirs)))[3] == "shop/migrations/0003_p.py:1"


def test_near_miss_a_field_that_mainline_has_removed_since_is_not_found() -> None:
    ours = migration("shop.0003_p", "shop.0002_base", alter("item", "label", HELP))
    theirs = migration("shop.0003_m", "shop.0002_base", alter("item", "label", OTHER_HELP))
    gone = migration("shop.0004_gone", "shop.0003_m", remove("item", "label"))
    assert findings(ChangedOnBoth(), case_of((ours,), theirs, gone)) == []


def test_near_miss_two_migrations_of_one_name_are_not_found() -> None:
    """They are SB204."""
    ours = migration("shop.0003_n", "shop.0002_base", alter("item", "label", HELP))
    theirs = migration("shop.0003_n", "shop.0002_base", alter("item", "label", OTHER_HELP))
    assert findings(ChangedOnBoth(), case_of((ours,), theirs)) == []


SQUASH = migration(
    "shop.0001_squashed_0002",
    "",
    create("Item", label=char(), base=char()),
    replaces="shop.0001_initial shop.0002_base",
)
CHOICE = migration("shop.0003_choice", "shop.0001_squashed_0002", alter("item", "label", OTHER_HELP))
AFTER_CHOICE = migration("shop.0004_p", "shop.0003_choice", alter("item", "label", HELP))


@pytest.mark.parametrize(
    "theirs",
    [
        (),
        (migration("shop.0004_m", "shop.0003_choice", add("item", "size")),),
        (migration("shop.0004_m", "shop.0003_choice", alter("item", "base", OTHER_HELP)),),
    ],
)
def test_near_miss_what_was_altered_after_a_squash_of_the_fork_point_is_not_found(
    theirs: tuple[Migration, ...],
) -> None:
    """Both sides start from it."""
    fork = changed(FORK, SQUASH, CHOICE)
    assert findings(ChangedOnBoth(), case_of((AFTER_CHOICE,), *theirs, fork=fork)) == []


def test_what_mainline_altered_since_a_squash_of_the_fork_point_is_found() -> None:
    theirs = migration("shop.0004_m", "shop.0003_choice", alter("item", "label", VERBOSE_NAME))
    fork = changed(FORK, SQUASH, CHOICE)
    finding = only_finding(ChangedOnBoth(), case_of((AFTER_CHOICE,), theirs, fork=fork))
    assert finding.message.startswith("help_text of field shop.item.label on release/2.4 differs from main")


def two_patches(first: Operation, second: Operation, *theirs: Migration) -> Case:
    patches = [
        patch(migration("shop.0003_p", "shop.0002_base", first), ref="release/2.4"),
        patch(migration("shop.0003_q", "shop.0002_base", second), ref="release/2.5"),
    ]
    given = situation(*theirs, patches=patches)
    return build_case.case_of(given.patches, given.mainline, given.policy)


def test_what_two_patch_branches_changed_in_different_ways_is_found_on_the_last_named() -> None:
    case = two_patches(alter("item", "label", HELP), alter("item", "label", OTHER_HELP))
    finding = only_finding(ChangedOnTwoPatches(), case)
    assert place(finding) == ("SB216", "warning", "release/2.5", "shop/migrations/0003_q.py:1")
    assert "differs on release/2.4 and release/2.5" in finding.message
    assert finding.message.endswith("the value of release/2.5, named last, is kept")


def test_of_two_patch_branches_the_place_is_on_the_one_that_differs_from_mainline() -> None:
    """The other one changed another argument of the field."""
    theirs = migration("shop.0003_m", "shop.0002_base", alter("item", "label", OTHER_HELP))
    case = two_patches(alter("item", "label", HELP), alter("item", "label", VERBOSE_NAME), theirs)
    assert place(only_finding(ChangedOnBoth(), case)) == (
        "SB215",
        "note",
        "release/2.4",
        "shop/migrations/0003_p.py:1",
    )


def test_near_miss_two_patch_branches_that_changed_it_alike_are_not_found() -> None:
    case = two_patches(alter("item", "label", HELP), alter("item", "label", HELP))
    assert findings(ChangedOnTwoPatches(), case) == []


def test_near_miss_what_mainline_changed_too_is_not_found_as_a_dispute_of_the_patches() -> None:
    """Mainline's value is kept: SB215."""
    theirs = migration(
        "shop.0003_m", "shop.0002_base", alter("item", "label", char(20, help_text=Constant("x")))
    )
    case = two_patches(alter("item", "label", HELP), alter("item", "label", OTHER_HELP), theirs)
    assert findings(ChangedOnTwoPatches(), case) == []
    assert [finding.code for finding in findings(ChangedOnBoth(), case)] == ["SB215"]
