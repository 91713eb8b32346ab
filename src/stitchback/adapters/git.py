"""The one door to git: a repository, its refs, its files at a commit, in the index and on disk, and what is written to it.

GitPython starts the `git` processes: reading 5,000 blobs takes one `ls-tree` and one `cat-file --batch` (FACTS, Speed), and
what such a process may touch is decided in one place (`git_process`). Nothing is fetched, checked out or run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from types import TracebackType

from stitchback.adapters import git_commit, git_refs, git_unfinished, git_worktree
from stitchback.adapters.git_objects import BlobEntry, Blobs, ObjectFiles, tree_files
from stitchback.adapters.git_process import Git, decode, git_message, refuse_special_files
from stitchback.adapters.git_refs import MergePoint, Ref
from stitchback.adapters.git_worktree import DiskFile, DiskFiles
from stitchback.errors import EnvironmentProblem
from stitchback.model.files import Unfinished
from stitchback.model.findings import Finding, Severity

WORKTREE = "WORKTREE"
INDEX = "INDEX"

__all__ = [
    "INDEX",
    "WORKTREE",
    "BlobEntry",
    "DiskFile",
    "DiskFiles",
    "MergePoint",
    "ObjectFiles",
    "Ref",
    "Repository",
]


@dataclass(slots=True)
class Repository:
    """One repository. `work_tree` is None for a bare one; paths of files are relative to its top, posix.

    What a person should know about a choice that was made for him is in `findings` (SB506, SB507). Use it as a
    context manager, or close it: it holds a git process.
    """

    git_dir: Path
    common_dir: Path
    work_tree: Path | None
    is_shallow: bool
    object_format: str
    _git: Git
    _blobs: Blobs
    _findings: dict[Finding, None] = field(default_factory=dict)
    _commits: set[str] = field(default_factory=set)  # that were resolved: a full SHA means itself

    @classmethod
    def open(cls, directory: Path | str = ".") -> Repository:
        """The repository that the directory lies in. Raises EnvironmentProblem (SB500, SB502)."""
        refuse_special_files(Path(directory))
        here = Git(Path(directory))
        asked = (
            "--is-inside-work-tree",
            "--is-shallow-repository",
            "--show-object-format",
            "--absolute-git-dir",
        )
        done = here.run("rev-parse", *asked, accept=(0, 128))
        if done.code:
            raise _not_a_repository(here.directory, git_message(done))
        inside, is_shallow, object_format, git_dir = done.line.split("\n", 3)
        common = here.run("rev-parse", "--path-format=absolute", "--git-common-dir").line
        top = Path(here.run("rev-parse", "--show-toplevel").line) if inside == "true" else None
        git = Git(top or Path(git_dir))
        return cls(Path(git_dir), Path(common), top, is_shallow == "true", object_format, git, Blobs(git))

    def __enter__(self) -> Repository:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._blobs.close()

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(sorted(self._findings, key=lambda finding: finding.sort_key))

    # Refs

    def resolve(self, ref: str) -> str:
        """The SHA of the commit that git resolves the name to; see `git_refs.resolve_with_namesakes`. A name of several refs is reported (SB507)."""
        if ref in self._commits:
            return ref
        commit, names = git_refs.resolve_with_namesakes(self._git, ref)
        self._commits.add(commit)
        if names and ref not in (commit, "HEAD"):
            self._note(
                "SB507", ref, f"{ref} is {' and '.join(names)}; stitchback uses {_meant(names)}, as git does"
            )
        return commit

    def head_branch(self) -> str | None:
        """The branch that is checked out, also one without a commit yet; None where HEAD is detached."""
        name = self._git.run("symbolic-ref", "--quiet", "HEAD", accept=(0, 1)).line
        return name.removeprefix("refs/heads/") or None

    def head_commit(self) -> str | None:
        """The commit that is checked out; None where there is none yet."""
        return git_refs.parse(self._git, "HEAD^{commit}")

    def is_checked_out(self, ref: str) -> bool:
        """Whether the name is that of what is checked out: HEAD, its branch, or where HEAD is detached its very commit."""
        if self.work_tree is None:
            return False
        if ref in ("HEAD", "@"):
            return True
        branch = self.head_branch()
        if branch is not None:
            return git_refs.full_name(self._git, ref) == f"refs/heads/{branch}"
        return git_refs.parse(self._git, f"{ref}^{{commit}}") == git_refs.parse(self._git, "HEAD^{commit}")

    def tags(self, pattern: str = "*") -> tuple[Ref, ...]:
        """Tags of commits by a glob over their names ("v2.*"; "*" goes across "/"), oldest version first."""
        refs = git_refs.refs(self._git)
        return tuple(ref for ref in refs if ref.kind == "tag" and fnmatchcase(ref.name, pattern))

    def branches(self) -> tuple[Ref, ...]:
        """Branches, then remote-tracking branches (`origin/main`)."""
        return tuple(ref for ref in git_refs.refs(self._git) if ref.kind != "tag")

    def has_branch(self, name: str) -> bool:
        """Whether there is a local branch of that name."""
        return any(ref.kind == "branch" and ref.name == name for ref in git_refs.refs(self._git))

    def default_branch(self) -> str | None:
        """The branch to which HEAD of a remote points (`origin/main`), of origin before others; None where no remote has that."""
        return git_refs.default_branch(self._git)

    def unfinished(self) -> Unfinished | None:
        """The merge, rebase or cherry-pick that is going on in the working tree."""
        return None if self.work_tree is None else git_unfinished.unfinished(self._git, self.git_dir)

    def all_refs(self) -> tuple[Ref, ...]:
        """Branches, remote-tracking branches and tags, in the order of their versions."""
        return git_refs.refs(self._git)

    def which_have(self, commits: Iterable[str], paths: Iterable[str]) -> dict[str, frozenset[str]]:
        """Each commit -> those of the paths that it has."""
        return git_refs.which_have(self._git, tuple(commits), tuple(paths))

    def refs_with(self, path: str, blob: str) -> tuple[tuple[str, str], ...]:
        """Names and commits of the refs that have that very file: branches, remote-tracking branches, tags; then the commit that git
        left behind by a rebase (ORIG_HEAD), by its abbreviated commit, and the newest stash."""
        return git_refs.refs_with(self._git, path, blob)

    def paths_naming(self, words: Iterable[str]) -> tuple[str, ...]:
        """Tracked files of the working tree in which one of the words stands, sorted."""
        asked = [part for word in dict.fromkeys(words) for part in ("-e", word)]
        if not asked:
            return ()
        arguments = ("grep", "-l", "-z", "-I", "-F", "-w", "--full-name", *asked)
        done = self._git.run(*arguments, environment=self._git.unfiltered(), accept=(0, 1))
        return tuple(sorted(decode(path) for path in set(done.stdout.split(b"\0")[:-1])))

    # History

    def merge_base(self, one: str, other: str) -> str:
        """The newest of the best common ancestors of two commits. Several best ones are reported (SB506).

        Raises EnvironmentProblem: none (SB505), a shallow clone (SB503).
        """
        if one == other:
            return one
        found = self.merge_bases(one, other)
        if not found:
            raise git_refs.no_common_history(one, other)
        if len(found) > 1:
            rest = ", ".join(sha[:12] for sha in found[1:])
            self._note(
                "SB506",
                "",
                f"the branches have several merge bases; stitchback uses {found[0][:12]}, not {rest}",
            )
        return found[0]

    def merge_bases(self, one: str, other: str) -> tuple[str, ...]:
        """All best common ancestors, the newest first. Raises EnvironmentProblem (SB503) in a shallow clone."""
        self._need_history("the fork point of two branches")
        return git_refs.merge_bases(self._git, one, other)

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """As git counts: a commit is its own ancestor. Raises EnvironmentProblem (SB503) in a shallow clone."""
        if ancestor == descendant:
            return True
        self._need_history("whether a branch is merged")
        done = self._git.run("merge-base", "--is-ancestor", ancestor, descendant, accept=(0, 1))
        return done.code == 0

    def first_merge_of(self, patch: str, onto: str) -> MergePoint | None:
        """The oldest commit of onto's first-parent line that holds the patch's tip, and mainline right before it: the
        fork point of a branch that git has merged is the merge base of `patch` and `before`.

        None where it is not merged, or nothing was merged because the tip lies on that line itself (a fast-forward).
        """
        self._need_history("where a branch was merged")
        return git_refs.first_merge_of(self._git, patch, onto)

    def commits_of_paths(self, onto: str, paths: Iterable[str]) -> tuple[tuple[str, str | None], ...]:
        """The commits of onto's first-parent line that changed one of these files, newest first, each with its first parent (None: it has
        none). Raises EnvironmentProblem (SB503) in a shallow clone."""
        self._need_history("when a file was added to mainline")
        return git_refs.commits_of_paths(self._git, onto, paths)

    def merges_of(self, onto: str, most: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The merges of onto's first-parent line, newest first, each with its parents. Raises EnvironmentProblem (SB503) in a shallow
        clone."""
        self._need_history("what was merged")
        return git_refs.merges_of(self._git, onto, most)

    def last_commit_with(self, name: str) -> tuple[str, str] | None:
        """The newest commit of all histories that brought or changed a file of that name, and a ref that has it in its history."""
        commit = git_refs.last_commit_with(self._git, name)
        return None if commit is None else (commit, git_refs.ref_over(self._git, commit) or commit[:12])

    # Files

    def last_before(self, date: str) -> str | None:
        """The last commit before that day (YYYY-MM-DD) of what is checked out; None if there is none. Raises EnvironmentProblem for a
        shallow clone (SB507)."""
        self._need_history(f"which commit is the last before {date}")
        head = self.head_commit()
        return git_refs.last_before(self._git, head, date) if head is not None else None

    def files(self, ref: str) -> ObjectFiles | DiskFiles:
        """Path -> file of a commit (by any name), of "INDEX" or of "WORKTREE". Unmerged paths are none of the index's."""
        match ref:
            case "WORKTREE":
                return git_worktree.working_files(
                    self._git, self._need_work_tree(), self.common_dir, self._blobs, self.object_format
                )
            case "INDEX":
                return git_worktree.index_files(self._git, self._blobs)
            case _:
                return tree_files(self._git, self.resolve(ref), self._blobs)

    def read_blob(self, blob: str) -> bytes:
        """Raises EnvironmentProblem (SB503) where the repository does not have it."""
        return self._blobs.read(blob)

    def unmerged_paths(self) -> tuple[str, ...]:
        """Paths that have a conflict in the index, sorted."""
        return tuple(sorted({line.path for line in git_worktree.index_lines(self._git) if line.stage}))

    def theirs(self) -> dict[str, str]:
        """Paths that have a conflict in the index -> git's id of the version that is brought, sorted by path."""
        lines = git_worktree.index_lines(self._git)
        return {line.path: line.blob for line in sorted(lines) if line.stage == git_worktree.THEIRS}

    def prefetch(self, blobs: Iterable[str]) -> None:
        """Reads these with one git process, as a cache for `read_blob` and `BlobEntry.read`."""
        self._blobs.prefetch(blobs)

    def dirty_paths(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of the paths whose content on disk or in the index is not HEAD's: changed, staged, deleted, untracked, ignored too. In the
        middle of a merge, rebase or cherry-pick what git itself has brought is not among them."""
        root, going_on = self._need_work_tree(), self.unfinished()
        return git_worktree.dirty_paths(self._git, root, tuple(paths), going_on.heads if going_on else ())

    def adds_nothing(self, folders: Iterable[str]) -> bool:
        """Whether `git add` of these folders leaves nothing to commit: the index is then as HEAD."""
        return git_worktree.adds_nothing(self._git, tuple(folders))

    # Writing

    def keep(self, content: bytes) -> str:
        """git's id of the bytes, which it holds from now on: `git cat-file -p` prints them, until `git gc` finds them two weeks old."""
        return self._git.run("hash-object", "-w", "--stdin", "--no-filters", stdin=content).line

    def commit_to_branch(
        self, branch: str, contents: Mapping[str, bytes | None], message: str, expected_parent: str
    ) -> str:
        """The new commit on a branch that stands at `expected_parent` or is new; see `git_commit.commit_to_branch`."""
        return git_commit.commit_to_branch(
            self._git, self.git_dir, branch, contents, message, expected_parent
        )

    def put_back(self, branch: str, commit: str, before: str | None) -> None:
        """The branch as it was before `commit_to_branch` made the commit; see `git_commit.put_back`."""
        git_commit.put_back(self._git, branch, commit, before)

    def _note(self, code: str, ref: str, message: str) -> None:
        self._findings[Finding(code, Severity.NOTE, ref, None, message)] = None

    def _need_history(self, what: str) -> None:
        if self.is_shallow:
            raise git_refs.shallow(what)

    def _need_work_tree(self) -> Path:
        if self.work_tree is None:
            raise EnvironmentProblem(
                "SB502",
                f"{self.git_dir} is a bare repository: it has no working tree",
                hint="Give mainline with --onto, and a branch to write to with --branch.",
            )
        return self.work_tree


def _meant(names: tuple[str, ...]) -> str:
    """git's rules: tags before branches before remote-tracking branches (gitrevisions)."""
    order = ("refs/tags/", "refs/heads/", "refs/remotes/")
    return min(names, key=lambda name: next(n for n, prefix in enumerate(order) if name.startswith(prefix)))


def _not_a_repository(directory: Path, words: tuple[str, ...]) -> EnvironmentProblem:
    if any("dubious ownership" in word for word in words):
        message = f"git does not open the repository at {directory}: it belongs to another user"
        hint = "If you trust it, run `git config --global --add safe.directory DIR`."
    else:
        message = f"{directory} is not in a git repository"
        hint = "Run the command inside the project, or give the project's folder with -C."
    return EnvironmentProblem("SB502", message, hint=hint, evidence=words)
