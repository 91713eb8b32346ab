"""A deploy done for real: a database of the old release gets the new release's migrations one after the other, and at each stop the models of a release query it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from stitchback.adapters.projects import MigrateOutcome, ProjectSession
from stitchback.adapters.scratch_databases import ScratchDatabases
from stitchback.errors import EnvironmentProblem
from stitchback.model.keys import MigrationKey
from stitchback.model.verify_reports import Answers, QueryAnswer, RollingRun, StopAnswers

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Release:
    ref: str
    session: ProjectSession


def roll(
    scratch: ScratchDatabases,
    old: Release,
    new: Release,
    codes: Sequence[Release],
    *,
    progress: Progress,
    of_app_alone: bool = False,
) -> tuple[RollingRun, ...]:
    """One run for each of the `codes`: old, new, or both. `of_app_alone`: at each stop, ask only the models of its app, where apps do not refer to each other.
    Raises EnvironmentProblem (SB552) where the old release cannot create its own database."""
    url = scratch.create()
    created = old.session.migrate(url)
    if not created.went_well:
        raise EnvironmentProblem(
            "SB552",
            f"{old.ref} cannot create its own database: {created.error_class}: {created.error_message}",
            hint=f"Make `manage.py migrate` of {old.ref} work on an empty database, or choose another release.",
        )
    unfilled = old.session.fill(url)
    stops, error = [_asked(codes, url, None, None)], ""
    for outcome in _migrated(new.session, url):
        if not outcome.went_well:
            error = f"{outcome.failed or 'migrate'}: {outcome.error_class}: {outcome.error_message}"
            break
        key = outcome.ran[-1]
        progress(str(key))
        stops.append(_asked(codes, url, key, [key.app] if of_app_alone else None))
    if of_app_alone:
        stops.append(_asked(codes, url, stops[-1][0].key, None))
    return tuple(
        _compared(
            RollingRun(scratch.vendor, code.session.django, code.ref, each, (), unfilled, error),
            own=-1 if code is new else 0,
        )
        for code, each in zip(codes, zip(*stops, strict=True), strict=True)
    )


def _asked(
    codes: Sequence[Release], url: str, key: MigrationKey | None, apps: Sequence[str] | None
) -> tuple[StopAnswers, ...]:
    return tuple(StopAnswers(key, code.session.queries(url, apps)) for code in codes)


def _migrated(session: ProjectSession, url: str) -> Iterator[MigrateOutcome]:
    """One migration after the other, until there is none or one fails."""
    while True:
        outcome = session.migrate(url, stop_after=1)
        if outcome.went_well and not outcome.ran:
            return
        yield outcome
        if not outcome.went_well:
            return


def _compared(run: RollingRun, own: int) -> RollingRun:
    """Without what does not work at the code's own stop: the first for old code, the last for new code."""
    own_answers = run.stops[own].answers
    left_out = tuple(answer for answer in own_answers if answer.error or answer.reason)
    asked = {answer.id for answer in own_answers} - {answer.id for answer in left_out}
    stops = tuple(StopAnswers(stop.key, _of(stop.answers, asked)) for stop in run.stops)
    return RollingRun(run.vendor, run.django, run.code, stops, left_out, run.unfilled, run.error)


def _of(answers: Sequence[QueryAnswer], asked: set[tuple[str, str, str]]) -> Answers:
    return tuple(answer for answer in answers if answer.id in asked)
