"""`squash stitch` and `squash finish` as text: the files, the proof, the databases that are not there yet, and what comes next."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence

from stitchback.model.plans import Refuted, SafePlan
from stitchback.planning.outcomes import DISAGREEMENT, NO_TIME
from stitchback.planning.squash_reports import BuiltBothWays, FinishReport, NotThere, SquashReport
from stitchback.reporting.diff_text import diff_lines
from stitchback.reporting.layout import BLANK, wrapped
from stitchback.reporting.next_steps import step_lines
from stitchback.reporting.plan_text import chosen_lines, proof_lines
from stitchback.reporting.population_groups import fails_for, works_for
from stitchback.reporting.refusal_text import no_time_lines
from stitchback.reporting.status_text import counted, coverage_lines
from stitchback.reporting.style import Line, bold, cyan, dim, green, plain, red

NOT_PROVED = "SB707"
MOST_FAILURES = 2


def squash_lines(report: SquashReport, diffs: Sequence[str], *, verbose: bool) -> Iterator[Line]:
    match report.outcome:
        case SafePlan() as safe:
            yield from chosen_lines(safe, report.tree)
            yield from proof_lines(safe.proof, (), verbose=verbose)
            yield from built_lines(report.built)
        case Refuted() as refuted:
            yield from refuted_lines(report, refuted, verbose=verbose)
    yield from coverage_lines(report.coverage)
    for diff in diffs:
        yield BLANK
        yield from diff_lines(diff)


def built_lines(built: Sequence[BuiltBothWays]) -> Iterator[Line]:
    for each in built:
        times = f"{each.old_seconds:.1f} s by the old files, {each.new_seconds:.1f} s by the squash"
        said = f" both ways on {each.vendor}: {times}; schema and django_migrations are equal"
        yield from wrapped((bold("Built"), plain(said)))
    if built:
        yield BLANK


def refuted_lines(report: SquashReport, refuted: Refuted, *, verbose: bool) -> Iterator[Line]:
    said = (
        "  it could not be proved that each database can be migrated with these files. Nothing was written."
    )
    code = DISAGREEMENT if refuted.contradicted else NO_TIME if refuted.missed else NOT_PROVED
    yield from wrapped((red(f"Refused: {code}"), plain(said)), 0, 2)
    yield BLANK
    if refuted.missed and not refuted.contradicted:
        yield from no_time_lines((refuted,))
        return
    yield from failure_lines(refuted, verbose=verbose)
    for remark in refuted.candidate.remarks:
        yield from wrapped((dim("note  "), plain(remark.text)), 2, 6)
    if refuted.candidate.remarks:
        yield BLANK
    if report.best is not None and report.best.works:
        yield from wrapped((dim("works for  "), plain(", ".join(map(str, works_for(report.best))))), 2, 11)
        yield from wrapped((dim("fails for  "), plain(", ".join(map(str, fails_for(report.best))))), 2, 11)
        yield BLANK
    yield from wrapped((cyan("hint "), plain(f"`stitchback explain {code}` shows what to do.")), 0, 5)


def failure_lines(refuted: Refuted, *, verbose: bool) -> Iterator[Line]:
    for failure in refuted.failures if verbose else refuted.failures[:MOST_FAILURES]:
        yield from wrapped((bold(failure.population),), 2)
        yield from wrapped((plain(f"{failure.rollout}: {failure.step}"),), 4)
        for line in failure.message.splitlines():
            yield from wrapped((dim(line),), 4)
    yield BLANK


def finish_lines(report: FinishReport, diffs: Sequence[str], *, verbose: bool) -> Iterator[Line]:
    if not report.squashes:
        yield (green("Nothing to finish: these apps have no migration with `replaces`."),)
    elif report.report is not None:
        yield from squash_lines(report.report, diffs, verbose=verbose)
    else:
        many = counted(len(report.missing), "database")
        verb = "is" if len(report.missing) == 1 else "are"
        yield from wrapped((red(f"Not yet: {many} {verb} not there. "), plain("Nothing was written.")))
        for each in report.missing:
            yield from _not_there_lines(each)
        yield BLANK
        said = "Migrate them to the end with the code that they are running, which has the squashes and the old files; then run this command again."
        yield from wrapped((cyan("hint "), plain(said)), 0, 5)


def _not_there_lines(each: NotThere) -> Iterator[Line]:
    yield from wrapped((bold(each.database),), 2)
    if each.reason:
        yield from wrapped((plain(each.reason),), 4)
    for one in each.unfinished:
        if one.is_only_unrecorded:
            said = "has all that it replaces, and no row of its own: the next `migrate` writes it"
        else:
            said = f"has {one.applied} of the {one.replaced} migrations that it replaces"
        yield from wrapped((plain(f"{one.squash}: "), plain(said)), 4, 4)


def squash_next(report: SquashReport, paths: Sequence[str]) -> Iterator[Line]:
    assert isinstance(report.outcome, SafePlan), "it was written"
    folders = sorted({os.path.dirname(path) for path in paths})
    add = " ".join(map(shlex.quote, ["git", "add", "--", *(f":/{folder}" for folder in folders)]))
    steps = [(f"{add} && git commit -m {shlex.quote(report.subject)}", "commit the files")]
    if report.outcome.proof.finishes_first:
        steps.append(("stitchback inspect --database URL", "whether a database has to finish first"))
    if any(
        migration.ghosts
        for key, migration in report.outcome.candidate.result.migrations.items()
        if key.app in report.apps
    ):
        command = f"stitchback squash finish {' '.join(report.apps)} --fleet FILE"
        steps.append((command, "when every database has recorded the squash"))
    else:
        steps.append(
            (
                f"python manage.py migrate {report.apps[0]} --prune",
                "removes the rows of the old migrations (optional)",
            )
        )
    yield from step_lines(steps)
