"""The index and the working tree, as they are now: tracked files and untracked ones that are not ignored, and which of them
equal the index.

git knows by a file's times and size that it was not changed since the checkout. Then its bytes equal the index's, unless line endings, encodings or
filters are converted on checkout: for conversions, sizes are compared as well; with filters, no file counts as equal.

A file on disk is its bytes: no filter and no line-end conversion is applied, so its blob id is the hash of what is there.
Links are not followed, neither a file that is one nor one on the way to a file.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from stitchback.adapters.git_objects import SUBMODULE, SYMLINK, BlobEntry, Blobs, ObjectFiles
from stitchback.adapters.git_process import Git, decode
from stitchback.adapters.git_refs import parse_all
from stitchback.adapters.git_unfinished import has_conflict_markers, is_as_git_left_it
from stitchback.errors import EnvironmentProblem
from stitchback.model.files import LARGEST_READ, Files

ATTRIBUTES = ".gitattributes"
SETTINGS = r"^(filter\.|core\.(autocrlf|eol)$)"
REGULAR = ("100644", "100755")
_IGNORED_FLAGS = {"core.autocrlf": "false", "core.eol": "lf"}
_BY_OTHER_BYTES = (b"filter", b"working-tree-encoding")

# A link or a pipe that replaces a file after the check is neither followed nor waited for.
READ_ONLY = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)


BASE, OURS, THEIRS = 1, 2, 3  # stages of the index for a file with a conflict


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


class IndexLine(NamedTuple):
    """One line of the index. `stage`: 0, or in a merge 1 the base, 2 ours, 3 theirs. `skipped`: sparse, not on disk."""

    path: str
    mode: str
    blob: str
    stage: int
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class WorktreeListing:
    """The files in `git ls-files`: the index, untracked files, and tracked ones that are not on disk. `changed`: those that differ on disk from the
    index, or that git was configured not to check."""

    index: tuple[IndexLine, ...]
    untracked: frozenset[str]
    deleted: frozenset[str]
    changed: frozenset[str] = frozenset()


class DiskFile:
    """A file on disk, read once: `blob` and `read` speak of the same bytes, whatever happens to it meanwhile."""

    def __init__(self, path: str, place: Path, object_format: str) -> None:
        self.path = path
        self._place = place
        self._format = object_format

    def __repr__(self) -> str:
        return f"DiskFile({self.path!r})"

    @property
    def blob(self) -> str:
        """As `git hash-object --no-filters` gives it."""
        return self._content[1]

    @cached_property
    def mode(self) -> str:
        try:
            status = self._place.lstat()
        except OSError as error:
            raise _unreadable(self.path, error.strerror) from error
        if stat.S_ISLNK(status.st_mode):
            return SYMLINK
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable(self.path, "it is no longer a regular file")
        return "100755" if status.st_mode & stat.S_IXUSR else "100644"

    @property
    def is_symlink(self) -> bool:
        return self.mode == SYMLINK

    @cached_property
    def _content(self) -> tuple[bytes, str]:
        """What `read` returns, and git's id of all of the file."""
        try:
            if self.is_symlink:
                target = os.fsencode(os.readlink(self._place))
                return target, self._hash(target, len(target)).hexdigest()
            with open(os.open(self._place, READ_ONLY), "rb") as file:
                start = file.read(LARGEST_READ + 1)
                if len(start) <= LARGEST_READ:
                    return start, self._hash(start, len(start)).hexdigest()
                known = self._hash(start, os.fstat(file.fileno()).st_size)
                while part := file.read(LARGEST_READ):
                    known.update(part)
                return start, known.hexdigest()
        except OSError as error:
            raise _unreadable(self.path, error.strerror) from error

    def _hash(self, start: bytes, size: int) -> hashlib._Hash:
        return hashlib.new(self._format, b"blob %d\0" % size + start)

    def read(self) -> bytes:
        return self._content[0]


