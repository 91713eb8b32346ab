"""Real databases as values: a state, an upgrade step, the state after it. What was done once is not done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import (
    DatabaseSchema,
    Keys,
    MigrateOutcome,
    ProjectSession,
    Rows,
    Snapshot,
)
from stitchback.adapters.scratch_databases import ScratchDatabases
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import LedgerStanding
from stitchback.upgrades.paths import FULL, UpgradeStep

Remedy = Callable[[str, str], None]  # URL, script


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """A database that is kept, with all that it holds. `data`: the data operations that ran on it since it was made, sorted."""

    url: str
    ledger: Keys = ()
    schema: DatabaseSchema = field(default_factory=DatabaseSchema)
    rows: Rows = field(default_factory=dict)
    data: tuple[str, ...] = ()
    digest: str = ""
    unfilled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MigrateStep:
    """`state` is None where Django raised."""

    outcome: MigrateOutcome
    state: DatabaseState | None


StoppedAt = tuple[UpgradeStep, DatabaseState]  # a full migrate that was stopped, and the state that it left


class DatabaseCache:
    """Keeps every state's database until the scratch databases go; states are the same where all that they hold is."""

    def __init__(self, scratch: ScratchDatabases) -> None:
        self.scratch = scratch
        self.migrations = 0
        self._states: dict[str, DatabaseState] = {}
        self._steps: dict[tuple[int, str, UpgradeStep, int | None, bool], MigrateStep] = {}
        self._stops: dict[tuple[int, str], tuple[StoppedAt, ...]] = {}
        self._standings: dict[tuple[int, Keys], LedgerStanding | Raised] = {}

    def empty(self) -> DatabaseState:
        """A fresh install before its first migrate."""
        if "" not in self._states:
            self._states[""] = DatabaseState(self.scratch.create())
        return self._states[""]

    def step(
        self,
        session: ProjectSession,
        state: DatabaseState,
        step: UpgradeStep = FULL,
        *,
        most: int | None = None,
        fill: bool = False,
    ) -> MigrateStep:
        """A copy of the state's database migrated with that session's tree. `most`: stopped after so many migrations; `fill`: then given values of its
        own in every table and column that the state does not have."""
        place = (id(session), state.digest, step, most, fill)
        if place not in self._steps:
            self._steps[place] = self._step(session, state, step, most, fill)
        return self._steps[place]

    def _step(
        self, session: ProjectSession, state: DatabaseState, step: UpgradeStep, most: int | None, fill: bool
    ) -> MigrateStep:
        self.migrations += 1
        url = self.scratch.copy(state.url)
        app, name = step.target or (None, None)
        outcome = session.migrate(url, app, name, stop_after=most)
        if not outcome.went_well:
            self.scratch.drop(url)
            return MigrateStep(outcome, None)
        if not outcome.ran and session.ledger(url) == state.ledger:
            self.scratch.drop(url)
            return MigrateStep(outcome, state)
        unfilled = session.fill(url, state.rows) if fill else state.unfilled
        return MigrateStep(outcome, self._kept(session, url, (*state.data, *outcome.data), unfilled))

    def after(self, session: ProjectSession, state: DatabaseState, step: UpgradeStep) -> MigrateStep | None:
        """As `step`, for one that may be stopped: None where a full migrate does not run the migration after which it was."""
        if step.stopped is None:
            return self.step(session, state, step)
        ran = self.step(session, state).outcome.ran
        if step.stopped not in ran:
            return None
        return self.step(session, state, most=ran.index(step.stopped) + 1)

    def stops(
        self, session: ProjectSession, state: DatabaseState, wanted: frozenset[MigrationKey]
    ) -> tuple[StoppedAt, ...]:
        """The state after each of the wanted migrations of a full migrate, as if it had been killed there."""
        place = (id(session), state.digest)
        if place not in self._stops:
            each = self._copies_of_one_run if self.scratch.vendor == "sqlite" else self._one_by_one
            self._stops[place] = tuple(each(session, state, wanted))
        return self._stops[place]

    def _copies_of_one_run(
        self, session: ProjectSession, state: DatabaseState, wanted: frozenset[MigrationKey]
    ) -> Iterator[StoppedAt]:
        standing = self.standing(session, state)
        if isinstance(standing, Raised):
            return
        self.migrations += 1
        url = self.scratch.copy(state.url)
        copies = [self.scratch.create() for _ in standing.unapplied]
        outcome = session.migrate(url, copies=copies)
        self.scratch.drop(url)
        steps = zip(copies, outcome.ran, outcome.data_at, strict=False)
        for copy, key, data in steps:
            life = (*state.data, *outcome.data[:data])
            if key in wanted:
                yield UpgradeStep(stopped=key), self._kept(session, copy, life, state.unfilled)
            else:
                self.scratch.drop(copy)

    def _one_by_one(
        self, session: ProjectSession, state: DatabaseState, wanted: frozenset[MigrationKey]
    ) -> Iterator[StoppedAt]:
        for key in self.step(session, state).outcome.ran:
            step = UpgradeStep(stopped=key)
            stopped = self.after(session, state, step) if key in wanted else None
            if stopped is not None and stopped.state is not None:
                yield step, stopped.state

    def repaired(
        self, session: ProjectSession, state: DatabaseState, script: str, run: Remedy
    ) -> tuple[DatabaseState, DatabaseState]:
        """After the script, run by `run`, and after it was run again on that very database (which makes that the first one's
        state, where it changes nothing). Raises what `run` raises."""
        url = self.scratch.copy(state.url)
        run(url, script)
        once = self._kept(session, url, state.data, state.unfilled)
        if once.url != url:  # another database of that state is known, and this one gone
            url = self.scratch.copy(once.url)
        run(url, script)
        if once.url == url and self._digest(session, url, once) == once.digest:
            return once, once
        return once, self._kept(session, url, state.data, state.unfilled)

    def standing(self, session: ProjectSession, state: DatabaseState) -> LedgerStanding | Raised:
        """What the loader of that tree makes of the state's ledger, or what it says against it."""
        place = (id(session), state.ledger)
        if place not in self._standings:
            try:
                self._standings[place] = session.standing(state.url)
            except Raised as raised:
                self._standings[place] = raised
        return self._standings[place]

    def _digest(self, session: ProjectSession, url: str, state: DatabaseState) -> str:
        return digest_of(session.snapshot(url), state.data)

    def _kept(
        self, session: ProjectSession, url: str, data: tuple[str, ...], unfilled: tuple[str, ...]
    ) -> DatabaseState:
        """The state that the database is in; the database goes where another one is the same."""
        found = session.snapshot(url)
        ran = tuple(sorted(data))
        digest = digest_of(found, ran)
        if digest in self._states:
            self.scratch.drop(url)
        else:
            self._states[digest] = DatabaseState(
                url, found.ledger, found.schema, found.rows, ran, digest, unfilled
            )
        return self._states[digest]


def digest_of(found: Snapshot, data: tuple[str, ...]) -> str:
    """The same where the rows of the ledger, the schema, all rows and what data operations ran are the same."""
    ledger = sorted(map(str, found.ledger))
    whole = [ledger, found.schema.tables, found.schema.others, found.rows, data]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=dict).encode()).hexdigest()
