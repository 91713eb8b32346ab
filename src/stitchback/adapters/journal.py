"""A change of several files that is made as a whole, even if a process is killed meanwhile.

Several renames cannot be one: so what is to be done is written down first, and finished by the process that is left.

1. The old and the new contents and a list of the files are put into a folder below the git directory (`draft`), and synced.
2. That folder is renamed to `journal`: from here on the change is decided.
3. The files are put in place, each by a rename; then the folder is renamed to `done` and taken away.

Steps 2 and 3 are watched by a *finisher*: this very file, run by a Python of its own in a session of its own, so that killing the
process that wants the change, or its process group, does not stop it. It waits until that process asks for it, or is gone; then it
finishes what is decided and throws away what is not. Where the finisher itself is killed, or the machine stops, the next command
finishes (`settle`). So the tree is the old one or the new one, but for the milliseconds of step 3.

Where a file cannot be put in place (the disk is full, another process has changed it), what was put in place is taken back.

The folder may lie in a copy of a repository from another user. So a journal is carried out only where it was begun: by the
user who owns the folder, on the branch and commit that it names, for plain paths below the working tree, with contents that have
the digests listed, and never through a symbolic link. Anything else raises ForeignJournal, and nothing is written or deleted.

Only the standard library is used here: the finisher knows nothing of stitchback.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

DRAFT = "draft"
DECIDED = "journal"
DONE = "done"
LIST = "list.json"
DISTURBED, FAILED, FOREIGN = 3, 4, 5  # the finisher's exit codes


@dataclass(frozen=True, slots=True)
class PlannedContents:
    """What shall become of one file: its contents before and after (None: no file), and its mode."""

    before: bytes | None
    after: bytes | None
    mode: int


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One file as it is listed: `path` below the working tree, digests of its contents before and after (None: no file)."""

    number: int
    path: str
    before: str | None
    after: str | None


class ChangedMeanwhile(Exception):
    """A file has neither its old nor its new content: another process has changed it. The change is undone."""


class ForeignJournal(Exception):
    """The folder is not one that this user's stitchback has made here. Nothing was written or deleted."""


def is_inside(top: Path, path: str) -> bool:
    """Whether the path is a plain one below the top: no way up, no link on the way or at its end, nothing of git's own."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or any(part == ".." or part.lower() == ".git" for part in parts):
        return False
    target = top.joinpath(*parts)
    return target.parent.resolve() == top.resolve().joinpath(*parts[:-1]) and not target.is_symlink()


def check_owned(home: Path) -> None:
    """Raises ForeignJournal where the folder is there and is a symbolic link, no folder, or another user's; or has such a folder in it."""
    if not _is_own_folder(home):
        return
    for name in (DRAFT, DECIDED, DONE):
        _is_own_folder(home / name)


def _is_own_folder(place: Path) -> bool:
    """False where nothing is there."""
    try:
        status = os.lstat(place)
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        raise ForeignJournal(f"{place} is not a folder")
    if os.name == "posix" and status.st_uid != os.geteuid():
        raise ForeignJournal(f"{place} belongs to another user")
    return True


