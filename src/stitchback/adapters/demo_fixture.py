"""The fixture repository of `stitchback demo`: in the installed package, or in the checkout that the package is run from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stitchback.adapters.fixture_case import FixtureCase, build_commits, read_case
from stitchback.adapters.git_build import build
from stitchback.errors import EnvironmentProblem

NAME = "same-column-mid-chain"
PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class DemoFixture:
    """`case` says what happened and which commits there are; `skeleton` is laid under each of them."""

    case: FixtureCase
    skeleton: Path

    def build(self, destination: Path) -> dict[str, str]:
        """The repository at `destination`, mainline checked out; commit id -> SHA."""
        return build(build_commits(self.case, self.skeleton), destination, checkout=self.case.onto)


def find_demo_fixture() -> DemoFixture:
    """Raises EnvironmentProblem (SB525) where the installation lacks it."""
    packaged, checkout = PACKAGE / "demo_repository", PACKAGE.parents[1] / "fixtures"
    for case, skeleton in (
        (packaged / NAME, packaged / "skeleton"),
        (checkout / "repos" / NAME, checkout / "skeleton"),
    ):
        if (case / "case.toml").is_file():
            return DemoFixture(read_case(case), skeleton)
    raise EnvironmentProblem("SB525", "the demo's repository is not installed", hint="Reinstall stitchback.")
