"""SB309."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.plans import Proof, Unserved
from stitchback.model.source import Span

NAMES = re.compile(r"(\w+)\.(\w+)")
LEAVES = re.compile(r"\((.+) in (\w+)\)")  # Django: `migrate`, "Conflicting migrations detected"


class LeftOut:
    """Some databases cannot upgrade to mainline, with the patch branch or without it: mainline has changed a migration that they have
    applied, or hung it on a new one, or has two squashes of them that do not fit together. No plan can make more of mainline than it is, so
    the plan leaves them out; the report says what Django says to them.

    Make a copy of such a database and let `stitchback repair` look at it: often rows are missing that tell Django what is there.
    Where the cause is a migration that was changed after its release, give it back its old form, and make the change in a new one.
    Where no such database exists any more (that release was long ago), suppress the finding, and say that as the reason.
    """

    code = "SB309"
    severity = Severity.WARNING
    title = "databases that mainline itself does not serve"

    def find(self, case: Case, proof: Proof) -> Iterator[Finding]:
        mainline = case.situation.mainline
        for unserved in proof.unserved:
            message = f"{str(unserved).rstrip('.')}. So it is with mainline as it stands"
            yield Finding(self.code, self.severity, mainline.ref, place(unserved, mainline), message)


def place(unserved: Unserved, mainline: Tree) -> Span | None:
    """The migration at which it fails, else the first that Django names."""
    for key in named(unserved):
        if key in mainline.migrations:
            return Span(mainline.migrations[key].path)
    return None


def named(unserved: Unserved) -> Iterator[MigrationKey]:
    if unserved.at is not None:
        yield unserved.at
    yield from (MigrationKey(app, name) for app, name in NAMES.findall(unserved.message))
    for names, app in LEAVES.findall(unserved.message):
        yield from (MigrationKey(app, name) for name in names.split(", "))