class DiskFiles(Files):
    """Path -> file as on disk. `indexed`: files that are the index's, because a sparse checkout leaves them out, or because
    they are on disk byte for byte as they are there. `conflicted`: Python files that git left with conflict markers, as they are on disk;
    as files of the tree they count as they are in HEAD ("ours" in the index)."""

    def __init__(
        self,
        paths: Iterable[str],
        root: Path,
        indexed: ObjectFiles,
        object_format: str,
        conflicted: Mapping[str, DiskFile] | None = None,
    ) -> None:
        self.conflicted = conflicted or {}
        self._paths = frozenset(paths)
        self._root = root
        self._format = object_format
        self._indexed = indexed
        self._order = sorted({*self._paths, *indexed})
        self._files: dict[str, DiskFile] = {}

    def __getitem__(self, path: str) -> BlobEntry | DiskFile:
        if path not in self._paths:
            return self._indexed[path]
        if path not in self._files:
            self._files[path] = DiskFile(path, place(self._root, path), self._format)
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._order)

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, path: object) -> bool:
        return path in self._paths or path in self._indexed

    @property
    def on_disk(self) -> frozenset[str]:
        """Paths of files that are read from disk."""
        return self._paths

    @property
    def listed(self) -> Mapping[str, object]:
        """As of the index; what is read from disk is taken for another file than any that git has."""
        return {**self._indexed.listed, **dict.fromkeys(self._paths)}

    @property
    def symlinks(self) -> tuple[str, ...]:
        """Of those on disk the ones that Python could import: asking for each of many files takes long."""
        wanted = [path for path in self._paths if path.endswith(".py") or "." not in path.rpartition("/")[2]]
        on_disk = (path for path in wanted if os.path.islink(place(self._root, path)))
        return tuple(sorted((*self._indexed.symlinks, *on_disk)))

    def blobs_of(self, paths: Iterable[str]) -> tuple[str, ...]:
        paths = tuple(paths)
        if self._paths.isdisjoint(paths):
            return self._indexed.blobs_of(paths)
        return super().blobs_of(paths)

    def prefetch(self, paths: Iterable[str]) -> None:
        """As of a commit's files; what is on disk is read when it is asked for."""
        self._indexed.prefetch(path for path in paths if path not in self._paths)


def list_files(git: Git, settings: Mapping[str, str]) -> WorktreeListing:
    """One look of git at the index and the working tree (`git ls-files`). `settings`: git's configuration, its filters at least."""
    arguments = ("ls-files", "-z", "-v", "--stage", "--cached", "--deleted", "--modified", "--others")
    listed = git.run(*arguments, "--exclude-standard", environment=git.unfiltered(settings)).stdout
    index, untracked, deleted, changed = {}, set(), set(), set()
    for line in decode(listed).split("\0")[:-1]:
        tag, rest = line[0], line[2:]
        if tag == "?":
            untracked.add(rest)
            continue
        item = _index_line(rest, skipped=tag in "Ss")
        if tag == "R":
            deleted.add(item.path)
        if tag != "H":
            changed.add(item.path)
        index[item.path, item.stage] = item
    return WorktreeListing(
        tuple(index.values()), frozenset(untracked), frozenset(deleted), frozenset(changed)
    )


def index_lines(git: Git) -> tuple[IndexLine, ...]:
    listed = decode(git.run("ls-files", "-z", "-t", "--stage").stdout).split("\0")[:-1]
    return tuple(_index_line(line[2:], skipped=line[0] == "S") for line in listed)


def index_files(git: Git, blobs: Blobs) -> ObjectFiles:
    """The index without unmerged paths (git would not write a tree of those either)."""
    return ObjectFiles(
        {line.path: (line.mode, line.blob) for line in index_lines(git) if line.stage == 0}, blobs
    )


def working_files(git: Git, root: Path, git_dir: Path, blobs: Blobs, object_format: str) -> DiskFiles:
    """The working tree at `root`; git runs in it. Files that git knows to be unchanged are not read from disk again: thousands
    of small files take longer than all the rest."""
    settings = git.settings(SETTINGS)
    listing = list_files(git, settings)
    ours = _Directories(root)
    tracked = {line.path for line in listing.index if line.mode != SUBMODULE and not line.skipped}
    candidates = (tracked - listing.deleted) | {path for path in listing.untracked if not path.endswith("/")}
    sparse = {
        line.path: (line.mode, line.blob)
        for line in listing.index
        if line.skipped and not os.path.lexists(place(root, line.path))
    }
    on_disk = candidates | {line.path for line in listing.index if line.skipped and line.path not in sparse}
    found = {path for path in on_disk if ours.hold(path)}
    lines = [line for line in listing.index if line.path in found]
    same = unchanged(root, git_dir, blobs, lines, listing.changed | listing.untracked, settings)
    ours_of = {
        line.path: (line.mode, line.blob)
        for line in lines
        if line.stage == OURS and line.path.endswith(".py")
    }
    on_both = {path: DiskFile(path, place(root, path), object_format) for path in ours_of}
    conflicted = {path: file for path, file in on_both.items() if has_conflict_markers(file.read())}
    indexed = {**sparse, **same, **{path: ours_of[path] for path in conflicted}}
    on_disk = found - indexed.keys()
    return DiskFiles(on_disk, root, ObjectFiles(indexed, blobs), object_format, conflicted)


def place(root: Path, path: str) -> Path:
    """Where a path of the repository is on disk."""
    return root / os.fsdecode(path.encode("utf-8", "surrogateescape"))


