"""What `check` finds in each fixture: exactly the codes of its own cases; for those of `plan`, a problem wherever a plan changes something."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Commands
from fixture_repos import CHECKS, build_repository, case_names

from stitchback.adapters.git import Repository


@pytest.mark.parametrize("case", case_names(CHECKS))
def test_the_codes_are_those_of_the_case(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    built = build_repository(CHECKS / case, tmp_path / "repository")
    releases = [f"--release={ref}" for ref in built.case.patches]
    done = Commands(capsys).run(built.path, "check", *built.case.options, *releases, "--format", "json")
    found = {finding["code"] for finding in json.loads(done.stdout)["findings"]}
    assert (done.code, found) == (built.case.expect.exit, set(built.case.expect.findings)), done.stdout


@pytest.mark.parametrize("case", case_names())
def test_what_a_plan_changes_is_found(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the release, `check` fails where `plan` has something to write or is refused, and a release is lacking nothing where it has not."""
    built = build_repository(case, tmp_path / "repository")
    with Repository.open(built.path) as repository:
        base = repository.merge_base(
            repository.resolve(built.case.patches[0]), repository.resolve(built.case.onto)
        )
    releases = [f"--release={ref}" for ref in built.case.patches]
    done = Commands(capsys).run(built.path, "check", "--base", base, *releases, "--format", "json")
    findings = json.loads(done.stdout)["findings"]
    assert all(each["hint"] for each in findings)
    apps = {
        app
        for app in built.case.expect.strategies
        if any(f"{app}." in each["message"] or each["message"].startswith(f"{app} ") for each in findings)
    }
    assert apps == set(built.case.expect.strategies), done.stdout
    assert done.code >= min(built.case.expect.exit, 1)
    if built.case.expect.exit == 0:
        assert "SB313" not in {each["code"] for each in findings}
