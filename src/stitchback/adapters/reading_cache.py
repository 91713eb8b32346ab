"""What migration files were read as, kept in one file below the git directory, for the next command.

A reading is known by its blob and its path, and it names every other question that it asked about its tree or the
configuration, with the answer (`parsing.context.CachedReading`): it holds only where all answers are the same again. What the
answers do not tell, how this reader reads, is in the file's name. The cache is never needed and never trusted: a file that
is cut off, damaged or somebody else's is taken for none, and written anew; where nothing can be written nothing is.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import stitchback
from stitchback.adapters.encoded_readings import Damaged, Entry, decoded, encoded, packed, unpacked
from stitchback.parsing.context import CachedReading

MAGIC = b"stitchback readings 1\n"
MOST_BYTES = 64_000_000  # of all entries; beyond it only what this command used is kept
MOST_AGE = 30 * 24 * 3600  # seconds: files of other versions that were not written for so long are taken away
_READERS = ("parsing", "model", "adapters/encoded_readings.py")


class DiskReadings:
    """Readings by blob and path, those of the disk and new ones; `save` writes the new ones, all at once."""

    def __init__(self, git_dir: Path) -> None:
        """`git_dir`: the common one, of all worktrees."""
        self.place = git_dir / "stitchback" / "cache" / f"readings-{reader_version()}"
        self._stored = load(self.place)
        self._known: dict[tuple[str, str], CachedReading] = {}
        self._new: set[tuple[str, str]] = set()

    def holds(self, blob: str, path: str) -> bool:
        """Whether there is a reading, good or not."""
        return (blob, path) in self._known or (blob, path) in self._stored

    def get(self, blob: str, path: str) -> CachedReading | None:
        known = self._known.get((blob, path))
        if known is not None:
            return known
        entry = self._stored.get((blob, path))
        if entry is None:
            return None
        try:
            reading = decoded(entry)
        except Damaged:
            del self._stored[blob, path]
            return None
        self._known[blob, path] = reading
        return reading

    def put(self, blob: str, path: str, reading: CachedReading) -> None:
        self._known[blob, path] = reading
        self._new.add((blob, path))

    def save(self) -> None:
        """Writes what is new beside what was there. Of two commands that save at once the later one's file stands."""
        if not self._new:
            return
        entries = {place: encoded(self._known[place]) for place in sorted(self._new)}
        everything = {**self._stored, **entries}
        payload = packed(everything)
        if len(payload) > MOST_BYTES:
            used = self._known.keys()
            everything = {place: entry for place, entry in everything.items() if place in used}
            payload = packed(everything)
        with contextlib.suppress(
            OSError
        ):  # a git directory that cannot be written to: the next command reads again
            store(self.place, payload)
            forget_others(self.place)
        self._stored = everything
        self._new.clear()


Entries = dict[tuple[str, str], Entry]


def load(place: Path) -> Entries:
    """The entries of the file; none where there is no such file, or one that is not whole."""
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
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".readings-")
    try:
        with open(handle, "wb") as file:
            file.write(MAGIC + checksum(payload) + payload)
        os.replace(name, place)
    except BaseException:
        os.unlink(name)
        raise


def checksum(payload: bytes) -> bytes:
    return b"%08x" % zlib.crc32(payload)


def forget_others(place: Path) -> None:
    """Files of other versions, and what a command that was killed left behind, once they are old."""
    for other in place.parent.iterdir():
        if other != place and time.time() - other.stat().st_mtime > MOST_AGE:
            other.unlink()


def reader_version() -> str:
    """Another one for every reader that may read otherwise: the tool's version, Python's, the reader's own source."""
    parts = [stitchback.__version__, sys.version, *map(str, sorted(reader_sources()))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def reader_sources() -> Iterator[tuple[str, int, int]]:
    """Name, size and time of each module that reads; none of a package that is not on disk: then the version alone tells."""
    root = Path(stitchback.__file__).parent
    for name in _READERS:
        place = root / name
        for module in sorted(place.glob("*.py")) if place.is_dir() else (place,):
            with contextlib.suppress(OSError):
                status = module.stat()
                yield f"{name}/{module.name}", status.st_size, status.st_mtime_ns
