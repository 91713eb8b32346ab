"""`squash stitch` held against real Django: every kind of database of the old files ends as a fresh install by the new ones."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from squash_judge import SQLITE, judged, stitched
from squash_projects import PROJECTS

from stitchback.model.plans import SafePlan
from stitchback.planning.squash_reports import SquashReport

POSTGRES = os.environ.get("STITCHBACK_TEST_POSTGRES")
# project, apps, ref, whether the old files are removed, new files
CASES = [
    ("one_app", ("shop",), "HEAD", False, ("shop.0001_squashed_0005",)),
    ("one_app", ("shop", "billing"), "HEAD", True, ("billing.0001_squashed", "shop.0001_squashed_0005")),
    (
        "circular",
        ("shop", "people"),
        "HEAD",
        False,
        ("people.0001_squashed_0002", "shop.0001_squashed", "shop.0002_squashed_0003"),
    ),
    (
        "circular",
        ("shop", "people"),
        "HEAD",
        True,
        ("people.0001_squashed_0002", "shop.0001_squashed", "shop.0002_squashed_0003"),
    ),
    ("circular", ("shop",), "HEAD", False, ("shop.0001_squashed", "shop.0002_squashed_0003")),
    ("circular", ("people",), "HEAD", False, ("people.0001_squashed_0002",)),
    ("circular_with_data", ("shop",), "HEAD", False, ("shop.0001_squashed", "shop.0002_squashed_0005")),
    ("seeds", ("shop",), "HEAD", False, ("shop.0001_squashed_0005",)),
    ("own_user", ("people", "shop"), "HEAD", False, ("people.0001_squashed_0003", "shop.0001_squashed_0002")),
    ("merged", ("shop",), "v1", False, ("shop.0001_squashed_0003",)),
    ("merged", ("shop",), "v1", True, ("shop.0001_squashed_0003",)),
]


def head(path: Path) -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=path, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def written(report: SquashReport) -> tuple[str, ...]:
    assert isinstance(report.outcome, SafePlan)
    return tuple(
        sorted(str(edit.key) for edit in report.outcome.candidate.edits if "squashed" in edit.key.name)
    )


@pytest.mark.parametrize(("name", "apps", "at", "remove", "files"), CASES)
def test_every_database_ends_as_a_fresh_install(
    name: str, apps: tuple[str, ...], at: str, remove: bool, files: tuple[str, ...], tmp_path: Path
) -> None:
    project = PROJECTS[name](tmp_path)
    commit = head(tmp_path)
    report = stitched(project, *apps, at=at, remove=remove)
    assert written(report) == files
    judge = judged(project, commit, report)
    assert judge.wrong == []


@pytest.mark.skipif(not POSTGRES, reason="STITCHBACK_TEST_POSTGRES is not set")
@pytest.mark.parametrize(("name", "apps"), [("circular", ("shop", "people")), ("seeds", ("shop",))])
def test_the_same_on_postgresql(name: str, apps: tuple[str, ...], tmp_path: Path) -> None:
    project = PROJECTS[name](tmp_path)
    commit = head(tmp_path)
    report = stitched(project, *apps)
    assert judged(project, commit, report, POSTGRES or SQLITE).wrong == []
