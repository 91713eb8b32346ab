"""SB105."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.source import Span


class ReplacesItself:
    """`replaces` of a migration names the migration itself, directly or through other migrations that replace it (FACTS F24).

    Django 6 stops: "Cyclical squash replacement found". Django 5 removes the migration from its graph and runs nothing of it, on an
    empty database too, or stops with a bare KeyError. So no database has what the migration creates, whatever its operations say, and
    `plan` refuses (SB411).

    Take the migration's own name out of `replaces`, on the branch that has it, and release that.
    """

    code = "SB105"
    severity = Severity.ERROR
    title = "a migration replaces itself"

    def find(self, case: Case) -> Iterator[Finding]:
        situation = case.situation
        for tree in (situation.mainline, *(patch.tree for patch in situation.patches)):
            for key in tree.self_replacing:
                place = Span(tree.migrations[key].path)
                message = f"`replaces` of {key} leads back to {key}: Django runs nothing of it, or stops"
                yield Finding(self.code, self.severity, tree.ref, place, message)
