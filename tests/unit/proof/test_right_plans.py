"""Plans that FACTS shows to be right: the proof must let them through, and say who needs a hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import add, char, create, delete, keys, migration, run_python, tree
from plans_by_hand import (
    BASE,
    BLOG,
    DIAMOND,
    EMPTY_M,
    FORK,
    HAND,
    LEAF_DIAMOND,
    MAIN,
    MAINLINE,
    M,
    P,
    S,
    X,
    Y,
    candidate,
    changed,
    color,
    column,
    patch,
    situation,
)

from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree, Unreadable
from stitchback.model.plans import Candidate, Patch, Policy, Proof, SafePlan, Situation
from stitchback.model.source import Span
from stitchback.proof import Prover, prove


def proved(plan: Candidate, given: Situation = MAIN) -> Proof:
    outcome = prove(plan, given)
    assert isinstance(outcome, SafePlan), outcome.failures
    return outcome.proof


def manual_steps(proof: Proof) -> dict[str, list[str]]:
    return {
        each.population.name: [str(key) for key in each.inserts] for each in proof.outcomes if each.inserts
    }


DIRECT = M.with_changes(dependencies=keys("shop.0002_base"))


def test_f1_adopting_directly_after_the_fork_point() -> None:
    given = situation(DIRECT, Y)
    plan = candidate(given, DIRECT.with_changes(replaces=keys("shop.0003_p")), hand=HAND)
    proof = proved(plan, given)
    assert manual_steps(proof) == {
        "main up to shop.0004_m": ["shop.0003_p"],
        "main up to shop.0005_y": ["shop.0003_p"],
    }


def test_f12_the_diamond() -> None:
    proof = proved(DIAMOND)
    assert set(manual_steps(proof)) == {"main up to shop.0004_m", "main up to shop.0005_y"}
    assert proof.bounded == ()
    patched = next(each for each in proof.outcomes if each.population.lineage == "patched")
    assert patched.will_run == keys("blog.0002_z shop.0003_x shop.0004_m shop.0005_y")
    assert set(keys("shop.0003_s shop.0003_p")) <= set(patched.recorded)


def test_f11_an_empty_merge_where_nothing_is_given_up() -> None:
    """The patch alone: nobody needs a hand."""
    given = situation(X, Y.with_changes(dependencies=keys("shop.0003_x")), BLOG)
    plan = candidate(given, S, migration("shop.0006_merge", "shop.0005_y shop.0003_s"))
    assert manual_steps(proved(plan, given)) == {}


def test_f16_ps_file_as_it_is_and_a_merge() -> None:
    given = situation(
        X, Y.with_changes(dependencies=keys("shop.0003_x")), BLOG, policy=Policy(zero_touch=True)
    )
    plan = candidate(given, P, migration("shop.0006_merge", "shop.0005_y shop.0003_p"))
    proof = proved(plan, given)
    assert manual_steps(proof) == {}
    assert {each.population.lineage for each in proof.outcomes} == {
        "fresh",
        "fork point",
        "patched",
        "mainline",
    }


def test_f15_rehome_ps_file_and_m_loses_what_p_does() -> None:
    plan = candidate(MAIN, P, EMPTY_M.with_changes(dependencies=keys("shop.0003_x shop.0003_p")), hand=HAND)
    assert len(manual_steps(proved(plan))) == 2


def test_f30_loosened() -> None:
    given = situation(X, color("shop.0003_p", "shop.0003_x"), column("shop.0004_y", "shop.0003_p", "y"))
    loose = color("shop.0003_p", "shop.0002_base")
    child = column("shop.0004_y", "shop.0003_p shop.0003_x", "y")
    assert manual_steps(proved(candidate(given, loose, child), given)) == {}


def test_the_same_file_on_both_sides_needs_nothing() -> None:
    given = situation(P, column("shop.0004_y", "shop.0003_p", "y"))
    assert manual_steps(proved(candidate(given), given)) == {}


def test_a_patch_that_git_has_merged_already() -> None:
    """Two leaves: nobody can migrate with mainline as it stands, but databases of both sides exist."""
    given = situation(X, Y.with_changes(dependencies=keys("shop.0003_x")), P, merged=True)
    plan = candidate(given, migration("shop.0006_merge", "shop.0005_y shop.0003_p"))
    proof = proved(plan, given)
    assert manual_steps(proof) == {}
    assert "main up to shop.0005_y" in {each.population.name for each in proof.outcomes}


def test_two_patches_in_a_row_and_one_mainline_migration_for_both() -> None:
    second = column("shop.0004_q", "shop.0003_p", "size")
    both = M.with_changes(operations=(*M.operations, *second.operations))
    given = situation(X, both, patches=[patch(P, second)])
    t = column("shop.0004_t", "shop.0003_s", "size", replaces="shop.0004_q")
    plan = candidate(
        given,
        S,
        t,
        both.with_changes(operations=(), dependencies=keys("shop.0003_x shop.0004_t")),
        hand=f"{HAND};shop.0004_q: shop.0004_m",
    )
    assert set(manual_steps(proved(plan, given))["main up to shop.0004_m"]) == {"shop.0003_p", "shop.0004_q"}


def test_two_release_branches_with_the_same_hotfix_under_two_names() -> None:
    other = color("shop.0003_other", "shop.0002_base")
    given = situation(*MAINLINE, patches=[patch(P), patch(other, ref="release/2.3")])
    second = S.with_changes(key=keys("shop.0003_s2")[0], operations=(), replaces=keys("shop.0003_other"))
    wrong = candidate(
        given, S, second, EMPTY_M.with_changes(dependencies=keys("shop.0003_x shop.0003_s shop.0003_s2"))
    )
    assert not isinstance(prove(wrong, given), SafePlan)


def test_data_operations_on_both_sides_run_once() -> None:
    work = run_python("fill")
    p = P.with_changes(operations=(*P.operations, work))
    m = M.with_changes(operations=(*M.operations, work))
    given = situation(X, m, Y, patches=[patch(p)])
    s = S.with_changes(operations=p.operations)
    plan = candidate(
        given, s, m.with_changes(operations=(), dependencies=keys("shop.0003_x shop.0003_s")), hand=HAND
    )
    assert manual_steps(proved(plan, given))
    twice = candidate(
        given, S, m.with_changes(operations=(work,), dependencies=keys("shop.0003_x shop.0003_s")), hand=HAND
    )
    outcome = prove(twice, given)
    assert not isinstance(outcome, SafePlan)
    assert "has run 2 times, on a fresh install 1" in outcome.failures[0].message


def test_a_data_operation_of_one_side_is_left_out_only_where_a_remark_says_so() -> None:
    p = P.with_changes(operations=(*P.operations, run_python("fill")))
    given = situation(*MAINLINE, patches=[patch(p)])
    without = (S, EMPTY_M.with_changes(dependencies=keys("shop.0003_x shop.0003_s")))
    outcome = prove(candidate(given, *without, hand=HAND), given)
    assert not isinstance(outcome, SafePlan)
    assert "no note reports that" in outcome.failures[0].message
    proved(candidate(given, *without, hand=HAND, remarks="shop.0003_p"), given)


def test_unreleased_migrations_may_be_hung_elsewhere() -> None:
    held = keys("shop.0003_x")
    rehung = X.with_changes(dependencies=keys("shop.0003_p"))
    given = situation(
        X, Y.with_changes(dependencies=keys("shop.0003_x")), policy=Policy(unreleased=frozenset(held))
    )
    assert manual_steps(proved(candidate(given, P, rehung), given)) == {}
    released = situation(X, Y.with_changes(dependencies=keys("shop.0003_x")))
    assert not isinstance(prove(candidate(released, P, rehung), released), SafePlan)


def lost_parent(*unreadable: Unreadable) -> tuple[Candidate, Situation]:
    lost = color("shop.0003_p", "shop.0002_base shop.0002_gone")
    branch = patch(lost)
    branch = replace(branch, tree=replace(branch.tree, unreadable=unreadable))
    given = situation(X, Y.with_changes(dependencies=keys("shop.0003_x")), patches=[branch])
    return candidate(given, P, migration("shop.0006_merge", "shop.0005_y shop.0003_p")), given


def test_no_database_has_a_migration_whose_parent_its_branch_lacks() -> None:
    proof = proved(*lost_parent())
    assert any("depends on shop.0002_gone, which does not exist" in said for said in proof.bounded)
    assert {each.population.lineage for each in proof.outcomes} == {"fresh", "fork point", "mainline"}


def test_a_parent_that_is_there_and_cannot_be_read_is_another_thing() -> None:
    unreadable = Unreadable(Span("shop/migrations/0002_gone.py"), "Python 2", keys("shop.0002_gone")[0])
    proof = proved(*lost_parent(unreadable))
    assert any("shop.0002_gone cannot be read" in said for said in proof.bounded)
    assert "release/2.4 up to shop.0003_p" in {each.population.name for each in proof.outcomes}


def squashed_mainline() -> Situation:
    squash = migration(
        "shop.0001_sq",
        "",
        create("Item", label=char()),
        *BASE[1].operations,
        replaces="shop.0001_initial shop.0002_base",
    )
    onto = changed(
        FORK, squash, column("shop.0003_x", "shop.0001_sq", "x"), without="shop.0001_initial shop.0002_base"
    )
    return Situation((patch(P),), Tree("main", "main", onto.migrations), ())


def test_f19_mainline_squashed_since_the_fork_point() -> None:
    given = squashed_mainline()
    rehung = color("shop.0003_p", "shop.0001_sq")
    plan = candidate(given, rehung, migration("shop.0004_merge", "shop.0003_x shop.0003_p"))
    assert manual_steps(proved(plan, given)) == {}
    chained = candidate(given, rehung, column("shop.0003_x", "shop.0003_p", "x"))
    assert not isinstance(prove(chained, given), SafePlan)


def test_a_defect_that_mainline_had_before_is_named_and_left_out() -> None:
    """A migration of the fork point was renamed on mainline: the fork point's databases fail there, whatever is done to shop."""
    renamed = migration("blog.0001_first", "", *BASE[2].operations)
    onto = changed(
        FORK, X, Y.with_changes(dependencies=keys("shop.0003_x")), renamed, without="blog.0001_initial"
    )
    fork = patch(P)
    given = Situation((fork,), Tree("main", "main", onto.migrations), ())
    plan = candidate(given, P, migration("shop.0006_merge", "shop.0005_y shop.0003_p"))
    outcome = prove(plan, given)
    assert not isinstance(
        outcome, SafePlan
    )  # a patched database has the old row too, and nobody may leave it out
    assert all(each.population.startswith("release/2.4") for each in outcome.failures)


