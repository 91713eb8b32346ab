"""What `status` and `plan` print for a few fixtures, as it is kept beside them in `expected/`."""

from __future__ import annotations

from pathlib import Path

import django
import pytest
from commands import Commands, steady
from fixture_repos import build_repository
from golden_files import Golden

CASES = (
    "altered-then-gone",
    "contrary-removed-and-altered",
    "contrary-renamed-differently",
    "data-migration-one-side",
    "other-type",
    "same-column-mid-chain",
    "same-name-missing-column",
)

pytestmark = pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="kept for Django 5.2")


@pytest.mark.parametrize("case", CASES)
def test_the_reports_are_the_golden_ones(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], golden: Golden
) -> None:
    built = build_repository(case, tmp_path / "repository")
    commands = Commands(capsys)
    expected = built.case.folder / "expected"
    status = commands.run(built.path, "status", *built.case.patches)
    plan = commands.run(built.path, "plan", *built.case.patches)
    document = commands.run(built.path, "plan", *built.case.patches, "--format", "json")
    golden.check(expected / "status.txt", steady(status.stdout))
    golden.check(expected / "plan.txt", steady(plan.stdout))
    golden.check(expected / "plan.json", steady(document.stdout))
    assert (status.code, plan.code, document.code) == (1, built.case.expect.exit, built.case.expect.exit)
    assert (status.stderr, plan.stderr, document.stderr) == ("", "", "")
