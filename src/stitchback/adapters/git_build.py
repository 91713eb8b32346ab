"""Makes a git repository from commits that are given as values: the same SHAs on every machine, at every time.

`stitchback demo` and the fixture repositories of the tests are made here. Nothing of the machine's git configuration
counts: own HOME, no system configuration, fixed author, fixed dates, no template (so no hooks).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stitchback.adapters.git_process import Git
from stitchback.errors import EnvironmentProblem

AUTHOR = "Fixture <fixture@example.com>"
FIRST_COMMIT = 1704067200  # 2024-01-01T00:00:00Z; every commit is an hour later than the one before it
HOUR = 3600

CONFIGURATION = """\
[user]
\tname = Fixture
\temail = fixture@example.com
[commit]
\tgpgsign = false
[tag]
\tgpgsign = false
[core]
\tautocrlf = false
[gc]
\tauto = 0
"""


@dataclass(frozen=True, slots=True)
class BuildCommit:
    """One commit: its whole content, not what it changes.

    `start` is the id of the commit that a new branch begins at; None: the branch goes on, or begins at a root of its own.
    `merges`: ids of commits, or names of branches as they stand then, that become further parents.
    """

    id: str
    branch: str
    files: Mapping[str, bytes]
    message: str
    start: str | None = None
    merges: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(slots=True)
class _Stream:
    """What `git fast-import` reads, as it grows. Marks count from 1; a commit's mark is kept by its id."""

    parts: list[bytes] = field(default_factory=list)
    marks: int = 0
    blobs: dict[bytes, int] = field(default_factory=dict)
    commits: dict[str, int] = field(default_factory=dict)
    tips: dict[str, int] = field(default_factory=dict)  # branch -> mark of its last commit

    def next_mark(self) -> int:
        self.marks += 1
        return self.marks

    def write_line(self, line: str) -> None:
        self.parts.append(line.encode() + b"\n")

    def data(self, content: bytes) -> None:
        self.parts.extend((b"data %d\n" % len(content), content, b"\n"))

    def blob(self, content: bytes) -> int:
        if content not in self.blobs:
            self.blobs[content] = self.next_mark()
            self.write_line("blob")
            self.write_line(f"mark :{self.blobs[content]}")
            self.data(content)
        return self.blobs[content]


def build(commits: Sequence[BuildCommit], destination: Path, *, checkout: str) -> dict[str, str]:
    """The repository at `destination` (made, or empty), `checkout` checked out; commit id -> SHA.

    Raises ValueError where the commits contradict each other, EnvironmentProblem where git fails.
    """
    stream = _Stream()
    for number, commit in enumerate(commits):
        _add_commit(stream, commit, date=FIRST_COMMIT + number * HOUR)
    git, environment = _create(destination), _nobodys(destination)
    marks = destination / ".git" / "marks"
    arguments = ("fast-import", "--quiet", "--done", f"--export-marks={marks}")
    git.run(*arguments, stdin=_closed(stream), environment=environment)
    lines = marks.read_text(encoding="ascii").split()
    marks.unlink()
    shas = {int(mark[1:]): sha for mark, sha in zip(lines[::2], lines[1::2], strict=True)}
    git.run("checkout", "--quiet", checkout, "--", environment=environment)
    return {name: shas[mark] for name, mark in stream.commits.items()}


def hermetic_environment(home: Path) -> dict[str, str]:
    """The process environment without git's variables and without anybody's configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {
        **kept,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        "TZ": "UTC",
    }


def _nobodys(destination: Path) -> dict[str, str]:
    """The same, where what the user's own variables say about dates and configuration is overridden as well."""
    fixed = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), f"{FIRST_COMMIT} +0000")
    return {**hermetic_environment(destination / ".git"), **fixed, "GIT_CONFIG_COUNT": "0"}


def _add_commit(stream: _Stream, commit: BuildCommit, *, date: int) -> None:
    if commit.id in stream.commits:
        raise ValueError(f"two commits are called {commit.id!r}")
    parents = tuple(_parents(stream, commit))
    marks = [(path, stream.blob(content)) for path, content in sorted(commit.files.items())]
    mark = stream.commits[commit.id] = stream.next_mark()
    if not parents:
        stream.write_line(f"reset refs/heads/{commit.branch}")
    stream.write_line(f"commit refs/heads/{commit.branch}")
    stream.write_line(f"mark :{mark}")
    stream.write_line(f"author {AUTHOR} {date} +0000")
    stream.write_line(f"committer {AUTHOR} {date} +0000")
    stream.data(commit.message.encode() + b"\n")
    for keyword, parent in zip(("from", *("merge" for _ in parents)), parents, strict=False):
        stream.write_line(f"{keyword} :{parent}")
    stream.write_line("deleteall")
    for path, blob in marks:
        stream.write_line(f"M 100644 :{blob} {quoted(path)}")
    stream.write_line("")
    stream.tips[commit.branch] = mark
    for tag in commit.tags:
        stream.write_line(f"reset refs/tags/{tag}")
        stream.write_line(f"from :{mark}\n")


def _parents(stream: _Stream, commit: BuildCommit) -> Iterator[int]:
    """Marks of the parents: where the branch stands, or begins; then what is merged."""
    tip = stream.tips.get(commit.branch)
    if commit.start is None:
        if tip is not None:
            yield tip
    elif tip is not None and stream.commits.get(commit.start) != tip:
        raise ValueError(f"{commit.id}: {commit.branch} exists already and is not at {commit.start!r}")
    else:
        yield _mark_of(stream, commit, commit.start)
    for merged in commit.merges:
        yield _mark_of(stream, commit, merged)


def _mark_of(stream: _Stream, commit: BuildCommit, name: str) -> int:
    mark = stream.commits.get(name) or stream.tips.get(name)
    if mark is None:
        raise ValueError(f"{commit.id}: no commit or branch {name!r} before it")
    return mark


def quoted(path: str) -> str:
    """A path as `git fast-import` reads it: any bytes (surrogate-escaped in the text) in a C-style string."""
    raw = path.encode("utf-8", "surrogateescape")
    inner = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in raw)
    return f'"{inner}"'


def _closed(stream: _Stream) -> bytes:
    return b"".join((*stream.parts, b"done\n"))


def _create(destination: Path) -> Git:
    if destination.exists() and any(destination.iterdir()):
        raise EnvironmentProblem(
            "SB501",
            f"{destination} is not empty",
            hint="Give a folder that is empty or does not exist yet.",
        )
    destination.mkdir(parents=True, exist_ok=True)
    git = Git(destination)
    arguments = ("--quiet", "--template=", "--object-format=sha1", "--initial-branch=main", ".")
    git.run("init", *arguments, environment=_nobodys(destination))
    with (destination / ".git" / "config").open("a", encoding="utf-8") as config:
        config.write(CONFIGURATION)
    return git
