"""What `repair` prints for one database, run on every other database of the case, before and after `migrate`: no row is put in that does not
tell what ran there, none is taken out that does, unless `migrate` ends the same. After `migrate` nothing changes at all where that went well.

On a few fixtures in the ordinary run; on all of them, on every engine: STITCHBACK_ALL_FIXTURES=1.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from command_line import stitchback
from databases.servers import Server
from databases.test_fixtures_repaired import A_FEW, PLANNED, released, targets
from fixture_repos import BuiltRepository, build_repository

from stitchback.adapters.connections import connected
from stitchback.adapters.git import Repository
from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import ProjectSession
from stitchback.adapters.scratch_databases import ScratchDatabases, scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.verification.real_differences import schema_differences
from stitchback.api.verification.worktrees import Worktrees

Rows = list[tuple[object, ...]]
LOST = 3  # rows that are lost, one a database, from the end of its ledger
NOTHING, SOMETHING = 0, 1


@dataclass(slots=True)
class Fleet:
    """All databases of one case on one engine, by what they are, with what `repair` prints for each."""

    built: BuiltRepository
    server: Server
    scratch: ScratchDatabases
    today: ProjectSession
    databases: dict[str, str]
    origins: dict[str, str] = field(default_factory=dict)
    in_part: set[str] = field(
        default_factory=set
    )  # URLs whose report says that something is left, and that `migrate` will fail

    def rows(self, url: str, *, with_times: bool = True) -> Rows:
        columns = "id, app, name, applied" if with_times else "app, name"
        with connected(DatabaseUrl.parse(url)) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns} FROM django_migrations ORDER BY {columns}")
            return [tuple(row) for row in cursor.fetchall()]

    def script(self, url: str) -> str:
        said = stitchback(self.built.path, "repair", "--database", url)
        remarks = " ".join(said.err.split())
        if "not repaired: " in remarks or "no change of the rows corrects that" in remarks:
            self.in_part.add(url)
        return said.out if said.exit_code == SOMETHING else ""

    def scripts(self) -> dict[str, str]:
        found = {name: self.script(url) for name, url in self.databases.items()}
        return {name: script for name, script in found.items() if script}

    def run(self, script: str, url: str) -> None:
        self.server.client(DatabaseUrl.parse(url), script)

    def truth(self, name: str, scripts: dict[str, str]) -> set[object]:
        """The rows that tell what the database has run: those of it, or of the one that it was copied from, as repaired."""
        origin = self.origins.get(name, name)
        copy = self.scratch.copy(self.databases[origin])
        if script := scripts.get(origin, ""):
            self.run(script, copy)
        rows = set(self.rows(copy, with_times=False))
        self.scratch.drop(copy)
        return rows

    def is_harmless(self, changed: str, url: str) -> bool:
        """Whether real migrate ends on the changed database as on the database itself, or fails there too: two branches may have made one change
        under two names, and then a row of either is as good; a conditional migration's row comes in any case."""
        before = self.scratch.copy(url)
        if not self.today.migrate(before).went_well:
            return True
        if not self.today.migrate(changed).went_well:
            return False
        ours, theirs = self.today.snapshot(changed), self.today.snapshot(before)
        same = ours.rows == theirs.rows and not list(schema_differences(ours.schema, theirs.schema))
        self.scratch.drop(before)
        return same and set(ours.ledger) >= set(theirs.ledger)

    def wrongly_changed(self, scripts: dict[str, str]) -> Iterator[str]:
        """Each script on a copy of each other database: a row that it puts in tells what ran there, one that it takes out what did not."""
        for name, url in self.databases.items():
            before, truth = self.rows(url), self.truth(name, scripts)
            for other, script in scripts.items():
                if other == name:
                    continue
                copy = self.scratch.copy(url)
                self.run(script, copy)
                if self.rows(copy) != before:
                    ours = [row[1:3] for row in before]
                    after = self.rows(copy, with_times=False)
                    added, removed = set(after) - set(ours), set(ours) - set(after)
                    untrue = not added <= truth or removed & truth or len(set(after)) < len(after)
                    if untrue and not self.is_harmless(copy, url):
                        yield f"the script for {other} on {name}: puts in {added}, takes out {removed}"
                self.scratch.drop(copy)


@pytest.mark.parametrize("name", PLANNED)
def test_a_script_changes_no_database_that_it_is_not_for(name: str, server: Server, tmp_path: Path) -> None:
    if name not in A_FEW[:2] and not os.environ.get("STITCHBACK_ALL_FIXTURES"):
        pytest.skip("with STITCHBACK_ALL_FIXTURES=1 only")
    built = build_repository(name, tmp_path / "repository")
    case = built.case
    with Repository.open(built.path) as repository:
        tips = [repository.resolve(ref) for ref in (released(case), *case.patches)]
    said = stitchback(built.path, "apply", *case.patches, *case.options, "--yes")
    assert said.exit_code == (0 if case.expect.strategies else case.expect.exit)
    address = os.environ[server.variable] if server.variable else "sqlite:///"
    with scratch_databases(address) as scratch, Worktrees(built.path) as shop:
        fresh = scratch.create()
        today = shop.reconciled_folder(built.path, fresh)
        assert not isinstance(today, Raised)
        assert today.session.migrate(fresh).went_well
        fleet = Fleet(built, server, scratch, today.session, {"a fresh install": fresh})
        mainline, *patches = (shop.at(tip) for tip in tips)
        for target in targets(mainline, fresh):
            _made(fleet, f"mainline up to {target}", mainline, *((target.app, target.name) if target else ()))
        for branch, patch in zip(case.patches, patches, strict=True):
            _made(fleet, branch, patch)
        _corrupted(fleet)
        scripts = fleet.scripts()
        assert scripts, "lost rows at least are put in"
        assert list(fleet.wrongly_changed(scripts)) == []
        migrated = {}
        for database, url in fleet.databases.items():
            if script := scripts.get(database):
                fleet.run(script, url)
            if today.session.migrate(url).went_well:
                migrated[database] = fleet.rows(url)
        left = {database for database, url in fleet.databases.items() if url in fleet.in_part}
        assert migrated.keys() >= scripts.keys() - left
        assert left.isdisjoint(migrated)
        for script in scripts.values():
            for database in migrated:
                fleet.run(script, fleet.databases[database])
        assert {database: fleet.rows(fleet.databases[database]) for database in migrated} == migrated


def _made(fleet: Fleet, name: str, session: ProjectSession, *target: str) -> None:
    url = fleet.scratch.create()
    if session.migrate(url, *target).went_well:
        fleet.databases[name] = url


def _corrupted(fleet: Fleet) -> None:
    """Copies of some of the databases, each without one of its last rows."""
    for name, url in list(fleet.databases.items())[:LOST]:
        rows = fleet.rows(url)
        for number, app, migration, _ in rows[-LOST:]:
            copy = fleet.scratch.copy(url)
            with (
                connected(DatabaseUrl.parse(copy), writable=True) as connection,
                connection.cursor() as cursor,
            ):
                cursor.execute("DELETE FROM django_migrations WHERE id = %s", [number])
            corrupted = f"{name}, without the row of {app}.{migration}"
            fleet.databases[corrupted], fleet.origins[corrupted] = copy, name
