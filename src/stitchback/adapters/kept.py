"""Files of the tool's own below the git directory, kept from one command to the next: plain values, whole or not there.

What is kept is never needed and never trusted: a file that is cut off, damaged or somebody else's is taken for none, and
reading it back makes nothing but plain values, for what lies on disk may be anybody's.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
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


class Damaged(ValueError):
    """What is stored is not what was put in."""


class _PlainUnpickler(pickle.Unpickler):
    """Makes plain values only: a name of a class or function in the data is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise Damaged(f"{module}.{name} has no place here")


def packed(value: Plain) -> bytes:
    return pickle.dumps(value, protocol=5)


def unpacked(data: bytes) -> Plain:
    """Raises Damaged, whatever the bytes are."""
    try:
        return _PlainUnpickler(io.BytesIO(data)).load()
    except Damaged:
        raise
    except (
        Exception
    ) as error:  # "including (but not necessarily limited to)", says pickle of what damaged data raises
        raise Damaged(str(error)) from error


def place_of(git_dir: Path, kind: str, version: str) -> Path:
    """Where a kind of thing is kept. `git_dir`: the common one, of all worktrees."""
    return git_dir / "stitchback" / "cache" / f"{kind}-{version}"


def load(place: Path) -> dict[Any, Any]:
    """What is kept there; nothing where there is no such file, or one that is not whole."""
    try:
        content = place.read_bytes()
    except OSError:
        return {}
    start = len(MAGIC) + 8
    check, payload = content[len(MAGIC) : start], content[start:]
    if not content.startswith(MAGIC) or check != checksum(payload):
        return {}
    try:
        found = unpacked(payload)
    except Damaged:
        return {}
    return found if isinstance(found, dict) else {}


def store(place: Path, payload: bytes) -> None:
    """Raises OSError. Whoever reads meanwhile finds the old file or the new one."""
    import tempfile  # what is only read needs none

    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name.partition('-')[0]}-")
    with contextlib.ExitStack() as failing:
        failing.callback(os.unlink, name)
        with open(handle, "wb") as file:
            file.write(MAGIC + checksum(payload) + payload)
        os.replace(name, place)
        failing.pop_all()


def keep(place: Path, payload: bytes) -> None:
    """As `store`; where nothing can be written nothing is, and the next command does the work again."""
    with contextlib.suppress(OSError):
        store(place, payload)
        forget_others(place)


def checksum(payload: bytes) -> bytes:
    return b"%08x" % zlib.crc32(payload)


def forget_others(place: Path) -> None:
    """Files of other versions, and what a command that was killed left behind, once they are old."""
    for other in place.parent.iterdir():
        if other != place and time.time() - other.stat().st_mtime > MOST_AGE:
            other.unlink()


def version_of(*names: str) -> str:
    """Another one wherever these modules or packages of the tool may do otherwise: its version, Python's, their own sources."""
    parts = [stitchback.__version__, sys.version, *map(str, sorted(sources_of(names)))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def sources_of(names: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    """Name, size and time of each module below; none of a package that is not on disk: then the version alone tells."""
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
