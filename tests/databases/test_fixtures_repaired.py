"""Fixtures on every engine: databases of mainline and of the patch branches made by real Django, repaired by what `stitchback repair`
prints, run by the engine's own client (sqlite3, psql, mariadb), twice; then migrated with the reconciled tree and compared with a fresh install.

A few of the different kinds on every engine, and every third on SQLite. All fixtures for which there is a plan, on all three engines:

    STITCHBACK_ALL_FIXTURES=1 python -m pytest -n 2 tests/databases/test_fixtures_repaired.py
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import REFUSED, repair_script, stitchback
from databases.servers import Server
from fixture_repos import BuiltRepository, build_repository, case_names, read_case

from stitchback.adapters.fixture_case import FixtureCase
from stitchback.adapters.git import Repository
from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import ProjectSession
from stitchback.adapters.scratch_databases import ScratchDatabases, scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.verification.real_differences import schema_differences
from stitchback.api.verification.upgrade_paths import Reconciled
from stitchback.api.verification.worktrees import Worktrees
from stitchback.errors import Refusal
from stitchback.model.keys import MigrationKey

A_FEW = (
    "foreign-keys-across-two-patched-apps",
    "renamed-later-on-mainline",
    "same-column-mid-chain",
    "several-hotfixes-other-order",
)
PLANNED = tuple(
    name
    for name in case_names()
    if read_case(name).expect.exit != REFUSED and not read_case(name).expect.left_out
)


@dataclass(slots=True)
class Judge:
    """One fixture on one engine. `fresh`: a fresh install of the reconciled tree."""

    built: BuiltRepository
    server: Server
    scratch: ScratchDatabases
    today: Reconciled
    fresh: str

    def judged(self, old: ProjectSession, target: MigrationKey | None) -> bool:
        """Whether a database of that old tree needed a hand. Rows that were there before are there afterwards."""
        url, session = self.scratch.create(), self.today.session
        if not old.migrate(url, *((target.app, target.name) if target else ())).went_well:
            return False  # a merge by git left both columns in: nobody came that far
        old.fill(url)
        before = old.rows(url)
        hand = self.repaired_or_finished(old, url)
        done = session.migrate(url)
        assert done.went_well, f"{target}: {done.error_message}"
        found, wanted = session.snapshot(url), session.snapshot(self.fresh)
        assert list(schema_differences(found.schema, wanted.schema)) == []
        assert set(found.ledger) >= set(wanted.ledger)
        assert len(set(found.ledger)) == len(found.ledger)
        kept = {table: len(rows) for table, rows in before.items() if table in found.rows}
        assert kept.items() <= {table: len(rows) for table, rows in found.rows.items()}.items()
        later = self.today.following.migrate(url)
        assert later.went_well, f"{target}, next release: {later.error_message}"
        assert set(later.ran) == set(self.today.new)
        self.scratch.drop(url)
        return hand

    def repaired_or_finished(self, old: ProjectSession, url: str) -> bool:
        """As `repaired`; where `repair` says so, and the plan does, the database finishes with its own code first."""
        try:
            return self.repaired(url)
        except Refusal as refusal:
            if "Finish first" not in refusal.message or not self.built.case.expect.finish_first:
                raise
        assert old.migrate(url).went_well
        return self.repaired(url)

    def repaired(self, url: str) -> bool:
        """What is printed, by the client, and again; then nothing is printed any more."""
        script = repair_script(self.built.path, url)
        if script:
            address = DatabaseUrl.parse(url)
            self.server.client(address, script)
            self.server.client(address, script)
            assert repair_script(self.built.path, url) == ""
        return bool(script)


@pytest.mark.parametrize("name", PLANNED)
def test_databases_of_every_branch_come_to_what_a_fresh_install_is(
    name: str, server: Server, tmp_path: Path
) -> None:
    chosen = name in A_FEW or (server.vendor == "sqlite" and name in PLANNED[::3])
    if not chosen and not os.environ.get("STITCHBACK_ALL_FIXTURES"):
        pytest.skip("with STITCHBACK_ALL_FIXTURES=1 only")
    built = build_repository(name, tmp_path / "repository")
    case = built.case
    with Repository.open(built.path) as repository:
        tips = [repository.resolve(ref) for ref in (released(case), *case.patches)]
        merged = any(repository.is_ancestor(tip, tips[0]) for tip in tips[1:])
    said = stitchback(built.path, "apply", *case.patches, *case.options, "--yes")
    assert said.exit_code == (0 if case.expect.strategies else case.expect.exit)
    address = os.environ[server.variable] if server.variable else "sqlite:///"
    with scratch_databases(address) as scratch, Worktrees(built.path) as shop:
        fresh = scratch.create()
        today = shop.reconciled_folder(built.path, fresh)
        assert not isinstance(today, Raised)
        if not today.session.migrate(fresh).went_well:
            assert not shop.at(tips[0]).migrate(scratch.create()).went_well
            pytest.skip("the case's own SQL is another engine's")
        judge = Judge(built, server, scratch, today, fresh)
        mainline, *patches = (shop.at(tip) for tip in tips)
        manual_steps = [judge.judged(mainline, target) for target in targets(mainline, fresh)]
        patched = [judge.judged(patch, None) for patch in patches]
    assert any(manual_steps) <= ("mainline" in case.expect.manual_steps)
    if not merged:  # the databases from before git's merge, which may need a row, are not made here
        assert any(manual_steps) or not manual_steps or "mainline" not in case.expect.manual_steps
    assert not any(patched) or "patched" in case.expect.manual_steps


def released(case: FixtureCase) -> str:
    """Mainline as far as anybody has applied it."""
    options = dict(zip(case.options, case.options[1:], strict=False))
    return options.get("--unreleased-since", case.onto)


def targets(mainline: ProjectSession, url: str) -> Iterator[MigrationKey | None]:
    """All of mainline, and as far as each of two migrations in the second half of its order; none where git's merge left it with two
    leaves: nobody made a database with that."""
    graph = mainline.graph(url)
    if len({leaf.app for leaf in graph.leaves}) < len(graph.leaves):
        return
    yield None
    yield from graph.order[len(graph.order) // 2 : -1][-2:]