def dirty_paths(
    git: Git, root: Path, paths: tuple[str, ...], merging: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Those of the paths that are not as HEAD has them, on disk or in the index; a file that git ignores counts too.

    Line ends are compared as the configuration says (a checkout may have made CRLF of them), without any filter. `merging`: commits that
    git is bringing into the working tree; a file that is as one of them has it, or as git left it in conflict, is not dirty. A new file may be in another
    folder there: git moves it where HEAD has renamed the folder.
    """
    if not paths:
        return ()
    options = ("--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=all")
    changed = git.run("status", *options, "--", *paths, environment=git.unfiltered()).stdout
    states = {decode(line[3:]): decode(line[:2]) for line in changed.split(b"\0")[:-1]}
    dirty = set(states) - _brought(git, root, states, merging)
    tracked = {decode(path) for path in git.run("ls-files", "-z", "--", *paths).stdout.split(b"\0")}
    in_the_way = {path for path in paths if path not in tracked and os.path.lexists(place(root, path))}
    return tuple(sorted((dirty & set(paths)) | in_the_way))


def adds_nothing(git: Git, folders: tuple[str, ...]) -> bool:
    """Whether the index is as HEAD once these folders are added, and no tracked file on disk differs from HEAD.

    Line ends are compared as the configuration says, without any filter. An unmerged path outside of the folders is left to be committed.
    """
    environment = git.unfiltered()
    options = ("diff", "--name-only", "-z", "--no-ext-diff", "--no-renames", "--ignore-submodules=none")
    on_disk = git.run(*options, "--diff-filter=u", "HEAD", environment=environment).stdout
    staged = git.run(*options, "--cached", "HEAD", environment=environment).stdout
    others = ("ls-files", "--others", "--exclude-standard", "-z", "--", *folders)
    untracked = git.run(*others, environment=environment).stdout
    beside = [path for path in decode(staged).split("\0")[:-1] if not _lies_in(path, folders)]
    return not (on_disk or beside or untracked)


def _lies_in(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _brought(git: Git, root: Path, states: Mapping[str, str], merging: tuple[str, ...]) -> frozenset[str]:
    """Those of the changed files (path -> state, as `git status --porcelain` reports it) that git itself has changed."""
    if not states:
        return frozenset()
    stages: dict[str, dict[int, str]] = {}
    for line in index_lines(git):
        if line.path in states:
            stages.setdefault(line.path, {})[line.stage] = line.blob
    asked = [(path, f"{commit}:{path}") for path in states for commit in merging]
    theirs: dict[str, set[str | None]] = {}
    for (path, _), blob in zip(asked, parse_all(git, *(name for _, name in asked)), strict=True):
        theirs.setdefault(path, set()).add(blob)
    for path in (path for path, state in states.items() if state == "A "):
        theirs.setdefault(path, set()).update(_blobs_called(git, path.rpartition("/")[2], merging))
    return frozenset(
        path
        for path, state in states.items()
        if (state[1] == " " and stages.get(path, {}).get(0, "") in theirs.get(path, ()))
        or (
            0 not in stages.get(path, {0: ""})
            and _is_unsettled(git, place(root, path), stages[path].values())
        )
    )


def _blobs_called(git: Git, name: str, commits: Iterable[str]) -> Iterator[str]:
    """What the commits have in files of that name, in whatever folder."""
    for commit in commits:
        for line in git.run("ls-tree", "-r", "-z", "--full-tree", commit).stdout.split(b"\0")[:-1]:
            meta, _, path = decode(line).partition("\t")
            if path.rpartition("/")[2] == name:
                yield meta.split(" ")[2]


def _is_unsettled(git: Git, target: Path, blobs: Iterable[str]) -> bool:
    """Whether the file has git's conflict markers still, or is one of the versions, and has nothing that a person wrote."""
    content = target.read_bytes() if target.is_file() and not target.is_symlink() else b""
    versions = [git.run("cat-file", "blob", blob).stdout for blob in blobs]
    return content in versions or (has_conflict_markers(content) and is_as_git_left_it(content, versions))


class _Directories:
    """Which directories are the working tree's own: no link on the way (git's has_symlink_leading_path)."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._is_own = lru_cache(maxsize=None)(self._has_changed)

    def hold(self, path: str) -> bool:
        return self._is_own(path.rpartition("/")[0])

    def _has_changed(self, directory: str) -> bool:
        if not directory:
            return True
        return self._is_own(directory.rpartition("/")[0]) and not place(self._root, directory).is_symlink()


def _index_line(line: str, *, skipped: bool) -> IndexLine:
    meta, _, path = line.partition("\t")
    mode, blob, stage = meta.split(" ")
    return IndexLine(path, mode, blob, int(stage), skipped)


def _unreadable(path: str, reason: str | None) -> EnvironmentProblem:
    return EnvironmentProblem(
        "SB510",
        f"{path} cannot be read from the working tree: {reason}",
        hint="Another program may be changing the working tree; run the command again when it is done.",
    )
