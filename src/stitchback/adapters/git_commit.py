"""Writes a commit on a branch that is not checked out, and a commit's files into a folder.

The commit is made with a separate index, so neither the working tree nor the repository's index is changed. The branch is updated last, and only if
it has not moved since it was read.
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path

from stitchback.adapters import git_refs
from stitchback.adapters.git_process import Git, decode, encode, git_message
from stitchback.errors import EnvironmentProblem

FILE, EXECUTABLE = "100644", "100755"
Entry = tuple[str, str]  # mode, object id


def commit_to_branch(
    git: Git,
    git_dir: Path,
    branch: str,
    contents: Mapping[str, bytes | None],
    message: str,
    expected_parent: str,
) -> str:
    """The new commit's SHA; `expected_parent` itself where the contents change nothing of it.

    `contents`: path -> bytes, or None where the file goes away. The branch must stand at `expected_parent`, or be new.
    Raises EnvironmentProblem (SB508): a branch that moved, is checked out, is no valid name; a path that git does not take.
    """
    name = _branch_ref(git, branch)
    before = git_refs.parse(git, name)
    if before not in (None, expected_parent):
        if _says(git, before, expected_parent, message):
            raise _written_before(branch, before, message)
        raise _moved(branch, expected_parent, before)
    _refuse_checked_out(git, name, branch)
    commit = _commit(git, git_dir, contents, message, expected_parent)
    _move(git, name, branch, commit, before)
    return commit


def put_back(git: Git, branch: str, commit: str, before: str | None) -> None:
    """Undoes `commit_to_branch`: the branch is at `before` again, or gone where that is None. Raises EnvironmentProblem (SB508) where it is
    not at the commit any more."""
    name = _branch_ref(git, branch)
    change = ("-d", name, commit) if before is None else (name, before, commit)
    if git.run("update-ref", "-m", "stitchback: put back", *change, accept=(0, 1, 128)).code:
        raise _moved(branch, commit, git_refs.parse(git, name))


def _branch_ref(git: Git, branch: str) -> str:
    name = f"refs/heads/{branch}"
    valid = "\0" not in branch and git.run("check-ref-format", name, accept=(0, 1)).code == 0
    if not valid or branch.startswith("-") or branch == "HEAD":
        raise EnvironmentProblem(
            "SB508", f"{branch!r} is not a valid branch name", hint="Use --branch with another name."
        )
    return name


def _refuse_checked_out(git: Git, name: str, branch: str) -> None:
    place = git.run("for-each-ref", "--format=%(worktreepath)", name).line
    unborn = git.run("symbolic-ref", "--quiet", "HEAD", accept=(0, 1)).line == name
    if place or unborn:
        raise EnvironmentProblem(
            "SB508",
            f"{branch} is checked out in {place or git.directory}",
            hint="Give another branch with --branch, or check out another one there.",
        )


def _commit(git: Git, git_dir: Path, contents: Mapping[str, bytes | None], message: str, parent: str) -> str:
    before = _listing(git, parent)
    wanted = _wanted(git, before, contents)
    if wanted == before:
        return parent
    tree = _write_tree(git, git_dir, parent, {path: wanted.get(path) for path in contents})
    written = _listing(git, tree)
    if (
        written != wanted
    ):  # git passes over `../x` and `.git/x` with a remark, and puts a file in a folder's place
        refused = sorted(path for path in {*written, *wanted} if written.get(path) != wanted.get(path))
        raise EnvironmentProblem(
            "SB508", f"git does not accept the path {refused[0]!r}", evidence=tuple(map(repr, refused))
        )
    done = git.run("commit-tree", "-p", parent, "-F", "-", tree, stdin=message.encode(), accept=(0, 128))
    if done.code:
        hint = "Run `git config user.name NAME` and `git config user.email EMAIL`."
        raise EnvironmentProblem("SB508", "git cannot make the commit", hint=hint, evidence=git_message(done))
    return done.line


def _wanted(git: Git, before: Mapping[str, Entry], contents: Mapping[str, bytes | None]) -> dict[str, Entry]:
    """The whole listing afterwards; a file that is there keeps its mode."""
    wanted = dict(before)
    for path, content in contents.items():
        if content is None:
            wanted.pop(path, None)
        else:
            blob = git.run("hash-object", "-w", "-t", "blob", "--stdin", stdin=content).line
            mode = before[path][0] if path in before else FILE
            wanted[path] = (mode if mode in (FILE, EXECUTABLE) else FILE, blob)
    return wanted


def _write_tree(git: Git, git_dir: Path, parent: str, changes: Mapping[str, Entry | None]) -> str:
    """The tree's id, made in an index that is thrown away."""
    absent = ("0", "0" * len(parent))
    lines = [
        " ".join(entry or absent).encode() + b"\t" + encode(path) + b"\0" for path, entry in changes.items()
    ]
    with tempfile.TemporaryDirectory(prefix="stitchback-", dir=git_dir) as folder:
        environment = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git.run("read-tree", parent, environment=environment)
        git.run("update-index", "-z", "--index-info", stdin=b"".join(lines), environment=environment)
        return git.run("write-tree", environment=environment).line


def _listing(git: Git, tree: str) -> dict[str, Entry]:
    listed = git.run("ls-tree", "-r", "-z", "--full-tree", tree).stdout.split(b"\0")[:-1]
    rows = (line.partition(b"\t") for line in listed)
    return {decode(path): (decode(meta[:6]), decode(meta.rpartition(b" ")[2])) for meta, _, path in rows}


def _move(git: Git, name: str, branch: str, commit: str, before: str | None) -> None:
    old = before or "0" * len(commit)
    done = git.run("update-ref", "-m", "stitchback", name, commit, old, accept=(0, 1, 128))
    if done.code:
        now = git_refs.parse(git, name)
        if now != before:
            raise _moved(branch, before, now)
        raise EnvironmentProblem("SB508", f"{branch} could not be moved", evidence=git_message(done))


def _says(git: Git, commit: str, parent: str, message: str) -> bool:
    """Whether the commit has this parent and this message."""
    said = decode(git.run("log", "-1", "--format=%P%n%B", commit).stdout)
    return said.rstrip("\n") == f"{parent}\n{message}".rstrip("\n")


def _written_before(branch: str, commit: str, message: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        "SB508",
        f"{branch} already has the commit of an earlier `apply`: {commit[:12]} {message.strip()}",
        hint="Merge that commit, or delete the branch and run the command again:",
        example=(f"git merge {shlex.quote(branch)}", f"git branch -D {shlex.quote(branch)}"),
    )


def _moved(branch: str, expected: str | None, now: str | None) -> EnvironmentProblem:
    was, stands = (f"at {sha[:12]}" if sha else "missing" for sha in (expected, now))
    return EnvironmentProblem(
        "SB508",
        f"{branch} is {stands}, and was {was} when stitchback read it",
        hint="It was moved meanwhile. Run the command again, or give another branch.",
    )


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
