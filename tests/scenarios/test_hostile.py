"""A hostile branch neither runs, nor escapes, nor crashes the tool: it is a finding with its place."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from hostile.build import HOSTILES, RELEASE, Hostile, marker_of
from hostile.grafting import git

SECONDS = 120
MEMORY = 3 << 30  # bytes of address space: what is computed without a bound ends here, and fails the test
# What a terminal obeys instead of showing it: control characters, the marks that turn the direction of writing, and bytes
# that are no UTF-8.
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\udc80-\udcff]")

each_hostile = pytest.mark.parametrize("hostile", HOSTILES, ids=[hostile.name for hostile in HOSTILES])


def stitchback(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a person runs it, from a folder that is none of the repository's."""
    elsewhere = repository.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    command = (sys.executable, "-m", "stitchback", "-C", str(repository), "--color", "never", *arguments)
    return subprocess.run(
        command,
        cwd=elsewhere,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=SECONDS,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )


def files_outside(repository: Path) -> set[str]:
    """Every path beside the repository, two folders up from it, so that `../..` is seen too."""
    around = repository.parent.parent
    return {str(path) for path in around.rglob("*") if repository not in (path, *path.parents)}


def changed_files(repository: Path) -> list[str]:
    status = os.fsdecode(git(repository, "status", "--porcelain", "-z", "--untracked-files=all"))
    return [entry[3:] for entry in status.split("\0") if entry]


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    """Deep enough that a path which climbs out of the repository stays below the test's own folder."""
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    return deep / "repository"


@each_hostile
def test_status_tells_what_is_wrong_and_where(hostile: Hostile, destination: Path) -> None:
    repository = hostile.build(destination)
    done = stitchback(repository, "status", RELEASE)
    assert_only_a_report(done, repository)
    if hostile.place is not None:
        assert done.returncode == 1
        assert hostile.place in done.stdout


@each_hostile
def test_the_schema_is_read_as_far_as_it_can_be(hostile: Hostile, destination: Path) -> None:
    repository = hostile.build(destination)
    assert_only_a_report(stitchback(repository, "schema", RELEASE), repository)


def assert_only_a_report(done: subprocess.CompletedProcess[str], repository: Path) -> None:
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
    assert not marker_of(repository).exists()
    assert not OBEYED.search(done.stdout)
    assert not OBEYED.search(done.stderr)


@pytest.mark.parametrize("hostile", HOSTILES, ids=[hostile.name for hostile in HOSTILES])
def test_planning_and_applying_write_nothing_outside(hostile: Hostile, destination: Path) -> None:
    repository = hostile.build(destination)
    (repository.parent / "elsewhere").mkdir()
    before = files_outside(repository)
    refs = git(repository, "show-ref")
    planned = stitchback(repository, "plan", RELEASE)
    assert planned.returncode in (0, 1, 3), planned.stderr
    assert changed_files(repository) == []
    applied = stitchback(repository, "apply", RELEASE, "--yes")
    assert applied.returncode in (0, 1, 2, 3), applied.stderr
    assert "Traceback" not in planned.stderr + applied.stderr
    assert not marker_of(repository).exists()
    assert files_outside(repository) == before
    assert {str(PurePosixPath(path).parent) for path in changed_files(repository)} <= {"shop/migrations"}
    assert git(repository, "show-ref") == refs


def test_a_link_is_not_followed(destination: Path) -> None:
    """What lies on this machine where a branch's link points must not get into a report."""
    from hostile.build import build_symlink_outside

    repository = build_symlink_outside(destination)
    for command in ("status", "schema", "plan"):
        done = stitchback(repository, command, RELEASE)
        assert "secret_of_this_machine" not in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["huge_file", "class_by_exec"])
def test_a_patch_migration_that_cannot_be_read_is_not_planned_away(name: str, destination: Path) -> None:
    """Django runs these files: production has their rows, and what they made. No plan can say that all is well there."""
    hostile = next(hostile for hostile in HOSTILES if hostile.name == name)
    done = stitchback(hostile.build(destination), "plan", RELEASE)
    assert done.returncode == 3
