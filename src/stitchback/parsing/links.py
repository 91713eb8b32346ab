"""Symlinks of a tree, followed as a checkout follows them: within the tree's own files, never out of it.

Python reads a package through a link, so `shop/migrations` may be a link to another folder of the repository, and a migration a link to
another file. Paths stay those under which Django imports the files; `real_path` is where git keeps them, and where they are written.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from stitchback.model.files import FileEntry, Files

_MOST_ROUNDS = 20  # links on the way of a link; Linux takes 40
_INIT = "__init__.py"


def followed(files: Mapping[str, FileEntry]) -> Mapping[str, FileEntry]:
    """The files with those in it that a link gives another path: packages, and Python files. The very same files where no link does."""
    links = files.symlinks if isinstance(files, Files) else ()
    if not links or not isinstance(files, Files):
        return files
    targets = {path: _target(path, files) for path in links}
    packages: dict[str, str] = {}
    single: dict[str, str] = {}
    broken: dict[str, str] = {}
    for path in links:
        real = _resolved(path, targets)
        if real is not None and f"{real}/{_INIT}" in files:
            packages[path] = real
        elif real is not None and path.endswith(".py") and real in files:
            single[path] = real
        elif real is None or not any(other.startswith(f"{real}/") for other in files):
            broken[path] = targets[path]
    return LinkedFiles(files, packages, single, broken)


def real_path(path: str, files: Mapping[str, FileEntry]) -> str:
    """Where git keeps the file of that path, links on the way followed."""
    return files.real_path(path) if isinstance(files, Files) else path


class LinkedFiles(Files):
    """A tree's files, links followed. `broken`: links that lead out of the tree, or to what it does not have -> where they lead."""

    def __init__(
        self, base: Files, packages: Mapping[str, str], single: Mapping[str, str], broken: Mapping[str, str]
    ) -> None:
        self._base = base
        self._packages = packages
        self._single = single
        self._broken = broken

    @property
    def broken(self) -> Mapping[str, str]:
        return self._broken

    @cached_property
    def _aliases(self) -> Mapping[str, str]:
        """Path through a link -> path in the tree. Of a folder its own files, not those of the folders in it."""
        through: dict[str, list[str]] = {}
        for link, folder in self._packages.items():
            through.setdefault(folder, []).append(link)
        found = dict(self._single)
        for path in self._base:
            folder, _, name = path.rpartition("/")
            for link in through.get(folder, ()):
                found[f"{link}/{name}"] = self._single.get(path, path)
        return found

    @cached_property
    def _paths(self) -> Mapping[str, None]:
        hidden = self._packages.keys()
        own = (path for path in self._base if path not in hidden)
        return dict.fromkeys(sorted({*own, *self._aliases}))

    def __getitem__(self, path: str) -> FileEntry:
        if path in self._packages:
            raise KeyError(path)
        return self._base[self._aliases.get(path, path)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, path: object) -> bool:
        return path in self._paths

    @property
    def listed(self) -> Mapping[str, object]:
        """A link that leads elsewhere gives other files."""
        base = self._base.listed
        return {path: base[self._aliases.get(path, path)] for path in self._paths}

    def blobs_of(self, paths: Iterable[str]) -> tuple[str, ...]:
        return self._base.blobs_of(self._aliases.get(path, path) for path in paths)

    def prefetch(self, paths: Iterable[str]) -> None:
        self._base.prefetch(self._aliases.get(path, path) for path in paths)

    def real_path(self, path: str) -> str:
        if path in self._aliases:
            return self._aliases[path]
        folder, _, name = path.rpartition("/")
        return f"{self._packages[folder]}/{name}" if folder in self._packages else path


def _target(path: str, files: Mapping[str, FileEntry]) -> str:
    """Where the link leads, as it is written."""
    return files[path].read().decode("utf-8", "surrogateescape")


def _resolved(path: str, targets: Mapping[str, str]) -> str | None:
    """The path in the tree that the link leads to, other links on the way followed; None where that is outside, or a circle."""
    for _ in range(_MOST_ROUNDS):
        link = _first_link(path, targets)
        if link is None:
            return path
        if targets[link].startswith("/"):
            return None
        start = posixpath.join(posixpath.dirname(link), targets[link])
        path = posixpath.normpath(posixpath.join(start, path[len(link) + 1 :]))
        if path == "." or path.split("/")[0] == "..":
            return None
    return None


def _first_link(path: str, targets: Mapping[str, str]) -> str | None:
    """The first folder on the way that is a link, or the path itself."""
    end = path.find("/")
    while end >= 0:
        if path[:end] in targets:
            return path[:end]
        end = path.find("/", end + 1)
    return path if path in targets else None
