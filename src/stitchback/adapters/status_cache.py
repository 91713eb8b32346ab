"""What a command answered, kept with everything that the answer was made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from stitchback.adapters.cache_file import keep, load, packed, place_of, version_of
from stitchback.adapters.git import DiskFiles, ObjectFiles, Repository

MOST = 16  # answers; the oldest go
_EVERYTHING = "."  # any module of the tool may have a part in an answer


class CachedAnswer(NamedTuple):
    text: str
    exit_code: int


class KeptAnswers:
    """Cached answers by a digest of the request and of all data that it read (`digest`)."""

    def __init__(self, git_dir: Path) -> None:
        """`git_dir`: the common one, of all worktrees."""
        self.place = place_of(git_dir, "answers", version_of(_EVERYTHING))
        self._kept = load(self.place)

    def get(self, digest: str) -> CachedAnswer | None:
        match self._kept.get(digest):
            case (str(text), int(exit_code)):
                return CachedAnswer(text, exit_code)
            case _:
                return None

    def put(self, digest: str, answer: CachedAnswer) -> None:
        others = [each for each in self._kept.items() if each[0] != digest]
        self._kept = dict([*others[1 - MOST :], (digest, tuple(answer))])
        keep(self.place, packed(self._kept))


def digest(asked: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(asked).encode("utf-8", "surrogateescape")).hexdigest()


def files_digest(files: ObjectFiles | DiskFiles) -> str:
    """Of every Python file's and symlink's path and content: nothing else of a tree is read, but the configuration."""
    links = frozenset(files.symlinks)
    paths = [path for path in files if path.endswith(".py") or path in links]
    return digest([*paths, *files.blobs_of(paths)])


def history_may_be_rewritten(repository: Repository) -> bool:
    """Whether what a commit's ancestors are may change with the commit staying: a shallow clone that is deepened, `git replace`,
    grafts. A ref storage that is not made of files (reftable) is not looked into."""
    common = repository.common_dir
    if repository.is_shallow or (common / "reftable").exists() or (common / "info" / "grafts").exists():
        return True
    try:
        packed_refs = (common / "packed-refs").read_bytes()
    except FileNotFoundError:
        packed_refs = b""
    return b" refs/replace/" in packed_refs or (common / "refs" / "replace").exists()
