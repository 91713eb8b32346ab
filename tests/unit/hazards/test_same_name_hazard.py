"""SB201 to SB205 and SB210: one name on both branches, graded by what the two files differ in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cases_by_hand import RELEASE, case_of, findings, only_finding, place
from migration_values import TRUE, add, alter, alter_options, char, key, keys, migration, run_python
from plans_by_hand import FORK, changed

from stitchback.hazards import find_all
from stitchback.hazards.same_name import (
    SameNameLacksData,
    SameNameOtherData,
    SameNameOtherLayout,
    SameNameOtherParents,
    SameNameOtherSchema,
    SameNameOtherState,
)
from stitchback.matching.case import Case
from stitchback.model.configuration import DataAgreement
from stitchback.model.migrations import Migration, Tree, Works
from stitchback.model.operations import Followed, Operation, ReachedCode, TreeWork
from stitchback.model.plans import Policy
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Constant

BASE = FORK.migrations[key("shop.0002_base")]
COLOR = add("item", "color")


WORDED = add("item", "color", char(null=TRUE, help_text=Constant("in words")))
OPTIONS = alter_options("item", verbose_name="item")
UNREAD = Opaque("a function makes it", "made()", Span("shop/migrations/0003_n.py", 9))


def named(*operations: Operation | Opaque, after: str = "shop.0002_base") -> Migration:
    return migration("shop.0003_n", after, *operations)


MAY_MISS, MAY_REPEAT = (
    Policy(data=(DataAgreement(key("shop.0003_n"), not may_miss, may_miss, "compared by hand"),))
    for may_miss in (True, False)
)


def codes(case: Case) -> list[str]:
    return [finding.code for finding in find_all(case)]


def test_near_miss_the_same_file_on_both_branches_is_not_found_by_any_of_them() -> None:
    assert codes(case_of((named(COLOR, run_python()),), named(COLOR, run_python()))) == []


def test_near_miss_a_name_on_one_branch_only_is_not_found_by_any_of_them() -> None:
    """What only the patch branch does with data is SB206."""
    assert codes(case_of((named(COLOR, run_python()),))) == ["SB206"]
    assert codes(case_of((), named(COLOR, run_python()))) == []


def test_near_miss_two_files_that_no_database_can_have_applied_are_not_found() -> None:
    """The branch lacks the dependency, so Django does not load it: SB301."""
    ours, theirs = named(COLOR, after="shop.0002_base shop.0009_lost"), named(add("item", "size"))
    assert codes(case_of((ours,), theirs)) == ["SB301"]


# SB201: another schema


def test_a_column_that_only_mainlines_file_adds_is_found_at_mainlines_file() -> None:
    theirs = named(COLOR, add("item", "size")).with_changes(path="moved/0003_n.py")
    finding = only_finding(SameNameOtherSchema(), case_of((named(COLOR),), theirs))
    assert place(finding) == ("SB201", "error", RELEASE, "moved/0003_n.py:1")
    assert (
        finding.message
        == "shop.0003_n results in another schema on main: databases of release/2.4 lack column shop.item.size"
    )


def test_a_column_that_mainlines_file_makes_longer_is_found() -> None:
    """Whatever else is equal in the two files."""
    ours, theirs = (named(add("item", "size"), add("item", "color", char(length))) for length in (20, 30))
    assert codes(case_of((ours,), theirs)) == ["SB201"]


def test_a_column_that_both_have_and_only_mainlines_file_alters_is_not_lacking() -> None:
    """pulp_rpm 3.3: 0009 was wrong there and right on main; 0010, the same file on both, corrected it."""
    right = alter("item", "label", char(30, null=TRUE))
    correction = migration("shop.0004_n", "shop.0003_n", right)
    case = case_of((named(alter("item", "label", char(20))), correction), named(right), correction)
    message = only_finding(SameNameOtherSchema(), case).message
    assert message.endswith(": databases of release/2.4 do not get its change of column shop.item.label")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (named(COLOR), named(WORDED)),
        (named(COLOR, OPTIONS), named(COLOR)),
        (named(COLOR, run_python("ours")), named(COLOR, run_python("theirs"))),
        (named(COLOR, UNREAD), named(COLOR)),
        (named(COLOR), named(UNREAD)),
    ],
    ids=[
        "help_text",
        "an option",
        "a data operation",
        "an opaque operation",
        "an opaque operation on mainline",
    ],
)
def test_near_miss_what_is_not_known_to_change_the_schema_is_no_other_schema(
    ours: Migration, theirs: Migration
) -> None:
    assert findings(SameNameOtherSchema(), case_of((ours,), theirs)) == []


def test_near_miss_a_column_that_mainline_alters_in_a_later_migration_is_no_other_schema() -> None:
    """Patched databases run the later migration too."""
    later = migration("shop.0004_longer", "shop.0003_n", alter("item", "color", char(40)))
    theirs = named(COLOR).with_changes(blob="black")
    assert findings(SameNameOtherSchema(), case_of((named(COLOR),), theirs, later)) == []


# SB202: other dependencies


def test_a_dependency_that_only_mainlines_file_has_is_found() -> None:
    other = migration("shop.0003_m", "shop.0002_base", add("item", "size"))
    case = case_of(
        (named(COLOR),), other, named(COLOR, after="shop.0003_m").with_changes(path="moved/0003_n.py")
    )
    finding = only_finding(SameNameOtherParents(), case)
    assert place(finding) == ("SB202", "error", RELEASE, "shop/migrations/0003_n.py:1")
    assert finding.message == "shop.0003_n depends on shop.0003_m on main"


def test_a_released_migration_that_depends_on_a_new_one_is_found_at_mainlines_file() -> None:
    below = migration("shop.0001_below", "shop.0001_initial")
    edited = BASE.with_changes(dependencies=keys("shop.0001_below"), path="moved/0002_base.py")
    case = case_of((), below, edited)
    finding = only_finding(SameNameOtherParents(), case)
    assert place(finding) == ("SB202", "error", RELEASE, "moved/0002_base.py:1")
    assert finding.message.endswith(", and not on v2.4, where it was released")
    assert codes(case) == ["SB202"]


@pytest.mark.parametrize("after", ["shop.0001_initial", "shop.0002_base shop.0001_initial", ""])
def test_near_miss_a_dependency_that_patched_databases_have_applied_is_not_found(after: str) -> None:
    assert findings(SameNameOtherParents(), case_of((named(COLOR),), named(COLOR, after=after))) == []


# SB203: another layout


def test_a_file_with_another_layout_and_the_same_operations_is_found() -> None:
    finding = only_finding(
        SameNameOtherLayout(), case_of((named(COLOR),), named(COLOR).with_changes(blob="black"))
    )
    assert place(finding) == ("SB203", "note", RELEASE, "shop/migrations/0003_n.py:1")
    assert finding.message == "shop.0003_n has another layout on main; its operations are the same"
    assert codes(case_of((named(COLOR),), named(COLOR).with_changes(blob="black"))) == ["SB203"]


@pytest.mark.parametrize(
    "theirs", [named(COLOR, add("item", "size")), named(COLOR, after="shop.0001_initial")]
)
def test_near_miss_other_operations_or_dependencies_are_no_layout(theirs: Migration) -> None:
    assert findings(SameNameOtherLayout(), case_of((named(COLOR),), theirs)) == []


# SB204: what no database stores


def test_another_help_text_is_found() -> None:
    finding = only_finding(SameNameOtherState(), case_of((named(COLOR),), named(WORDED)))
    assert place(finding) == ("SB204", "note", RELEASE, "shop/migrations/0003_n.py:1")
    assert finding.message.startswith("shop.0003_n differs in what no database stores: ")
    assert "help_text" in finding.message


def test_near_miss_another_help_text_beside_another_column_is_reported_as_another_schema_alone() -> None:
    case = case_of((named(COLOR),), named(WORDED, add("item", "size")))
    assert findings(SameNameOtherState(), case) == []
    assert codes(case) == ["SB201"]


def test_near_miss_a_file_with_the_same_operations_below_the_one_that_differs_is_not_found() -> None:
    ours, theirs = (
        migration(
            "shop.0004_n",
            "shop.0003_n",
            alter("item", "color", char(30, null=TRUE, help_text=Constant(text))),
        )
        for text in ("ours", "theirs")
    )
    case = case_of((named(COLOR), ours), named(COLOR).with_changes(blob="black"), theirs)
    assert place(only_finding(SameNameOtherState(), case))[3] == "shop/migrations/0004_n.py:1"


# SB205: another data operation


def test_other_code_of_a_data_operation_is_found() -> None:
    case = case_of((named(run_python("ours")),), named(run_python("theirs")))
    finding = only_finding(SameNameOtherData(), case)
    assert place(finding) == ("SB205", "error", RELEASE, "shop/migrations/0003_n.py:1")
    assert finding.message.endswith("has other code on mainline under the same name")
    assert codes(case) == ["SB205"]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (named(OPTIONS, run_python("ours")), named(run_python("theirs"))),
        (named(run_python("ours")), named(OPTIONS, run_python("theirs"))),
        (named(run_python("both"), run_python("ours")), named(run_python("theirs"), run_python("both"))),
    ],
)
def test_other_code_is_found_wherever_it_stands_in_the_file(ours: Migration, theirs: Migration) -> None:
    """Neither of the two would ever run on the other's databases, and no other finding would say so (random seed 21996)."""
    finding = only_finding(SameNameOtherData(), case_of((ours,), theirs))
    assert "RunPython ours has other code on mainline" in finding.message
    assert findings(SameNameLacksData(), case_of((ours,), theirs)) == []


