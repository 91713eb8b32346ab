"""Pipes and devices in a git directory: git waits for a pipe, and reads some devices without an end. An archive may contain them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from stitchback.errors import EnvironmentProblem

MOST_BYTES = 10_000  # of a file that names a folder
NOT_READ = frozenset({"annex", "hooks", "lfs", "modules"})  # folders that no command of stitchback reads


def refuse_special_files(directory: Path) -> None:
    """Checks the git directory to which the directory belongs, before git opens it. Raises EnvironmentProblem (SB502)."""
    for place in _git_directories(directory.absolute()):
        for path in _special_files(place):
            raise EnvironmentProblem(
                "SB502",
                f"{path} is a pipe or a device: git would wait for it",
                hint="Remove it, if you do not know what it is for.",
            )


def _git_directories(directory: Path) -> Iterator[Path]:
    """The git directory as git finds it, and the one of the repository to which it belongs if it is a linked worktree's."""
    for folder in (directory, *directory.parents):
        place = folder / ".git"
        if not place.is_dir() and (folder / "HEAD").exists() and (folder / "objects").is_dir():
            place = folder  # a bare repository
        if place.is_file():
            place = folder / _text_of(place).removeprefix("gitdir:").strip()
        if os.path.lexists(place):
            yield place
            if (common := place / "commondir").is_file():
                yield place / _text_of(common).strip()
            return


def _text_of(path: Path) -> str:
    with path.open("rb") as file:
        return os.fsdecode(file.read(MOST_BYTES)).partition("\0")[0]


def _special_files(place: Path) -> Iterator[Path]:
    waiting = [place]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                found = list(entries)
        except NotADirectoryError:
            if _is_special(folder):
                yield folder
            continue
        except OSError:  # git reports what it cannot read
            continue
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                waiting += [Path(entry.path)] if folder != place or entry.name not in NOT_READ else []
            elif not entry.is_file(follow_symlinks=False) and _is_special(Path(entry.path)):
                yield Path(entry.path)


def _is_special(path: Path) -> bool:
    """Whether opening it may block, or reading it never ends; git's own socket (`fsmonitor--daemon.ipc`) is refused at once."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    is_device = stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
    return stat.S_ISFIFO(mode) or (is_device and os.path.realpath(path) != os.devnull)
