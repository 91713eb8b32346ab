"""The models at the leaves: what one side alone changed is there, mainline's word is the last where both did, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import add, alter, char, create, field, keys, migration, operation, remove, run_python
from plans_by_hand import FORK, candidate, changed, patch, situation

from stitchback.engine import EngineCache
from stitchback.matching.case import Case, Side
from stitchback.matching.match import compare
from stitchback.matching.sides import sides
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import Candidate, Patch, Refuted, Situation
from stitchback.model.values import Call, Constant, Dictionary, Items, Reference
from stitchback.planning.outcomes import Planned
from stitchback.planning.plan import plan
from stitchback.proof import prove, prove_beside
from stitchback.proof.context import ProofContext
from stitchback.proof.models_kept import models_changed
from stitchback.strategies import ALL, compose, search
from stitchback.strategies.build_candidate import finish
from stitchback.strategies.draft import Draft

HELP, OTHER = char(20, help_text=Constant("p")), char(20, help_text=Constant("m"))
VERBOSE = char(20, verbose_name=Constant("m"))


def on(name: str, *operations: Operation) -> Migration:
    return migration(name, "shop.0002_base", *operations)


def options(**given: str) -> Operation:
    pairs = tuple((Constant(name), Constant(value)) for name, value in sorted(given.items()))
    return operation("AlterModelOptions", name=Constant("item"), options=Dictionary(pairs))


def managers(name: str) -> Operation:
    pair = Items("tuple", (Constant(name), Reference("shop.managers.Items")))
    return operation("AlterModelManagers", name=Constant("item"), managers=Items("list", (pair,)))


def case_of(given: Situation) -> Case:
    split = tuple((each, sides(each, given.mainline)) for each in given.patches)
    return Case(given, tuple(Side(each, found, compare(found, {})) for each, found in split))


def lost(given: Situation, *put: Migration) -> list[str]:
    """What the proof says of the models where mainline's tree gets these files and no other."""
    result = candidate(given, *put).result
    return [str(each) for each in models_changed(ProofContext(given, EngineCache()).sides(result))]


def test_what_several_choices_come_to_is_finished_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two apps, and strategies of which most do not fit: a mixture of them is the same draft again, and to finish one takes long in a
    large project."""
    own = (
        migration("shop.0003_p", "shop.0002_base", add("item", "p")),
        migration("blog.0002_p", "blog.0001_initial", add("post", "p")),
    )
    finished: list[Draft] = []

    def counted(draft: Draft, case: Case) -> Candidate | None:
        assert draft not in finished
        finished.append(draft)
        return finish(draft, case)

    monkeypatch.setattr(search, "finish", counted)
    found = list(compose(case_of(situation(patches=[patch(*own)])), ALL))
    assert len(finished) == len(found) > 1


def merged_state(given: Situation) -> Tree:
    """The tree of the plan that is chosen."""
    outcome = plan(case_of(given), prove, beside=prove_beside)
    assert isinstance(outcome, Planned), outcome
    return outcome.chosen.candidate.result


P = on("shop.0003_p", alter("item", "label", HELP))


def test_what_only_the_patch_changed_may_not_be_lost() -> None:
    given = situation(on("shop.0003_m", add("item", "size")), patches=[patch(P)])
    assert lost(given) == ["help_text of field shop.item.label: the change of release/2.4 is lost"]
    assert isinstance(prove(candidate(given), given), Refuted)


def test_a_value_that_a_shared_file_imports_and_the_patch_branch_changed() -> None:
    """The file is the same on both; mainline's reading of it is the base, so what the patch writes in a migration is its own change."""
    told, untold = (char(20, help_text=Constant(text)) for text in ("imported, changed", "imported"))
    shared = migration("blog.0001_initial", "", create("Post", title=untold, body=untold))
    there = migration("blog.0001_initial", "", create("Post", title=told, body=told))
    fork, mainline = changed(FORK, shared), changed(FORK, shared, on("shop.0003_m", add("item", "size")))
    own = migration("blog.0002_p", "blog.0001_initial", alter("post", "title", HELP))
    theirs = changed(fork, there.with_changes(blob=shared.blob), own)
    given = situation(patches=[Patch(theirs, fork, (own,))])
    given = replace(given, mainline=mainline)
    assert lost(given) == ["help_text of field blog.post.title: the change of v2.4 is lost"]
    assert lost(given, own) == []
    edited = replace(given, patches=(Patch(changed(theirs, there), fork, (own,)),))
    assert lost(edited, own) == ["help_text of field blog.post.title differs from mainline"]


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (options(verbose_name="p"), "option verbose_name of shop.item: the change of release/2.4 is lost"),
        (managers("objects"), "managers of shop.item: the change of release/2.4 is lost"),
        (
            operation("AlterModelTableComment", name=Constant("item"), table_comment=Constant("p")),
            "option db_table_comment of shop.item: the change of release/2.4 is lost",
        ),
        (remove("item", "label"), "field shop.item.label still exists, although release/2.4 removed it"),
    ],
)
def test_options_managers_and_removals_are_parts_too(ours: Operation, said: str) -> None:
    given = situation(on("shop.0003_m", add("item", "size")), patches=[patch(on("shop.0003_p", ours))])
    assert said in lost(given)


