"""A slice gives the verdict of the whole graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from migration_values import (
    add,
    alter,
    char,
    create,
    delete,
    foreign_key,
    integer,
    keys,
    migration,
    operation,
    run_python,
)
from plans_by_hand import (
    ADOPT,
    BLOG,
    DIAMOND,
    EMPTY_M,
    FORK,
    HAND,
    LEAF_DIAMOND,
    MAIN,
    M,
    S,
    X,
    Y,
    candidate,
    changed,
    patch,
    situation,
)
from random_plans import random_plan

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import Candidate, Patch, Refuted, SafePlan, Situation
from stitchback.proof import Prover
from stitchback.proof.relevance import sliced


def verdicts(plan: Candidate, given: Situation) -> tuple[SafePlan | Refuted, SafePlan | Refuted]:
    return Prover(given).prove(plan), Prover(given, slicing=False).prove(plan)


def agree(plan: Candidate, given: Situation) -> bool:
    """The same verdict, and the same rows for those that need a hand."""
    cut, whole = verdicts(plan, given)
    if isinstance(cut, SafePlan) and isinstance(whole, SafePlan):
        return manual_steps(cut) == manual_steps(whole)
    return isinstance(cut, Refuted) and isinstance(whole, Refuted)


def manual_steps(plan: SafePlan) -> set[tuple[str, tuple[MigrationKey, ...]]]:
    return {(each.population.lineage, each.inserts) for each in plan.proof.outcomes if each.inserts}


@pytest.mark.parametrize("seed", range(30))
def test_by_chance(seed: int) -> None:
    assert agree(*random_plan(seed))


def test_chance_makes_right_and_wrong_plans() -> None:
    kinds = [type(Prover(given).prove(plan)) for plan, given in map(random_plan, range(30))]
    assert kinds.count(SafePlan) > 3
    assert kinds.count(Refuted) > 5


@pytest.mark.parametrize("plan", [ADOPT, DIAMOND, LEAF_DIAMOND], ids=["adopt", "diamond", "leaf diamond"])
def test_plans_of_facts(plan: Candidate) -> None:
    assert agree(plan, MAIN)


def many(app: str, count: int, before: str = "") -> Iterable[Migration]:
    for number in range(1, count + 1):
        name = f"{app}.{number:04}_x"
        yield migration(
            name, before, create(f"M{number}") if number % 3 else add("m1", f"f{number}", integer())
        )
        before = name


def on_top_of_all_trees(*below: Migration) -> Situation:
    patches = tuple(
        Patch(changed(patch.tree, *below), changed(patch.fork, *below), patch.migrations)
        for patch in MAIN.patches
    )
    return Situation(patches, changed(MAIN.mainline, *below), ())


def diamond_in(given: Situation) -> Candidate:
    edited = (DIAMOND.result.migrations[key] for key in keys("shop.0003_s shop.0004_m"))
    return Candidate({}, (), changed(given.mainline, *edited), DIAMOND.manual_inserts)


def test_what_all_branches_share_and_what_nobody_touches_is_put_together() -> None:
    below = (*many("crm", 40), *many("sales", 40, "crm.0007_x"))
    later = tuple(
        migration(f"crm.{n:04}_y", f"crm.{n - 1:04}_y" if n > 41 else "crm.0040_x") for n in range(41, 70)
    )
    given = on_top_of_all_trees(*below)
    onto = changed(given.mainline, *later, *many("stock", 30, "crm.0041_y"))
    given = Situation(given.patches, Tree("main", "main", onto.migrations), ())
    plan = diamond_in(given)
    cut = sliced(plan, given)
    assert len(cut.candidate.result.migrations) < 10
    proof = Prover(given).prove(plan)
    assert isinstance(proof, SafePlan)
    assert proof.proof.left_out > 130
    fresh = proof.proof.outcomes[0]
    assert set(fresh.will_run) == set(plan.result.migrations)


def test_a_left_out_app_may_still_be_migrated_first() -> None:
    """FACTS F2 needs nothing of the other app but that it is migrated."""
    refuted = Prover(MAIN).prove(ADOPT)
    assert isinstance(refuted, Refuted)
    assert refuted.failures[0].rollout == "migrate blog, then migrate"


def test_mainlines_migrations_between_essential_ones_are_one_node() -> None:
    run = tuple(
        migration(f"shop.0003_x{n}", f"shop.0003_x{n - 1}" if n else "shop.0003_x", create(f"Tag{n}"))
        for n in range(8)
    )
    given = situation(X, *run, M.with_changes(dependencies=keys("shop.0003_x7")), Y)
    plan = candidate(given, S, EMPTY_M.with_changes(dependencies=keys("shop.0003_x7 shop.0003_s")), hand=HAND)
    names = {str(key) for key in sliced(plan, given).candidate.result.migrations}
    assert "shop.0003_x7" in names
    assert not names & {f"shop.0003_x{n}" for n in range(7)}
    assert agree(plan, given)


@pytest.mark.parametrize("name", ["__latest__", "__first__"])
def test_a_dependency_on_whatever_is_first_or_last(name: str) -> None:
    given = on_top_of_all_trees(migration("crm.0001_x", f"shop.{name}", create("Deal")))
    assert agree(diamond_in(given), given)


def test_a_squash_of_the_shared_part_stays_whole() -> None:
    given = on_top_of_all_trees(
        migration("blog.0001_squashed", "", create("Post"), replaces="blog.0001_initial")
    )
    assert agree(diamond_in(given), given)


def test_apps_that_wait_for_each_other_in_turns_make_no_circle() -> None:
    turns = (
        migration("crm.0001_a", "shop.0004_m", create("Deal")),
        migration("sales.0001_a", "crm.0001_a", create("Offer")),
        migration("crm.0002_b", "crm.0001_a sales.0001_a", add("deal", "x")),
        migration("sales.0002_b", "sales.0001_a crm.0002_b", add("offer", "x")),
        migration("crm.0003_c", "crm.0002_b", add("deal", "y")),
    )
    given = situation(X, M, Y, BLOG, *turns)
    plan = diamond_in(given)
    own = {str(key) for key in sliced(plan, given).candidate.result.migrations if key.app in ("crm", "sales")}
    assert own == {"crm.0001_a", "sales.0001_a", "crm.0003_c", "sales.0002_b"}
    assert isinstance(Prover(given).prove(plan), SafePlan)
    assert agree(plan, given)


def test_leaves_of_an_app_that_nothing_touches() -> None:
    """They are mainline's own affair, and said; a plan that leaves its own app with several is refused."""
    split = (
        migration("crm.0001_a", ""),
        migration("crm.0002_b", "crm.0001_a"),
        migration("crm.0002_c", "crm.0001_a"),
    )
    given = on_top_of_all_trees(*split)
    plan = diamond_in(given)
    proved = Prover(given).prove(plan)
    assert isinstance(proved, SafePlan)
    assert any(said.startswith("crm has several leaf nodes") for said in proved.proof.bounded)
    more = changed(plan.result, migration("crm.0002_d", "crm.0001_a"))
    assert isinstance(Prover(given).prove(Candidate({}, (), more, plan.manual_inserts)), Refuted)


