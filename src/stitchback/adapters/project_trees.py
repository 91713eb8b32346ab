"""Folders with the content of a commit, for a project to be run in. The repository and its work tree stay as they are."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from stitchback.adapters.git_process import Git, git_message
from stitchback.errors import EnvironmentProblem


def export_tree(repository: Path, commit: str, destination: Path) -> Path:
    """The files of that commit at `destination`, with the line ends that a checkout would write. No hook and no filter is run.

    An index of its own is used: no entry under `.git/worktrees`, so that deleting the folder is all there is to clean up, and none
    of what `git archive` leaves out (`export-ignore`). Submodules stay empty, as in a fresh clone.
    """
    destination.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent) as folder:
        git = Git(repository)
        environment = {**git.unfiltered(), "GIT_INDEX_FILE": str(Path(folder) / "index")}
        prefix = f"--prefix={destination.resolve()}/"
        for arguments in (("read-tree", commit), ("checkout-index", "--all", "--force", prefix)):
            done = git.run(*arguments, environment=environment, accept=tuple(range(256)))
            if done.code:
                raise EnvironmentProblem(
                    "SB522", f"git {arguments[0]} failed in {repository}", evidence=git_message(done)
                )
    return destination


def lay_over(tree: Path, files: Mapping[str, bytes | None]) -> None:
    """Writes the files (path relative to the tree, posix -> bytes; None: deleted) into an exported tree."""
    for name, content in sorted(files.items()):
        path = tree / name
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