def test_each_argument_of_a_field_is_a_part_of_its_own() -> None:
    """Near miss of the next: the two sides changed different arguments, so both stand."""
    given = situation(on("shop.0003_m", alter("item", "label", VERBOSE)), patches=[patch(P)])
    assert lost(given) == ["help_text of field shop.item.label: the change of release/2.4 is lost"]
    both = char(20, help_text=Constant("p"), verbose_name=Constant("m"))
    assert lost(given, migration("shop.0004_both", "shop.0003_m", alter("item", "label", both))) == []


def test_mainlines_word_is_the_last_where_both_changed_it() -> None:
    given = situation(on("shop.0003_m", alter("item", "label", OTHER)), patches=[patch(P)])
    assert lost(given) == []
    back = migration("shop.0004_p", "shop.0003_m", alter("item", "label", HELP))
    assert lost(given, back) == ["help_text of field shop.item.label differs from mainline"]


def test_what_mainline_has_taken_back_since_stays_taken_back() -> None:
    again = migration("shop.0004_back", "shop.0003_m", alter("item", "label", char(20)))
    given = situation(on("shop.0003_m", alter("item", "label", HELP)), again, patches=[patch(P)])
    assert lost(given) == []


def test_what_mainline_has_removed_since_stays_removed() -> None:
    gone = migration("shop.0004_gone", "shop.0003_m", remove("item", "size"))
    ours = on("shop.0003_p", add("item", "size"))
    given = situation(on("shop.0003_m", add("item", "size")), gone, patches=[patch(ours)])
    assert lost(given) == []


def test_identity_follows_mainlines_renames() -> None:
    renamed = operation(
        "RenameField", model_name=Constant("item"), old_name=Constant("label"), new_name=Constant("title")
    )
    given = situation(on("shop.0003_m", renamed), patches=[patch(P)])
    assert lost(given) == ["help_text of field shop.item.title: the change of release/2.4 is lost"]
    carried = migration("shop.0004_help", "shop.0003_m", alter("item", "title", HELP))
    assert lost(given, carried) == []


def index(name: str, column: str) -> Operation:
    fields = Items("list", (Constant(column),))
    value = Call(Reference("django.db.models.Index"), (), (("fields", fields), ("name", Constant(name))))
    return operation("AddIndex", model_name=Constant("item"), index=value)


def test_an_index_is_known_by_its_definition_and_mainlines_stands_under_one_name() -> None:
    theirs = on("shop.0003_m", index("item_idx", "base"))
    given = situation(theirs, patches=[patch(on("shop.0003_p", index("item_idx", "label")))])
    assert lost(given) == []
    other = situation(theirs, patches=[patch(on("shop.0003_p", index("item_label", "label")))])
    (said,) = lost(other)
    assert said.startswith("index of shop.item")
    assert said.endswith("the change of release/2.4 is lost")
    twice = situation(theirs, patches=[patch(on("shop.0003_p", index("item_hotfix", "base")))])
    assert lost(twice) == []


