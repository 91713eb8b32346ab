"""What migration files were read as, kept in one file below the git directory, for the next command.

A reading is known by its blob and its path, and it names every other question that it asked about its tree or the
configuration, with the answer (`parsing.context.CachedReading`): it holds only where all answers are the same again. What the
answers do not tell, how this reader reads, is in the file's name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from stitchback.adapters.cache_file import DamagedCache, keep, load, packed, place_of, unpacked, version_of
from stitchback.adapters.encoded_migrations import Entry, decoded, encoded, is_whole
from stitchback.adapters.forked_workers import Turns, shared_out, spare
from stitchback.model.migrations import Migration
from stitchback.parsing.context import Answers, CachedReading

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
        self._unsaved: Entries = {}  # new ones too, of another process

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

    def helpers(self) -> int:
        return spare()

    def shared_out(
        self, work: Callable[[Turns], tuple[Answers, ...]], turns: int, helpers: int
    ) -> Sequence[tuple[Answers, ...]]:
        """A process whose answer is not whole has put nothing in, as if it had not been there."""

        def others(taken: Turns) -> bytes:
            entries: Entries = {}
            self._new.clear()  # what was put in before is the other process's already

            def encoding() -> Turns:
                for turn in taken:
                    yield turn  # and the work goes on until it asks for the next
                    entries.update({place: encoded(self._known[place], whole=True) for place in self._new})
                    self._new.clear()

            answers = work(encoding())
            return packed((answers, entries))

        return list(map(self._take, filter(None, shared_out(work, others, turns, helpers))))

    def _take(self, content: bytes) -> tuple[Answers, ...]:
        """What another process put in, and what it found out."""
        answers: tuple[Answers, ...]
        answers, entries = unpacked(content)
        self._stored.update(entries)
        self._unsaved.update(entries)
        return answers

    def save(self) -> None:
        """Writes what is new beside what was there. Of two commands that save at once the later one's file stands.

        Operations that were made of their file once more, though it had been read before, are put in too: somebody will ask for them again.
        """
        entries = dict(self._unsaved)
        entries |= {
            place: encoded(self._known[place]) for place in self._new
        }  # read once more here: that one holds
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
        self._unsaved.clear()

    def _was_opened_again(self, place: tuple[str, str], reading: CachedReading) -> bool:
        result = reading.result
        return isinstance(result, Migration) and result.is_opened and not is_whole(self._stored[place])
