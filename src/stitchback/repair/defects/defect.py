"""The base class of defects: a class that finds one kind of defect in a ledger."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree
from stitchback.model.source import Span
from stitchback.repair.forecasting import Forecast
from stitchback.repair.leftovers import Leftover
from stitchback.repair.recorder_rules import RecordedNodes, RecorderRules
from stitchback.repair.repair_outcomes import RepairOutcome
from stitchback.repair.unrecorded import UnrecordedMigration


@dataclass(frozen=True, slots=True)
class Examined:
    """One ledger compared with one tree. `unknown`: rows that the tree does not have, with the refs that have them. `now` and `following`: the
    forecast of a migrate now and with the next release, None if it cannot be made. `engine`: Django's vendor, or "". `histories`: the trees that have
    the unknown rows."""

    ledger: Ledger
    accounts: RecorderRules
    standing: RecordedNodes
    hidden: tuple[UnrecordedMigration, ...]
    unknown: Mapping[MigrationKey, tuple[str, ...]]
    outcome: RepairOutcome
    now: Forecast | None
    following: Forecast | None
    leftovers: tuple[Leftover, ...] = ()
    engine: str = ""
    histories: tuple[Tree, ...] = ()

    def span(self, key: MigrationKey) -> Span | None:
        migration = self.accounts.tree.migrations.get(key)
        return Span(migration.path) if migration else None

    def finding(self, defect: Defect, key: MigrationKey | None, message: str, hint: str = "") -> Finding:
        span = self.span(key) if key else None
        return Finding(defect.code, defect.severity, self.accounts.tree.ref, span, message, hint)


def checkout(commit: str, path: str) -> str:
    """The command that restores a file of a commit, from any folder of the repository."""
    return f"git checkout {commit[:12]} -- {shlex.quote(f':/{path}')}"


class Defect(Protocol):
    """`code` is stable. `reporting/explanations/CODE.md` is its page."""

    code: str
    severity: Severity

    def find(self, examined: Examined) -> Iterator[Finding]: ...
