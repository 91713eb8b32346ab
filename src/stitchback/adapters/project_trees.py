"""Folders with the content of a commit, for a project to be run in. The repository and its work tree stay as they are."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from stitchback.errors import EnvironmentProblem


def export_tree(repository: Path, commit: str, destination: Path) -> Path:
    """The files of that commit at `destination`, as a checkout would write them (line ends and filters too; hooks are not run).

    An index of its own is used: no entry under `.git/worktrees`, so that deleting the folder is all there is to clean up, and none
    of what `git archive` leaves out (`export-ignore`). Submodules stay empty, as in a fresh clone.
    """
    destination.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "GIT_INDEX_FILE": str(Path(folder) / "index")}
        _git(repository, environment, "read-tree", commit)
        _git(
            repository,
            environment,
            "checkout-index",
            "--all",
            "--force",
            f"--prefix={destination.resolve()}/",
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


def _git(repository: Path, environment: Mapping[str, str], *arguments: str) -> None:
    done = subprocess.run(
        ["git", *arguments], cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise EnvironmentProblem("SB522", f"git {arguments[0]} failed in {repository}: {done.stderr.strip()}")
