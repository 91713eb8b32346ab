"""What mainline did to migrations and apps that the fork point has already: no plan can change it, so none is refused for it."""

from __future__ import annotations

from dataclasses import replace

from migration_values import TRUE, add, alter, char, create, keys, migration, run_python
from plans_by_hand import EMPTY_M, FORK, HAND, MAINLINE, P, S, X, candidate, changed, patch, situation

from stitchback.engine import EngineCache
from stitchback.model.configuration import DataAgreement
from stitchback.model.migrations import App, Migration, Tree
from stitchback.model.plans import Policy, Refuted, SafePlan, Situation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Constant
from stitchback.proof import prove
from stitchback.proof.edited_shared_migrations import as_mainline_has_them

OLD = migration("seed.0001_fill", "shop.0001_initial", run_python("old"))
LOGS = migration("logs.0001_initial", "", create("Line"))


def beside(fork: Migration, *mainline: Migration, apps: tuple[str, ...] = ()) -> Situation:
    """The usual situation with one more migration at the fork point, for which mainline has these."""
    base = changed(FORK, fork)
    onto = changed(FORK, *MAINLINE, *mainline)
    known = {label: App(label, label, f"{label}/migrations", label) for label in apps}
    tree = Tree("main", "main", onto.migrations, known)
    return Situation((patch(P, fork=base),), tree, (), Policy())


def proved(given: Situation) -> SafePlan | Refuted:
    stitched = (S, EMPTY_M.with_changes(dependencies=keys("shop.0003_x shop.0003_s")))
    return prove(candidate(given, *stitched, hand=HAND), given)


def test_a_data_operation_of_the_fork_point_that_mainline_edited_is_taken_as_run() -> None:
    """galaxy_ng edited an address in 0017_populate_repos_and_remotes after its release."""
    assert isinstance(proved(beside(OLD, OLD.with_changes(operations=(run_python("new"),)))), SafePlan)


def test_a_data_operation_that_mainline_put_into_the_fork_points_migration_is_taken_as_run() -> None:
    both = OLD.with_changes(operations=(run_python("old"), run_python("more")))
    assert isinstance(proved(beside(OLD, both)), SafePlan)


SQUASHED = migration("seed.0001_squashed", "shop.0001_initial", run_python("new"), replaces="seed.0001_fill")


def test_what_a_squash_of_the_fork_point_does_in_other_words_is_taken_as_run() -> None:
    """pulp_rpm wrote the SQL of 0013 anew when it squashed sixty-two migrations."""
    assert isinstance(proved(beside(OLD, OLD, SQUASHED)), SafePlan)


def test_a_data_operation_that_no_part_of_a_squash_stands_for_has_to_run() -> None:
    assert isinstance(proved(beside(OLD.with_changes(operations=()), SQUASHED)), Refuted)


def agreed(given: Situation, migration: str, *, repeat: bool = False, miss: bool = False) -> Situation:
    return replace(given, policy=Policy(data=(DataAgreement(keys(migration)[0], repeat, miss, "we looked"),)))


def test_a_data_operation_that_may_be_missed_is_agreed_on_and_told() -> None:
    given = beside(OLD.with_changes(operations=()), SQUASHED)
    found = proved(agreed(given, "seed.0001_squashed", miss=True))
    assert isinstance(found, SafePlan), found.failures
    assert found.proof.agreed == (
        "the data operation of seed.0001_squashed may never run on a database: we looked",
    )
    assert isinstance(proved(agreed(given, "seed.0001_squashed", repeat=True)), Refuted)
    assert isinstance(proved(agreed(given, "shop.0002_base", miss=True)), Refuted)


def test_a_data_operation_that_may_be_repeated_is_agreed_on_and_told() -> None:
    """saleor 3.18 onto 3.19: mainline runs in a later migration what the branch ran in an earlier one."""
    ours = migration("seed.0002_mend", "seed.0001_fill", run_python("mend"))
    emptied = ours.with_changes(operations=())
    later = migration("seed.0003_mend", "seed.0002_mend", run_python("mend"))
    base = changed(FORK, OLD)
    onto = replace(changed(base, *MAINLINE, emptied, later), ref="main")
    given = Situation((patch(P, ours, fork=base),), onto, (), Policy())
    assert isinstance(proved(given), Refuted)
    found = proved(agreed(given, "seed.0003_mend", repeat=True))
    assert isinstance(found, SafePlan), found.failures
    (said,) = found.proof.agreed
    assert said.endswith("seed.0003_mend may run again: we looked")
    assert isinstance(proved(agreed(given, "seed.0003_mend", miss=True)), Refuted)


