"""What a patch migration depends on in mainline's tree: all that it depends on on its own branch, but for what a database may lack."""

from __future__ import annotations

from migration_values import add, alter, char, key, keys, migration
from plans_by_hand import patch, situation

from stitchback.matching.case import Case, Side
from stitchback.matching.match import compare
from stitchback.matching.sides import sides
from stitchback.model.migrations import Migration
from stitchback.strategies.diamond import Diamond
from stitchback.strategies.draft import Draft
from stitchback.strategies.guard import GuardStrategy
from stitchback.strategies.merge import Merge
from stitchback.strategies.parents import dependencies_there
from stitchback.strategies.reparent import Reparent
from stitchback.strategies.strategy import Strategy


def case_of(ours: tuple[Migration, ...], *theirs: Migration) -> Case:
    given = situation(*theirs, patches=[patch(*ours)])
    split = tuple((each, sides(each, given.mainline)) for each in given.patches)
    return Case(given, tuple(Side(each, found, compare(found, {})) for each, found in split))


def drafted(case: Case, *strategies: Strategy) -> Draft:
    """Each unit treated by the first of the strategies that fits it."""
    draft = Draft(case.situation.mainline)
    for unit in case.units:
        pending_units = (each.propose(draft, unit) for each in strategies)
        draft = next(found for found in pending_units if found is not None)
    return draft


def after(draft: Draft, name: str) -> str:
    return " ".join(map(str, draft.get_file(key(name)).dependencies))


A = migration("shop.0003_a", "shop.0002_base", add("item", "a"))
B = migration("shop.0004_b", "shop.0003_a", add("item", "b"))
C = migration("shop.0005_c", "shop.0004_b", add("item", "c"))
Z = migration("shop.0003_z", "shop.0002_base", add("item", "z"))


def test_a_plain_merge_edits_no_dependency() -> None:
    draft = drafted(case_of((A, B, C), Z), Merge())
    assert draft.edits
    assert all(not edit.changes for edit in draft.edits)


def test_a_migration_depends_on_the_stitched_one_where_every_database_has_both() -> None:
    theirs = migration("shop.0004_a", "shop.0003_z", add("item", "a"))
    draft = drafted(case_of((A, B), Z, theirs), Diamond(), Merge())
    assert after(draft, "shop.0004_b") == "shop.0003_stitched_a"


def test_what_mainlines_databases_may_lack_is_no_dependency_and_those_behind_get_it_back() -> None:
    """Mainline makes b before a: a database that has its b gets the row of ours, and may lack a."""
    their_b = migration("shop.0004_b2", "shop.0003_z", add("item", "b"))
    their_a = migration("shop.0005_a2", "shop.0004_b2", add("item", "a"))
    draft = drafted(case_of((A, B, C), Z, their_b, their_a), Diamond(), Merge())
    assert after(draft, "shop.0004_stitched_b") == "shop.0002_base"
    assert after(draft, "shop.0005_c") == "shop.0004_stitched_b shop.0003_stitched_a"


def test_what_mainlines_databases_have_by_then_stays_a_dependency() -> None:
    their_a = migration("shop.0004_a2", "shop.0003_z", add("item", "a"))
    their_b = migration("shop.0005_b2", "shop.0004_a2", add("item", "b"))
    draft = drafted(case_of((A, B), Z, their_a, their_b), Diamond())
    assert after(draft, "shop.0004_stitched_b") == "shop.0003_stitched_a"


def test_what_is_guarded_on_mainline_is_no_dependency() -> None:
    """Patched databases have not applied mainline's migration, which stands in for ours."""
    theirs = migration("shop.0004_a2", "shop.0003_z", add("item", "a"))
    draft = drafted(case_of((A, B), Z, theirs), GuardStrategy(), Merge())
    assert draft.replacements[key("shop.0003_a")] == key("shop.0004_a2")
    assert after(draft, "shop.0004_b") == "shop.0002_base"


def test_a_dependency_that_mainlines_migration_of_the_same_name_has_not() -> None:
    """As saleor 3.0: what both have, and what mainline's lost goes to the one behind it."""
    theirs = (
        migration("shop.0003_q", "shop.0002_base", add("item", "q")),
        migration("shop.0004_b", "shop.0003_q", add("item", "b")),
        migration("shop.0003_a", "shop.0002_base", add("item", "a")),
        migration("shop.0005_more", "shop.0004_b", alter("item", "q", char(30))),
    )
    case = case_of((A, B), *theirs)
    unit = case.units[1]
    assert dependencies_there(Draft(case.situation.mainline), unit, (unit.key,)) == keys("shop.0002_base")
    draft = drafted(case, Reparent(), Merge())
    assert after(draft, "shop.0004_b") == "shop.0002_base"
    assert after(draft, "shop.0005_more") == "shop.0004_b shop.0003_q"
