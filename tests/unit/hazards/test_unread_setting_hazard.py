"""SB104 and SB106: MIGRATION_MODULES cannot be followed to the migrations."""

from __future__ import annotations

from dataclasses import replace

from cases_by_hand import RELEASE, case_of_trees, findings, only_finding, place
from plans_by_hand import FORK

from stitchback.hazards.unread_setting import MissingMigrationModule, UnreadMigrationModules
from stitchback.model.migrations import PossibleFolder, UnreadSetting
from stitchback.model.source import Span

COMPUTED = UnreadSetting(Span("config/settings.py", 12), "MIGRATION_MODULES is computed by modules()")
MISSING = UnreadSetting(
    Span("config/settings.py", 12), "MIGRATION_MODULES names store.chagnes", is_missing=True
)


def test_a_computed_setting_is_found_at_its_line_on_either_branch() -> None:
    tree = replace(FORK, unread_settings=(COMPUTED,))
    finding = only_finding(UnreadMigrationModules(), case_of_trees(mainline=tree))
    assert place(finding) == ("SB104", "warning", "main", "config/settings.py:12")
    assert finding.message == "MIGRATION_MODULES is computed by modules()"
    assert only_finding(UnreadMigrationModules(), case_of_trees(release=tree)).ref == RELEASE


def test_the_folders_that_a_computed_setting_may_name_are_listed() -> None:
    folder = PossibleFolder("shop/changes", "shop", "shop.changes", "")
    tree = replace(FORK, unread_settings=(replace(COMPUTED, candidates=(folder,)),))
    finding = only_finding(UnreadMigrationModules(), case_of_trees(mainline=tree))
    assert "it may name shop/changes: configure [tool.stitchback.migration_modules]" in finding.message


def test_a_module_that_the_tree_lacks_is_found_at_its_line_on_either_branch() -> None:
    tree = replace(FORK, unread_settings=(MISSING,))
    finding = only_finding(MissingMigrationModule(), case_of_trees(mainline=tree))
    assert place(finding) == ("SB106", "error", "main", "config/settings.py:12")
    assert finding.message == "MIGRATION_MODULES names store.chagnes"
    assert only_finding(MissingMigrationModule(), case_of_trees(release=tree)).ref == RELEASE


def test_near_miss_neither_of_the_two_is_found_as_the_other() -> None:
    computed, missing = (
        case_of_trees(mainline=replace(FORK, unread_settings=(item,))) for item in (COMPUTED, MISSING)
    )
    assert findings(MissingMigrationModule(), computed) == []
    assert findings(UnreadMigrationModules(), missing) == []
