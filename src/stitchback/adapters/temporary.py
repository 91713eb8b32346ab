"""Folders for temporary files that are removed after their process ends, however it ends.

Each contains a file that its process keeps locked. The system releases the lock when the process ends, killed or not. Any process may remove a folder
whose lock is free; a folder in use cannot be removed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "stitchback_verify_"
LOCK = ".in_use"
REMOVE = "import shutil, sys; shutil.rmtree(sys.argv[1], ignore_errors=True)"


@contextlib.contextmanager
def temporary_folder(parent: Path | None = None) -> Iterator[Path]:
    """A new folder, gone after the block; before, those that killed processes of this user have left in the same place are taken away. After Ctrl-C
    another process removes the folder: exported trees may have many thousand files."""
    place = Path(parent or tempfile.gettempdir())
    sweep(place)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place)).resolve()
    remove = _remove
    try:
        with contextlib.closing(_Lock(folder)):
            yield folder
    except KeyboardInterrupt as interrupt:
        remove = _remove_later if is_ctrl_c(type(interrupt)) else _remove
        raise
    finally:
        remove(folder)


def is_ctrl_c(kind: type[BaseException] | None) -> bool:
    """Whether a user interrupts the command and waits for it to end. Another signal (a subclass of KeyboardInterrupt) may end the container, with all
    processes in it, as soon as the command has ended: the cleanup is done before."""
    return kind is KeyboardInterrupt


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _remove_later(folder: Path) -> None:
    """Starts a process that removes the folder. If it is killed, the next `sweep` does it."""
    command = [sys.executable, "-I", "-c", REMOVE, str(folder)]
    nothing = subprocess.DEVNULL
    subprocess.Popen(
        command, cwd=folder.parent, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    )


def sweep(place: Path) -> None:
    """Takes away the folders there that belong to no process any more."""
    for folder in place.glob(f"{PREFIX}*"):
        if _is_ours(folder) and _is_left(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and sys.platform != "win32" and status.st_uid == os.geteuid()


def _is_left(folder: Path) -> bool:
    """Whether its process made it ready, and holds the lock no more."""
    import fcntl

    try:
        handle = os.open(folder / LOCK, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:  # just being made
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


class _Lock:
    """Held from the moment that the file has its name. Processes that are started do not inherit it."""

    def __init__(self, folder: Path) -> None:
        self._handle, name = tempfile.mkstemp(dir=folder)
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(self._handle, fcntl.LOCK_EX)
        os.rename(name, folder / LOCK)

    def close(self) -> None:
        os.close(self._handle)
