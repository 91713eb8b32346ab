"""The reports of `squash candidates`, `stitch` and `finish`: as text, and as documents for programs."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.text import Text

from stitchback.model.plans import Refuted, SafePlan
from stitchback.planning.outcomes import DISAGREEMENT, NO_TIME
from stitchback.planning.squash_reports import (
    BuiltBothWays,
    CandidatesReport,
    FinishReport,
    NotThere,
    SquashCandidate,
    SquashReport,
)
from stitchback.reporting.document import Document, plan_part, reach_document, read_document, refused_document
from stitchback.reporting.layout import BLANK, Line, bold, cyan, diff_lines, dim, green, plain, red, wrapped
from stitchback.reporting.next_steps import step_lines
from stitchback.reporting.plan_text import chosen_lines, proof_lines
from stitchback.reporting.population_groups import fails_for, works_for
from stitchback.reporting.refusal_text import no_time_lines
from stitchback.reporting.status_text import counted, coverage_lines
from stitchback.squashing.obstacles import RunEnd

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


LABEL = 10  # columns of the labels
MOST_OTHERS = 4


def candidates_lines(report: CandidatesReport, *, verbose: bool) -> Iterator[Line]:
    for app, found in groupby(report.candidates, key=lambda each: each.run.app):
        yield (bold(app),)
        for candidate in found:
            yield from _candidate_lines(candidate, verbose=verbose)
            yield BLANK
    if not report.candidates:
        yield from wrapped(
            (
                plain(
                    f"No two migrations of {report.tree.ref} follow each other in a way that can be squashed."
                ),
            )
        )
        yield BLANK
    yield from _alone_lines(report, verbose=verbose)
    yield from coverage_lines(report.coverage)


def _candidate_lines(candidate: SquashCandidate, *, verbose: bool) -> Iterator[Line]:
    names = [key.name for key in candidate.run.migrations]
    yield from wrapped(
        (green(f"{names[0]} … {names[-1]}"), plain(f"  {counted(len(names), 'migration')}")), 2, 2
    )
    if verbose:
        yield from _labelled("contains", plain(", ".join(names)))
    operations = f"{counted(candidate.operations, 'operation')} become {candidate.optimized}"
    yield from _labelled(
        "saves", plain(f"{operations}; {counted(candidate.files_saved, 'file')} fewer once it is finished")
    )
    for label, stops in (("before", candidate.run.before), ("after", candidate.run.after)):
        for stop in stops:
            yield from _labelled(label, plain(f"{stop.neighbour.name}: {stop_words(stop)}"))
    yield from _labelled(
        "command", bold(" ".join(map(shlex.quote, ("python", "manage.py", *candidate.arguments))))
    )


def _labelled(label: str, text: Text) -> Iterator[Line]:
    yield from wrapped((dim(f"{label:<{LABEL}}"), text), 4, LABEL)


def stop_words(stop: RunEnd) -> str:
    """ "0001_initial: a migration of another app depends on it (people.0001_initial)"."""
    whose = "" if stop.migration == stop.neighbour else f"{stop.migration.name}: "
    return f"{whose}{stop.obstacle.value}{_others(stop.others)}"


def _others(others: Sequence[str]) -> str:
    more = [f"{len(others) - MOST_OTHERS} more"] if len(others) > MOST_OTHERS else []
    return f" ({', '.join([*others[:MOST_OTHERS], *more])})" if others else ""


def _alone_lines(report: CandidatesReport, *, verbose: bool) -> Iterator[Line]:
    if not report.alone:
        return
    if not verbose:
        yield from wrapped(
            (dim(f"{counted(len(report.alone), 'migration')} in no run, which `-v` lists with the reasons"),)
        )
        return
    yield (bold("In no run"),)
    for each in report.alone:
        whose = "" if each.whose == each.migration else f"{each.whose.name}: "
        yield from wrapped(
            (plain(f"{each.migration}: {whose}{each.obstacle.value}{_others(each.others)}"),), 2, 4
        )
    yield BLANK


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
