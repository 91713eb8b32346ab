"""What a deployment does to a database if the manual step of the plan was forgotten (FACTS F7, F8, F12, F31,
F36).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey


@dataclass(frozen=True, slots=True)
class Stops:
    """`migrate` fails and destroys nothing. `at`: the migration that fails; None if Django refuses before it
    runs any. `message`: the error of Django or of the database.
    """

    at: MigrationKey | None
    message: str
    next_release: bool = False  # this deployment succeeds, and that of the next release fails

    def __str__(self) -> str:
        where = f"at {self.at}: {self.message}" if self.at else "before it runs anything"
        return f"{_when(self.next_release)} stops {where}"


@dataclass(frozen=True, slots=True)
class Damages:
    """`migrate` succeeds, or fails too late. `resets`: columns whose values are set to the default; `loses`:
    columns that are dropped; both on SQLite, while other databases fail at `elsewhere`. `reruns`: data
    operations that run again, on every database.
    """

    resets: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()
    reruns: tuple[str, ...] = ()
    elsewhere: Stops | None = None
    next_release: bool = False

    def __str__(self) -> str:
        return "; ".join(self._lines())

    def _lines(self) -> Iterator[str]:
        when = _when(self.next_release)
        if self.reruns:
            yield f"{when} runs {', '.join(self.reruns)} once more"
        if self.resets:
            yield f"on SQLite {when} succeeds and sets the values of {', '.join(self.resets)} to the default"
        if self.loses:
            yield f"on SQLite {when} succeeds and drops {', '.join(self.loses)}"
        if self.elsewhere:
            yield f"on other databases {self.elsewhere}"


@dataclass(frozen=True, slots=True)
class Leaves:
    """`migrate` succeeds, and the database stays different from a fresh install. `differences`: of its schema, in words; `missing`: data operations
    that never run."""

    differences: str
    missing: tuple[str, ...] = ()
    next_release: bool = False

    def __str__(self) -> str:
        said = [self.differences] if self.differences else []
        said += [f"{work} never runs" for work in self.missing]
        return f"{_when(self.next_release)} succeeds and leaves the database different: {'; '.join(said)}"


@dataclass(frozen=True, slots=True)
class Harmless:
    """The database is the same as with the manual step."""

    def __str__(self) -> str:
        return "`migrate` does no harm"


def _when(next_release: bool) -> str:
    return "the next release's `migrate`" if next_release else "`migrate`"


Forgotten = Stops | Damages | Leaves | Harmless