def test_near_miss_one_of_two_that_mainline_has_is_missing_and_not_other_code() -> None:
    case = case_of((named(run_python("ours"), run_python("both")),), named(run_python("both")))
    assert findings(SameNameOtherData(), case) == []
    assert only_finding(SameNameLacksData(), case).severity.value == "error"


def test_a_data_operation_that_mainline_has_emptied_is_a_warning() -> None:
    case = case_of((named(run_python("ours")),), named(run_python("none", empty=True)))
    finding = only_finding(SameNameOtherData(), case)
    assert (finding.severity.value, "does nothing on mainline" in finding.message) == ("warning", True)


@pytest.mark.parametrize(("policy", "severity"), [(MAY_MISS, "note"), (MAY_REPEAT, "error")])
def test_other_code_is_a_note_where_the_project_has_agreed_that_databases_may_miss_it(
    policy: Policy, severity: str
) -> None:
    case = case_of((named(run_python("ours")),), named(run_python("theirs")), policy=policy)
    assert only_finding(SameNameOtherData(), case).severity.value == severity
    imported = importing(ours="one", theirs="two", policy=policy)
    assert only_finding(SameNameOtherData(), imported).severity.value == severity


FIX = BASE.with_changes(operations=(*BASE.operations, run_python("fix")))


