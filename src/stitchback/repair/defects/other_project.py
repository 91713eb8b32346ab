"""SB644: a database without a row of this project."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined

DJANGOS = frozenset(
    {"admin", "auth", "contenttypes", "flatpages", "postgres", "redirects", "sessions", "sites"}
)
_MOST_NAMED = 5  # apps in the message


class OtherProject:
    """No row of `django_migrations` belongs to an app of this tree."""

    code = "SB644"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        apps = {key.app for key in examined.ledger.keys}
        foreign = sorted(apps - examined.accounts.apps - DJANGOS)
        if examined.accounts.tree.migrations and foreign and not apps & examined.accounts.apps:
            more = f" and {len(foreign) - _MOST_NAMED} more" if len(foreign) > _MOST_NAMED else ""
            message = f"no row belongs to an app of {examined.accounts.tree.ref}; the rows belong to {', '.join(foreign[:_MOST_NAMED])}{more}"
            yield examined.finding(self, None, message, "Check the name of the database in the URL.")
