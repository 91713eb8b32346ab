"""A case: what happened to a project on its branches, as a folder with `case.toml` and trees of files.

The fixture repositories are cases, and so is what `stitchback demo` shows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from stitchback.adapters.git_build import BuildCommit, build
from stitchback.errors import EnvironmentProblem

LEFT_BY_PYTHON = frozenset({"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"})


@dataclass(frozen=True, slots=True)
class CaseCommit:
    """A `[[commits]]` table: `trees` laid over each other on the skeleton, then `delete` taken out, is the whole content."""

    id: str
    branch: str
    trees: tuple[str, ...]
    message: str
    start: str | None = None  # `from` in the file
    merge: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected result of `plan` and `status`; `strategies` by app label. `finish_first`: lineages that are migrated to the end with their old
    code before the deploy. `left_out`: the databases that cannot be upgraded even with mainline
    alone."""

    exit: int
    strategies: Mapping[str, str]
    verdicts: tuple[str, ...] = ()
    manual_steps: tuple[str, ...] = ()
    finish_first: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgeHints:
    """Hints for the check with real Django. `broken`: branches that do not migrate, or whose models do not fit their migrations, as the story
    describes."""

    apps: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FixtureCase:
    name: str
    folder: Path
    title: str
    story: str
    patches: tuple[str, ...]
    onto: str
    options: tuple[str, ...]
    commits: tuple[CaseCommit, ...]
    expect: Expectation
    judge: JudgeHints

    @property
    def branches(self) -> tuple[str, ...]:
        """Every branch, in the order of its first commit."""
        return tuple(dict.fromkeys(commit.branch for commit in self.commits))


def read_case(folder: Path) -> FixtureCase:
    """The case of that folder. Raises ValueError, with the place, for anything that `case.toml` may not hold."""
    place = folder / "case.toml"
    with place.open("rb") as file:
        table = tomllib.load(file)
    try:
        return _case(folder, table)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}: {error}") from error


def build_commits(case: FixtureCase, skeleton: Path) -> tuple[BuildCommit, ...]:
    """The case's commits with their content, for `git_build.build`."""
    trees = {name: files_under(case.folder / name) for commit in case.commits for name in commit.trees}
    base = files_under(skeleton)
    return tuple(_build_commit(commit, base, trees) for commit in case.commits)


def files_under(folder: Path) -> dict[str, bytes]:
    """Relative posix path -> bytes of every file of a tree; what Python leaves behind when it runs there is none of it."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    found = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not LEFT_BY_PYTHON.intersection(relative.parts):
            found[relative.as_posix()] = path.read_bytes()
    return found


def _build_commit(
    commit: CaseCommit, skeleton: Mapping[str, bytes], trees: Mapping[str, Mapping[str, bytes]]
) -> BuildCommit:
    content = dict(skeleton)
    for name in commit.trees:
        content.update(trees[name])
    for path in commit.delete:
        if path not in content:
            raise ValueError(f"commit {commit.id}: no file {path!r} to delete")
        del content[path]
    return BuildCommit(
        commit.id,
        commit.branch,
        content,
        commit.message,
        start=commit.start,
        merges=commit.merge,
        tags=commit.tags,
    )


def _case(folder: Path, table: dict[str, Any]) -> FixtureCase:
    table = dict(table)
    commits = tuple(_commit(item) for item in table.pop("commits"))
    expect = Expectation(**_read(Expectation, table.pop("expect")))
    judge = JudgeHints(**_read(JudgeHints, table.pop("judge", {})))
    values = _read(FixtureCase, {"options": [], **table})
    return FixtureCase(name=folder.name, folder=folder, commits=commits, expect=expect, judge=judge, **values)


def _commit(table: dict[str, Any]) -> CaseCommit:
    table = dict(table)
    if "from" in table:
        table["start"] = table.pop("from")
    if isinstance(table.get("merge"), str):
        table["merge"] = [table["merge"]]
    return CaseCommit(**_read(CaseCommit, table))


def _read(target: type, table: dict[str, Any]) -> dict[str, Any]:
    """The table with its lists as tuples. Raises ValueError for a key that the class does not have."""
    known = {item.name for item in fields(target)}
    unknown = sorted(table.keys() - known)
    if unknown:
        raise ValueError(f"unknown keys for {target.__name__}: {', '.join(unknown)}")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


DEMO = "same-column-mid-chain"
PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class DemoFixture:
    """The fixture repository of `stitchback demo`. `case` says what happened and which commits there are; `skeleton` is laid under each of them."""

    case: FixtureCase
    skeleton: Path

    def build(self, destination: Path) -> dict[str, str]:
        """The repository at `destination`, mainline checked out; commit id -> SHA."""
        return build(build_commits(self.case, self.skeleton), destination, checkout=self.case.onto)


def find_demo_fixture() -> DemoFixture:
    """In the installed package, or in the checkout that the package is run from. Raises EnvironmentProblem (SB525) where the installation lacks it."""
    packaged, checkout = PACKAGE / "demo_repository", PACKAGE.parents[1] / "fixtures"
    for case, skeleton in (
        (packaged / DEMO, packaged / "skeleton"),
        (checkout / "repos" / DEMO, checkout / "skeleton"),
    ):
        if (case / "case.toml").is_file():
            return DemoFixture(read_case(case), skeleton)
    raise EnvironmentProblem("SB525", "the demo's repository is not installed", hint="Reinstall stitchback.")