@pytest.mark.parametrize(
    ("released", "now", "severity"),
    [
        (BASE, FIX, "error"),
        (FIX, FIX.with_changes(operations=(*BASE.operations, run_python("again"))), "error"),
        (FIX, BASE, "warning"),
        (FIX, FIX.with_changes(operations=(*BASE.operations, run_python("none", empty=True))), "warning"),
    ],
)
def test_a_released_migration_with_another_data_operation_is_graded_as_one_of_both_branches(
    released: Migration, now: Migration, severity: str
) -> None:
    case = case_of((), now, fork=changed(FORK, released))
    finding = only_finding(SameNameOtherData(), case)
    assert place(finding) == ("SB205", severity, RELEASE, "shop/migrations/0002_base.py:1")
    assert "databases that have applied it have run the old ones" in finding.message
    assert codes(case) == ["SB205"]


def test_a_released_migration_to_whose_data_operations_the_branch_has_added_one_is_found() -> None:
    """Mainline has taken nothing out: what the branch's new databases have, all others lack."""
    finding = only_finding(SameNameOtherData(), case_of((FIX,)))
    assert place(finding)[:3] == ("SB205", "error", RELEASE)


def test_a_released_data_operation_that_databases_may_miss_is_a_note() -> None:
    policy = Policy(data=(DataAgreement(BASE.key, False, True, "compared by hand"),))
    assert only_finding(SameNameOtherData(), case_of((), FIX, policy=policy)).severity.value == "note"


class WorksOfOneImport(Works):
    """Each data operation calls `shop.rules.fill`, a function of the tree with this digest."""

    def __init__(self, digest: str) -> None:
        self.digest = digest

    def of(self, migration: Migration, home: Works | None = None) -> tuple[TreeWork, ...]:
        reached = {"shop.rules.fill": ReachedCode("shop/rules.py", self.digest)}
        return tuple(
            TreeWork(each, lambda: Followed(self.digest, reached))
            for each in migration.operations
            if isinstance(each, Operation)
        )


def importing(*, ours: str, theirs: str, policy: Policy | None = None) -> Case:
    """The same file on both branches; the function that it imports has these digests."""
    case = case_of((named(run_python()),), named(run_python()), policy=policy)
    (side,) = case.sides
    branch = replace(side.patch, tree=replace(side.patch.tree, works=WorksOfOneImport(ours)))
    mainline: Tree = replace(case.situation.mainline, works=WorksOfOneImport(theirs))
    situation = replace(case.situation, patches=(branch,), mainline=mainline)
    return Case(situation, (replace(side, patch=branch),))


def test_the_same_file_that_imports_a_function_with_other_code_is_found() -> None:
    finding = only_finding(SameNameOtherData(), importing(ours="one", theirs="two"))
    assert place(finding) == ("SB205", "error", RELEASE, "shop/migrations/0003_n.py:1")
    assert finding.message == "shop.0003_n: its data operations use shop.rules.fill, which differs on main"


