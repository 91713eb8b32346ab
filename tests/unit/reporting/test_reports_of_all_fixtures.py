"""Laws of every report: at most 100 columns, nothing that a terminal obeys, the same bytes for the same input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from commands import Commands
from fixture_repos import build_repository, case_names
from html_pages import ReadPage

from stitchback.model.matches import Verdict
from stitchback.planning.plan import NOT_TRIED
from stitchback.reporting.layout import WIDTH

NAMES_DATABASES = re.compile(
    rf"  works for +\w.*  does not work for +\w.*\nNext\n.*  stitchback explain SB41|{NOT_TRIED}", re.DOTALL
)
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@pytest.mark.parametrize("case", case_names())
def test_status(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    built = build_repository(case, tmp_path / "repository")
    commands = Commands(capsys)
    done = commands.run(built.path, "status", *built.case.patches)
    assert done.code in (0, 1)
    assert [line for line in done.stdout.splitlines() if len(line) > WIDTH] == []
    assert not OBEYED.search(done.stdout)
    document = commands.run(built.path, "status", *built.case.patches, "--format", "json")
    assert json.loads(document.stdout)["schema"] == 1
    assert (
        document.stdout == commands.run(built.path, "status", *built.case.patches, "--format", "json").stdout
    )
    for verdict in built.case.expect.verdicts:
        assert Verdict(verdict).value in done.stdout
    for code in built.case.expect.findings:
        assert code in done.stdout


@pytest.mark.parametrize("case", case_names())
def test_plan(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    built = build_repository(case, tmp_path / "repository")
    page = tmp_path / "page.html"
    done = Commands(capsys).run(
        built.path, "-v", "plan", *built.case.patches, *built.case.options, "--html", str(page)
    )
    assert done.code == built.case.expect.exit, done.stderr
    if page.exists():  # not where the command ended before any plan was tried
        ReadPage(page.read_text(encoding="utf-8")).check()
    else:
        assert NOT_TRIED in " ".join(done.stderr.split())
    assert done.code != 3 or NAMES_DATABASES.search(done.stdout + done.stderr)
    assert [line for line in done.stdout.splitlines() if len(line) > WIDTH] == []
    assert not OBEYED.search(done.stdout)
