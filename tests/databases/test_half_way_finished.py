"""A half-way database for which no row is right: what `inspect` and `repair` say, done to it by real Django."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Said, stitchback
from fixture_repos import BuiltRepository, build_repository
from git_places import git

CASE = "hotfix-made-in-two-with-data"
WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org")


def manage(built: BuiltRepository, database: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "STITCHBACK_DATABASE": str(database)}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=built.path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def half_way(tmp_path: Path) -> tuple[BuiltRepository, Path]:
    """The stitched and committed repository, and a database that mainline has migrated to the first of its two migrations before."""
    built, database = build_repository(CASE, tmp_path / "repository"), tmp_path / "half.sqlite3"
    assert manage(built, database, "migrate", "bakery", "0002_loaf_size_column").returncode == 0
    assert stitchback(built.path, "apply", "release/2.4", "--yes").exit_code == 0
    git(built.path, "add", "--all")
    git(built.path, *WHO, "commit", "-m", "Stitched")
    return built, database


def asked(half_way: tuple[BuiltRepository, Path], command: str, *more: str) -> Said:
    built, database = half_way
    return stitchback(built.path, command, "--database", f"sqlite:///{database}", *more)


def test_it_is_finished_with_the_code_that_it_runs_and_repaired_then(
    half_way: tuple[BuiltRepository, Path],
) -> None:
    built, database = half_way
    before = git(built.path, "rev-parse", "HEAD~1")[:12]
    wanted = f"Finish first: run `migrate` with the code of commit {before}, up to bakery.0004_loaf_grain."
    said = asked(half_way, "inspect")
    assert said.exit_code == 1
    assert wanted in " ".join(said.out.split())
    refused = asked(half_way, "repair")
    assert refused.exit_code == 3
    assert wanted in refused.err
    assert "InconsistentMigrationHistory" in manage(built, database, "migrate").stderr

    git(built.path, "checkout", "--detach", before)
    assert manage(built, database, "migrate").returncode == 0
    git(built.path, "checkout", "main")
    assert asked(half_way, "repair", "--apply", "--yes").exit_code == 0
    assert manage(built, database, "migrate").returncode == 0
    assert asked(half_way, "inspect").exit_code == 0


def test_a_database_that_is_half_way_in_another_way_too_is_not_sent_to_its_old_code(
    half_way: tuple[BuiltRepository, Path],
) -> None:
    """Its own release could not migrate it either."""
    _, database = half_way
    script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('ALTER TABLE bakery_loaf ADD grain varchar(20)')"
    subprocess.run([sys.executable, "-c", script, str(database)], check=True)
    said = asked(half_way, "inspect")
    assert said.exit_code == 1
    assert "Finish first" not in said.out