def test_what_neither_branch_has_may_not_be_there() -> None:
    given = situation(on("shop.0003_m", add("item", "size")), patches=[patch(P)])
    new = migration("shop.0004_new", "shop.0003_m", alter("item", "label", HELP), add("item", "odd"))
    assert "field shop.item.odd is on neither branch" in lost(given, new)


def test_options_that_an_alter_model_options_leaves_out_are_mainlines_where_it_altered_them() -> None:
    base = (
        migration("shop.0001_initial", "", create("Item", {"verbose_name": Constant("base")}, label=char())),
        migration("shop.0002_base", "shop.0001_initial", add("item", "base")),
    )
    fork = Tree("v2.4", "v2.4", {each.key: each for each in base})
    ours = patch(on("shop.0003_p", options(get_latest_by="id")), fork=fork)
    theirs = on("shop.0003_m", options(verbose_name="base", verbose_name_plural="m"))
    onto = Tree("main", "main", {**fork.migrations, theirs.key: theirs})
    given = Situation((ours,), onto, ())
    assert lost(given) == ["option get_latest_by of shop.item: the change of release/2.4 is lost"]


def test_of_two_patch_branches_the_last_named_has_the_last_word() -> None:
    first, second = (
        patch(on("shop.0003_p", alter("item", "label", HELP)), ref="release/2.4"),
        patch(on("shop.0003_q", alter("item", "label", OTHER)), ref="release/2.5"),
    )
    given = situation(on("shop.0003_m", add("item", "size")), patches=[first, second])
    as_first = migration("shop.0004_p", "shop.0003_m", alter("item", "label", HELP))
    as_second = migration("shop.0004_p", "shop.0003_m", alter("item", "label", OTHER))
    assert lost(given, as_first) != []
    assert lost(given, as_second) == []


def test_the_plan_carries_what_would_be_lost_to_the_leaf() -> None:
    both = (alter("item", "label", HELP), alter("item", "base", char(60)))
    theirs = on("shop.0003_m", alter("item", "base", char(60)), managers("objects"))
    given = situation(theirs, patches=[patch(on("shop.0003_p", *both, options(get_latest_by="id")))])
    assert lost_of(given, merged_state(given)) == []


def test_an_alteration_of_mainline_that_no_database_sees_does_not_take_the_column_back() -> None:
    given = situation(
        on("shop.0003_m", alter("item", "label", OTHER)),
        patches=[patch(on("shop.0003_p", alter("item", "label", char(90))))],
    )
    result = merged_state(given)
    assert lost_of(given, result) == []
    assert result.migrations[keys("shop.0003_m")[0]].operations == ()


def lost_of(given: Situation, result: Tree) -> list[str]:
    return [str(each) for each in models_changed(ProofContext(given, EngineCache()).sides(result))]


def test_a_model_that_mainline_has_removed_takes_the_patchs_fields_along() -> None:
    gone = on("shop.0003_m", operation("DeleteModel", name=Constant("Item")))
    given = situation(gone, patches=[patch(on("shop.0003_p", add("item", "size")))])
    assert lost(given) == []


def test_a_squash_of_mainline_tells_nothing_of_a_rename() -> None:
    """What the patch gave the model is looked for on any model that the squash makes."""
    squash = migration(
        "shop.0002_sq",
        "",
        create("Thing", label=char(), base=char()),
        replaces="shop.0001_initial shop.0002_base",
    )
    given = situation(squash, patches=[patch(on("shop.0003_p", add("item", "size")))])
    without = given.mainline.with_migrations(dict.fromkeys(keys("shop.0001_initial shop.0002_base")))
    given = Situation(given.patches, without, ())
    assert lost(given, migration("shop.0003_p", "shop.0002_sq", add("thing", "size"))) == []
    assert lost(given, migration("shop.0003_p", "shop.0002_sq", add("thing", "odd"))) != []


