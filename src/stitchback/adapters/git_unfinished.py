"""What git has begun in the working tree and not finished: a merge, a rebase, a cherry-pick; and files with conflicts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from stitchback.adapters import git_refs
from stitchback.adapters.git_process import Git
from stitchback.model.files import Kind, Unfinished

MOST_BYTES = 10_000  # of a file that names commits
SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MARKER = re.compile(rb"(?m)^(?:<<<<<<<|>>>>>>>)(?: |\r?$)")
_MARKER_LINE = re.compile(rb"(?:<{7}|>{7}|\|{7}|={7})(?: |\r?$)")


def unfinished(git: Git, git_dir: Path) -> Unfinished | None:
    """As `git status` reports it (wt-status.c, wt_status_get_state): a rebase hides the cherry-picks of which it consists."""
    head = git_refs.parse(git, "HEAD^{commit}")
    if head is None:
        return None
    for folder in ("rebase-merge", "rebase-apply"):
        if (git_dir / folder / "onto").is_file():
            return _rebase(git, git_dir, git_dir / folder)
    merged = tuple(each for each in _commits(git, git_dir / "MERGE_HEAD") if each != head)
    if merged:
        return Unfinished(Kind.MERGE, merged, head)
    picked = git_refs.parse(git, "CHERRY_PICK_HEAD^{commit}")
    return Unfinished(Kind.CHERRY_PICK, (picked,), head) if picked else None


def _rebase(git: Git, git_dir: Path, folder: Path) -> Unfinished | None:
    """The commit that is being replayed; where the rebase stopped between two commits, the branch as it was before."""
    onto = _commits(git, folder / "onto")
    places = (git_dir / "REBASE_HEAD", folder / "stopped-sha", folder / "orig-head")
    heads = next((found for place in places if (found := _commits(git, place))), ())
    if not onto or not heads:
        return None
    whole = _commits(git, folder / "orig-head")
    return Unfinished(Kind.REBASE, heads[:1], onto[0], whole[0] if whole else None)


def _commits(git: Git, place: Path) -> tuple[str, ...]:
    """The commits that a file of git's names, one a line; none where there is no such file, or they are no commits here."""
    if place.is_symlink() or not place.is_file():
        return ()
    with place.open("rb") as file:
        lines = file.read(MOST_BYTES).decode("ascii", "replace").split()
    names = [line for line in lines if SHA.fullmatch(line)]
    return tuple(
        found for found in git_refs.parse_all(git, *(f"{name}^{{commit}}" for name in names)) if found
    )


def has_conflict_markers(content: bytes) -> bool:
    """Whether both the beginning and the end of a conflict are there."""
    kinds = {match.group()[:1] for match in _MARKER.finditer(content)}
    return kinds == {b"<", b">"}


def is_as_git_left_it(content: bytes, versions: Iterable[bytes]) -> bool:
    """Whether each line of a file with conflict markers is a marker or stands in one of the versions that git was merging: then nothing
    is in it that a person wrote and that would be lost."""
    known = {line.rstrip(b"\r\n") for version in versions for line in version.splitlines()}
    return all(
        _MARKER_LINE.match(line) or line.rstrip(b"\r\n") in known
        for line in content.splitlines(keepends=True)
    )
