"""`migrate --fake` beside a repair's SQL: offered where it was seen to do the same, and why not where it does not (FACTS F10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol


class FakeTrialReport(Protocol):
    """`commands` did it when they were tried; where there are none, `reason` says why not."""

    @property
    def commands(self) -> Sequence[str]: ...
    @property
    def reason(self) -> str: ...


def fake_words(trial: FakeTrialReport | None) -> Iterator[str]:
    """Remarks, one a line; none where nothing was tried."""
    if trial is None:
        return
    if not trial.commands:
        yield f"`migrate --fake` cannot be used here: {trial.reason}"
        return
    yield "instead of the SQL, with the reconciled code deployed and before anything else is migrated:"
    for command in trial.commands:
        yield f"    python manage.py {command}"