def test_what_was_reconciled_before_is_not_asked_for_again() -> None:
    both = (add("item", "size"), alter("item", "label", HELP))
    stitched = migration("shop.0003_s", "shop.0002_base", add("item", "size"), replaces="shop.0003_p")
    assert lost(situation(stitched, patches=[patch(on("shop.0003_p", *both))])) == []


def test_what_a_plan_covered_was_reconciled_with_what_it_depends_on() -> None:
    """Both branches have 0003_both, and a plan has covered 0003_p beside it: the models of both were merged then (random seed 72015)."""
    plain = alter("item", "base", char(20))
    twin, p = on("shop.0003_both", plain), on("shop.0003_p", alter("item", "base", HELP))
    joined = migration("shop.0004_merge", "shop.0003_p shop.0003_both")
    last = migration("shop.0005_p", "shop.0004_merge", add("item", "late"))
    theirs = on("shop.0003_both", alter("item", "base", HELP)).with_changes(
        provenance=("covers shop.0003_p of release/2.4 (commit 1)",)
    )
    m = migration("shop.0004_m", "shop.0003_both", add("item", "late")).with_changes(
        replaces=keys("shop.0005_p")
    )
    assert lost(situation(theirs, m, patches=[patch(p, twin, joined, last)])) == []
    later = migration("shop.0006_p", "shop.0005_p", alter("item", "base", VERBOSE))
    (said, *_) = lost(situation(theirs, m, patches=[patch(p, twin, joined, last, later)]))
    assert "the change of release/2.4 is lost" in said


def test_a_model_that_was_renamed_by_what_is_reconciled_is_one_model() -> None:
    """Mainline, which renamed it too and has the patch's name for that in `replaces`, has deleted it since (random seed 80019)."""
    piece = operation("RenameModel", old_name=Constant("Item"), new_name=Constant("Piece"))
    size, ours = on("shop.0003_p", add("item", "size")), migration("shop.0004_p", "shop.0003_p", piece)
    theirs = on("shop.0003_m", piece).with_changes(replaces=(ours.key,))
    gone = migration("shop.0004_m", "shop.0003_m", operation("DeleteModel", name=Constant("Piece")))
    branch = patch(size, ours)
    assert lost(situation(theirs, gone, patches=[branch])) == []
    assert lost(situation(theirs, patches=[branch])) == [
        "field shop.piece.size: the change of release/2.4 is lost"
    ]


def test_mainlines_own_alterations_stay_in_the_order_of_the_merged_tree() -> None:
    """What git brought decides which of two migrations without a dependency comes first (random seed 71013)."""
    copied = on("shop.0004_a", alter("item", "base", HELP)).with_changes(
        provenance=("copied shop.0004_a of release/2.4 (commit 1)",)
    )
    brought = migration("shop.0009_p", "shop.0004_a", add("item", "late"))
    own = on("shop.0005_m", alter("item", "base", OTHER))
    merge = migration("shop.0010_merge", "shop.0009_p shop.0005_m")
    ours = patch(on("shop.0004_a", alter("item", "base", HELP)), brought, merged=True)
    assert lost(situation(copied, brought, own, merge, patches=[ours])) == []


def test_of_two_branches_each_ones_shape_is_turned_into_mainlines_where_it_is_made() -> None:
    first, second = (
        patch(on("shop.0003_p", add("item", "size")), ref="release/2.4"),
        patch(on("shop.0003_q", add("item", "note", HELP)), ref="release/2.5"),
    )
    theirs = on("shop.0003_m", add("item", "size"), add("item", "note", OTHER))
    result = merged_state(situation(theirs, patches=[first, second]))
    left = result.migrations[keys("shop.0003_m")[0]].operations
    assert [each.kind for each in left if isinstance(each, Operation)] == ["AlterField"]


def test_an_option_set_on_both_sides_needs_nobodys_hand() -> None:
    theirs = on("shop.0003_m", options(verbose_name="m"))
    given = situation(theirs, patches=[patch(on("shop.0003_p", options(verbose_name="p")))])
    outcome = plan(case_of(given), prove, beside=prove_beside)
    assert isinstance(outcome, Planned)
    assert outcome.chosen.proof.manual_steps == 0
    assert lost_of(given, outcome.chosen.candidate.result) == []


