"""Plans that FACTS shows to be wrong, fed to the proof by hand: each must be refused, with a reason that names the harm."""

from __future__ import annotations

from dataclasses import replace

from migration_values import add, char, integer, keys, migration, operation
from plans_by_hand import (
    ADOPT,
    BLOG,
    DIAMOND,
    EMPTY_M,
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

from stitchback.model.plans import Candidate, Policy, Refuted, SafePlan, Situation
from stitchback.model.values import Constant
from stitchback.proof import prove


def refused(plan: Candidate, given: Situation = MAIN) -> str:
    """All that the refusal says, one failure a line."""
    outcome = prove(plan, given)
    assert isinstance(outcome, Refuted), "this plan must be refused"
    return "\n".join(
        f"{each.population} | {each.rollout} | {each.step} | {each.message}" for each in outcome.failures
    )


def test_f2_adopting_in_mid_chain_breaks_patched_databases_that_migrate_another_app_first() -> None:
    said = refused(ADOPT)
    assert "release/2.4 up to shop.0003_p | migrate blog, then migrate" in said
    assert "Migration shop.0004_m is applied before its dependency shop.0003_x" in said


def test_f3_adopting_at_the_leaf_hides_mainlines_older_migrations() -> None:
    given = situation(X, M, BLOG)
    said = refused(candidate(given, M.with_changes(replaces=keys("shop.0003_p")), hand=HAND), given)
    assert "release/2.4 up to shop.0003_p" in said


def test_f4_two_replacers_of_one_ghost() -> None:
    given = situation(
        X,
        M,
        Y,
        BLOG,
        patches=[patch(P.with_changes(operations=(*P.operations, add("item", "size", integer()))))],
    )
    plan = candidate(
        given,
        S,
        column("shop.0004_t", "shop.0003_s", "size", replaces="shop.0003_p"),
        EMPTY_M.with_changes(dependencies=keys("shop.0003_x shop.0004_t")),
        hand=HAND,
    )
    said = refused(plan, given)
    assert "shop.0003_p is named in `replaces` by shop.0003_s and shop.0004_t" in said


def finishing(plan: Candidate, given: Situation) -> list[str]:
    """The databases that have to finish their release first: as they are, the plan is wrong for them."""
    found = prove(plan, given)
    assert isinstance(found, SafePlan), found.failures
    return [each.population.name for each in found.proof.outcomes if each.finish]


def test_f6_one_replacer_of_two_ghosts_that_a_database_can_have_apart() -> None:
    second = column("shop.0004_p", "shop.0003_p", "size")
    given = situation(X, patches=[patch(P, second)])
    both = S.with_changes(
        replaces=keys("shop.0003_p shop.0004_p"), operations=(*S.operations, *second.operations)
    )
    plan = candidate(given, both, migration("shop.0005_merge", "shop.0003_x shop.0003_s"))
    assert finishing(plan, given) == ["release/2.4 up to shop.0003_p"]
    careful = replace(given, policy=Policy(zero_touch=True))
    assert "release/2.4 up to shop.0003_p |" in refused(plan, careful)


def test_f7_a_replacer_below_something_applied_is_a_time_bomb_without_the_row() -> None:
    given = situation(M.with_changes(dependencies=keys("shop.0002_base")), Y)
    adopted = given.mainline.migrations[M.key].with_changes(replaces=keys("shop.0003_p"))
    said = refused(candidate(given, adopted), given)
    assert (
        "main up to shop.0005_y | migrate, then the next release's migrate | shop.0004_m | column shop_item.color exists already"
        in said
    )


def test_f8_a_replacer_at_the_leaf_runs_again_at_once_without_the_row() -> None:
    given = situation(M.with_changes(dependencies=keys("shop.0002_base")))
    adopted = given.mainline.migrations[M.key].with_changes(replaces=keys("shop.0003_p"))
    said = refused(candidate(given, adopted), given)
    assert "main up to shop.0004_m | migrate | shop.0004_m | column shop_item.color exists already" in said


def test_f12_the_diamond_without_its_handover() -> None:
    said = refused(Candidate(DIAMOND.strategies, (), DIAMOND.result))
    assert "main up to shop.0004_m | migrate" in said
    assert "shop.0004_m is applied before its dependency shop.0003_s" in said


def test_f12_where_nobody_may_need_a_hand() -> None:
    given = situation(*MAINLINE, policy=Policy(zero_touch=True))
    assert "--zero-touch allows no manual step" in refused(DIAMOND, given)


def test_f13_mainlines_chain_re_parented_after_s() -> None:
    plan = candidate(MAIN, S, X.with_changes(dependencies=keys("shop.0003_s")), EMPTY_M, hand=HAND)
    assert finishing(plan, MAIN) == ["main up to shop.0003_x"]
    given = replace(MAIN, policy=Policy(zero_touch=True))
    assert "main up to shop.0003_x | migrate" in (said := refused(replace(plan, manual_inserts=()), given))
    assert "shop.0003_x is applied before its dependency shop.0003_s" in said


def test_f14_a_replacer_of_p_and_m_while_m_stays() -> None:
    squash = color("shop.0003_s", "shop.0003_x", replaces="shop.0003_p shop.0004_m")
    said = refused(candidate(MAIN, squash, hand=HAND))
    assert "release/2.4 up to shop.0003_p | " in said
    assert "exists already" in said


def test_f28_one_ledger_two_schemas() -> None:
    said = refused(LEAF_DIAMOND)
    assert "repair (shop.0003_p inserted)" in said
    assert "its ledger asks for the row, but its schema is not that of the databases that need it" in said


def test_f30_the_same_name_hung_on_mainlines_chain() -> None:
    given = situation(X, color("shop.0003_p", "shop.0003_x"))
    said = refused(candidate(given), given)
    assert "release/2.4 up to shop.0003_p | migrate | stops before it runs anything" in said
    assert "shop.0003_p is applied before its dependency shop.0003_x" in said


def test_f17_the_same_name_with_another_column() -> None:
    both, size = color("shop.0003_p", "shop.0002_base"), column("shop.0003_p", "shop.0002_base", "size")
    given = situation(both.with_changes(operations=(*both.operations, *size.operations)))
    said = refused(candidate(given), given)
    assert "column shop_item.size is missing" in said


def test_doing_nothing_about_a_duplicate() -> None:
    assert "column shop_item.color exists already" in refused(candidate(MAIN))


def test_a_plan_that_loses_something_of_mainlines() -> None:
    plan = candidate(
        MAIN,
        S,
        EMPTY_M.with_changes(dependencies=keys("shop.0003_x shop.0003_s")),
        Y.with_changes(operations=()),
        hand=HAND,
    )
    assert "field shop.item.y of mainline is lost" in refused(plan)


def test_a_plan_that_adds_what_neither_branch_has() -> None:
    plan = candidate(
        MAIN,
        *DIAMOND.result.migrations.values(),
        column("shop.0006_new", "shop.0005_y", "surprise"),
        hand=HAND,
    )
    assert "field shop.item.surprise is on neither branch" in refused(plan)


def test_two_leaves() -> None:
    said = refused(candidate(MAIN, S, EMPTY_M, hand=HAND))
    assert "shop has several leaf nodes: shop.0003_s, shop.0005_y" in said


def test_what_only_the_patch_has_lost_by_a_ghost_row() -> None:
    """A replacer of p that also makes what only p had would count as applied once p's row is put in."""
    more = P.with_changes(operations=(*P.operations, add("item", "extra", char(null=integer().kwargs[0][1]))))
    given = situation(*MAINLINE, patches=[patch(more)])
    fuller = S.with_changes(operations=more.operations)
    plan = candidate(
        given, fuller, EMPTY_M.with_changes(dependencies=keys("shop.0003_x shop.0003_s")), hand=HAND
    )
    said = refused(plan, given)
    assert "column shop_item.extra is missing" in said


def test_a_handover_that_a_patched_database_would_need() -> None:
    plan = candidate(MAIN, *DIAMOND.result.migrations.values(), hand="shop.0009_q: shop.0003_p")
    assert "release/2.4 up to shop.0003_p | repair" in refused(plan)


def test_the_diamond_itself_is_right() -> None:
    """So that the refusals above are of the fault, not of the situation."""
    assert isinstance(prove(DIAMOND, MAIN), SafePlan)
    assert changed(MAIN.mainline) == MAIN.mainline
    assert migration("a.0001").key.app == "a"


def test_a_statement_of_the_session_stays_in_its_migration() -> None:
    """F35: each migration needs its own, in its own transaction."""
    statement = operation("RunSQL", sql=Constant("SET CONSTRAINTS ALL IMMEDIATE"))
    move = operation("RunSQL", sql=Constant("UPDATE shop_item SET x = 1"))
    with_statement = M.with_changes(operations=(move, statement, *M.operations))
    given = situation(X, with_statement, Y, BLOG)
    below = keys("shop.0003_x shop.0003_s")
    kept = with_statement.with_changes(operations=(move, statement), dependencies=below)
    lost = with_statement.with_changes(operations=(move,), dependencies=below)
    assert isinstance(prove(candidate(given, S, kept, hand=HAND), given), SafePlan)
    assert "shop.0004_m loses RunSQL 'SET CONSTRAINTS ALL IMMEDIATE'" in refused(
        candidate(given, S, lost, hand=HAND), given
    )
