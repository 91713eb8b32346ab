"""The files of a tree, as whoever reads them sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

    def prefetch(self, paths: Iterable[str]) -> None:
        """These are going to be read: here nothing is to be done about it."""

    def rest(self) -> None:
        """This process may be forked now: what cannot be shared with another one is let go of, and begun anew when it is needed."""
