"""The files of a tree, as whoever reads them sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol


class FileEntry(Protocol):
    """One file of a tree. `blob` is git's id of its bytes; they are read only when asked for."""

    @property
    def blob(self) -> str: ...

    def read(self) -> bytes: ...


class Files(Mapping[str, FileEntry]):
    """The files of a tree: one that can name many blobs faster than by making an entry for each says how."""

    def blobs_of(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Raises KeyError for a path that the tree lacks."""
        return tuple(self[path].blob for path in paths)

    @property
    def listed(self) -> Mapping[str, object]:
        """Path -> something that is another one where the file is: for comparing whole trees."""
        return {path: entry.blob for path, entry in self.items()}

    @property
    def symlinks(self) -> tuple[str, ...]:
        """Paths of symbolic links; what they hold is where they lead."""
        return ()

    @property
    def broken(self) -> Mapping[str, str]:
        """Links that cannot be followed -> where they lead."""
        return {}

    def real_path(self, path: str) -> str:
        """Where git keeps the file of that path, links on the way followed."""
        return path

    def prefetch(self, paths: Iterable[str]) -> None:
        """These are going to be read: here nothing is to be done about it."""

    def rest(self) -> None:
        """This process may be forked now: what cannot be shared with another one is let go of, and begun anew when it is needed."""


class ChangedFiles(Files):
    """A tree's files with others put in their place; None takes one out."""

    def __init__(self, base: Files, changed: Mapping[str, FileEntry | None]) -> None:
        self._base = base
        self._changed = changed

    def __getitem__(self, path: str) -> FileEntry:
        if path not in self._changed:
            return self._base[path]
        entry = self._changed[path]
        if entry is None:
            raise KeyError(path)
        return entry

    def __iter__(self) -> Iterator[str]:
        kept = (path for path in self._base if path not in self._changed)
        return iter(sorted((*kept, *(path for path, entry in self._changed.items() if entry is not None))))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def symlinks(self) -> tuple[str, ...]:
        return tuple(path for path in self._base.symlinks if path not in self._changed)