@pytest.mark.parametrize("rows", ["shop.0003_p", ""])
def test_a_ledger_that_a_branch_makes_is_proved_too(rows: str) -> None:
    ledger = Ledger.of(*keys(f"blog.0001_initial shop.0001_initial shop.0002_base {rows}"), source="prod.csv")
    given = Situation(MAIN.patches, MAIN.mainline, (), Policy(), (ledger,))
    proof = proved(DIAMOND, given)
    assert "prod.csv" in {each.population.name for each in proof.outcomes}


def test_a_ledger_that_no_branch_makes_is_told() -> None:
    ledger = Ledger.of(*keys("shop.0004_m"), source="odd.csv")
    proof = proved(DIAMOND, Situation(MAIN.patches, MAIN.mainline, (), Policy(), (ledger,)))
    assert any(
        said.startswith("odd.csv: no branch results in a database with these rows") for said in proof.bounded
    )


def test_removed_on_both_sides() -> None:
    drop_p = migration("shop.0003_p", "shop.0002_base", delete("item"))
    drop_m = migration("shop.0004_m", "shop.0003_x", delete("item"))
    given = situation(
        migration("shop.0003_x", "shop.0002_base", create("Tag")), drop_m, patches=[patch(drop_p)]
    )
    s = drop_p.with_changes(key=keys("shop.0003_s")[0], replaces=keys("shop.0003_p"))
    plan = candidate(
        given, s, drop_m.with_changes(operations=(), dependencies=keys("shop.0003_x shop.0003_s")), hand=HAND
    )
    assert manual_steps(proved(plan, given)) == {"main up to shop.0004_m": ["shop.0003_p"]}


def test_an_empty_plan_where_there_is_nothing_to_do() -> None:
    given = Situation((Patch(tree(*BASE, ref="release/2.4"), FORK, ()),), MAIN.mainline, ())
    assert manual_steps(proved(candidate(given), given)) == {}
    assert LEAF_DIAMOND.manual_inserts
    assert add("item", "x").kind == "AddField"


def test_mainline_alone_is_tried_from_nothing() -> None:
    """`resolve` in one tree: two leaves and nothing to compare with."""
    alone = Situation((), changed(FORK, X, color("shop.0003_p", "shop.0002_base")), ())
    plan = candidate(alone, migration("shop.0004_merge", "shop.0003_x shop.0003_p"))
    proved(plan, alone)
    whole = Prover(alone, slicing=False).prove(plan)
    assert isinstance(whole, SafePlan)
    names = {each.population.name for each in whole.proof.outcomes}
    assert {
        "v2.4 up to shop.0003_p",
        "v2.4 up to shop.0003_x",
        "v2.4 up to shop.0003_p, shop.0003_x",
    } <= names
