"""Files of the working tree, written all or nothing."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stitchback.adapters import journal
from stitchback.adapters.git import Repository
from stitchback.adapters.journal import PlannedContents
from stitchback.errors import EnvironmentProblem

LOCK = "lock"
PATIENCE = 10.0  # seconds; a finisher takes milliseconds


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of the working tree, by its path in the repository: what it was read as, and what it shall be. None: no file."""

    path: str
    before: bytes | None
    after: bytes | None


def write_changes(
    repository: Repository, changes: Sequence[FileChange], uncommitted: Collection[str] = ()
) -> None:
    """Makes all of the changes, or none (see `journal`). `uncommitted`: paths of which it does not matter whether a commit has them.

    Raises EnvironmentProblem, the tree as it was: a file has uncommitted changes (SB512), has changed since it was read (SB513),
    cannot be written (SB514), lies outside of the working tree (SB515); another stitchback is writing (SB516); an interrupted
    write was not begun here (SB518).
    """
    top = repository.work_tree
    assert top is not None, "changes are written into a working tree"
    if not changes:
        return
    with _only_writer(repository) as writer:
        writer.finish_or_discard(top)
        _refuse_dirty(repository, [change for change in changes if change.path not in uncommitted])
        for change in changes:
            _refuse_unfit(top, change)
        writer.write(top, changes)


def recover(repository: Repository) -> bool:
    """Finishes a write that was killed after it was decided, and forgets one that was not. Whether anything was finished.

    Call it before a command that writes reads the working tree. Waits for another stitchback that is writing; raises
    EnvironmentProblem where that takes long (SB516), where a file has changed meanwhile (SB513: the tree is the old one then) or
    cannot be written (SB514), where the write was not begun here (SB518).
    """
    home, top = home_of(repository), repository.work_tree
    if top is None or not journal.is_open(home):
        return False
    with _only_writer(repository, PATIENCE) as writer:
        return writer.finish_or_discard(top)


def refuse_interrupted(repository: Repository) -> None:
    """For commands that only read. Raises EnvironmentProblem (SB519) where a write was interrupted between its files: the working
    tree may be neither the old one nor the new one. Waits for a stitchback that is writing (SB516)."""
    home = home_of(repository)
    if repository.work_tree is None or not journal.is_decided(home):
        return
    with _only_writer(repository, PATIENCE):
        if journal.is_decided(home):
            raise EnvironmentProblem(
                "SB519",
                "an earlier `stitchback apply` was interrupted while it wrote its files",
                hint="Run `stitchback apply` again: it finishes that write first.",
                evidence=(str(home / journal.DECIDED),),
            )


def home_of(repository: Repository) -> Path:
    """The folder of the tool's own below the git directory of this working tree."""
    return repository.git_dir / "stitchback"


@dataclass(frozen=True, slots=True)
class _Writer:
    """The only writer of the working tree: it holds the lock, and passes it to the finisher."""

    home: Path
    lock: int
    origin: str  # the branch and commit that are checked out

    def finish_or_discard(self, top: Path) -> bool:
        try:
            return journal.finish_or_discard(self.home, top, self.origin)
        except journal.ForeignJournal as reason:
            raise _foreign(self.home, str(reason)) from reason
        except journal.ChangedMeanwhile as disturbance:
            raise _moved(str(disturbance)) from disturbance
        except OSError as error:
            raise self._unwritable(error.strerror or str(error)) from error

    def write(self, top: Path, changes: Sequence[FileChange]) -> None:
        intents = {
            change.path: PlannedContents(change.before, change.after, _mode(top / change.path))
            for change in changes
        }
        try:
            journal.draft(self.home, intents, self.origin)
            finisher = self._finisher(top)
            journal.decide(self.home)
        except OSError as error:
            self.finish_or_discard(top)
            raise self._unwritable(error.strerror or str(error)) from error
        said, _ = finisher.communicate("go\n")
        if finisher.returncode == journal.DISTURBED:
            raise _moved(json.loads(said))
        self.finish_or_discard(top)  # nothing is left to do but where the finisher was killed
        if any(_content(top / change.path) != change.after for change in changes):
            raise self._unwritable(
                json.loads(said) if finisher.returncode == journal.FAILED else "it was not put in place"
            )

    def _finisher(self, top: Path) -> subprocess.Popen[str]:
        """It is there, and waits, before anything is decided. Raises OSError where it cannot be started."""
        command = [sys.executable, "-I", "-S", journal.__file__, str(self.home), str(top), self.origin]
        pipe, kept = subprocess.PIPE, (self.lock,) if os.name == "posix" else ()
        finisher = subprocess.Popen(
            command,
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            pass_fds=kept,
        )
        assert finisher.stdout is not None
        if finisher.stdout.readline() != "ready\n":
            raise OSError(0, f"{sys.executable} cannot be started a second time")
        return finisher

    def _unwritable(self, reason: str) -> EnvironmentProblem:
        if journal.is_open(self.home):
            hint = "Some files were written and could not be restored: free disk space, then run `stitchback apply` again, which finishes the write."
        else:
            hint = "Nothing was written."
        return EnvironmentProblem("SB514", f"the files cannot be written: {reason}", hint=hint)


