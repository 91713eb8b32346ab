"""The results of `squash`, for the reports."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.plans import CandidateReach, Refuted, SafePlan
from stitchback.planning.reports import Coverage
from stitchback.squashing.finishing import UnrecordedSquash
from stitchback.squashing.linear_runs import Alone, LinearRun


@dataclass(frozen=True, slots=True)
class SquashCandidate:
    """A linear run, with the number of its operations before and after Django's optimizer."""

    run: LinearRun
    operations: int
    optimized: int

    @property
    def files_saved(self) -> int:
        """How many files fewer there are when the squash is finished."""
        return len(self.run.migrations) - 1

    @property
    def arguments(self) -> tuple[str, ...]:
        """Of `manage.py`. Without a start, Django squashes from the app's first migration and marks the squash as initial."""
        first, last = self.run.migrations[0], self.run.migrations[-1]
        return ("squashmigrations", first.app, *((first.name,) if self.run.before else ()), last.name)


@dataclass(frozen=True, slots=True)
class CandidatesReport:
    """`alone`: migrations that no run may contain."""

    tree: Tree
    candidates: tuple[SquashCandidate, ...]
    alone: tuple[Alone, ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class BuiltBothWays:
    """A database by the old files and one by the squash, on a real server: equal. Seconds of `migrate`."""

    vendor: str
    old_seconds: float
    new_seconds: float


@dataclass(frozen=True, slots=True)
class SquashReport:
    """`stitch` and `finish`: the tree as it is, and the proved files or why they are refused. `best`: which databases a refused candidate works for.
    `subject`: what is done, for a commit's message."""

    subject: str
    apps: tuple[str, ...]
    tree: Tree
    outcome: SafePlan | Refuted
    best: CandidateReach | None
    coverage: Coverage
    built: tuple[BuiltBothWays, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 nothing to write, 1 files would be written, 3 not proved."""
        if isinstance(self.outcome, Refuted):
            return 3
        return 1 if self.outcome.candidate.edits else 0


@dataclass(frozen=True, slots=True)
class NotThere:
    """A database that may not get the finished tree yet. `reason`: "" where the rows show it."""

    database: str
    reason: str
    unfinished: tuple[UnrecordedSquash, ...] = ()


@dataclass(frozen=True, slots=True)
class FinishReport:
    """`squashes`: those of the apps. `missing`: databases that are not there yet; then nothing was tried."""

    tree: Tree
    squashes: tuple[MigrationKey, ...] = ()
    missing: tuple[NotThere, ...] = ()
    report: SquashReport | None = None

    @property
    def exit_code(self) -> int:
        """0 nothing to finish, 1 files would be written or a database is not there yet, 3 not proved."""
        return self.report.exit_code if self.report is not None else int(bool(self.missing))
