"""MySQL commits each DDL statement by itself: a migration with two operations, killed between them, and what is said of that."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import REFUSED, Said, stitchback
from fixture_repos import build_repository

from stitchback.adapters.projects import ProjectSession
from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.model.keys import MigrationKey

SERVERS = {
    "sqlite": "sqlite:///",
    "postgresql": os.environ.get("STITCHBACK_TEST_POSTGRES", ""),
    "mysql": os.environ.get("STITCHBACK_TEST_MYSQL", ""),
}
DELIVERIES = MigrationKey("bakery", "0004_deliveries")
WORDS = "bakery.0004_deliveries stopped half-way: column bakery_order.address added; not yet: column bakery_order.deliver_at added"


@dataclass(frozen=True, slots=True)
class Killed:
    """A database of mainline's whose migrate was killed after the first operation of 0004_deliveries."""

    repository: Path
    patches: tuple[str, ...]
    url: str
    session: ProjectSession

    def say(self, command: str) -> Said:
        return stitchback(self.repository, command, "--database", self.url)


@pytest.fixture
def killed(engine: str, tmp_path: Path) -> Iterator[Killed]:
    if not SERVERS[engine]:
        pytest.skip(f"no server for {engine}")
    built = build_repository("mainline-does-more", tmp_path / "repository")
    with scratch_databases(SERVERS[engine]) as scratch, ProjectSession(built.path) as session:
        url = scratch.create()
        assert session.migrate(url, stop_amid=(DELIVERIES, 1)).stopped
        yield Killed(built.path, built.case.patches, url, session)


@pytest.mark.parametrize("engine", ["mysql"])
def test_inspect_and_repair_say_how_far_it_got(killed: Killed) -> None:
    for tree in ("mainline as it stands", "the reconciled tree"):
        inspected, repaired = killed.say("inspect"), killed.say("repair")
        assert inspected.exit_code == 1, tree
        assert "SB629" in inspected.out
        assert "bakery.0004_deliveries stopped half-way" in " ".join(inspected.out.split())
        assert repaired.exit_code == REFUSED, tree
        assert repaired.out == "", "no row can mend that"
        assert WORDS in repaired.err
        assert "sqlmigrate bakery 0004_deliveries" in repaired.err
        if tree == "mainline as it stands":
            assert stitchback(killed.repository, "apply", *killed.patches, "--yes").exit_code == 0


@pytest.mark.parametrize("engine", ["mysql"])
def test_what_is_advised_works(killed: Killed) -> None:
    """Taken back by hand, and migrated."""
    killed.session.execute(killed.url, "ALTER TABLE bakery_order DROP COLUMN address")
    assert killed.say("inspect").exit_code == 0
    assert killed.session.migrate(killed.url).went_well


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_engines_that_take_ddl_back_need_nothing(killed: Killed) -> None:
    assert killed.say("inspect").exit_code == 0
    assert killed.say("repair").out == ""
    assert killed.session.migrate(killed.url).went_well


@pytest.mark.skipif(not SERVERS["mysql"], reason="no server for mysql")
def test_verify_says_it_before_it_happens(tmp_path: Path) -> None:
    built = build_repository("mainline-does-more", tmp_path / "repository")
    said = stitchback(built.path, "-q", "verify", *built.case.patches, "--database", SERVERS["mysql"])
    assert said.exit_code == 0, said.out + said.err
    words = " ".join(said.out.split())
    assert "killed within" in words
    assert "bakery.0004_deliveries" in words
    assert "Duplicate column name" in words