@contextmanager
def _only_writer(repository: Repository, patience: float = 0.0) -> Iterator[_Writer]:
    """Holds the lock of the working tree; the operating system lets go of it when this process and its finisher have ended."""
    home = home_of(repository)
    try:
        journal.check_owned(home)
        home.mkdir(parents=True, exist_ok=True)
        handle = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
    except journal.ForeignJournal as reason:
        raise _foreign(home, str(reason)) from reason
    except OSError as error:
        raise EnvironmentProblem(
            "SB514", f"{home} cannot be written: {error.strerror}", hint="Nothing was written."
        ) from error
    try:
        _lock(handle, time.monotonic() + patience)
        yield _Writer(home, handle, _origin(repository))
    finally:
        os.close(handle)


def _origin(repository: Repository) -> str:
    """The branch that is checked out and its commit; "" for what there is not."""
    return f"{repository.head_branch() or ''} {repository.head_commit() or ''}"


def _foreign(home: Path, reason: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        "SB518",
        f"stitchback does not use {home}: {reason}",
        hint=f"Nothing was written. If you do not know what is in it, remove it: rm -r {home}",
    )


def _lock(handle: int, deadline: float) -> None:
    if os.name != "posix":
        return  # no flock on this system: concurrent writers are detected by changed files
    import fcntl

    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise EnvironmentProblem(
                    "SB516",
                    "another stitchback is writing into this working tree",
                    hint="Wait until it has ended, and run the command again.",
                ) from error
        time.sleep(0.02)


def _refuse_dirty(repository: Repository, changes: Sequence[FileChange]) -> None:
    """Tracked files with uncommitted changes, but for what git itself has brought; what git does not know yet may only be made, not
    overwritten."""
    refuse_dirty(repository, (change.path for change in changes if change.before is not None))


def refuse_dirty(repository: Repository, paths: Iterable[str]) -> None:
    """Raises EnvironmentProblem (SB512) where one of these files has uncommitted changes."""
    dirty = repository.dirty_paths(paths)
    if dirty:
        raise EnvironmentProblem(
            "SB512",
            f"{dirty[0]} has uncommitted changes",
            hint="Commit or stash them first, or use --branch NAME to leave the working tree alone.",
            evidence=dirty,
        )


def _refuse_unfit(top: Path, change: FileChange) -> None:
    target = top / change.path
    if not journal.is_inside(top, change.path):
        raise EnvironmentProblem(
            "SB515", f"{change.path} leads out of the working tree", hint="Nothing was written."
        )
    folder = next(place for place in target.parents if place.exists())  # those below it will be created
    if not folder.is_dir() or (target.exists() and not target.is_file()):
        raise EnvironmentProblem(
            "SB514",
            f"{change.path} cannot be written: a file has the name of its folder, or a folder has its name",
            hint="Nothing was written.",
        )
    now = _content(target)
    if now is None and change.before is not None:
        raise EnvironmentProblem(
            "SB513",
            f"{change.path} is not in the working tree",
            hint="Nothing was written. If the checkout is sparse, run `git sparse-checkout add FOLDER`, or use --branch NAME.",
        )
    if now != change.before:
        raise _moved(change.path)
    if not os.access(folder, os.W_OK | os.X_OK) or (now is not None and not os.access(target, os.W_OK)):
        raise EnvironmentProblem(
            "SB514", f"{change.path} cannot be written: permission denied", hint="Nothing was written."
        )


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _mode(target: Path) -> int:
    """The mode that the file has, or that a new file gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _moved(path: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        "SB513", f"{path} has changed since it was read", hint="Nothing was written. Run the command again."
    )
