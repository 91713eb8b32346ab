"""`kill -9` at any moment of writing: the old tree or the new one, never a mixture."""

from __future__ import annotations

import fcntl
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from stitchback.adapters import file_changes, journal
from stitchback.adapters.file_changes import home_of, recover
from stitchback.adapters.git import Repository
from stitchback.adapters.git_build import BuildCommit, build
from stitchback.api.project import Project

TRIES = int(os.environ.get("STITCHBACK_KILLS", "36"))
WRITER = Path(__file__).with_name("killed_writer.py")
OLD = {f"app{number % 3}/migrations/{number:04}_x.py": f"old {number}\n" * 50 for number in range(20)}
CHANGES: dict[str, tuple[str | None, str | None]] = {
    **{
        path: (text, None if number == 7 else text.replace("old", "new"))
        for number, (path, text) in enumerate(OLD.items())
    },
    "app1/migrations/0020_merge.py": (None, "new\n"),
}
NEW = {path: after for path, (_, after) in CHANGES.items() if after is not None}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pristine") / "repository"
    contents = {path: text.encode() for path, text in OLD.items()}
    build((BuildCommit("one", "main", contents, "One"),), place, checkout="main")
    return place


def tree(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def wait_for_the_finisher(home: Path) -> None:
    """It holds the lock, which it was handed, as long as it lives."""
    if not home.is_dir():
        return
    with open(home / file_changes.LOCK, "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def start(root: Path, listed: Path, pause: float) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), str(root), str(listed), str(pause)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    return writer


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("changes") / "changes.json"
    place.write_text(json.dumps(CHANGES))
    return place


def seconds_for_one(pristine: Path, root: Path, listed: Path, pause: float) -> float:
    """From the moment that it begins until it is done."""
    shutil.copytree(pristine, root)
    writer = start(root, listed, pause)
    began = time.monotonic()
    assert writer.wait() == 0
    assert tree(root) == NEW
    return time.monotonic() - began


MOMENTS = ("any", journal.DRAFT, journal.DECIDED)


def wait_for(
    moment: str, home: Path, longest: float, choose: random.Random, writer: subprocess.Popen[str]
) -> None:
    """Any time at all, or a moment after the draft or the journal is there (or the writer has ended, and was not seen)."""
    if moment == "any":
        time.sleep(choose.uniform(0, longest))
        return
    while not (home / moment).exists() and writer.poll() is None:
        pass
    time.sleep(choose.choice([0.0, choose.uniform(0, 0.01), choose.uniform(0, longest / 3)]))


@pytest.mark.parametrize("pause", [0.0, 0.002], ids=["as it is", "with pauses"])
def test_killed_at_random_moments(pristine: Path, tmp_path: Path, listed: Path, pause: float) -> None:
    """The whole process group is killed; what it started in a session of its own brings the tree to one end or the other."""
    choose = random.Random(TRIES)
    longest = seconds_for_one(pristine, tmp_path / "whole", listed, pause)
    seen: Counter[str] = Counter()
    for number in range(TRIES // 2):
        root = tmp_path / str(number)
        shutil.copytree(pristine, root)
        home = root / ".git" / "stitchback"
        writer = start(root, listed, pause)
        wait_for(MOMENTS[number % 3], home, longest, choose, writer)
        os.killpg(writer.pid, signal.SIGKILL)
        writer.wait()
        wait_for_the_finisher(home)
        found = tree(root)
        assert found in (OLD, NEW), f"a mixture after try {number}"
        seen["old" if found == OLD else "new"] += 1
        with Repository.open(root) as repository:
            recover(repository)
            assert tree(root) == found, "the next command has changed the tree"
            assert [path.name for path in home_of(repository).glob("*")] in ([], [file_changes.LOCK])
        shutil.rmtree(root)
    print(dict(seen))
    assert len(seen) == 2, f"every try ended alike: {seen}"


def test_killed_together_with_its_finisher(pristine: Path, tmp_path: Path, listed: Path) -> None:
    """As when the machine stops: the next command brings the tree to its end, whatever was seen before it."""
    choose = random.Random(TRIES)
    longest = seconds_for_one(pristine, tmp_path / "whole", listed, 0.0)
    seen: Counter[str] = Counter()
    for number in range(TRIES // 3):
        root = tmp_path / str(number)
        shutil.copytree(pristine, root)
        home = root / ".git" / "stitchback"
        writer = start(root, listed, 0.0)
        wait_for(MOMENTS[number % 3], home, longest, choose, writer)
        kill_all_of(writer.pid)
        writer.wait()
        wait_for_the_finisher(home)
        seen["found " + state(root)] += 1
        with Project.open(root, writes=True):
            assert tree(root) in (OLD, NEW)
        seen["left " + state(root)] += 1
        shutil.rmtree(root)
    print(dict(sorted(seen.items())))


def state(root: Path) -> str:
    found = tree(root)
    return "old" if found == OLD else "new" if found == NEW else "a mixture"


def kill_all_of(pid: int) -> None:
    """Kills the process and its children, stopped first so that none comes after."""
    os.kill(pid, signal.SIGSTOP)
    children = Path(f"/proc/{pid}/task/{pid}/children")
    below = [int(word) for word in children.read_text().split()] if children.exists() else []
    for each in (*below, pid):
        try:
            os.kill(each, signal.SIGKILL)
        except ProcessLookupError:
            continue


def test_two_writers_at_once(pristine: Path, tmp_path: Path, listed: Path) -> None:
    """One writes, the other is told so, or that the files have changed; the tree is whole."""
    root = tmp_path / "repository"
    shutil.copytree(pristine, root)
    writers = [start(root, listed, 0.001) for _ in range(3)]
    codes = [writer.wait() for writer in writers]
    assert codes.count(0) == 1
    assert tree(root) == NEW