def test_near_miss_the_same_file_that_imports_a_function_with_the_same_code_is_not_found() -> None:
    assert findings(SameNameOtherData(), importing(ours="one", theirs="one")) == []


def test_near_miss_an_opaque_operation_is_no_data_operation_with_other_code() -> None:
    assert findings(SameNameOtherData(), case_of((named(UNREAD),), named(COLOR))) == []


def test_near_miss_a_data_operation_with_the_same_code_in_another_layout_is_not_found() -> None:
    theirs = named(run_python()).with_changes(blob="black")
    assert findings(SameNameOtherData(), case_of((named(run_python()),), theirs)) == []


# SB210: a data operation less


def test_a_data_operation_that_mainlines_file_lacks_is_found() -> None:
    case = case_of((named(COLOR, run_python()),), named(COLOR))
    finding = only_finding(SameNameLacksData(), case)
    assert place(finding) == ("SB210", "error", RELEASE, "shop/migrations/0003_n.py:1")
    assert codes(case) == ["SB206", "SB210"]
    assert finding.message.endswith(
        "is not in the file of that name on main; only databases of release/2.4 have run it"
    )


def test_near_miss_a_data_operation_that_does_nothing_is_not_missed() -> None:
    case = case_of((named(COLOR, run_python(empty=True)),), named(COLOR))
    assert findings(SameNameLacksData(), case) == []


def test_near_miss_a_data_operation_that_mainline_has_in_another_migration_is_not_missed() -> None:
    later = migration("shop.0004_fill", "shop.0003_n", run_python())
    assert findings(SameNameLacksData(), case_of((named(COLOR, run_python()),), named(COLOR), later)) == []


def test_near_miss_a_data_operation_that_databases_may_miss_is_not_found() -> None:
    ours, theirs = named(COLOR, run_python()), named(COLOR)
    assert findings(SameNameLacksData(), case_of((ours,), theirs, policy=MAY_MISS)) == []
    assert len(findings(SameNameLacksData(), case_of((ours,), theirs, policy=MAY_REPEAT))) == 1


def test_near_miss_other_code_in_its_place_is_not_found() -> None:
    """Mainline has decided what the migration does, at whatever place in the file."""
    for theirs in (named(COLOR, run_python("theirs")), named(run_python("theirs"), COLOR)):
        assert findings(SameNameLacksData(), case_of((named(COLOR, run_python("ours")),), theirs)) == []


def test_the_work_of_another_patch_migration_does_not_stand_in_its_place() -> None:
    """Mainline has, under this name, what the patch branch does in another migration: that decides nothing about this one's."""
    first = migration("shop.0002_first", "shop.0001_initial", run_python("first"))
    second = migration("shop.0003_n", "shop.0002_first", run_python("second"))
    for theirs in (named(run_python("first")), named(COLOR, run_python("first"))):
        finding = only_finding(SameNameLacksData(), case_of((first, second), theirs))
        assert "RunPython second is not in the file of that name" in finding.message
    both = named(run_python("first"), run_python("other"))
    assert findings(SameNameLacksData(), case_of((first, second), both)) == []
    again = migration("shop.0003_n", "shop.0002_first", run_python("first"))
    assert findings(SameNameLacksData(), case_of((first, again), named(run_python("first")))) == []


def merged_with_a_duplicate(*, ours: str, theirs: str, own: Operation) -> Case:
    """Git has merged the branch; mainline has a data operation of its own in another migration."""
    brought, mainlines = named(run_python()), migration("shop.0004_m", "shop.0002_base", own)
    case = case_of((brought,), brought, mainlines, merged=True)
    (side,) = case.sides
    branch = replace(side.patch, tree=replace(side.patch.tree, works=WorksOfOneImport(ours)))
    mainline: Tree = replace(case.situation.mainline, works=WorksOfOneImport(theirs))
    situation = replace(case.situation, patches=(branch,), mainline=mainline)
    return Case(situation, (replace(side, patch=branch),))


def test_a_merged_file_that_seems_the_same_as_mainlines_operation_and_imports_other_code() -> None:
    finding = only_finding(
        SameNameOtherData(), merged_with_a_duplicate(ours="one", theirs="two", own=run_python())
    )
    assert finding.message == "shop.0003_n: its data operations use shop.rules.fill, which differs on main"


def test_near_miss_a_merged_file_without_a_duplicate_is_not_found() -> None:
    assert (
        findings(
            SameNameOtherData(), merged_with_a_duplicate(ours="one", theirs="two", own=run_python("other"))
        )
        == []
    )


def test_near_miss_a_merged_file_with_the_same_code_is_not_found() -> None:
    assert (
        findings(SameNameOtherData(), merged_with_a_duplicate(ours="one", theirs="one", own=run_python()))
        == []
    )
