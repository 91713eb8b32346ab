"""The JSON form of `squash`."""

from __future__ import annotations

from collections.abc import Iterable

from stitchback.model.plans import SafePlan
from stitchback.planning.squash_reports import (
    CandidatesReport,
    FinishReport,
    NotThere,
    SquashCandidate,
    SquashReport,
)
from stitchback.reporting.document import Document, plan_part, reach_document, read_document, refused_document
from stitchback.squashing.obstacles import RunEnd


def candidates_document(report: CandidatesReport) -> Document:
    return {
        "ref": report.tree.ref,
        "commit": report.tree.commit,
        "candidates": [_candidate(each) for each in report.candidates],
        "alone": [
            {
                "migration": str(each.migration),
                "obstacle": each.obstacle.name.lower(),
                "reason": each.obstacle.value,
                "whose": str(each.whose),
                "others": list(each.others),
            }
            for each in report.alone
        ],
        "read": read_document(report.coverage),
    }


def _candidate(candidate: SquashCandidate) -> Document:
    return {
        "app": candidate.run.app,
        "migrations": list(map(str, candidate.run.migrations)),
        "operations": candidate.operations,
        "optimized": candidate.optimized,
        "files_saved": candidate.files_saved,
        "before": [_stop(each) for each in candidate.run.before],
        "after": [_stop(each) for each in candidate.run.after],
        "arguments": list(candidate.arguments),
    }


def _stop(stop: RunEnd) -> Document:
    return {
        "neighbour": str(stop.neighbour),
        "obstacle": stop.obstacle.name.lower(),
        "reason": stop.obstacle.value,
        "migration": str(stop.migration),
        "others": list(stop.others),
    }


def stitch_document(report: SquashReport, written: Iterable[str], diffs: Iterable[str]) -> Document:
    """`plan` null where nothing was proved; then `refused` shows why, and `best` which databases it works for."""
    paths = list(written)
    outcome = report.outcome
    is_proved = isinstance(outcome, SafePlan)
    return {
        "tree": {"ref": report.tree.ref, "commit": report.tree.commit},
        "plan": plan_part(outcome, report.tree) if isinstance(outcome, SafePlan) else None,
        "refused": None if isinstance(outcome, SafePlan) else refused_document(outcome),
        "best": None if is_proved or report.best is None else reach_document(report.best),
        "built": [
            {"engine": each.vendor, "old_seconds": each.old_seconds, "new_seconds": each.new_seconds}
            for each in report.built
        ],
        "diffs": list(diffs),
        "written": paths,
        "read": read_document(report.coverage),
        "exit": 0 if paths else report.exit_code,
    }


def finish_squash_document(report: FinishReport, written: Iterable[str], diffs: Iterable[str]) -> Document:
    paths = list(written)
    return {
        "squashes": list(map(str, report.squashes)),
        "not_there": [_not_there(each) for each in report.missing],
        "result": None if report.report is None else stitch_document(report.report, paths, diffs),
        "exit": 0 if paths else report.exit_code,
    }


def _not_there(each: NotThere) -> Document:
    return {
        "database": each.database,
        "reason": each.reason or None,
        "squashes": [
            {"migration": str(one.squash), "applied": one.applied, "replaced": one.replaced}
            for one in each.unfinished
        ],
    }
