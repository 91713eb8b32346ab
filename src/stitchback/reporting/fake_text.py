"""`migrate --fake` as an alternative to a repair's SQL: offered if a trial had the same result, otherwise the reason (FACTS F10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol


class FakeTrialReport(Protocol):
    """`commands` had the same result in a trial; without commands, `reason` explains why not."""

    @property
    def commands(self) -> Sequence[str]: ...
    @property
    def reason(self) -> str: ...


def fake_words(trial: FakeTrialReport | None) -> Iterator[str]:
    """The remarks, one a line; empty without a trial."""
    if trial is None:
        return
    if not trial.commands:
        yield f"`migrate --fake` cannot be used here: {trial.reason}"
        return
    yield "Instead of the SQL, you can run this after the reconciled code is deployed, and before any other `migrate`:"
    for command in trial.commands:
        yield f"    python manage.py {command}"
