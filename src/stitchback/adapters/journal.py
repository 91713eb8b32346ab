"""A change of several files that is made as a whole, whoever is killed meanwhile.

Several renames cannot be one: so what is to be done is written down first, and finished by whoever is left.

1. The old and the new contents and a list of the files are put into a folder below the git directory (`draft`), and synced.
2. That folder is renamed to `journal`: from here on the change is decided.
3. The files are put in place, each by a rename; then the folder is renamed to `done` and taken away.

Steps 2 and 3 are watched by a *finisher*: this very file, run by a Python of its own in a session of its own, so that killing the
process that wants the change, or its process group, does not stop it. It waits until that process says so, or is gone; then it
finishes what is decided and throws away what is not. Where the finisher itself is killed, or the machine stops, the next command
finishes (`settle`). So the tree is the old one or the new one, but for the milliseconds of step 3.

Where a file cannot be put in place (the disk is full, somebody has changed it), what was put in place is taken back.

Only the standard library is used here: the finisher knows nothing of stitchback.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

DRAFT = "draft"
DECIDED = "journal"
DONE = "done"
LIST = "list.json"
DISTURBED, FAILED = 3, 4  # the finisher's exit codes


@dataclass(frozen=True, slots=True)
class Intent:
    """What shall become of one file: its contents before and after (None: no file), and its mode."""

    before: bytes | None
    after: bytes | None
    mode: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as it is listed: `path` below the working tree, digests of its contents before and after (None: no file)."""

    number: int
    path: str
    before: str | None
    after: str | None


class Disturbed(Exception):
    """A file is neither as it was nor as it shall be: somebody else has changed it. What was done is undone."""


def digest(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def draft(home: Path, files: Mapping[str, Intent]) -> None:
    """Writes the change down, path -> intent. Nothing is decided yet."""
    place = home / DRAFT
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    entries = []
    for number, (path, intent) in enumerate(sorted(files.items())):
        entries.append(asdict(Entry(number, path, digest(intent.before), digest(intent.after))))
        for name, content in (("before", intent.before), ("after", intent.after)):
            if content is not None:
                _write(place / f"{number}.{name}", content, intent.mode)
    _write(place / LIST, json.dumps(entries).encode("utf-8", "surrogatepass"), 0o644)
    _sync(place)


def decide(home: Path) -> None:
    """From here on the change is made."""
    os.rename(home / DRAFT, home / DECIDED)
    _sync(home)


def is_open(home: Path) -> bool:
    """Whether anything was begun and not brought to its end."""
    return any((home / name).exists() for name in (DRAFT, DECIDED, DONE))


def settle(home: Path, top: Path) -> bool:
    """Finishes what is decided in the working tree at `top`, and throws away what is not. Whether anything was finished.

    Raises Disturbed, the tree as it was but for what somebody else did; OSError where a file cannot be put in place, the tree as
    it was, or, where that cannot be had either, the journal still there.
    """
    for name in (DRAFT, DONE):
        shutil.rmtree(home / name, ignore_errors=True)
    place = home / DECIDED
    if not place.is_dir():
        return False
    entries = [Entry(**entry) for entry in json.loads((place / LIST).read_bytes())]
    try:
        _carry_out(place, top, entries)
    except (Disturbed, OSError):
        _undo(place, top, entries)
        _forget(home)
        raise
    _forget(home)
    return True


def _carry_out(place: Path, top: Path, entries: list[Entry]) -> None:
    for entry in entries:
        if digest(_content(top / entry.path)) not in (entry.before, entry.after):
            raise Disturbed(entry.path)
    for entry in entries:
        if digest(_content(top / entry.path)) != entry.after:
            _put(place / f"{entry.number}.after", top / entry.path, entry.after)


def _undo(place: Path, top: Path, entries: list[Entry]) -> None:
    for entry in entries:
        if digest(_content(top / entry.path)) == entry.after != entry.before:
            _put(place / f"{entry.number}.before", top / entry.path, entry.before)
        _beside(top / entry.path).unlink(missing_ok=True)


def _forget(home: Path) -> None:
    os.rename(home / DECIDED, home / DONE)
    _sync(home)
    shutil.rmtree(home / DONE, ignore_errors=True)


def _put(source: Path, target: Path, wanted: str | None) -> None:
    """The source's content at the target, by one rename; no file where None is wanted. The source stays."""
    if wanted is None:
        target.unlink(missing_ok=True)
    else:
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


def main(home: Path, top: Path) -> int:
    """The finisher: waits for a word on standard input, or for its end, then settles."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    try:
        settle(home, top)
    except Disturbed as disturbance:
        print(json.dumps(str(disturbance)))
        return DISTURBED
    except OSError as error:
        print(json.dumps(error.strerror))
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
