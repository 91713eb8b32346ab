"""What `inspect` says that `migrate` will do, and what real `migrate` does, on databases of every branch of the fixtures, sound and damaged.

Each database of a branch is held against each tree: the branches, and the reconciled one. A few fixtures on every engine, and some more on
SQLite. All of them on all three engines:

    STITCHBACK_ALL_FIXTURES=1 python -m pytest -n 2 tests/databases/test_forecasts.py
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from command_line import stitchback
from databases.damages import DAMAGES, Patient
from databases.servers import Server
from fixture_repos import BuiltRepository, build_repository, case_names

from stitchback.adapters.databases import DatabaseReading, read_database
from stitchback.adapters.git import Repository
from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import MigrateOutcome, ProjectSession
from stitchback.adapters.scratch_databases import ScratchDatabases, scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.project import Project
from stitchback.api.verification.worktrees import Worktrees
from stitchback.engine import EngineCache
from stitchback.errors import StitchbackError
from stitchback.model.keys import MigrationKey
from stitchback.repair.forecasting import Forecast, Forecaster
from stitchback.repair.recorder_rules import RecorderRules
from stitchback.repair.schema_of_applied import SchemaOfApplied

A_FEW = ("renamed-later-on-mainline", "same-column-mid-chain", "squash-finished-on-mainline")
TELLING = (
    "constraints-and-unique-together-other-spelling",
    "file-brought-onto-stitched-migrations",
    "index-on-a-removed-field",
    "row-without-a-column-that-mainline-requires",
    "same-change-python-side-differences",
    "swappable-user",
    "two-apps-different-kinds",
    "two-indexes-on-one-column",
)
"""Each needs a rule of its own: an index under Django's name, one on a missing column, SQL that meets models of another time, rows that
are inserted, a default that makes SQLite recreate a table, the user model, models that
cannot be rendered, a table that SQLite recreates."""
SOME = 3  # damages of each database that are tried on a server, where a copy takes long


@dataclass(slots=True)
class Tree:
    """One tree: what it forecasts, and its own code."""

    name: str
    session: ProjectSession
    player: SchemaOfApplied
    forecaster: Forecaster
    doubted: int = 0

    @classmethod
    def of(cls, name: str, session: ProjectSession, folder: Path, ref: str, vendor: str) -> Tree:
        with Project.open(folder) as project:
            tree = project.tree(ref)
        player = SchemaOfApplied(RecorderRules(tree), EngineCache(sqlite=vendor == "sqlite"))
        return cls(name, session, player, Forecaster(tree, player, vendor))

    def compared(self, url: str, reading: DatabaseReading) -> str:
        """How Django's outcome differs from the forecast; "" where it does not. The database is migrated."""
        assert reading.schema is not None
        now, _, _ = self.forecaster.forecast(reading.ledger, reading.schema)
        outcome = self.session.migrate(url)
        ran = tuple(key for key in outcome.ran if key.app in self.player.accounts.apps)
        if told(now) == (ran, outcome.failed, not outcome.went_well):
            return ""
        if is_doubted(now, ran, outcome):
            self.doubted += 1
            return ""
        return f"told {told(now)} {now.error}, did {ran} {outcome.failed} {outcome.error_class}: {outcome.error_message}"


def told(now: Forecast) -> tuple[tuple[MigrationKey, ...], MigrationKey | None, bool]:
    return now.runs, now.at, bool(now.error)


def is_doubted(now: Forecast, ran: tuple[MigrationKey, ...], outcome: MigrateOutcome) -> bool:
    """The forecast names the migration as one whose own code decides, and Django got so far and no further."""
    at = outcome.failed
    return any(key == at for key, _ in now.doubts) and now.runs[: len(ran) + 1] == (*ran, at)


def databases(scratch: ScratchDatabases, sessions: dict[str, ProjectSession]) -> Iterator[tuple[str, str]]:
    """One of each branch, all of it and the half of it, by its name."""
    for name, session in sessions.items():
        try:
            graph = session.graph(scratch.create())
        except Raised:  # a tree that no database can have been made with
            continue
        for target in (None, graph.order[len(graph.order) // 2]):
            url = scratch.create()
            done = session.migrate(url, *((target.app, target.name) if target else ()))
            if done.went_well or done.ran:
                yield f"{name} {target or 'all'}", url


@dataclass(slots=True)
class Trial:
    """One fixture on one engine. `count`: databases that were tried; `found`: how forecasts and Django differ."""

    name: str
    server: Server
    scratch: ScratchDatabases
    count: int = 0
    doubted: int = 0
    found: list[str] = field(default_factory=list)

    def run(self, folder: Path) -> None:
        built = build_repository(self.name, folder / "repository")
        with Worktrees(built.path) as shop:
            with Repository.open(built.path) as repository:
                refs = (built.case.onto, *built.case.patches)
                sessions = {ref: shop.at(repository.resolve(ref)) for ref in refs}
            trees = list(self.trees(built, sessions, shop))
            for database, source in databases(self.scratch, sessions):
                for tree in trees:
                    self.damage(database, source, tree)
            self.doubted = sum(tree.doubted for tree in trees)

    def trees(
        self, built: BuiltRepository, sessions: Mapping[str, ProjectSession], shop: Worktrees
    ) -> Iterator[Tree]:
        for ref, session in sessions.items():
            with suppress(StitchbackError):  # a tree that stitchback refuses to read
                yield Tree.of(ref, session, built.path, ref, self.server.vendor)
        case = built.case
        if stitchback(built.path, "apply", *case.patches, *case.options, "--yes").exit_code == 0:
            today = shop.reconciled_folder(built.path, self.scratch.create())
            if not isinstance(today, Raised):
                yield Tree.of("reconciled", today.session, built.path, "HEAD", self.server.vendor)

    def damage(self, database: str, source: str, tree: Tree) -> None:
        """The database as it is, and damaged in one way after the other."""
        sound = read_database(DatabaseUrl.parse(source), with_schema=True)
        label = f"{self.name} {database} {tree.name}"
        damages = DAMAGES if self.server.vendor == "sqlite" else Random(label).sample(DAMAGES, SOME)
        for damage in damages:
            patient = Patient(sound, tree.player, Random(f"{label} {damage.__name__}"))
            statements = tuple(damage(patient))
            if statements:
                url = self.scratch.copy(source)
                said = self.compared(url, statements, tree)
                self.scratch.drop(url)
                if said:
                    self.found.append(f"{database} on {tree.name}, {damage.__name__} {statements}: {said}")

    def compared(self, url: str, statements: Iterable[str], tree: Tree) -> str:
        try:
            for sql in statements:
                tree.session.execute(url, sql)
        except Raised:  # the engine does not do that
            return ""
        self.count += 1
        return tree.compared(url, read_database(DatabaseUrl.parse(url), with_schema=True))


@pytest.mark.parametrize("name", case_names())
def test_django_does_what_was_forecast(name: str, server: Server, tmp_path: Path) -> None:
    chosen = name in A_FEW or (server.vendor == "sqlite" and name in (*TELLING, *case_names()[::20]))
    if not chosen and not os.environ.get("STITCHBACK_ALL_FIXTURES"):
        pytest.skip("with STITCHBACK_ALL_FIXTURES=1 only")
    address = os.environ[server.variable] if server.variable else "sqlite:///"
    with scratch_databases(address) as scratch:
        trial = Trial(name, server, scratch)
        trial.run(tmp_path)
    print(f"{trial.count} databases, in {trial.doubted} of which code that was named as a doubt failed")
    assert trial.count
    assert not trial.found, "\n".join(trial.found)
