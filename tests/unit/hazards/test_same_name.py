"""What is reported of two migrations of one name, made on both sides or edited since the release."""

from __future__ import annotations

from dataclasses import replace

from migration_values import TRUE, add, alter, char, key, keys, migration, run_python
from plans_by_hand import FORK, changed, patch, situation

from stitchback.hazards import find_all
from stitchback.hazards.edited_after_release import EditedAfterRelease
from stitchback.hazards.same_name import SameNameOtherSchema
from stitchback.matching.case import Case, Side
from stitchback.matching.match import compare, edited_since
from stitchback.matching.sides import sides
from stitchback.model.migrations import Migration, Swappable
from stitchback.model.plans import Patch, Situation


def compared(ours: tuple[Migration, ...], *theirs: Migration) -> Case:
    given = situation(*theirs, patches=[patch(*ours, fork=FORK)])
    (release,) = given.patches
    split = sides(release, given.mainline, edited_since(release, given.mainline))
    return Case(given, (Side(release, split, compare(split, {})),))


def said(ours: tuple[Migration, ...], *theirs: Migration) -> list[str]:
    return [finding.message for finding in SameNameOtherSchema().find(compared(ours, *theirs))]


BASE = FORK.migrations[key("shop.0002_base")]


def found_in(*theirs: Migration) -> list[tuple[str, str, str]]:
    """What is found where mainline has these files in the place of the release's."""
    return [
        (each.code, each.severity.value, each.span.path if each.span else "")
        for each in find_all(compared((), *theirs))
    ]


def test_a_released_migration_with_a_column_more_is_an_error_at_mainlines_file() -> None:
    more = BASE.with_changes(operations=(*BASE.operations, add("item", "size")), path="moved/0002_base.py")
    assert found_in(more) == [("SB213", "error", "moved/0002_base.py")]
    (finding,) = EditedAfterRelease().find(compared((), more))
    assert "shop/migrations/0002_base.py as released" in finding.message
    assert finding.message.endswith("databases that have applied it lack column shop.item.size")


def test_what_a_released_migration_no_longer_makes_is_named() -> None:
    (finding,) = EditedAfterRelease().find(compared((), BASE.with_changes(operations=())))
    assert finding.message.endswith("have column shop.item.base, which it no longer creates")


def test_a_released_migration_with_another_data_operation_is_a_note() -> None:
    mended = BASE.with_changes(operations=(*BASE.operations, run_python("mend")))
    assert found_in(mended) == [("SB205", "note", "shop/migrations/0002_base.py")]


def test_a_released_migration_that_depends_on_a_new_one_is_found_as_a_backport_is() -> None:
    below = migration("shop.0001_below", "shop.0001_initial")
    hung = BASE.with_changes(dependencies=keys("shop.0001_below"), path="moved/0002_base.py")
    assert found_in(below, hung) == [("SB202", "error", "moved/0002_base.py")]


def test_a_new_dependency_on_what_the_release_has_is_no_other_parent() -> None:
    new = BASE.with_changes(
        operations=(*BASE.operations, add("item", "size")),
        dependencies=(*BASE.dependencies, *keys("blog.0001_initial")),
    )
    assert [code for code, *_ in found_in(new)] == ["SB213"]


def test_a_released_migration_that_was_laid_out_anew_is_not_found() -> None:
    assert found_in(BASE.with_changes(blob="other")) == []


def user_models(old: str, new: str, *, depends: bool = True, people: bool = True) -> list[str]:
    owned = migration("crm.0001_initial", (Swappable("AUTH_USER_MODEL"),) if depends else ())
    fork = replace(changed(FORK, owned), settings={"AUTH_USER_MODEL": old})
    first = (migration("people.0001_initial"),) if people else ()
    onto = replace(changed(fork, *first), ref="main", settings={"AUTH_USER_MODEL": new})
    given = Situation((Patch(fork, fork, ()),), onto, ())
    split = sides(given.patches[0], onto)
    case = Case(given, (Side(given.patches[0], split, compare(split, {})),))
    return [each.message for each in find_all(case) if each.code == "SB214"]


def test_a_swapped_user_model_is_found_where_a_released_migration_depends_on_it() -> None:
    (message,) = user_models("auth.User", "people.User")
    assert "crm.0001_initial depends on people.0001_initial there" in message
    assert user_models("auth.User", "people.User", depends=False) == []
    assert user_models("people.User", "people.User") == []
    assert user_models("people.User", "auth.User") == []
    (message,) = user_models("auth.User", "members.Member", people=False)
    assert "the first migration of members" in message


def test_a_column_that_only_mainlines_file_adds_is_lacking() -> None:
    ours = migration("shop.0003_n", "shop.0002_base", add("item", "color"))
    theirs = migration("shop.0003_n", "shop.0002_base", add("item", "color"), add("item", "size"))
    (message,) = said((ours,), theirs)
    assert message.endswith(": databases of release/2.4 lack column shop.item.size")


def test_a_column_that_both_have_and_only_mainlines_file_alters_is_not_lacking() -> None:
    """pulp_rpm 3.3: 0009 was a slip there and right on main; 0010, the same file on both, mended it."""
    mended = migration("shop.0004_n", "shop.0003_n", alter("item", "label", char(30, null=TRUE)))
    ours = migration("shop.0003_n", "shop.0002_base", alter("item", "label", char(20)))
    theirs = migration("shop.0003_n", "shop.0002_base", alter("item", "label", char(30, null=TRUE)))
    (message,) = said((ours, mended), theirs, mended)
    assert message.endswith(": databases of release/2.4 do not get its change of column shop.item.label")
