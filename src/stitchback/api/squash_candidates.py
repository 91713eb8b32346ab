"""The use case `squash candidates`: a ref in, its linear runs out, with what squashing each would save. It needs no proof and no Django in this process, which
the other commands of `squash` import."""

from __future__ import annotations

from collections.abc import Sequence

from stitchback.api.project import Project, refuse_nothing_read
from stitchback.api.schema import require_apps
from stitchback.planning.reports import coverage_of
from stitchback.planning.squash_reports import CandidatesReport, SquashCandidate
from stitchback.rehearsal import RehearsalSession
from stitchback.squashing.linear_runs import runs_of


def find_squash_candidates(project: Project, ref: str = "HEAD", apps: Sequence[str] = ()) -> CandidatesReport:
    """Raises EnvironmentProblem: nothing was read (SB550), no such app (SB531); RehearsalEnded, where Django's optimizer did not answer."""
    tree = project.tree(ref)
    refuse_nothing_read(project, (tree,))
    require_apps(apps, tree)
    every = runs_of(tree)
    runs = [run for run in every.runs if not apps or run.app in apps]
    sequences = [[tree.migrations[key] for key in run.migrations] for run in runs]
    left = RehearsalSession(tree.field_bases).optimized(sequences, tree.settings) if runs else ()
    found = tuple(
        SquashCandidate(run, sum(each.operation_count for each in sequence), after)
        for run, sequence, after in zip(runs, sequences, left, strict=True)
    )
    others = tuple(each for each in every.alone if not apps or each.migration.app in apps)
    return CandidatesReport(tree, found, others, coverage_of((tree,)))
