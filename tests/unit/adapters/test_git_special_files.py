"""A git directory with pipes and devices in it, as an archive may contain them: an error at once, not a git that waits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from git_places import git

from stitchback.adapters.deadlines import within
from stitchback.adapters.git import Repository
from stitchback.adapters.git_process import refuse_special_files
from stitchback.errors import EnvironmentProblem

PLACES = (
    ".git/HEAD",
    ".git/config",
    ".git/commondir",
    ".git/shallow",
    ".git/packed-refs",
    ".git/index",
    ".git/CHERRY_PICK_HEAD",
    ".git/rebase-merge/onto",
    ".git/info/exclude",
    ".git/refs/heads/release",
    ".git/objects/info/alternates",
    ".git",
)
LATE = EnvironmentProblem("LATE", "git waits")


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "repository"
    git(tmp_path, "init", "-q", "-b", "main", str(place))
    (place / "README").write_text("x\n")
    (place / "deep" / "below").mkdir(parents=True)
    git(place, "add", ".")
    git(place, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "first")
    yield place
    for path in (place / each for each in PLACES):
        if path.is_fifo():
            with suppress(OSError):  # a git that still waits reads an empty file
                os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))


def replaced(path: Path) -> None:
    if path.is_dir():
        path.rename(path.with_name("moved"))
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)


@pytest.mark.parametrize("name", PLACES)
def test_a_pipe_is_an_error_at_once(name: str, repository: Path) -> None:
    replaced(repository / name)
    with pytest.raises(EnvironmentProblem) as raised:
        within(20, lambda: Repository.open(repository / "deep" / "below").close(), LATE)
    assert raised.value.code == "SB502"
    assert str(repository / name) in raised.value.message


def test_a_link_to_a_device(repository: Path) -> None:
    (repository / ".git" / "packed-refs").symlink_to("/dev/zero")
    with pytest.raises(EnvironmentProblem, match="packed-refs is a pipe or a device"):
        refuse_special_files(repository)


def test_in_the_repository_of_a_linked_worktree(repository: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(repository, "worktree", "add", "-q", "--detach", str(linked))
    refuse_special_files(linked)
    replaced(repository / ".git" / "shallow")
    with pytest.raises(EnvironmentProblem, match="shallow is a pipe or a device"):
        refuse_special_files(linked)


def test_in_a_bare_repository(repository: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(repository), str(bare))
    refuse_special_files(bare)
    replaced(bare / "packed-refs")
    with pytest.raises(EnvironmentProblem, match="packed-refs is a pipe or a device"):
        refuse_special_files(bare)


def test_near_misses(repository: Path, tmp_path: Path) -> None:
    """Links to nothing, to files and to /dev/null, pipes in folders that are not read, and no repository at all."""
    inside = repository / ".git"
    (inside / "gone").symlink_to(tmp_path / "nothing")
    (inside / "loop").symlink_to(inside / "loop")
    (inside / "FETCH_HEAD").symlink_to(repository / "README")
    (inside / "info" / "grafts").symlink_to(os.devnull)
    (inside / "hooks").mkdir(exist_ok=True)
    os.mkfifo(inside / "hooks" / "pipe")
    Repository.open(repository).close()
    refuse_special_files(tmp_path / "nowhere")
