"""An app that mainline has under another label: what is compared, what is written, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cases_by_hand import case_of, files, manual_inserts, planned
from migration_values import add, char, create, foreign_key, key, migration, operation
from plans_by_hand import FORK, P

from stitchback.errors import Refusal
from stitchback.hazards.gone_on_mainline import AppGone
from stitchback.hazards.same_name import SameNameOtherLayout
from stitchback.matching.case import Case
from stitchback.model.data_reach import Reach
from stitchback.model.matches import Verdict
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.plans import Candidate, Refuted, Situation
from stitchback.model.values import Code, Constant
from stitchback.planning.plan import plan
from stitchback.strategies.diamond import Diamond
from stitchback.strategies.merge import Merge

GONE = "shop.0001_initial shop.0002_base"
TABLE = {"db_table": Constant("shop_item")}
INITIAL = migration(
    "store.0001_initial", "", create("Item", TABLE, label=char()), replaces="shop.0001_initial"
)
BASE = migration("store.0002_base", "store.0001_initial", add("item", "base"), replaces="shop.0002_base")
X = migration("store.0003_x", "store.0002_base", add("item", "x"))
STORE = (INITIAL, BASE, X)


def fill(*models: str, source: str = "def fill(apps, editor): ...", fingerprint: str = "") -> Operation:
    reach = Reach(frozenset(models)) if models else Reach()
    return operation("RunPython", code=Code("fill", fingerprint or source, source, False, reach))


def never(candidate: Candidate, _: Situation) -> Refuted:
    return Refuted(candidate, ())


def refusal(case: Case) -> Refusal | None:
    try:
        plan(case, never)
    except Refusal as error:
        return error
    return None


def test_the_patch_branch_is_compared_with_the_app_under_its_new_label() -> None:
    case = case_of((P,), *STORE, without=GONE)
    assert [str(unit.key) for unit in case.units] == ["store.0003_p"]
    assert [str(each.key) for each in case.sides[0].sides.mainline] == ["store.0003_x"]
    assert case.situation.patches[0].tree.migrations.keys() >= {key("shop.0003_p")}, (
        "the proof has it as it is"
    )
    assert refusal(case) is None
    assert list(AppGone().find(case)) == []


def test_a_copied_file_replaces_the_one_that_the_databases_have_applied() -> None:
    candidate = planned(Merge(), case_of((P,), *STORE, without=GONE))
    assert files(candidate) == {
        "store.0003_p": "after store.0002_base, replaces shop.0003_p: AddField item.color",
        "store.0004_merge_0003_p_0003_x": "after store.0003_p store.0003_x: empty",
    }
    assert candidate.result.migrations[key("store.0001_initial")].replaces == (key("shop.0001_initial"),)
    (written,) = [edit for edit in candidate.edits if edit.key == key("store.0003_p")]
    assert "stitchback: replaces shop.0003_p of release/2.4" in f"stitchback: {written.result.provenance[0]}"  # type: ignore[union-attr]


def test_what_mainline_repeats_is_stitched_with_the_recorded_names() -> None:
    again = migration("store.0004_color", "store.0003_x", add("item", "color"))
    candidate = planned(Diamond(), case_of((P,), *STORE, again, without=GONE))
    assert files(candidate) == {
        "store.0003_stitched_p": "after store.0002_base, replaces shop.0003_p: AddField item.color",
        "store.0004_color": "after store.0003_x store.0003_stitched_p: empty",
    }
    assert manual_inserts(candidate) == ["shop.0003_p where store.0004_color is applied"]


def test_a_reference_to_the_app_is_written_with_the_new_label() -> None:
    related = migration(
        "blog.0002_item", "blog.0001_initial shop.0003_p", add("post", "item", foreign_key("shop.item"))
    )
    candidate = planned_all(case_of((P, related), *STORE, without=GONE))
    wanted = candidate.result.migrations[key("blog.0002_item")]
    assert wanted.dependencies == (key("blog.0001_initial"), key("store.0003_p"))
    assert "'store.item'" in str(wanted.operations[0])
    assert wanted.replaces == (), "its own app keeps its label"


def planned_all(case: Case) -> Candidate:
    from stitchback.strategies.build_candidate import finish
    from stitchback.strategies.draft import Draft

    draft: Draft | None = Draft(case.mainline)
    for unit in case.units:
        assert draft is not None
        draft = Merge().propose(draft, unit)
    assert draft is not None
    candidate = finish(draft, case)
    assert candidate is not None
    return candidate


def test_a_table_that_the_patch_creates_keeps_its_name() -> None:
    tag = migration("shop.0003_tag", "shop.0002_base", create("Tag", name=char()))
    candidate = planned(Merge(), case_of((tag,), *STORE, without=GONE))
    assert "'shop_tag'" in str(candidate.result.migrations[key("store.0003_tag")].operations[0])


def test_a_name_that_mainline_uses_for_something_else_is_not_the_same_migration() -> None:
    other = migration("store.0003_p", "store.0002_base", add("item", "height"))
    case = case_of((P,), INITIAL, BASE, other, without=GONE)
    (unit,) = case.units
    assert unit.twin is None
    assert unit.label.startswith("shop.0003_p of release/2.4")
    assert "replaces shop.0003_p" in " ".join(files(planned(Merge(), case)).values())


def test_the_second_run_has_nothing_to_do() -> None:
    copied = migration("store.0003_p", "store.0002_base", add("item", "color"), replaces="shop.0003_p")
    case = case_of((P,), *STORE, copied, without=GONE)
    assert [unit.twin and str(unit.twin.key) for unit in case.units] == ["store.0003_p"]
    assert list(SameNameOtherLayout().find(case)) == []
    assert {match.verdict for match in case.sides[0].comparison.matches} == {Verdict.IDENTICAL}


def test_a_squash_under_the_new_label_replaces_all_of_the_old_one() -> None:
    squash = migration(
        "store.0001_initial", "", create("Item", TABLE, label=char(), base=char()), replaces=GONE
    )
    candidate = planned(Merge(), case_of((P,), squash, without=GONE))
    assert files(candidate) == {
        "store.0003_p": "after store.0001_initial, replaces shop.0003_p: AddField item.color"
    }


def test_data_operations_that_differ_in_the_label_only_are_the_same() -> None:
    ours = migration("shop.0003_fill", "shop.0002_base", fill("shop.item", source="get('shop', 'Item')"))
    fork = FORK.with_migrations({ours.key: ours})
    theirs = migration(
        "store.0003_fill",
        "store.0002_base",
        fill("store.item", source="get('store', 'Item')"),
        replaces=str(ours.key),
    )
    color = migration("shop.0004_p", "shop.0003_fill", add("item", "color"))
    mainline = (INITIAL, BASE, theirs)
    case = case_of((color,), *mainline, fork=fork, without=f"{GONE} {ours.key}")
    assert [str(unit.key) for unit in case.units] == ["store.0004_p"]
    assert not case.sides[0].sides.edited.data
    other = replace(theirs, operations=(fill("store.item", source="delete('store', 'Item')"),))
    near_miss = case_of((color,), INITIAL, BASE, other, fork=fork, without=f"{GONE} {ours.key}")
    assert near_miss.sides[0].sides.edited.data == {key("store.0003_fill")}


@pytest.mark.parametrize(
    ("operations", "is_refused"),
    [
        ((fill("shop.item"),), True),
        ((fill(),), True),  # what it asks for is not known
        ((fill("blog.post"),), False),
        ((operation("RunSQL", sql=Constant("UPDATE shop_item SET base = ''")),), False),
    ],
)
def test_code_with_the_old_label_is_refused(operations: tuple[Operation, ...], is_refused: bool) -> None:
    fills = migration("shop.0003_fill", "shop.0002_base", *operations)
    found = refusal(case_of((fills,), *STORE, without=GONE))
    assert (found is not None and found.code == "SB419") == is_refused
    if found is not None:
        assert found.example == ('replaces = [("shop", "0003_fill")]  # store.0003_fill',)


def test_near_miss_code_of_unknown_reach_in_another_app() -> None:
    fills = migration("blog.0002_fill", "blog.0001_initial", fill())
    assert refusal(case_of((fills,), *STORE, without=GONE)) is None


def unnamed(*migrations: Migration) -> tuple[Migration, ...]:
    return tuple(replace(each, replaces=()) for each in migrations)


def test_a_label_that_is_renamed_without_replaces_is_refused() -> None:
    found = refusal(case_of((P,), *unnamed(*STORE), without=GONE))
    assert found is not None
    assert found.code == "SB419"
    assert found.example == (
        'replaces = [("shop", "0001_initial")]  # store/migrations/0001_initial.py',
        'replaces = [("shop", "0002_base")]  # store/migrations/0002_base.py',
    )


def test_near_miss_a_new_app_with_other_models() -> None:
    other = migration("store.0001_initial", "", create("Offer", label=char()))
    assert refusal(case_of((P,), other, without=GONE)) is None


def test_near_miss_the_patch_branch_has_nothing_in_the_app() -> None:
    own = migration("blog.0002_z", "blog.0001_initial", add("post", "z"))
    assert refusal(case_of((own,), *unnamed(*STORE), without=GONE)) is None


def test_near_miss_an_app_that_is_still_on_mainline_has_kept_its_label() -> None:
    moved = migration("store.0001_initial", "", replaces="shop.0002_base")
    case = case_of((P,), moved, without="shop.0002_base")
    assert not case.renamed.labels


def test_near_miss_an_app_that_became_two() -> None:
    other = migration("depot.0001_initial", "", replaces="shop.0002_base")
    assert not case_of((P,), INITIAL, other, without=GONE).renamed.labels
