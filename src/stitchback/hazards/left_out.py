"""SB309."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stitchback.graph import MigrationGraph
from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.plans import RELEASED, BrokenOnMainline, Proof
from stitchback.model.source import Span

NAMES = re.compile(r"(\w+)\.(\w+)")
MISSING = re.compile(r"table (?P<table>\w+) does not exist")
LEAVES = re.compile(r"\((.+) in (\w+)\)")  # Django: `migrate`, "Conflicting migrations detected"


class LeftOut:
    """Some databases do not come to what a fresh install is, with the patch branch or without it. Either mainline cannot upgrade them at all: it
    has changed a migration that they have applied, or hung it on a new one, or has two squashes of them that do not fit together. Or
    it can, but not after everything that may be done to them: two migrations alter one column, say, and depend on each other in
    no way, so whoever migrates to the later one by name has it overwritten by the other. No plan can make more of mainline than it is, so the plan
    leaves that out; the report says which database, after what, and what goes wrong. Where a plain `migrate` fails for the databases of the
    release that the patch branch began from, or leaves them with another schema than a fresh install has, it is a warning, and `plan` exits 1; for
    any other a note.

    Where two migrations have no order, let the later one depend on the other. Where the cause is a migration that was changed after
    its release, give it back its old form, and make the change in a new one. Of a database that cannot upgrade make a copy, and let `stitchback
    repair` look at it: rows may be missing that tell Django what is there. Where no such database exists any more (that release was long ago),
    or nobody migrates like that, suppress the finding, and say so as the reason.
    """

    code = "SB309"
    severity = Severity.WARNING
    title = "what mainline itself does not serve"

    def find(self, case: Case, proof: Proof) -> Iterator[Finding]:
        mainline = case.situation.mainline
        for broken_on_mainline in proof.broken_on_mainline:
            message = f"{str(broken_on_mainline).rstrip('.')}. So it is with mainline as it stands"
            stuck = broken_on_mainline.lineage == RELEASED and not broken_on_mainline.acts
            if of_a_package(broken_on_mainline, case):
                stuck, message = False, f"{message}, unless an installed package has made that table"
            severity = self.severity if stuck else Severity.NOTE
            yield Finding(self.code, severity, mainline.ref, place(broken_on_mainline, mainline), message)


def of_a_package(broken_on_mainline: BrokenOnMainline, case: Case) -> bool:
    """Whether a table is missing that is called as those of an installed package which the trees depend on: what packages make is not known
    here (netbox renames `auth_user`)."""
    found = MISSING.fullmatch(broken_on_mainline.message)
    if found is None:
        return False
    situation = case.situation
    trees = (situation.mainline, *(patch.fork for patch in situation.patches))
    packages = {parent.app for tree in trees for _, parent in MigrationGraph.raw(tree).external}
    return any(found["table"].startswith(f"{label}_") for label in packages)


def place(broken_on_mainline: BrokenOnMainline, mainline: Tree) -> Span | None:
    """The migration at which it fails, else the first that Django names."""
    for key in named(broken_on_mainline):
        if key in mainline.migrations:
            return Span(mainline.migrations[key].path)
    return None


def named(broken_on_mainline: BrokenOnMainline) -> Iterator[MigrationKey]:
    if broken_on_mainline.at is not None:
        yield broken_on_mainline.at
    said = f"{broken_on_mainline.message} {broken_on_mainline.population}"
    yield from (MigrationKey(app, name) for app, name in NAMES.findall(said))
    for names, app in LEAVES.findall(broken_on_mainline.message):
        yield from (MigrationKey(app, name) for name in names.split(", "))
