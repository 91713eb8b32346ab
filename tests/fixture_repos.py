"""The fixture repositories, built: `fixtures/repos/<case>/` -> a git repository with the same SHAs everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stitchback.adapters import fixture_case, git_build
from stitchback.adapters.fixture_case import FixtureCase

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
SKELETON = FIXTURES / "skeleton"
REPOSITORIES = FIXTURES / "repos"
CHECKS = (
    FIXTURES / "checks"
)  # for `check`: `patches` are the releases, `options` and `findings` those of `check`


@dataclass(frozen=True, slots=True)
class BuiltRepository:
    """`commits`: the case's commit ids -> SHAs. `onto` is checked out."""

    path: Path
    commits: Mapping[str, str]
    case: FixtureCase


def case_names(repositories: Path = REPOSITORIES) -> tuple[str, ...]:
    return tuple(sorted(folder.parent.name for folder in repositories.glob("*/case.toml")))


def read_case(case: str | Path) -> FixtureCase:
    """A case by its name under fixtures/repos, or by its folder."""
    return fixture_case.read_case(REPOSITORIES / case)  # an absolute path stays what it is


def build_repository(case: str | Path, destination: Path) -> BuiltRepository:
    """The case's repository at `destination`, which is made or empty."""
    read = read_case(case)
    commits = git_build.build(fixture_case.build_commits(read, SKELETON), destination, checkout=read.onto)
    return BuiltRepository(destination, commits, read)
