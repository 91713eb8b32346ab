"""Every fixture whose plan was applied: a second run has nothing to write, before the commit and after it."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import REFUSED, stitchback
from fixture_repos import BuiltRepository, build_repository, case_names, read_case
from git_places import git
from test_plans import wish

from stitchback.api import Project, make_plan
from stitchback.model.findings import Severity
from stitchback.planning.outcomes import Planned

AUTHOR = ("-c", "user.name=A", "-c", "user.email=a@example.org")
PLANNED = tuple(name for name in case_names() if read_case(name).expect.exit != REFUSED)


def apply(built: BuiltRepository) -> None:
    said = stitchback(built.path, "apply", *built.case.patches, *built.case.options, "--yes")
    assert said.exit_code in (0, built.case.expect.exit), f"{said.err}{said.out}"


@pytest.mark.parametrize("name", PLANNED)
def test_nothing_is_left_to_write_after_apply(name: str, tmp_path: Path) -> None:
    built = build_repository(name, tmp_path / "repository")
    apply(built)
    written = git(built.path, "status", "--porcelain", "--untracked-files=all"), files(built)
    apply(built)
    assert (git(built.path, "status", "--porcelain", "--untracked-files=all"), files(built)) == written
    git(built.path, "add", "--all")
    git(built.path, *AUTHOR, "commit", "--allow-empty", "-m", "Reconcile")
    apply(built)
    assert git(built.path, "status", "--porcelain", "--untracked-files=all") == ""
    with Project.open(built.path) as project:
        report = make_plan(project, wish(built.case.patches, "HEAD", built.case.options))
    assert isinstance(report.outcome, Planned)
    assert report.outcome.changes_nothing
    serious = [finding for finding in report.findings if finding.severity is not Severity.NOTE]
    lost = [
        each for each in report.status.findings if (each.code, each.severity) == ("SB205", Severity.ERROR)
    ]
    assert report.exit_code == (1 if serious or lost or report.not_loaded else 0)


def files(built: BuiltRepository) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(built.path.glob("**/migrations/*"))}
