"""SB309."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.graph import MigrationGraph
from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.plans import FORK, BrokenOnMainline, Proof
from stitchback.model.problems import ProblemKind
from stitchback.model.source import Span


class LeftOut:
    """Some databases do not reach the schema of a fresh install, with or without the patch branch."""

    code = "SB309"
    severity = Severity.WARNING

    def find(self, case: Case, proof: Proof) -> Iterator[Finding]:
        mainline = case.situation.mainline
        for broken_on_mainline in proof.broken_on_mainline:
            message = (
                f"{str(broken_on_mainline).rstrip('.')}. This happens on mainline even without this plan"
            )
            stuck = broken_on_mainline.lineage == FORK and not broken_on_mainline.acts
            if of_a_package(broken_on_mainline, case):
                stuck, message = False, f"{message}, unless an installed package has created that table"
            severity = self.severity if stuck else Severity.NOTE
            yield Finding(self.code, severity, mainline.ref, place(broken_on_mainline, mainline), message)


def of_a_package(broken_on_mainline: BrokenOnMainline, case: Case) -> bool:
    """Whether a table is missing that is called as those of an installed package which the trees depend on: what packages make is not known
    here (netbox renames `auth_user`)."""
    problem = broken_on_mainline.problem
    if problem.kind is not ProblemKind.TABLE_MISSING:
        return False
    (table,) = problem.objects
    situation = case.situation
    trees = (situation.mainline, *(patch.fork for patch in situation.patches))
    packages = {parent.app for tree in trees for _, parent in MigrationGraph.raw(tree).external}
    return any(str(table).startswith(f"{label}_") for label in packages)


def place(broken_on_mainline: BrokenOnMainline, mainline: Tree) -> Span | None:
    """The migration that fails, otherwise the first one that the problem or the population names."""
    for key in named(broken_on_mainline):
        if key in mainline.migrations:
            return Span(mainline.migrations[key].path)
    return None


def named(broken_on_mainline: BrokenOnMainline) -> Iterator[MigrationKey]:
    if broken_on_mainline.at is not None:
        yield broken_on_mainline.at
    yield from broken_on_mainline.problem.migrations
    yield from broken_on_mainline.newest