def test_what_is_left_aside_between_two_migrations_makes_no_leaf_of_the_first() -> None:
    given = on_top_of_all_trees(migration("crm.0001_a", "", create("Deal")))
    aside = migration("crm.0002_b", "crm.0001_a", create("Offer"))
    last = migration("crm.0003_c", "crm.0002_b shop.0004_m", create("Lead"))
    hung = Y.with_changes(dependencies=keys("shop.0004_m crm.0001_a"))
    onto = changed(given.mainline, aside, last, hung)
    given = Situation(given.patches, Tree("main", "main", onto.migrations), ())
    plan = diamond_in(given)
    assert isinstance(Prover(given).prove(plan), SafePlan)
    assert agree(plan, given)


@pytest.mark.parametrize(
    "database", [(), (run_python(),), (add("item", "age", integer()), add("tag", "age", integer()))]
)
def test_one_operation_on_two_models_of_which_one_matters(database: tuple[Operation, ...]) -> None:
    """The other one's maker is left out, and so is what is done to it."""
    both = replace(
        operation("SeparateDatabaseAndState"),
        database=database,
        state=(alter("item", "label", char(30)), alter("tag", "label", char(30))),
    )
    base = FORK.migrations[keys("shop.0002_base")[0]]
    given = on_top_of_all_trees(
        migration("shop.0001_initial", "", create("Item", label=char()), create("Tag", label=char())),
        base.with_changes(operations=(*base.operations, both)),
    )
    plan = diamond_in(given)
    assert isinstance(Prover(given).prove(plan), SafePlan)
    assert agree(plan, given)


def test_a_merge_that_is_left_aside_still_joins_its_leaves() -> None:
    """Something essential is above each of the leaves, and nothing essential is above the merge."""
    given = on_top_of_all_trees(migration("crm.0001_a", "", create("Deal")))
    leaves = (
        migration("crm.0002_b", "crm.0001_a", create("Offer")),
        migration("crm.0002_c", "crm.0001_a", create("Lead")),
    )
    merge = migration("crm.0003_merge", "crm.0002_b crm.0002_c")
    hung = (
        M.with_changes(dependencies=keys("shop.0003_x crm.0002_b")),
        Y.with_changes(dependencies=keys("shop.0004_m crm.0002_c")),
    )
    onto = changed(given.mainline, *leaves, merge, *hung)
    given = Situation(given.patches, Tree("main", "main", onto.migrations), ())
    stitched = (S, EMPTY_M.with_changes(dependencies=keys("shop.0003_x crm.0002_b shop.0003_s")))
    plan = Candidate({}, (), changed(onto, *stitched), DIAMOND.manual_inserts)
    assert isinstance(Prover(given).prove(plan), SafePlan)
    assert agree(plan, given)


def test_a_migration_that_refers_to_a_model_which_the_patch_deletes_is_in_the_slice() -> None:
    gone = migration("blog.0002_gone", "blog.0001_initial", delete("Post"))
    link = migration("shop.0003_link", "shop.0002_base", add("item", "post", foreign_key("blog.post")))
    given = situation(link, patches=[patch(gone)])
    cut, whole = verdicts(candidate(given, gone), given)
    assert isinstance(cut, Refuted)
    assert isinstance(whole, Refuted)
    assert "blog.post" in cut.failures[0].message
    assert "rehears" not in cut.failures[0].rollout


def test_one_that_refers_to_another_model_is_not() -> None:
    gone = migration("blog.0002_gone", "blog.0001_initial", delete("Post"))
    beside = migration("shop.0003_y", "shop.0002_base", add("item", "y", integer()))
    given = situation(beside, patches=[patch(gone)])
    assert agree(candidate(given, gone), given)