def test_what_nobody_had_to_agree_on_is_not_told() -> None:
    found = proved(agreed(beside(OLD, OLD), "seed.0001_fill", repeat=True, miss=True))
    assert isinstance(found, SafePlan)
    assert found.proof.agreed == ()


def test_a_migration_that_replaces_one_of_the_patch_is_no_squash() -> None:
    """Who has run `p` would never run what the replacer does beside it."""
    ours = P.with_changes(operations=(*P.operations, run_python("old")))
    theirs = S.with_changes(operations=(*P.operations, run_python("new")))
    given = Situation((patch(ours),), replace(changed(FORK, theirs), ref="main"), (), Policy())
    assert isinstance(prove(candidate(given), given), Refuted)


def test_tables_of_an_app_that_is_gone_on_mainline_stay() -> None:
    """galaxy_ng dropped the app automated_logging: its tables are left in all older databases."""
    assert isinstance(proved(beside(LOGS)), SafePlan)


def test_where_the_app_is_still_there_without_that_migration_its_tables_count() -> None:
    assert isinstance(proved(beside(LOGS, apps=("logs",))), Refuted)


def test_a_twin_whose_code_differs_is_taken_as_run() -> None:
    """FACTS F17 for data: a row of that name stands for either (SB205)."""
    theirs = P.with_changes(operations=(*P.operations, run_python("new")))
    ours = P.with_changes(operations=(*P.operations, run_python("old")))
    onto = changed(FORK, theirs)
    given = Situation((patch(ours),), replace(onto, ref="main"), (), Policy())
    assert isinstance(prove(candidate(given), given), SafePlan)


LINE = migration("logs.0001_initial", "", create("Line", text=char(20)))
NULLABLE = LINE.with_changes(operations=(create("Line", text=char(20, null=TRUE)),))


def test_a_column_that_mainline_edited_in_place_is_not_that_of_released_databases() -> None:
    """kpi made a column nullable in a file that releases have applied (FACTS F38)."""
    found = proved(beside(LINE, NULLABLE))
    assert isinstance(found, Refuted)
    assert (
        "column logs_line.text is varchar(20), on a fresh install varchar(20) null"
        in found.failures[0].message
    )


def test_an_edit_that_the_project_accepts_is_taken_as_edited_and_said() -> None:
    given = beside(LINE, NULLABLE)
    found = proved(replace(given, policy=Policy(accepted=frozenset({LINE.key}))))
    assert isinstance(found, SafePlan), found.failures
    assert found.proof.bounded[0] == "used as mainline has edited them: logs.0001_initial"


def test_an_edit_that_no_database_sees_is_taken_as_edited_and_said() -> None:
    said = LINE.with_changes(operations=(create("Line", text=char(20, verbose_name=Constant("the text"))),))
    found = proved(beside(LINE, said))
    assert isinstance(found, SafePlan), found.failures
    assert found.proof.bounded[0] == "used as mainline has edited them: logs.0001_initial"


def test_an_edit_in_one_app_that_a_database_sees_leaves_the_other_apps_edits_unseen() -> None:
    """Only the edit that makes a difference is proved with the old file."""
    more = migration("seed.0001_fill", "", create("Seed", text=char(20)))
    unseen = more.with_changes(operations=(create("Seed", text=char(20, verbose_name=Constant("the text"))),))
    base = changed(FORK, LINE, more)
    onto = replace(changed(FORK, *MAINLINE, NULLABLE, unseen), ref="main")
    given, words = as_mainline_has_them(Situation((patch(P, fork=base),), onto, (), Policy()), EngineCache())
    assert words == ("used as mainline has edited them: seed.0001_fill",)
    assert given.patches[0].fork.migrations[LINE.key] == LINE


