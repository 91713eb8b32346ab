"""Finds the files of the working tree whose bytes on disk equal the index.

git knows by a file's times and size that it was not changed since the checkout. Then its bytes equal the index's, unless line endings, encodings or
filters are converted on checkout: for conversions, sizes are compared as well; with filters, no file counts as equal.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stitchback.adapters.git_objects import Blobs

if TYPE_CHECKING:
    from stitchback.adapters.git_worktree import IndexLine

ATTRIBUTES = ".gitattributes"
SETTINGS = r"^(filter\.|core\.(autocrlf|eol)$)"
REGULAR = ("100644", "100755")
_IGNORED_FLAGS = {"core.autocrlf": "false", "core.eol": "lf"}
_BY_OTHER_BYTES = (b"filter", b"working-tree-encoding")


def unchanged(
    root: Path,
    git_dir: Path,
    blobs: Blobs,
    lines: Sequence[IndexLine],
    touched: Collection[str],
    settings: Mapping[str, str],
) -> dict[str, tuple[str, str]]:
    """Path -> (mode, blob), of the index's files that are not among the `touched` ones. `git_dir` is the common one, `settings` is
    git's configuration as far as SETTINGS goes."""
    attributes = list(_attributes(git_dir, blobs, lines, touched))
    if any(name.startswith("filter.") for name in settings) and _may_filter(attributes):
        return {}
    known = [line for line in lines if line.mode in REGULAR and line.path not in touched]
    if attributes or _converts(settings):
        known = list(_of_the_same_size(root, blobs, known))
    return {line.path: (line.mode, line.blob) for line in known}


def _attributes(
    git_dir: Path, blobs: Blobs, lines: Iterable[IndexLine], touched: Collection[str]
) -> Iterable[bytes]:
    """What the repository itself says about attributes of files; one that is touched counts as saying anything."""
    for line in lines:
        if line.path.endswith(ATTRIBUTES) and line.path not in touched:
            yield blobs.read(line.blob)
    if any(path.endswith(ATTRIBUTES) for path in touched):
        yield from _BY_OTHER_BYTES
    own = git_dir / "info" / "attributes"
    if own.is_file():
        yield own.read_bytes()


def _may_filter(attributes: Iterable[bytes]) -> bool:
    return any(word in said for said in attributes for word in _BY_OTHER_BYTES)


def _converts(settings: Mapping[str, str]) -> bool:
    return any(settings.get(name, usual).lower() != usual for name, usual in _IGNORED_FLAGS.items())


def _of_the_same_size(root: Path, blobs: Blobs, lines: Sequence[IndexLine]) -> Iterable[IndexLine]:
    """Line ends and keywords that are turned make a file longer or shorter."""
    sizes = blobs.sizes(line.blob for line in lines)
    for line in lines:
        try:
            size = os.lstat(root / os.fsdecode(line.path.encode("utf-8", "surrogateescape"))).st_size
        except OSError:
            continue  # deleted meanwhile: the reader reports it
        if size == sizes.get(line.blob):
            yield line
