"""`backport` for people: the release's files, the proof of its databases, and the plan that stitches mainline."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from stitchback.model.plans import Proof, Refuted
from stitchback.planning.reports import BackportReport, ReleaseFile
from stitchback.reporting.layout import BLANK, Line, bold, diff_lines, dim, green, plain, red, wrapped, yellow
from stitchback.reporting.next_steps import commit_step, step_lines
from stitchback.reporting.plan_text import outcome_lines
from stitchback.reporting.refusal_text import refused_lines


def backport_lines(report: BackportReport, diffs: Sequence[str], *, verbose: bool) -> Iterator[Line]:
    names = ", ".join(str(file.original) for file in report.files)
    yield from wrapped((bold(f"Backport of {names} to {report.release}"),), 0, 2)
    yield BLANK
    for file in report.files:
        yield from _file_lines(file)
    yield BLANK
    yield from _release_lines(report, verbose=verbose)
    for diff in diffs:
        yield from diff_lines(diff)
        yield BLANK
    if report.stitched is not None:
        yield from wrapped((bold(f"{report.mainline}, with {report.release} as it then is"),), 0, 2)
        yield BLANK
        yield from outcome_lines(report.stitched, verbose=verbose)
    if report.is_proved:
        yield from step_lines([(f"{command(report)} --yes", "writes both sides")])


def command(report: BackportReport) -> str:
    """The command, to be pasted."""
    names = " ".join(shlex.quote(str(file.original)) for file in report.files)
    return f"stitchback backport {names} --to {shlex.quote(report.release)}"


def _file_lines(file: ReleaseFile) -> Iterator[Line]:
    yield from wrapped((green("new    "), plain("  "), bold(file.path)), 2, 11)
    what = "a copy of mainline's file" if file.is_copy else f"the operations of {file.original}"
    parents = ", ".join(map(str, file.dependencies)) or "nothing"
    yield from wrapped((dim(f"{what}; depends on {parents}"),), 11, 2)


def _release_lines(report: BackportReport, *, verbose: bool) -> Iterator[Line]:
    match report.proof:
        case Proof() as proof:
            databases = (
                "1 kind of database"
                if len(proof.outcomes) == 1
                else f"{len(proof.outcomes)} kinds of database"
            )
            text = f"Proved for the databases of {report.release}: {databases}, {proof.simulated_runs} runs, no failure"
            yield from wrapped((green(text),))
            yield BLANK
        case Refuted() as refuted:
            text = f"Refused: the databases of {report.release} cannot run it."
            yield from wrapped((red(text), plain("  Nothing was written.")), 0, 2)
            yield BLANK
            yield from refused_lines("What fails", (refuted,), verbose=verbose)
            yield from _needed_lines(report, refuted)


def _needed_lines(report: BackportReport, refuted: Refuted) -> Iterator[Line]:
    if any(failure.git_brings_it for failure in refuted.failures):
        text = f"Add what it imports to {report.release}, and run the command again."
        yield from wrapped((yellow("hint   "), plain("  "), plain(text)), 2, 9)
        return
    if not report.needed:
        text = "Write the release's migration by hand, and run `stitchback plan`."
        yield from wrapped((yellow("hint   "), plain("  "), plain(text)), 2, 9)
        return
    names = ", ".join(map(str, report.needed))
    text = f"{report.release} lacks {names}, and the order of these makes a difference. Backport them too:"
    yield from wrapped((yellow("hint   "), plain("  "), plain(text)), 2, 9)
    wanted = " ".join(
        shlex.quote(str(key)) for key in (*report.needed, *(file.original for file in report.files))
    )
    yield from wrapped((plain(f"stitchback backport {wanted} --to {shlex.quote(report.release)}"),), 11, 2)


def backported_next(report: BackportReport, branch: str, paths: Sequence[str]) -> Iterator[Line]:
    """The commands after both sides were written. `paths`: of the files in the working tree."""
    release = shlex.quote(branch)
    steps = [(f"git show {release}", "the commit on the release")]
    if report.models:
        models = " ".join(shlex.quote(f":/{path}") for path in report.models)
        steps += [
            (f"git diff {release} -- {models}", f"{branch} needs the change in its models too"),
            ("python manage.py makemigrations --check", f"on {branch}: whether its models have it"),
        ]
    if report.stitched is not None and paths:
        steps += [
            commit_step(report.stitched, paths),
            (f"stitchback verify {release}", "test both on new, real databases"),
        ]
    yield from step_lines(steps)
