"""stitchback's files in the user's cache directory, kept between commands: plain values, complete or absent.

They are not in the repository, which may be a copy from another user. The cache is optional: a truncated or damaged file, or one of another user,
counts as missing, and reading it creates only plain values.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
import stat
import sys
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import stitchback

Plain = Any  # str, bytes, numbers, None, and tuples and dictionaries of such
MAGIC = b"stitchback keeps 1\n"
MOST_AGE = 30 * 24 * 3600  # seconds: files of other versions that were not written for so long are taken away
ROOT = Path(stitchback.__file__).parent


class DamagedCache(ValueError):
    """What is stored is not what was put in."""


class _PlainUnpickler(pickle.Unpickler):
    """Makes plain values only: a name of a class or function in the data is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise DamagedCache(f"{module}.{name} has no place here")


def packed(value: Plain) -> bytes:
    return pickle.dumps(value, protocol=5)


def unpacked(data: bytes) -> Plain:
    """Raises DamagedCache, whatever the bytes are."""
    try:
        return _PlainUnpickler(io.BytesIO(data)).load()
    except DamagedCache:
        raise
    except (
        Exception
    ) as error:  # "including (but not necessarily limited to)", says pickle of what damaged data raises
        raise DamagedCache(str(error)) from error


def place_of(git_dir: Path, kind: str, version: str) -> Path:
    """The file for one kind of value of one repository. `git_dir`: the common one, of all worktrees."""
    repository = hashlib.sha256(os.fsencode(git_dir.resolve())).hexdigest()[:20]
    return cache_folder() / repository / f"{kind}-{version}"


def cache_folder() -> Path:
    """The user's cache directory, as the operating system has it ($XDG_CACHE_HOME, ~/.cache, ~/Library/Caches, %LOCALAPPDATA%)."""
    import platformdirs

    return platformdirs.user_cache_path("stitchback", appauthor=False)


def load(place: Path) -> dict[Any, Any]:
    """What is kept there; nothing where there is no such file, or one that is not whole."""
    try:
        content = place.read_bytes() if is_own(place.parent) else b""
    except OSError:
        return {}
    start = len(MAGIC) + 8
    check, payload = content[len(MAGIC) : start], content[start:]
    if not content.startswith(MAGIC) or check != checksum(payload):
        return {}
    try:
        found = unpacked(payload)
    except DamagedCache:
        return {}
    return found if isinstance(found, dict) else {}


def store(place: Path, payload: bytes) -> None:
    """Writes the file. Raises OSError. Concurrent readers get the old file or the new one."""
    import tempfile  # what is only read needs none

    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not is_own(place.parent):
        raise PermissionError(f"{place.parent} belongs to another user")
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name.partition('-')[0]}-")
    with contextlib.ExitStack() as failing:
        failing.callback(os.unlink, name)
        with open(handle, "wb") as file:
            file.write(MAGIC + checksum(payload) + payload)
        os.replace(name, place)
        failing.pop_all()


def is_own(folder: Path) -> bool:
    """Whether it is a folder, not a symbolic link, of the user who runs this. Raises OSError where nothing is there."""
    status = os.lstat(folder)
    return stat.S_ISDIR(status.st_mode) and (os.name != "posix" or status.st_uid == os.geteuid())


def keep(place: Path, payload: bytes) -> None:
    """As `store`; where nothing can be written nothing is, and the next command does the work again."""
    with contextlib.suppress(OSError):
        store(place, payload)
        forget_others(place)


def checksum(payload: bytes) -> bytes:
    return b"%08x" % zlib.crc32(payload)


def forget_others(place: Path) -> None:
    """Removes this tool's files of other versions, and what a command that was killed left behind, once they are old."""
    for other in place.parent.iterdir():
        status = os.lstat(other)
        if other != place and stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime > MOST_AGE:
            other.unlink()


def version_of(*names: str) -> str:
    """Another one wherever these modules or packages of the tool may do otherwise: its version, Python's, their own sources."""
    parts = [stitchback.__version__, sys.version, *map(str, sorted(sources_of(names)))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def sources_of(names: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    """Name, size and time of each module in the package; empty for a package that is not on disk: then only the version identifies it."""
    for name in names:
        place = ROOT / name
        for module in _modules(str(place)) if place.is_dir() else (str(place),):
            with contextlib.suppress(OSError):
                status = os.stat(module)
                yield os.path.relpath(module, ROOT), status.st_size, status.st_mtime_ns


def _modules(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                yield entry.path
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from _modules(entry.path)