def table(name: str) -> Operation:
    return operation("AlterModelTable", name=Constant("item"), table=Constant(name))


def test_the_same_table_on_both_sides_needs_nobodys_hand() -> None:
    given = situation(on("shop.0003_m", table("goods")), patches=[patch(on("shop.0003_p", table("goods")))])
    outcome = plan(case_of(given), prove, beside=prove_beside)
    assert isinstance(outcome, Planned)
    assert outcome.chosen.proof.manual_steps == 0


def test_mainlines_table_is_the_last_where_the_sides_differ() -> None:
    given = situation(on("shop.0003_m", table("wares")), patches=[patch(on("shop.0003_p", table("goods")))])
    result = merged_state(given)
    assert lost_of(given, result) == []
    assert result.migrations[keys("shop.0003_m")[0]].operations == (table("wares"),)


def test_what_a_data_operation_of_mainline_may_need_is_not_moved_to_the_leaf() -> None:
    ours = patch(on("shop.0003_p", alter("item", "label", char(90))))
    data = migration("shop.0004_data", "shop.0003_m", run_python())
    for shape, kept in ((OTHER, 0), (char(20, default=Constant("m")), 1)):
        given = situation(on("shop.0003_m", alter("item", "label", shape)), data, patches=[ours])
        merge = next(each for each in compose(case_of(given), ALL) if each.strategies == {"shop": "merge"})
        assert len(merge.result.migrations[keys("shop.0003_m")[0]].operations) == kept


def test_a_plan_that_stops_is_looked_for_behind_many_that_do_damage() -> None:
    """Two apps: all mixtures of strategies have fewer files than the diamond of both."""
    value = field("IntegerField", default=Constant(7))
    ours = (
        on("shop.0003_p", add("item", "size", value)),
        migration("blog.0002_p", "blog.0001_initial", add("post", "size", value)),
    )
    theirs = (
        on("shop.0003_m", add("item", "size", value)),
        migration("blog.0002_m", "blog.0001_initial", add("post", "size", value)),
    )
    outcome = plan(case_of(situation(*theirs, patches=[patch(*ours)])), prove, beside=prove_beside)
    assert isinstance(outcome, Planned)
    assert not outcome.chosen.proof.damages


SQUASH = migration(
    "shop.0001_squashed_0002",
    "",
    create("Item", label=char(), base=char()),
    replaces="shop.0001_initial shop.0002_base",
)
AFTER_SQUASH = migration("shop.0003_choice", "shop.0001_squashed_0002", alter("item", "label", OTHER))


@pytest.mark.parametrize(
    "theirs",
    [
        (),
        (migration("shop.0004_m", "shop.0003_choice", add("item", "size")),),
        (migration("shop.0004_m", "shop.0003_choice", alter("item", "base", OTHER)),),
    ],
)
def test_a_squash_of_the_fork_point_that_kept_its_files_is_no_change_of_mainlines(
    theirs: tuple[Migration, ...],
) -> None:
    """What was altered after the squash is what both sides start from."""
    fork = changed(FORK, SQUASH, AFTER_SQUASH)
    ours = patch(migration("shop.0004_p", "shop.0003_choice", alter("item", "label", HELP)), fork=fork)
    given = situation(SQUASH, AFTER_SQUASH, *theirs, patches=[ours])
    assert lost_of(given, merged_state(given)) == []
    (kept,) = (each for each in merged_state(given).migrations.values() if each.key.name == "0004_p")
    assert kept.operations == (alter("item", "label", HELP),)


def test_what_mainline_changed_after_a_squash_of_the_fork_point_is_mainlines() -> None:
    fork = changed(FORK, SQUASH, AFTER_SQUASH)
    theirs = migration("shop.0004_m", "shop.0003_choice", alter("item", "label", VERBOSE))
    ours = patch(migration("shop.0004_p", "shop.0003_choice", alter("item", "label", HELP)), fork=fork)
    given = situation(SQUASH, AFTER_SQUASH, theirs, patches=[ours])
    assert lost_of(given, merged_state(given)) == []
