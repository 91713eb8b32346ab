"""SB627 and SB628: what `migrate` will run into."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined


class MigrateFails:
    """`migrate` with this tree will fail on this database as it is.

    Found out by Django's own loader and executor over the ledger as it was read, without touching the database. The message is Django's,
    or what the engine would say.
    """

    code = "SB627"
    severity = Severity.ERROR
    title = "migrate will fail"

    def find(self, examined: Examined) -> Iterator[Finding]:
        if examined.now:
            yield examined.finding(self, None, f"migrate will fail: {examined.now}")


class NextReleaseFails:
    """This deploy will look fine, and the next release's will fail (FACTS F3, F7).

    Tried with one more, empty, migration on every app's leaf: what "No migrations to apply" hides today comes up then.
    """

    code = "SB628"
    severity = Severity.ERROR
    title = "the next release's migrate will fail"

    def find(self, examined: Examined) -> Iterator[Finding]:
        if examined.following and not examined.now:
            yield examined.finding(self, None, f"the next release's migrate will fail: {examined.following}")
