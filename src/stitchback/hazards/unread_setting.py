"""SB104 and SB106: stitchback cannot follow MIGRATION_MODULES to the migrations."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.migrations import UnreadSetting


class UnreadMigrationModules:
    """The settings assign MIGRATION_MODULES a value that only running them would show: a function builds it,
    it comes from the environment or from a package, or it is set under a condition and both branches of
    the condition name folders with migrations.
    """

    code = "SB104"
    severity = Severity.WARNING
    remedy = "Configure the folders in `migration_modules` in pyproject.toml."

    def find(self, case: Case) -> Iterator[Finding]:
        for ref, item in _of_trees(case):
            if not item.is_missing:
                folders = ", ".join(each.path for each in item.candidates)
                where = (
                    f"; it may name {folders}: configure [tool.stitchback.migration_modules]"
                    if folders
                    else ""
                )
                yield Finding(self.code, self.severity, ref, item.span, f"{item.reason}{where}")


class MissingMigrationModule:
    """MIGRATION_MODULES names a module for an app."""

    code = "SB106"
    severity = Severity.ERROR
    remedy = "Correct the setting, or configure the folder in `migration_modules` in pyproject.toml."

    def find(self, case: Case) -> Iterator[Finding]:
        for ref, item in _of_trees(case):
            if item.is_missing:
                yield Finding(self.code, self.severity, ref, item.span, item.reason)


def _of_trees(case: Case) -> Iterator[tuple[str, UnreadSetting]]:
    for tree in case.situation.trees:
        for item in tree.unread_settings:
            yield tree.ref, item
