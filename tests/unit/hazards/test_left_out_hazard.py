"""SB309: databases that do not reach the schema of a fresh install, with or without the patch branch."""

from __future__ import annotations

import pytest
from migration_values import key, migration, tree
from plans_by_hand import FORK, changed, patch, situation

from stitchback.hazards.left_out import LeftOut, place
from stitchback.matching.case import Case
from stitchback.model.findings import Severity
from stitchback.model.plans import BrokenOnMainline, Proof
from stitchback.model.problems import Problem, ProblemKind, raised

MAINLINE = tree(migration("shop.0001_initial"), migration("shop.0002_alter"), migration("shop.0002_longer"))
HISTORY = raised(
    "InconsistentMigrationHistory", "any words", key("shop.0001_initial"), key("shop.0000_below")
)
LEAVES = raised("ConflictingMigrations", "any words", key("shop.0002_alter"), key("shop.0002_longer"))
NO_COLUMN = Problem.of(ProblemKind.COLUMN_MISSING, "shop_item", "name")
EXISTS = Problem.of(ProblemKind.COLUMN_EXISTS, "shop_item", "name")


@pytest.mark.parametrize(
    ("broken_on_mainline", "path"),
    [
        (BrokenOnMainline("fork point", EXISTS, key("shop.0002_longer")), "shop.0002_longer"),
        (BrokenOnMainline("fork point", HISTORY), "shop.0001_initial"),
        (BrokenOnMainline("fork point", LEAVES), "shop.0002_alter"),
        (
            BrokenOnMainline("main", NO_COLUMN, newest=(key("shop.0002_longer"),)),
            "shop.0002_longer",
        ),
    ],
)
def test_the_place_is_the_migration_that_fails_or_the_first_that_django_names(
    broken_on_mainline: BrokenOnMainline, path: str
) -> None:
    found = place(broken_on_mainline, MAINLINE)
    assert found is not None
    assert found.path == MAINLINE.migrations[key(path)].path


@pytest.mark.parametrize(
    ("broken_on_mainline", "severity"),
    [
        (BrokenOnMainline("fork point of release", HISTORY, None, "fork point"), Severity.WARNING),
        (BrokenOnMainline("fork point of release", NO_COLUMN, None, "fork point"), Severity.WARNING),
        (
            BrokenOnMainline("fork point of release", HISTORY, None, "fork point", ("migrate shop",)),
            Severity.NOTE,
        ),
        (BrokenOnMainline("main up to shop.0001_initial", HISTORY, None, "mainline"), Severity.NOTE),
    ],
)
def test_databases_that_cannot_be_upgraded_are_found_as_a_warning_if_the_release_itself_fails(
    broken_on_mainline: BrokenOnMainline, severity: Severity
) -> None:
    given = situation()
    case = Case(given, ())
    (finding,) = LeftOut().find(case, proof_with(broken_on_mainline))
    assert (finding.code, finding.severity, finding.ref) == ("SB309", severity, given.mainline.ref)


@pytest.mark.parametrize(
    ("table", "severity"),
    [("auth_user", Severity.NOTE), ("shop_item", Severity.WARNING), ("items", Severity.WARNING)],
)
def test_a_missing_table_that_an_installed_package_may_have_created_is_a_note(
    table: str, severity: Severity
) -> None:
    """netbox renames `auth_user`, which no migration of its tree makes."""
    missing = BrokenOnMainline("fork point", Problem.of(ProblemKind.TABLE_MISSING, table), None, "fork point")
    assert_severity(missing, severity)


def test_near_miss_another_failure_beside_an_installed_package_stays_a_warning() -> None:
    assert_severity(BrokenOnMainline("fork point", EXISTS, None, "fork point"), Severity.WARNING)


def test_a_package_that_only_the_release_depends_on_may_have_created_the_table() -> None:
    missing = BrokenOnMainline(
        "fork point", Problem.of(ProblemKind.TABLE_MISSING, "auth_user"), None, "fork point"
    )
    on_auth = migration("shop.0003_owner", "shop.0002_base auth.0012_alter_user")
    given = situation(patches=[patch(fork=changed(FORK, on_auth))])
    (finding,) = LeftOut().find(Case(given, ()), proof_with(missing))
    assert finding.severity is Severity.NOTE


def assert_severity(broken_on_mainline: BrokenOnMainline, severity: Severity) -> None:
    """Where mainline depends on the installed packages auth and sites."""
    on_auth = migration("shop.0003_owner", "shop.0001_initial sites.0001_initial auth.0012_alter_user")
    (finding,) = LeftOut().find(Case(situation(on_auth), ()), proof_with(broken_on_mainline))
    assert finding.severity is severity
    assert ("installed package" in finding.message) is (severity is Severity.NOTE)


def proof_with(broken_on_mainline: BrokenOnMainline) -> Proof:
    return Proof("5.2", (), 0, 0, 0, broken_on_mainline=(broken_on_mainline,))


def test_a_failure_that_names_no_migration_of_mainline_has_no_place() -> None:
    assert place(BrokenOnMainline("fresh install", NO_COLUMN), MAINLINE) is None
    assert place(BrokenOnMainline("fork point", EXISTS, key("gone.0001_initial")), MAINLINE) is None


def test_near_miss_a_proof_without_such_databases_has_no_finding() -> None:
    assert list(LeftOut().find(Case(situation(), ()), Proof("5.2", (), 0, 0, 0))) == []
