"""Fixtures on every engine: databases of mainline made by real Django, repaired by what `stitchback repair` prints, run by the
engine's own client, twice; then migrated with the reconciled tree and compared with a fresh install.

STITCHBACK_ALL_FIXTURES=1 takes all fixtures in which databases of mainline need a hand; otherwise a few of the different kinds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from command_line import repair_script, stitchback
from databases.servers import Server
from fixture_repos import BuiltRepository, build_repository, case_names, read_case

from stitchback.adapters.git import Repository
from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import ProjectSession
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.verification.differences import schema_differences
from stitchback.api.verification.trial import Reconciled
from stitchback.api.verification.workshop import Workshop
from stitchback.model.keys import MigrationKey

A_FEW = (
    "foreign-keys-across-two-patched-apps",
    "model-in-pieces",
    "renamed-later-on-mainline",
    "same-column-mid-chain",
    "several-hotfixes-other-order",
)


def chosen() -> list[str]:
    names = [name for name in case_names() if "mainline" in read_case(name).expect.hands]
    return names if os.environ.get("STITCHBACK_ALL_FIXTURES") else [name for name in names if name in A_FEW]


@dataclass(slots=True)
class Judge:
    """One fixture on one engine."""

    built: BuiltRepository
    server: Server
    folder: Path
    made: list[DatabaseUrl] = field(default_factory=list)

    def database(self) -> DatabaseUrl:
        self.made.append(self.server.create(self.folder))
        return self.made[-1]

    def repair(self, url: DatabaseUrl) -> bool:
        """What is printed, by the client, and again; then nothing is printed any more."""
        script = repair_script(self.built.path, plain(url))
        if script:
            self.server.client(url, script)
            self.server.client(url, script)
            assert repair_script(self.built.path, plain(url)) == ""
        return bool(script)


@pytest.mark.parametrize("name", chosen())
def test_mainline_databases_come_to_what_a_fresh_install_is(
    name: str, server: Server, tmp_path: Path
) -> None:
    built = build_repository(name, tmp_path / "repository")
    with Repository.open(built.path) as repository:
        tip = repository.resolve(built.case.onto)
    assert stitchback(built.path, "apply", *built.case.patches, *built.case.options, "--yes").exit_code == 0
    judge = Judge(built, server, tmp_path)
    try:
        with Workshop(built.path) as shop:
            first = judge.database()
            leaves = shop.at(tip).graph(plain(first)).leaves
            if len({leaf.app for leaf in leaves}) < len(leaves):
                pytest.skip("git left mainline with two leaves: nobody made a database with it")
            today = shop.reconciled_folder(built.path, plain(first))
            assert not isinstance(today, Raised)
            hands = [
                judged(judge, shop.at(tip), today, target) for target in targets(shop.at(tip), plain(first))
            ]
        assert any(hands)
    finally:
        for url in judge.made:
            server.drop(url)


def targets(mainline: ProjectSession, url: str) -> Iterator[MigrationKey | None]:
    """All of mainline, and as far as each migration of the second half of its order."""
    order = mainline.graph(url).order
    yield None
    yield from order[len(order) // 2 : -1][-2:]


def judged(judge: Judge, mainline: ProjectSession, today: Reconciled, target: MigrationKey | None) -> bool:
    """Whether a hand was needed. Rows that were there before are there afterwards."""
    url, fresh = judge.database(), judge.database()
    if not mainline.migrate(plain(url), *((target.app, target.name) if target else ())).went_well:
        return False  # a merge by git left both columns in: nobody came that far
    mainline.fill(plain(url))
    before = mainline.rows(plain(url))
    hand = judge.repair(url)
    done = today.session.migrate(plain(url))
    assert done.went_well, f"{target}: {done.error_message}"
    assert today.session.migrate(plain(fresh)).went_well
    found, wanted = today.session.snapshot(plain(url)), today.session.snapshot(plain(fresh))
    assert list(schema_differences(found.schema, wanted.schema)) == []
    assert set(found.ledger) >= set(wanted.ledger)
    assert len(set(found.ledger)) == len(found.ledger)
    assert {table: len(rows) for table, rows in before.items() if table in found.rows}.items() <= {
        table: len(rows) for table, rows in found.rows.items()
    }.items()
    later = today.following.migrate(plain(url))
    assert later.went_well, f"{target}, next release: {later.error_message}"
    assert set(later.ran) == set(today.new)
    return hand


def plain(url: DatabaseUrl) -> str:
    """With its credentials, for a process of ours."""
    if url.vendor == "sqlite":
        return f"sqlite:///{url.name}"
    secret = f":{url.password}" if url.password else ""
    return f"{url.vendor}://{url.user}{secret}@{url.host}:{url.port}/{url.name}"
