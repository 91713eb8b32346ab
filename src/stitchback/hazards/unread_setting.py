"""SB104 and SB106: stitchback cannot follow MIGRATION_MODULES to the migrations."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.migrations import UnreadSetting


class UnreadMigrationModules:
    """The settings assign MIGRATION_MODULES a value that only running them would show: a function builds it,
    it comes from the environment or from a package, or it is set under a condition and both branches of the
    condition name folders with migrations.

    Django reads the migrations of the folder that this setting names, and no others. stitchback does not
    run settings, so it cannot know which folder that is. `plan` refuses (SB410) where the tree has folders
    with migrations that the setting may name.

    Configure the folders in pyproject.toml, by app label, with the setting's values:

        [tool.stitchback.migration_modules]
        shop = "shop.db_migrations"

    To leave out a folder with migrations that the project does not use, add it to `exclude`:

        [tool.stitchback]
        exclude = ["old/migrations"]
    """

    code = "SB104"
    severity = Severity.WARNING
    title = "MIGRATION_MODULES cannot be read"

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
    """MIGRATION_MODULES names a module for an app. The tree has the package that should contain the module,
    but not the module.

    With these settings Django stops with `ModuleNotFoundError`. Usually the folder was renamed on this
    branch, or its `__init__.py` was not committed. `plan` refuses (SB410), because it does not know which
    migrations the app has.

    Correct the setting on the branch, or configure the folder in pyproject.toml:

        [tool.stitchback.migration_modules]
        shop = "shop.db_migrations"
    """

    code = "SB106"
    severity = Severity.ERROR
    title = "MIGRATION_MODULES names a module that is missing"

    def find(self, case: Case) -> Iterator[Finding]:
        for ref, item in _of_trees(case):
            if item.is_missing:
                yield Finding(self.code, self.severity, ref, item.span, item.reason)


def _of_trees(case: Case) -> Iterator[tuple[str, UnreadSetting]]:
    situation = case.situation
    for tree in (situation.mainline, *(patch.tree for patch in situation.patches)):
        for item in tree.unread_settings:
            yield tree.ref, item
