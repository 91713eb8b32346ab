"""Entries in a git tree that git's own commands would not make: names with `..` or `/`, links to anywhere.

The tree objects are written as bytes. Somebody who pushes a branch can do as much.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from stitchback.adapters.git_build import hermetic_environment

FILE = b"100644"
FOLDER = b"40000"
SYMLINK = b"120000"
SUBMODULE = b"160000"

Entry = tuple[bytes, bytes, str]  # mode, name, object id


def git(repository: Path, *arguments: str, stdin: bytes = b"", date: str = "1704110400 +0000") -> bytes:
    """What git prints. `date` is the author's and the committer's."""
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    environment = {**hermetic_environment(repository / ".git"), **dates}
    done = subprocess.run(
        ["git", *arguments], cwd=repository, input=stdin, capture_output=True, env=environment, check=True
    )
    return done.stdout


def graft(repository: Path, branch: str, *entries: tuple[str, bytes, bytes]) -> None:
    """One more commit on the branch, with these (path of the folder/name, mode, content) put in.

    The last part of a path is whatever follows the first ` -> `, byte for byte, so that it can hold slashes.
    """
    root = _object(repository, f"{branch}^{{tree}}")
    for path, mode, content in entries:
        folder, _, name = path.partition(" -> ")
        root = _put(
            repository, root, folder.split("/"), name.encode("utf-8", "surrogateescape"), mode, content
        )
    commit = git(repository, "commit-tree", root, "-p", branch, "-m", "More files").decode().strip()
    git(repository, "update-ref", f"refs/heads/{branch}", commit)


def _object(repository: Path, name: str) -> str:
    return git(repository, "rev-parse", "--verify", name).decode().strip()


def _put(repository: Path, tree: str, folders: list[str], name: bytes, mode: bytes, content: bytes) -> str:
    """The id of the tree with the entry in it; folders that it lacks are made."""
    entries = [] if not tree else _entries(git(repository, "cat-file", "tree", tree))
    if not folders:
        if mode == SUBMODULE:
            return _write_tree(repository, [*entries, (mode, name, content.decode())])
        blob = git(repository, "hash-object", "-w", "--stdin", stdin=content).decode().strip()
        return _write_tree(
            repository, [*(entry for entry in entries if entry[1] != name), (mode, name, blob)]
        )
    first = folders[0].encode()
    below = next((identity for found, at, identity in entries if found == FOLDER and at == first), "")
    inner = _put(repository, below, folders[1:], name, mode, content)
    return _write_tree(
        repository, [*(entry for entry in entries if entry[1] != first), (FOLDER, first, inner)]
    )


def _entries(raw: bytes) -> list[Entry]:
    found: list[Entry] = []
    while raw:
        head, _, rest = raw.partition(b"\0")
        mode, _, name = head.partition(b" ")
        found.append((mode, name, rest[:20].hex()))
        raw = rest[20:]
    return found


def _write_tree(repository: Path, entries: list[Entry]) -> str:
    """Sorted as git sorts: a folder's name as if it ended in a slash."""
    ordered = sorted(entries, key=lambda entry: entry[1] + (b"/" if entry[0] == FOLDER else b""))
    raw = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(identity) for mode, name, identity in ordered)
    arguments = ("hash-object", "-t", "tree", "--literally", "-w", "--stdin")
    return git(repository, *arguments, stdin=raw).decode().strip()
