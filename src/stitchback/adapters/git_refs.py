"""Names of commits, and how commits descend from each other."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stitchback.adapters.git_process import Git, decode, encode
from stitchback.errors import EnvironmentProblem

SHA = re.compile(rb"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """A branch, remote-tracking branch or tag by its short name, and its commit. `kind`: "branch", "remote", "tag"."""

    name: str
    commit: str
    kind: str


@dataclass(frozen=True, slots=True)
class MergePoint:
    """Where a branch came into mainline: the merge, and mainline right before it (its first parent)."""

    commit: str
    before: str


KINDS = {"refs/heads/": "branch", "refs/remotes/": "remote", "refs/tags/": "tag"}


def resolve_with_namesakes(git: Git, ref: str) -> tuple[str, tuple[str, ...]]:
    """The commit that git means by the name (branch, remote-tracking branch, tag, SHA, HEAD, MERGE_HEAD, `x~2`), and the full names of
    all refs that are called so, where it is more than one: git takes the tag. A name that begins with "-" is a name.

    Raises EnvironmentProblem (SB504) with near names.
    """
    names = tuple(prefix + ref for prefix in KINDS)
    commit, *others = parse_all(git, f"{ref}^{{commit}}", *names) if ref else (None,)
    if commit is None:
        raise unknown(ref, refs(git))
    found = tuple(name for name, other in zip(names, others, strict=True) if other)
    return commit, found if len(found) > 1 else ()


def parse(git: Git, revision: str) -> str | None:
    """What a revision is, or None. Ranges and negations (`^x`) are no revisions here."""
    return parse_all(git, revision)[0]


def parse_all(git: Git, *revisions: str) -> tuple[str | None, ...]:
    """What each revision is, by one process (`git cat-file --batch-check` takes names as `rev-parse --verify` does, a line each)."""
    if any("\n" in revision or "\0" in revision for revision in revisions):
        return (None,) * len(revisions)  # git allows neither in the name of a ref
    asked = encode("".join(f"{revision}\n" for revision in revisions))
    lines = git.run("cat-file", "--batch-check=%(objectname)", stdin=asked).stdout.split(b"\n")[:-1]
    return tuple(decode(line) if SHA.fullmatch(line) else None for line in lines)


def full_name(git: Git, ref: str) -> str | None:
    """`main` -> "refs/heads/main", by git's own rules of precedence; None for a SHA or an unknown name."""
    arguments = ("rev-parse", "--verify", "--quiet", "--symbolic-full-name", "--end-of-options", ref)
    lines = git.run(*arguments, accept=(0, 1, 128)).line.splitlines()
    return next((line for line in lines if line.startswith("refs/")), None)


def refs(git: Git) -> tuple[Ref, ...]:
    """All branches, remote-tracking branches and tags that point to commits, in version order."""
    form = "%(refname)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)%00"
    arguments = ("for-each-ref", "--sort=version:refname", f"--format={form}", *KINDS)
    fields = [decode(item).removeprefix("\n") for item in git.run(*arguments).stdout.split(b"\0")]
    return tuple(_refs_of(fields))


def _refs_of(fields: list[str]) -> Iterator[Ref]:
    for start in range(0, len(fields) - 4, 5):
        name, kind, object_id, peeled_kind, peeled_id = fields[start : start + 5]
        commit = object_id if kind == "commit" else peeled_id if peeled_kind == "commit" else ""
        prefix = next((prefix for prefix in KINDS if name.startswith(prefix)), "")
        if commit and prefix and not name.endswith("/HEAD"):
            yield Ref(name.removeprefix(prefix), commit, KINDS[prefix])


def default_branch(git: Git) -> str | None:
    """What `refs/remotes/*/HEAD` names, of origin before others, where that branch exists."""
    lines = git.run("for-each-ref", "--format=%(refname) %(symref)", "refs/remotes/*/HEAD").line.splitlines()
    named = sorted((not line.startswith("refs/remotes/origin/"), line.partition(" ")[2]) for line in lines)
    names = (target.removeprefix("refs/remotes/") for _, target in named if target)
    return next((name for name in names if parse(git, f"refs/remotes/{name}^{{commit}}")), None)


def merge_bases(git: Git, one: str, other: str) -> tuple[str, ...]:
    """All best common ancestors, newest commit date first, then by SHA; empty for unrelated histories."""
    done = git.run("merge-base", "--all", one, other, accept=(0, 1))
    found = done.line.split()
    return tuple(found) if len(found) < 2 else _newest_first(git, found)


def _newest_first(git: Git, commits: list[str]) -> tuple[str, ...]:
    lines = git.run("rev-list", "--no-walk=unsorted", "--timestamp", *commits).line.splitlines()
    dated = [(int(date), sha) for date, _, sha in (line.partition(" ") for line in lines)]
    return tuple(sha for _, sha in sorted(dated, key=lambda pair: (-pair[0], pair[1])))


def first_merge_of(git: Git, patch: str, onto: str) -> MergePoint | None:
    """The oldest commit of onto's first-parent line that has `patch` among its ancestors.

    None where `patch` is not merged, or lies on that line itself (nothing was merged: mainline was there, or was
    moved forward to it).
    """
    line = git.run("rev-list", "--first-parent", "--parents", onto, f"^{patch}").line.splitlines()
    holding = set(git.run("rev-list", "--ancestry-path", f"{patch}..{onto}").line.split())
    merges = [
        (commit, parents[0]) for commit, *parents in map(str.split, line) if commit in holding and parents
    ]
    if not merges or merges[-1][1] == patch:
        return None
    return MergePoint(*merges[-1])


