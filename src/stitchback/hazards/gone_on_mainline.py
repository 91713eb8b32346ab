"""SB304 and SB307."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case, Unit
from stitchback.matching.sides import removed_apps
from stitchback.model.findings import Finding, Severity
from stitchback.model.source import Span


class GoneOnMainline:
    """Mainline has neither the file of a migration of the fork point nor its name in a `replaces`: the
    migration was renamed or deleted.
    """

    code = "SB304"
    severity = Severity.ERROR
    remedy = "Restore the file, or name it in `replaces` of the migration that does its work now."

    def find(self, case: Case) -> Iterator[Finding]:
        for unit in case.units:
            if unit.key in unit.side.patch.fork.migrations and not unit.is_edited:
                now = "".join(f"; {text}" for text in _made_by(unit))
                message = f"{unit.key} is missing on {case.situation.mainline.ref}{now}"
                yield Finding(
                    self.code, self.severity, unit.side.patch.tree.ref, Span(unit.migration.path), message
                )


def _made_by(unit: Unit) -> Iterator[str]:
    """Which migrations of mainline make the changes of the migration, or some of them."""
    given = unit.duplicated
    names = sorted({str(atom.origin.migration) for match in given for atom in match.given})
    if names:
        whole = all(match in given or not match.seen_by_database for match in unit.touching)
        same = ("has" if len(names) == 1 else "have") + " the same operations"
        some = ("makes" if len(names) == 1 else "make") + " some of its changes"
        yield f"{', '.join(names)} {same if whole else some}"


class AppGone:
    """The fork point has an app that mainline does not have any more, and the patch branch still has
    migrations for it.
    """

    code = "SB307"
    severity = Severity.NOTE
    remedy = "Nothing needs to be done if the app was removed on purpose."

    def find(self, case: Case) -> Iterator[Finding]:
        for side in case.sides:
            for app in sorted(removed_apps(side.patch.fork, case.mainline)):
                keys = [key for key in side.patch.tree.migrations if key.app == app]
                if keys:
                    ignored = "its migration is" if len(keys) == 1 else f"its {len(keys)} migrations are"
                    message = f"{app} is missing on {case.situation.mainline.ref}; {ignored} ignored"
                    yield Finding(self.code, self.severity, side.patch.tree.ref, None, message)
