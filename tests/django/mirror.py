"""Simulated and real, side by side: every step that the judge takes on a real database is taken on a symbolic one too."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stitchback.adapters.projects import Keys, MigrateOutcome, ProjectSession
from stitchback.adapters.scratch_databases import ScratchDatabases
from stitchback.api.verification.real_databases import (
    DatabaseCache,
    DatabaseState,
    MigrateStep,
    Remedy,
    StoppedAt,
)
from stitchback.engine import Engine, EngineCache, Run, SymbolicDatabase
from stitchback.model.keys import MigrationKey
from stitchback.model.physical import PhysicalSchema
from stitchback.parsing.reading_context import ReadingConfig
from stitchback.parsing.tree import read_tree
from stitchback.upgrades.paths import UpgradeStep

# What a database or its driver raises, and what Django raises where the state does not fit an operation.
DATABASE_ERRORS = {"OperationalError", "ProgrammingError", "IntegrityError", "DataError", "NotSupportedError"}
STATE_ERRORS = {"KeyError", "FieldDoesNotExist", "ValueError", "LookupError", "AttributeError", "FieldError"}
USER_MODEL = re.compile(r"^AUTH_USER_MODEL\s*=\s*['\"]([\w.]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class OnDisk:
    path: Path

    @property
    def blob(self) -> str:
        return hashlib.sha1(self.path.read_bytes(), usedforsecurity=False).hexdigest()

    def read(self) -> bytes:
        return self.path.read_bytes()


class Mirror(DatabaseCache):
    """`disagreements` says, for each act, where the simulated outcome is not the real one."""

    def __init__(self, scratch: ScratchDatabases, reading: ReadingConfig) -> None:
        super().__init__(scratch)
        self.reading = reading
        self.memory = EngineCache()
        self.disagreements: list[str] = []
        self.compared = 0
        self._engines: dict[int, Engine] = {}
        self._symbolic: dict[str, SymbolicDatabase] = {}
        self._schemas: dict[int, list[tuple[PhysicalSchema, DatabaseState]]] = {}

    def empty(self) -> DatabaseState:
        state = super().empty()
        self._symbolic.setdefault(state.digest, SymbolicDatabase())
        return state

    def engine(self, session: ProjectSession) -> Engine:
        if id(session) not in self._engines:
            root = session.place.folder
            paths = (path for path in sorted(root.rglob("*")) if path.is_file() and ".git" not in path.parts)
            files = {path.relative_to(root).as_posix(): OnDisk(path) for path in paths}
            tree = read_tree(root.name, "", files, self.reading)
            settings = USER_MODEL.search((root / "project/settings.py").read_text())
            swapped: Mapping[str, str] = {"AUTH_USER_MODEL": settings.group(1)} if settings else {}
            self._engines[id(session)] = Engine(tree, memory=self.memory, settings=swapped)
        return self._engines[id(session)]

    def _step(
        self, session: ProjectSession, state: DatabaseState, act: UpgradeStep, most: int | None, fill: bool
    ) -> MigrateStep:
        step = super()._step(session, state, act, most, fill)
        symbolic = self._symbolic.get(state.digest)
        if symbolic is None or step.outcome.unapplied:
            return step
        run = self.engine(session).migrate(symbolic, act.target)
        where = f"{session.place.folder.name[:12]}: {act} on {shown(state.ledger)}"
        if most is not None:
            run = cut_off(run, step.outcome.ran[-1:])
        self.compared += 1
        self.disagreements += [f"{where}: {what}" for what in self.compared_run(run, step, session)]
        return step

    def compared_run(self, run: Run, step: MigrateStep, session: ProjectSession) -> list[str]:
        kinds = kinds_of(step.outcome)
        said = run.error.kind if run.error else ""
        if said == "Clash" and step.state is not None and self.scratch.vendor == "sqlite":
            return []  # FACTS F31: SQLite says nothing; what comes of it is not mirrored any further
        if said not in kinds:
            reason = f" ({run.error.message})" if run.error else ""
            return [
                f"simulated {said or 'fine'}{reason}, real {step.outcome.error_class or 'fine'} ({step.outcome.error_message})"
            ]
        own = self.engine(session).tree.apps
        if self.own(run.ran, own) != self.own(step.outcome.ran, own):
            return [f"simulated runs {shown(run.ran)}, real {shown(step.outcome.ran)}"]
        return self.paired(run.final, step.state, own) if step.state else []

    def own(self, keys: Keys, apps: Mapping[str, object]) -> list[MigrationKey]:
        """Installed packages are no part of the tree that was read."""
        return [key for key in keys if key.app in apps]

    def paired(
        self, symbolic: SymbolicDatabase, state: DatabaseState, apps: Mapping[str, object]
    ) -> list[str]:
        """The symbolic database is the real state's from now on."""
        self._symbolic.setdefault(state.digest, symbolic)
        simulated, real = sorted(self.own(symbolic.ledger, apps)), sorted(self.own(state.ledger, apps))
        if simulated != real:
            return [f"ledger simulated {shown(tuple(simulated))}, real {shown(tuple(real))}"]
        known = {*apps, *(run.partition(": ")[0] for run in symbolic.data)}  # a label may be of the past
        data = [run for run in state.data if run.partition(": ")[0] in known]
        if len(symbolic.data) != len(data):
            return [f"data operations simulated {symbolic.data}, real {data}"]
        return self.same_schemas(symbolic.schema, state)

    def same_schemas(self, schema: PhysicalSchema, state: DatabaseState) -> list[str]:
        """Where two symbolic schemas are the same, so are the real ones."""
        known = self._schemas.setdefault(hash(frozenset(schema.tables)), [])
        for other, real in known:
            if other == schema:
                same = real.schema == state.schema
                return (
                    []
                    if same
                    else [
                        f"one symbolic schema, two real ones: {shown(real.ledger)} and {shown(state.ledger)}"
                    ]
                )
        known.append((schema, state))
        return []

    def _copies_of_one_run(
        self, session: ProjectSession, state: DatabaseState, wanted: frozenset[MigrationKey]
    ) -> Iterator[StoppedAt]:
        symbolic = self._symbolic.get(state.digest)
        run = self.engine(session).migrate(symbolic) if symbolic is not None else None
        for stop, stopped in super()._copies_of_one_run(session, state, wanted):
            if run is not None and stop.stopped in run.ran:
                self.compared += 1
                where = f"{session.place.folder.name[:12]}: {stop} on {shown(state.ledger)}"
                simulated = cut_off(run, (stop.stopped,)).final
                found = self.paired(simulated, stopped, self.engine(session).tree.apps)
                self.disagreements += [f"{where}: {what}" for what in found]
            yield stop, stopped

    def repaired(
        self, session: ProjectSession, state: DatabaseState, script: str, run: Remedy
    ) -> tuple[DatabaseState, DatabaseState]:
        found = super().repaired(session, state, script, run)
        symbolic = self._symbolic.get(state.digest)
        if symbolic is not None:
            for after in found:
                changed = SymbolicDatabase(after.ledger, symbolic.schema, symbolic.data)
                self._symbolic.setdefault(after.digest, changed)
        return found


def cut_off(run: Run, last: Keys) -> Run:
    """The run as a kill right after that migration leaves it; all of it where there is none, or it does not run."""
    if not set(last) & set(run.ran):
        return run
    count = run.ran.index(last[0]) + 1
    return Run(run.steps[:count], run.steps[count - 1].database)


def kinds_of(outcome: MigrateOutcome) -> set[str]:
    """What the engine calls the error that Django raised."""
    name, message = outcome.error_class, outcome.error_message
    if name in DATABASE_ERRORS:
        return {"Clash", "InconsistentState"}
    if name == "CommandError" and message.startswith("Conflicting migrations"):
        return {"Conflict"}
    if name == "CommandError" and "More than one migration matches" in message:
        return {"AmbiguityError", "CommandError"}
    if name in STATE_ERRORS:
        return {"InconsistentState", "Clash", name}
    return {name}


def shown(keys: Keys) -> str:
    return ", ".join(map(str, keys)) or "nothing"
