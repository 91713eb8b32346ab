"""Every fixture, judged by real Django: `apply` writes a tree, `repair` mends the ledgers, and nothing is lost anywhere.

Where the case expects a refusal: exit 3, and nothing has changed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from command_line import REFUSED, stitchback
from fixture_repos import BuiltRepository, build_repository, case_names, read_case
from harness import court, git, repair_by
from mirror import Mirror

from stitchback.api.project import Project
from stitchback.model.verify_reports import EngineReport

PLANNED = tuple(name for name in case_names() if read_case(name).expect.exit != REFUSED)
UNPLANNED = tuple(name for name in case_names() if read_case(name).expect.exit == REFUSED)


def apply(built: BuiltRepository) -> int:
    said = stitchback(built.path, "apply", *built.case.patches, *built.case.options, "--yes")
    assert said.exit_code in (0, built.case.expect.exit), (
        f"apply exits {said.exit_code}: {said.err}{said.out}"
    )
    return said.exit_code


@pytest.mark.parametrize("name", PLANNED)
def test_the_reconciled_tree_serves_every_database(name: str, tmp_path: Path) -> None:
    """And what the proof simulates is what Django does, act by act."""
    built = build_repository(name, tmp_path / "repository")
    expected = built.case.expect
    assert apply(built) == (0 if expected.strategies else expected.exit)  # 1: nothing to write, and an error
    files = git(built.path, "status", "--porcelain")
    assert apply(built) in (0, expected.exit)
    assert git(built.path, "status", "--porcelain") == files, "a second time changes nothing"
    report, mirror = judged(built)
    assert "\n".join(map(str, report.differences)) == ""
    assert "\n".join(mirror.disagreements) == ""
    assert all(not population.unfilled for population in report.populations)
    wanted = {population.lineage for population in report.populations if population.repair}
    assert wanted <= set(built.case.expect.manual_steps)


@pytest.mark.parametrize("name", UNPLANNED)
def test_what_cannot_be_reconciled_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    built = build_repository(name, tmp_path / "repository")
    head = git(built.path, "rev-parse", "HEAD")
    assert apply(built) == REFUSED
    assert git(built.path, "status", "--porcelain") == ""
    assert git(built.path, "rev-parse", "HEAD") == head


def installed(built: BuiltRepository) -> dict[str, str]:
    """Label -> folder of what pip has installed beside the project, which only real Django and its mirror look at."""
    folders = built.case.folder.glob("*/site-packages/*/migrations")
    return {folder.parent.name: f"site-packages/{folder.parent.name}" for folder in folders}


def judged(built: BuiltRepository) -> tuple[EngineReport, Mirror]:
    with Project.open(built.path) as project:
        reading = replace(project.reading, apps={**project.reading.apps, **installed(built)})
    with court(built, bench=partial(Mirror, reading=reading)) as bench:
        report = bench.judge(repair_by(built.path))
    assert isinstance(bench.bench, Mirror)
    return report, bench.bench