def test_a_file_that_was_only_laid_out_anew_is_not_spoken_of() -> None:
    found = proved(beside(LOGS, LOGS.with_changes(blob="other", path="moved/logs/0001_initial.py")))
    assert isinstance(found, SafePlan)
    assert not [said for said in found.proof.bounded if "edited" in said]


def test_where_mainline_put_the_patchs_column_into_an_old_file_no_plan_is_proved() -> None:
    """Databases of mainline's older releases lack it, and its fresh installs have it: the plan cannot be right for both."""
    with_color = create("Item", label=char(), color=char())
    old = FORK.migrations[keys("shop.0001_initial")[0]]
    tree = changed(FORK, X, old.with_changes(operations=(with_color,)))
    given = Situation((patch(P),), replace(tree, ref="main"), (), Policy())
    assert isinstance(prove(candidate(given), given), Refuted)


def test_an_old_file_that_mainline_hung_on_a_new_one_still_fails() -> None:
    """FACTS F30, in the fork point's own files."""
    below = migration("logs.0000_below", "")
    hung = LOGS.with_changes(dependencies=keys("logs.0000_below"))
    assert isinstance(proved(beside(LOGS, hung, below)), Refuted)


def test_a_data_operation_that_mainline_renamed_has_run_twice_before_any_plan() -> None:
    """django-cms renamed 0013 of its 3.1 line to 0014: whoever upgraded ran it under both names."""
    old = migration("cms.0002_slugs", "cms.0001_initial", run_python("slugs"))
    first = migration("cms.0001_initial", "", create("Page"))
    fork = changed(FORK, first, old)
    new = migration("cms.0003_slugs", "cms.0001_initial", run_python("slugs"))
    onto = changed(FORK, first, new)
    given = Situation((patch(fork=fork),), replace(onto, ref="main"), (), Policy())
    stitched = migration("cms.0002_s", "cms.0001_initial", run_python("slugs"), replaces="cms.0002_slugs")
    empty = new.with_changes(operations=(), dependencies=keys("cms.0002_s"))
    found = prove(candidate(given, stitched, empty, hand="cms.0002_slugs: cms.0003_slugs"), given)
    assert isinstance(found, SafePlan), found.failures
    assert any("has run more than once on some databases already" in said for said in found.proof.bounded)


def test_a_branch_that_has_nothing_of_its_own_is_tried_once_and_that_is_said() -> None:
    given = situation(*MAINLINE, patches=[patch()])
    found = prove(candidate(given), given)
    assert isinstance(found, SafePlan)
    assert "mainline" not in {each.population.lineage for each in found.proof.outcomes}
    assert any("no patch branch has a migration that affects them" in said for said in found.proof.bounded)
    lost = situation(
        *MAINLINE, patches=[patch(fork=changed(FORK, migration("blog.0002_old", "blog.0001_initial")))]
    )
    more = prove(candidate(lost), lost)
    assert isinstance(more, SafePlan)
    assert not any("no patch branch has a migration that affects them" in said for said in more.proof.bounded)


def test_where_a_fresh_install_stops_behind_what_was_not_read_that_is_said() -> None:
    """awx renames a column by a class of its own, then adds another one under the old name."""
    renames = Opaque(
        "tools.RunSQL is not a known operation", "RunSQL()", Span("shop/migrations/0006_z.py", 9)
    )
    last = migration("shop.0006_z", "shop.0005_y", renames, add("item", "color"))
    found = proved(situation(*MAINLINE, last))
    assert isinstance(found, Refuted)
    said = found.failures[0].message
    assert "exists already; not readable there: shop/migrations/0006_z.py:9: tools.RunSQL" in said
    assert "operation_equivalents" in said


def test_a_database_that_mainline_itself_fails_for_is_named_and_no_reason_to_refuse() -> None:
    old = migration("cms.0002_y", "cms.0001_initial", add("page", "y"))
    first = migration("cms.0001_initial", "", create("Page"))
    again = migration("cms.0002_again", "cms.0001_initial", add("page", "y"))
    fork = changed(FORK, first, old)
    given = Situation((patch(fork=fork),), replace(changed(FORK, first, again), ref="main"), (), Policy())
    found = prove(candidate(given), given)
    assert isinstance(found, SafePlan), found.failures
    (broken_on_mainline,) = found.proof.broken_on_mainline
    assert str(broken_on_mainline) == "fork point of release/2.4: column cms_page.y exists already"
    assert str(broken_on_mainline.at) == "cms.0002_again"
    assert {each.population.lineage for each in found.proof.outcomes} == {"fresh", "mainline"}


