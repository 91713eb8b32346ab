"""SB627, SB628 and SB640: what `migrate` will run into."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined


class MigrateFails:
    """`migrate` with this tree will fail on this database as it is.

    Found out by Django's own loader and executor over the ledger as it was read, and over the tables and columns that the database shows,
    without touching it. The message is Django's, or names the object that exists already or is missing. Of a ledger in a file the rows alone
    are known.
    """

    code = "SB627"
    severity = Severity.ERROR
    title = "migrate will fail"

    def find(self, examined: Examined) -> Iterator[Finding]:
        now = examined.now
        if now is not None and now.error:
            at = f" at {now.at}" if now.at else ""
            yield examined.finding(self, None, f"migrate will fail{at}: {now.error}")


class MigrateLoses:
    """`migrate` with this tree will pass on this database, and lose values without an error.

    SQLite alters most of a table by recreating it from the model. A column that is there already gets the default in every row (FACTS F31), one
    that is missing is filled with its own name (FACTS F34), and one that no model has is left behind. Repair the ledger or the table first.
    """

    code = "SB640"
    severity = Severity.ERROR
    title = "migrate will lose values"

    def find(self, examined: Examined) -> Iterator[Finding]:
        for harm in dict.fromkeys(examined.now.harms if examined.now else ()):
            yield examined.finding(self, None, f"migrate will pass, and lose values: {harm}")


class NextReleaseFails:
    """This deploy will look fine, and the next release's will fail (FACTS F3, F7).

    Tried with one more, empty, migration on every app's leaf: what "No migrations to apply" hides today comes up then.
    """

    code = "SB628"
    severity = Severity.ERROR
    title = "the next release's migrate will fail"

    def find(self, examined: Examined) -> Iterator[Finding]:
        now, following = examined.now, examined.following
        if following is not None and following.error and now is not None and not now.error:
            yield examined.finding(self, None, f"the next release's migrate will fail: {following.error}")