def digest(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def draft(home: Path, files: Mapping[str, PlannedContents], origin: str) -> None:
    """Writes the change down, path -> intent. Nothing is decided yet. `origin`: the branch and commit that it is made on."""
    check_owned(home)
    place = home / DRAFT
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    entries = []
    for number, (path, intent) in enumerate(sorted(files.items())):
        entries.append(asdict(JournalEntry(number, path, digest(intent.before), digest(intent.after))))
        for name, content in (("before", intent.before), ("after", intent.after)):
            if content is not None:
                _write(place / f"{number}.{name}", content, intent.mode)
    listed = json.dumps({"origin": origin, "files": entries})
    _write(place / LIST, listed.encode("utf-8", "surrogatepass"), 0o644)
    _sync(place)


def decide(home: Path) -> None:
    """From here on the change is made."""
    os.rename(home / DRAFT, home / DECIDED)
    _sync(home)


def is_open(home: Path) -> bool:
    """Whether anything was begun and not brought to its end."""
    return any(os.path.lexists(home / name) for name in (DRAFT, DECIDED, DONE))


def is_decided(home: Path) -> bool:
    """Whether a change was decided and not brought to its end."""
    return os.path.lexists(home / DECIDED)


def finish_or_discard(home: Path, top: Path, origin: str) -> bool:
    """Finishes what is decided in the working tree at `top`, which is on the branch and commit `origin`, and throws away what is not
    decided. Whether anything was finished.

    Raises ForeignJournal, nothing touched; ChangedMeanwhile, the tree as it was except for changes of other processes; OSError where a file cannot be put
    in place, the tree as it was, or, where that cannot be had either, the journal still there.
    """
    check_owned(home)
    entries = _decided(home / DECIDED, top, origin)
    for name in (DRAFT, DONE):
        shutil.rmtree(home / name, ignore_errors=True)
    if entries is None:
        return False
    place = home / DECIDED
    try:
        _carry_out(place, top, entries)
    except (ChangedMeanwhile, OSError):
        _undo(place, top, entries)
        _forget(home)
        raise
    _forget(home)
    return True


def _decided(place: Path, top: Path, origin: str) -> list[JournalEntry] | None:
    """The change that is decided, each part of it checked; None where there is none. Raises ForeignJournal."""
    if not os.path.lexists(place):
        return None
    try:
        listed = json.loads(_own_file(place / LIST))
        entries = [JournalEntry(**entry) for entry in listed["files"]]
        begun = listed["origin"]
        for number, entry in enumerate(entries):
            _check(place, top, number, entry)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ForeignJournal(f"{place / LIST} is not a list that stitchback has written") from error
    if begun != origin:
        raise ForeignJournal(f"{place} was begun on another branch or commit")
    return entries


def _check(place: Path, top: Path, number: int, entry: JournalEntry) -> None:
    if entry.number != number or not is_inside(top, entry.path):
        raise ForeignJournal(f"{place} names {entry.path!r}, which is not a file of this working tree")
    for name, wanted in (("before", entry.before), ("after", entry.after)):
        if wanted is not None and digest(_own_file(place / f"{number}.{name}")) != wanted:
            raise ForeignJournal(f"{place} does not hold what it lists for {entry.path!r}")


def _own_file(path: Path) -> bytes:
    """The content of a regular file, no link. Raises ForeignJournal."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise ForeignJournal(f"{path} cannot be read: {error.strerror}") from error
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ForeignJournal(f"{path} is not a regular file")
        return file.read()


def _carry_out(place: Path, top: Path, entries: list[JournalEntry]) -> None:
    for entry in entries:
        if digest(_content(top / entry.path)) not in (entry.before, entry.after):
            raise ChangedMeanwhile(entry.path)
    for entry in entries:
        if digest(_content(top / entry.path)) != entry.after:
            _put(place / f"{entry.number}.after", top / entry.path, entry.after)


def _undo(place: Path, top: Path, entries: list[JournalEntry]) -> None:
    for entry in entries:
        if digest(_content(top / entry.path)) == entry.after != entry.before:
            _put(place / f"{entry.number}.before", top / entry.path, entry.before)
        _beside(top / entry.path).unlink(missing_ok=True)
        if entry.before is None:
            _remove_empty(top, (top / entry.path).parent)


def _remove_empty(top: Path, folder: Path) -> None:
    """Removes the folder and those above it that hold nothing: they were made for a file that is gone again. git knows no empty folder."""
    while folder != top and not any(folder.iterdir() if folder.is_dir() else ()):
        if folder.is_dir():
            folder.rmdir()
        folder = folder.parent


def _forget(home: Path) -> None:
    os.rename(home / DECIDED, home / DONE)
    _sync(home)
    shutil.rmtree(home / DONE, ignore_errors=True)


def _put(source: Path, target: Path, wanted: str | None) -> None:
    """The source's content at the target, by one rename, in a new folder if there is none; no file where None is wanted. The source stays."""
    if wanted is None:
        target.unlink(missing_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = _beside(target)
        beside.unlink(missing_ok=True)
        try:
            os.link(source, beside)  # takes no room on the disk
        except OSError:
            _write(beside, source.read_bytes(), source.stat().st_mode & 0o7777)
        os.replace(beside, target)
    _sync(target.parent)


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.stitchback")


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _write(path: Path, content: bytes, mode: int) -> None:
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(path, mode)


def _sync(directory: Path) -> None:
    if os.name != "posix":
        return  # a directory cannot be opened there
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def main(home: Path, top: Path, origin: str) -> int:
    """The finisher: waits for a word on standard input, or for its end, then settles."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    try:
        finish_or_discard(home, top, origin)
    except ChangedMeanwhile as disturbance:
        print(json.dumps(str(disturbance)))
        return DISTURBED
    except ForeignJournal as reason:
        print(json.dumps(str(reason)))
        return FOREIGN
    except OSError as error:
        print(json.dumps(error.strerror))
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
