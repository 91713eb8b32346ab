"""SB627, SB628 and SB640: failures and losses of the next `migrate`."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined


class MigrateFails:
    """`migrate` with this tree will fail on this database in its present state."""

    code = "SB627"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        now = examined.now
        if now is not None and now.error:
            at = f" at {now.at}" if now.at else ""
            yield examined.finding(self, None, f"migrate will fail{at}: {now.error}")


class MigrateLoses:
    """`migrate` with this tree will succeed on this database, and lose values without an error."""

    code = "SB640"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        for harm in dict.fromkeys(examined.now.harms if examined.now else ()):
            yield examined.finding(self, None, f"migrate will succeed, and lose values: {harm}")


class NextReleaseFails:
    """This deploy will succeed, and the next release's will fail (FACTS F3, F7)."""

    code = "SB628"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        now, following = examined.now, examined.following
        if following is not None and following.error and now is not None and not now.error:
            yield examined.finding(self, None, f"the next release's migrate will fail: {following.error}")
