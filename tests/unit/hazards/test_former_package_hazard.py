"""SB308: an app of mainline's tree that was an installed package on the patch branch."""

from __future__ import annotations

from dataclasses import replace

from cases_by_hand import RELEASE, case_of, findings, only_finding, place
from migration_values import add, key, keys, migration

from stitchback.hazards.former_package import FormerPackage
from stitchback.matching.case import Case
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import Package

TAGGED = migration("shop.0003_tagged", "shop.0002_base tags.0004_slug", add("item", "tag"))


def case(said: tuple[MigrationKey, MigrationKey] | None, *, is_package: bool = True) -> Case:
    compared = case_of((TAGGED,))
    package = Package("tags", TAGGED.key, key("tags.0004_slug"), said)
    (side,) = compared.sides
    branch = replace(side.patch, packages=(package,) if is_package else ())
    return replace(compared, sides=(replace(side, patch=branch),))


def test_a_former_package_is_found_at_the_migration_that_depends_on_it() -> None:
    finding = only_finding(FormerPackage(), case(None))
    assert place(finding) == ("SB308", "error", RELEASE, "shop/migrations/0003_tagged.py:1")
    assert "depends on tags.0004_slug, a migration of an installed package there" in finding.message
    assert '[tool.stitchback.packages] tags = "LAST_MIGRATION"' in finding.hint


def test_a_former_package_that_the_project_has_declared_is_a_note() -> None:
    first, last = keys("tags.0004_slug tags.0006_index")
    finding = only_finding(FormerPackage(), case((first, last)))
    assert place(finding)[1] == "note"
    assert finding.message.endswith("up to one from tags.0004_slug to tags.0006_index")
    assert only_finding(FormerPackage(), case((last, last))).message.endswith("up to tags.0006_index")


def test_near_miss_a_package_that_mainline_installs_too_is_not_found() -> None:
    assert findings(FormerPackage(), case(None, is_package=False)) == []
