"""The files of a tree, as its readers see them, and what git has begun in the working tree and not finished."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

LARGEST_READ = 5_000_000  # bytes; no file that stitchback reads or writes is larger


class FileEntry(Protocol):
    """One file of a tree. `blob` is git's id of its bytes; the bytes are read only when requested. Of a file with more than LARGEST_READ bytes,
    `read` returns the first LARGEST_READ + 1: the caller sees that it is too large, and a file of gigabytes takes neither time nor memory.
    """

    @property
    def blob(self) -> str: ...

    def read(self) -> bytes: ...


class Files(Mapping[str, FileEntry]):
    """The files of a tree. A subclass overrides what it can do faster than by creating an entry for each
    file.
    """

    def blobs_of(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The blob ids of the paths. Raises KeyError for a path that the tree lacks."""
        return tuple(self[path].blob for path in paths)

    @property
    def listed(self) -> Mapping[str, object]:
        """Path -> a value that differs if the file differs: for comparing whole trees."""
        return {path: entry.blob for path, entry in self.items()}

    @property
    def symlinks(self) -> tuple[str, ...]:
        """Paths of symbolic links; their content is the path of the target."""
        return ()

    @property
    def broken(self) -> Mapping[str, str]:
        """Links that cannot be followed -> their targets."""
        return {}

    def real_path(self, path: str) -> str:
        """The path under which git stores the file, after following links."""
        return path

    def prefetch(self, paths: Iterable[str]) -> None:
        """Announces that these paths will be read. Does nothing here."""


class ChangedFiles(Files):
    """A tree's files with some replaced; None removes one."""

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


def folders_of(paths: Iterable[str]) -> tuple[str, ...]:
    """The folders of the files, sorted; a file at the top of the repository is given itself."""
    return tuple(sorted({posixpath.dirname(path) or path for path in paths}))


class Kind(Enum):
    """git's words."""

    MERGE = "merge"
    REBASE = "rebase"
    CHERRY_PICK = "cherry-pick"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """`heads`: the commits whose files git is bringing (several in an octopus merge). `onto`: the commit that has none of them: HEAD, or
    in a rebase the commit that is rebased onto, for HEAD has what was rebased already. `whole`: in a rebase the branch as it was before."""

    kind: Kind
    heads: tuple[str, ...]
    onto: str
    whole: str | None = None
