"""What migration files were read as, kept in one file in the user's cache directory, for the next command.

A reading is known by its blob and its path, and it names every other question that it asked about its tree or the
configuration, with the answer (`parsing.reading_context.CachedReading`): it holds only where all answers are the same again. The file's name
contains the rest: the version of this reader.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stitchback.adapters.cache_file import DamagedCache, keep, load, packed, place_of, version_of
from stitchback.adapters.encoded_migrations import Entry, decoded, encoded, is_whole
from stitchback.model.migrations import Migration
from stitchback.parsing.reading_context import CachedReading

MOST_BYTES = 64_000_000  # of all entries; beyond it only what this command used is kept
_READERS = ("parsing", "model", "adapters/encoded_migrations.py", "adapters/cache_file.py")
Entries = dict[tuple[str, str], Entry]


class DiskReadings:
    """Readings by blob and path, those of the disk and new ones; `save` writes the new ones, all at once."""

    def __init__(self, git_dir: Path) -> None:
        """`git_dir`: the common one, of all worktrees."""
        self.place = place_of(git_dir, "readings", version_of(*_READERS))
        self._stored: Entries = load(self.place)
        self._known: dict[tuple[str, str], CachedReading] = {}
        self._new: dict[tuple[str, str], None] = {}

    def holds(self, blob: str, path: str) -> bool:
        """Whether there is a reading, good or not."""
        return (blob, path) in self._known or (blob, path) in self._stored

    def get(self, blob: str, path: str, again: Callable[[], bytes]) -> CachedReading | None:
        known = self._known.get((blob, path))
        if known is not None:
            return known
        entry = self._stored.get((blob, path))
        if entry is None:
            return None
        try:
            reading = decoded(entry, again)
        except DamagedCache:
            del self._stored[blob, path]
            return None
        self._known[blob, path] = reading
        return reading

    def put(self, blob: str, path: str, reading: CachedReading) -> None:
        self._known[blob, path] = reading
        self._new[blob, path] = None

    def save(self) -> None:
        """Writes what is new beside what was there. Of two commands that save at once the later one's file stands.

        Operations that were made of their file once more, though it had been read before, are put in too: they will be requested again.
        """
        entries = {place: encoded(self._known[place]) for place in self._new}
        entries |= {
            place: encoded(reading, whole=True)
            for place, reading in self._known.items()
            if place not in entries and self._was_opened_again(place, reading)
        }
        if not entries:
            return
        everything = {**self._stored, **entries}
        payload = packed(everything)
        if len(payload) > MOST_BYTES:
            used = self._known.keys()
            everything = {place: entry for place, entry in everything.items() if place in used}
            payload = packed(everything)
        keep(self.place, payload)
        self._stored = everything
        self._new.clear()

    def _was_opened_again(self, place: tuple[str, str], reading: CachedReading) -> bool:
        result = reading.result
        return isinstance(result, Migration) and result.is_opened and not is_whole(self._stored[place])
