"""Reads SQLite files without leaving other files behind.

Opening a database in WAL mode for reading creates files `-wal` and `-shm`, which belong to the user who opened it (FACTS F40): the application's own
user may then be unable to write. If no `-wal` has content, the file is opened as immutable; otherwise a copy of both is read. Source:
https://sqlite.org/wal.html, "Read-Only Databases"; https://sqlite.org/fileformat.html.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from stitchback.errors import EnvironmentProblem

VERSION_AT = 18  # "file format write version", one byte: 2 is WAL
WAL = 2
MOST_COPIED = 2 * 1024**3  # bytes
TRIES = 5
PAUSE = 0.1  # seconds, before a copy is made again
PREFIX = "stitchback_read_"

Stamp = tuple[tuple[int, int] | None, ...]


class Changed(EnvironmentProblem):
    """The file was written while it was read, and nothing held the writer off."""


@contextmanager
def undisturbed(path: Path, name: str) -> Iterator[str]:
    """What SQLite is to open in the file's place, as a URI. `name` is for people. Raises EnvironmentProblem: SB603, SB604, Changed at the
    end of the block."""
    path = path.resolve()  # as SQLite does: the `-wal` is beside the file, not beside a link to it
    try:
        if not is_in_wal_mode(path):
            yield f"file:{quote(path.as_posix())}?mode=ro"
            return
        before = stamp(path)
        if before[1] is None or before[1][0] == 0:
            yield f"file:{quote(path.as_posix())}?mode=ro&immutable=1"
            if stamp(path) != before:
                raise Changed(
                    "SB603",
                    f"{name}: another process wrote to it while it was read",
                    hint="Run the command again.",
                )
            return
        with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as folder:
            yield f"file:{quote(_copied(path, Path(folder), name).as_posix())}?mode=rw"
    except OSError as error:
        code = "SB604" if isinstance(error, PermissionError) else "SB603"
        raise EnvironmentProblem(code, f"{name}: cannot be read: {error.strerror}") from error


def is_in_wal_mode(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(VERSION_AT)
        return file.read(1) == bytes((WAL,))


def wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def stamp(path: Path) -> Stamp:
    """Size and time of the file, and of its `-wal`; None where there is none."""
    return tuple(_stamp(file) for file in (path, wal_of(path)))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns


def _copied(path: Path, folder: Path, name: str) -> Path:
    """A copy with its `-wal`, both of one moment."""
    for _ in range(TRIES):
        before = stamp(path)
        size = sum(part[0] for part in before if part)
        if size > MOST_COPIED:
            raise EnvironmentProblem(
                "SB603",
                f"{name}: it is in WAL mode and in use, and its {size:,} bytes are too many to copy",
                hint="To read it, SQLite would write files beside it. Make a copy with `sqlite3 FILE '.backup COPY'`, and give that.",
            )
        copy = folder / "copy.sqlite3"
        shutil.copyfile(path, copy)
        if before[1] is not None:
            shutil.copyfile(wal_of(path), wal_of(copy))
        if stamp(path) == before:
            return copy
        time.sleep(PAUSE)
    raise Changed(
        "SB603",
        f"{name}: another process wrote to it each time that it was copied",
        hint="Run the command again.",
    )
