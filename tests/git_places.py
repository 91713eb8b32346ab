"""What the tests of git share: commits in one line, git itself, names that hurt."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from stitchback.adapters.git import Repository
from stitchback.adapters.git_build import BuildCommit

ODD_NAMES = {
    'quo"te.py': b"1\n",
    "new\nline.py": b"2\n",
    "tab\tand back\\slash.py": b"3\n",
    "..hidden/..x..py": b"4\n",
    "umlaut-\u00e4.py": b"5\n",
    "latin-\udce4.py": b"6\n",  # the byte 0xe4, which is no UTF-8
    ":(top)magic*.py": b"7\n",
    " -dash.py": b"8\n",
}


Make = Callable[..., tuple[Repository, dict[str, str]]]


def commit(name: str, branch: str = "main", start: str | None = None, **more: object) -> BuildCommit:
    files = more.pop("files", None) or {"shared.py": b"shared\n", f"{name}.py": name.encode()}
    return BuildCommit(name, branch, files, name, start=start, **more)  # type: ignore[arg-type]


def git(place: Path, *arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(["git", *arguments], cwd=place, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def top(repository: Repository) -> Path:
    assert repository.work_tree is not None
    return repository.work_tree
