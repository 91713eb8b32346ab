"""Blobs, and the files of a commit or of the index: read as objects, all at once where many are wanted."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stitchback.adapters.git_process import Git, decode
from stitchback.errors import EnvironmentProblem
from stitchback.model.files import LARGEST_READ, Files

if TYPE_CHECKING:
    from stitchback.adapters.git_process import Process

SYMLINK = "120000"
SUBMODULE = "160000"
_TREE_LINES = re.compile(r"(\d+) \w+ ([0-9a-f]+)\t([^\0]*)\0").findall
PREFETCH_FIRST = 512  # blobs after which the caller of a large prefetch can start
PREFETCH_CHUNK = 4096  # blobs asked for at once: bounds the memory that one answer of git takes


@dataclass(frozen=True, slots=True)
class BlobEntry:
    """A file of a commit or of the index. `mode` is git's: 100644, 100755, 120000 (then `read` gives where the link points)."""

    path: str
    blob: str
    mode: str
    _read: Callable[[str], bytes] = field(repr=False, compare=False)

    @property
    def is_symlink(self) -> bool:
        return self.mode == SYMLINK

    def read(self) -> bytes:
        return self._read(self.blob)


class ObjectFiles(Files):
    """Path -> file, sorted by path. An entry is made when it is asked for: a tree may have a hundred thousand."""

    def __init__(self, listed: Mapping[str, tuple[str, str]], blobs: Blobs) -> None:
        """`listed`: path -> (mode, blob). Submodules are none of a tree's files."""
        self._listed = {path: entry for path, entry in sorted(listed.items()) if entry[0] != SUBMODULE}
        self._blobs = blobs

    def __getitem__(self, path: str) -> BlobEntry:
        mode, blob = self._listed[path]
        return BlobEntry(path, blob, mode, self._blobs.read)

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)

    def __contains__(self, path: object) -> bool:
        return path in self._listed

    @property
    def listed(self) -> Mapping[str, object]:
        """Path -> mode and blob."""
        return self._listed

    @property
    def symlinks(self) -> tuple[str, ...]:
        return tuple([path for path, entry in self._listed.items() if entry[0] == SYMLINK])

    def blobs_of(self, paths: Iterable[str]) -> tuple[str, ...]:
        return tuple([self._listed[path][1] for path in paths])

    def prefetch(self, paths: Iterable[str]) -> None:
        """Reads these files with one git process; `read` of each then costs nothing."""
        self._blobs.prefetch(self.blobs_of(paths))


class Blobs:
    """The repository's blobs by id, through one `git cat-file --batch` that lives as long as this."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._ready: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._coming: set[str] = set()  # what `_fetching` is reading or about to read
        self._fetching: threading.Thread | None = None
        self._process: Process | None = None

    def read(self, blob: str) -> bytes:
        """Raises EnvironmentProblem (SB503) where the repository does not have it."""
        ready = self._ready.get(blob)
        if ready is not None:
            return ready
        with self._arrived:
            while blob in self._coming:
                self._arrived.wait()
            ready = self._ready.get(blob)
            return self._ask(blob) if ready is None else ready

    def prefetch(self, blobs: Iterable[str]) -> None:
        """Caches these blobs, in order: git returns the first, and continues with the others while the caller works with those. A missing blob is
        reported when it is read."""
        # first those that are coming: one that arrives meanwhile is ready
        wanted = [
            blob for blob in dict.fromkeys(blobs) if blob not in self._coming and blob not in self._ready
        ]
        if wanted:
            self._wait()
            self._fetch(wanted[:PREFETCH_FIRST])
        if len(wanted) > PREFETCH_FIRST:
            rest = wanted[PREFETCH_FIRST:]
            self._coming.update(rest)
            self._fetching = threading.Thread(target=self._fetch_rest, args=(rest,), daemon=True)
            self._fetching.start()

    def _fetch(self, wanted: list[str]) -> None:
        sizes = self.sizes(wanted)  # git would inflate all of a large blob
        chunk = "".join(f"{blob}\n" for blob in wanted if sizes.get(blob, 0) <= LARGEST_READ)
        answer = self._git.run("cat-file", "--batch", "--buffer", stdin=chunk.encode()).stdout
        self._ready.update(_answers(answer))

    def _fetch_rest(self, wanted: list[str]) -> None:
        """Fetches the remaining blobs. Waiting readers are always released: a blob that did not arrive is requested again when it is read, and git
        then reports the reason."""
        with contextlib.ExitStack() as ending, contextlib.suppress(EnvironmentProblem):
            ending.callback(self._arrive, wanted)
            for start in range(0, len(wanted), PREFETCH_CHUNK):
                part = wanted[start : start + PREFETCH_CHUNK]
                self._fetch(part)
                self._arrive(part)

    def _arrive(self, blobs: list[str]) -> None:
        with self._arrived:
            self._coming.difference_update(blobs)
            self._arrived.notify_all()

    def _wait(self) -> None:
        if self._fetching is not None:
            self._fetching.join()
            self._fetching = None

    def sizes(self, blobs: Iterable[str]) -> dict[str, int]:
        """How many bytes each has; one that is missing is left out."""
        asked = "".join(f"{blob}\n" for blob in dict.fromkeys(blobs))
        if not asked:
            return {}
        answer = self._git.run("cat-file", "--batch-check", "--buffer", stdin=asked.encode()).stdout
        parts = (line.split() for line in answer.decode("ascii", "replace").splitlines())
        return {part[0]: int(part[2]) for part in parts if len(part) == 3 and part[1] == "blob"}

    def close(self) -> None:
        """Ends the running processes; the next read starts new ones."""
        self._wait()
        self._process = None

    def _ask(self, blob: str) -> bytes:
        if self._process is None:
            self._process = self._git.start("cat-file", "--batch")
        self._process.stdin.write(f"{blob}\n".encode())
        self._process.stdin.flush()
        header = self._process.stdout.readline().split()
        if len(header) != 3 or header[1] != b"blob":
            self.close()
            raise missing(blob)
        size = int(header[2])
        content: bytes = self._process.stdout.read(min(size, LARGEST_READ) + 1)
        if size > LARGEST_READ:
            self.close()  # with the rest of it in the pipe
            return content
        return content[:-1]  # without the line's end


def _answers(answer: bytes) -> Iterator[tuple[str, bytes]]:
    """What `cat-file --batch` says: "<id> blob <size>" and the content; "<id> missing" is passed over."""
    position = 0
    while position < len(answer):
        end = answer.index(b"\n", position)
        header = answer[position:end].split()
        position = end + 1
        if len(header) == 3:
            size = int(header[2])
            if header[1] == b"blob":
                yield header[0].decode(), answer[position : position + size]
            position += size + 1


def missing(blob: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        "SB503",
        f"the repository does not have the object {blob}",
        hint="A clone made with --filter lacks files, and stitchback never fetches. "
        "Run `git fetch --refetch --no-filter`, or clone without --filter.",
    )


def tree_files(git: Git, commit: str, blobs: Blobs) -> ObjectFiles:
    """All files of a commit, of the whole repository wherever one stands in it."""
    listed = decode(git.run("ls-tree", "-r", "-z", "--full-tree", commit).stdout)
    return ObjectFiles({path: (mode, blob) for mode, blob, path in _TREE_LINES(listed)}, blobs)