IN_ANY_ORDER = (
    migration("shop.0006_a", "shop.0005_y", alter("item", "label", char(30))),
    migration("shop.0006_b", "shop.0005_y", alter("item", "label", char(40))),
    migration("shop.0007_merge", "shop.0006_a shop.0006_b"),
)


def test_what_goes_wrong_with_mainline_untouched_is_said_once_and_refuses_nothing() -> None:
    """saleor altered one column in two migrations without an order: who migrates to the later one first gets the other's shape."""
    found = proved(situation(*MAINLINE, *IN_ANY_ORDER))
    assert isinstance(found, SafePlan), found.failures
    said = list(map(str, found.proof.broken_on_mainline))
    wrong = "column shop_item.label is varchar(40), on a fresh install varchar(30)"
    assert said[0] == f"fresh install, migrate shop 0006_a, then migrate: {wrong}"
    assert {each.partition(",")[0] for each in said[1:] if each.startswith("release/2.4")} >= {
        "release/2.4 up to shop.0003_p"
    }
    assert all(each.endswith(wrong) for each in said)
    assert {each.population.lineage for each in found.proof.outcomes} == {
        "fresh",
        "fork point",
        "patched",
        "mainline",
    }


def test_what_goes_wrong_after_an_app_that_has_nothing_to_do_with_it() -> None:
    """kpi: `migrate` of any app records the squash, whose new parent is not applied yet, and Django refuses the next one."""
    parts = (migration("seed.0001_a", "", create("Seed")), migration("seed.0002_b", "seed.0001_a"))
    later = migration("blog.0002_later", "blog.0001_initial")
    squash = migration(
        "seed.0001_squashed", "blog.0002_later", create("Seed"), replaces="seed.0001_a seed.0002_b"
    )
    base = changed(FORK, *parts)
    onto = replace(changed(base, *MAINLINE, later, squash), ref="main")
    found = proved(Situation((patch(P, fork=base),), onto, (), Policy()))
    assert isinstance(found, SafePlan), found.failures
    said = [str(each) for each in found.proof.broken_on_mainline]
    assert any("seed.0001_squashed is applied before its dependency blog.0002_later" in each for each in said)


def test_what_a_plan_does_wrong_beside_it_still_refuses() -> None:
    given = situation(*MAINLINE, *IN_ANY_ORDER)
    adopted = MAINLINE[1].with_changes(replaces=keys("shop.0003_p"))
    assert isinstance(prove(candidate(given, adopted, hand=HAND), given), Refuted)


def test_the_same_trouble_where_mainline_has_it_otherwise_is_the_plans() -> None:
    """Mainline has the two in an order, and the plan takes it away."""
    first, second, merge = IN_ANY_ORDER
    ordered = second.with_changes(dependencies=keys("shop.0006_a"))
    given = situation(*MAINLINE, first, ordered, merge)
    assert isinstance(proved(given), SafePlan)
    found = prove(candidate(given, P, S, EMPTY_M, second), given)
    assert isinstance(found, Refuted)


def test_a_patched_database_has_to_pass_a_plain_migrate_though_the_fork_point_fails_too() -> None:
    """Mainline gave a migration of the fork point a parent that databases do not have (FACTS F13)."""
    later = migration("blog.0002_later", "blog.0001_initial")
    base = FORK.migrations[keys("shop.0002_base")[0]]
    given = situation(
        *MAINLINE, later, base.with_changes(dependencies=keys("shop.0001_initial blog.0002_later"))
    )
    found = proved(given)
    assert isinstance(found, Refuted)
    assert found.failures[0].population.startswith("release/2.4")
    assert found.failures[0].message.endswith(
        "Databases without the patch fail in the same way, and so do they on mainline without this plan."
    )
    assert not any("So it is" in each.message for each in refuted_by_the_patch().failures)


def refuted_by_the_patch() -> Refuted:
    given = situation(*MAINLINE)
    found = prove(candidate(given), given)
    assert isinstance(found, Refuted)
    assert found.failures[0].population.startswith("release/2.4")
    return found
