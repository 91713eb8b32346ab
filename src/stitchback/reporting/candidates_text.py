"""`squash candidates` as text: each run with its saving, its neighbours, and the command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.text import Text

from stitchback.planning.squash_reports import CandidatesReport, SquashCandidate
from stitchback.reporting.layout import BLANK, wrapped
from stitchback.reporting.status_text import counted, coverage_lines
from stitchback.reporting.style import Line, bold, dim, green, plain
from stitchback.squashing.obstacles import RunEnd

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