def merges_of(git: Git, onto: str, most: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The newest merges of onto's first-parent line, each with its parents."""
    arguments = ("rev-list", "--first-parent", "--merges", "--parents", f"--max-count={most}", onto)
    lines = map(str.split, git.run(*arguments).line.splitlines())
    return tuple((commit, tuple(parents)) for commit, *parents in lines)


def which_have(git: Git, commits: tuple[str, ...], paths: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Each commit -> those of the paths that it has."""
    paths = tuple(path for path in paths if "\n" not in path)
    asked = [(commit, path) for commit in dict.fromkeys(commits) for path in paths]
    blobs = parse_all(git, *(f"{commit}:{path}" for commit, path in asked)) if asked else ()
    there = {pair for pair, blob in zip(asked, blobs, strict=True) if blob}
    return {commit: frozenset(path for path in paths if (commit, path) in there) for commit in commits}


def refs_with(git: Git, path: str, blob: str) -> tuple[tuple[str, str], ...]:
    """Names and commits of the refs that have that very file, and of ORIG_HEAD, which is named by its commit, and the newest stash."""
    order = ("branch", "remote", "tag")
    known = [(ref.name, ref.commit) for ref in sorted(refs(git), key=lambda ref: order.index(ref.kind))]
    before, stash = parse_all(git, "ORIG_HEAD^{commit}", "refs/stash^{commit}")
    candidates = [
        *known,
        *([(before[:12], before)] if before else []),
        *([("the stash", stash)] if stash else []),
    ]
    if "\n" in path:
        return ()
    blobs = parse_all(git, *(f"{commit}:{path}" for _, commit in candidates)) if candidates else ()
    return tuple(each for each, found in zip(candidates, blobs, strict=True) if found == blob)


def last_commit_with(git: Git, name: str) -> str | None:
    """The newest commit, of all that the refs reach, that brought or changed a file of that name in whatever folder; it has the file.
    None where no commit did."""
    if not name or "\0" in name or "/" in name:
        return None
    literal = re.sub(r"([*?\[\]\\])", r"\\\1", name)
    pathspec = f":(top,glob)**/{literal}"
    arguments = ("log", "--all", "--max-count=1", "--format=%H", "--diff-filter=AMR", "--", pathspec)
    done = git.run(*arguments, environment={"GIT_LITERAL_PATHSPECS": "0"})
    return done.line or None


def commits_of_paths(git: Git, onto: str, paths: Iterable[str]) -> tuple[tuple[str, str | None], ...]:
    """The commits of onto's first-parent line that changed one of these files (paths from the repository's top), newest first, each with
    its first parent, None where it has none."""
    arguments = ("rev-list", "--first-parent", onto, "--", *(f":(top,literal){path}" for path in paths))
    changing = git.run(*arguments, environment={"GIT_LITERAL_PATHSPECS": "0"}).line.split()
    if not changing:
        return ()
    lines = git.run("rev-list", "--no-walk=unsorted", "--parents", *changing).line.splitlines()
    return tuple((commit, parents[0] if parents else None) for commit, *parents in map(str.split, lines))


def last_before(git: Git, onto: str, date: str) -> str | None:
    """The last commit of the branch itself (first parents) before that day, in the time zone of this machine."""
    return (
        decode(git.run("rev-list", "-1", "--first-parent", f"--before={date}T00:00:00", onto).stdout).strip()
        or None
    )


def ref_over(git: Git, commit: str) -> str | None:
    """A branch or tag that has the commit in its history."""
    form = "--format=%(refname)"
    line = git.run("for-each-ref", f"--contains={commit}", "--count=1", form, *KINDS).line
    prefix = next((prefix for prefix in KINDS if line.startswith(prefix)), "")
    return line.removeprefix(prefix) or None


def unknown(ref: str, known: tuple[Ref, ...]) -> EnvironmentProblem:
    near = near_names(ref, tuple(item.name for item in known))
    if near:
        hint = f"Did you mean {' or '.join(near)}?"
    else:
        hint = f"Give a branch, a tag or a commit of this repository; stitchback never fetches{_fetch(ref, known)}."
    return EnvironmentProblem("SB504", f"there is no branch, tag or commit {ref!r}", hint=hint)


def _fetch(ref: str, known: tuple[Ref, ...]) -> str:
    """The command that brings a branch of that name, where the repository has a remote."""
    remote = next((item.name.partition("/")[0] for item in known if item.kind == "remote"), None)
    return f": `git fetch {shlex.quote(remote)} {shlex.quote(f'{ref}:{ref}')}`" if remote else ""


def near_names(ref: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """At most three: the same name on a remote first, then names that look alike."""
    same = [name for name in names if ref and name.endswith(f"/{ref}")]
    alike = difflib.get_close_matches(ref, names, n=3, cutoff=0.6)
    return tuple(dict.fromkeys([*same, *alike]))[:3]


def no_common_history(one: str, other: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        "SB505",
        f"{one} and {other} have no commit in common",
        hint="stitchback needs their fork point. Is one of the two from another repository?",
    )


def shallow(what: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        "SB503",
        f"this is a shallow clone: {what} cannot be found without the history",
        hint="Run `git fetch --unshallow` (in GitHub Actions, give actions/checkout `fetch-depth: 0`).",
    )
