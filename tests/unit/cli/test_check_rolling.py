"""`stitchback check --rolling`: its formats, what is pasted, the baseline file, comments, and refs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Commands
from fixture_repos import CHECKS, build_repository

DROP = "AlterField" + '("crate", "color", models.CharField(max_length=20, null=True)),'
ROLLING = ("check", "--base", "v2.4", "--rolling", "v2.4..HEAD")
STEP = "depot/migrations/0002_one_release.py"


@pytest.fixture
def deploy(tmp_path: Path) -> Path:
    return build_repository(CHECKS / "deploy-that-breaks-old-code", tmp_path / "deploy").path


def codes(commands: Commands, folder: Path, *arguments: str) -> list[str]:
    done = commands.run(folder, *ROLLING, *arguments, "--format", "json")
    assert done.code in (0, 1), done.stderr
    return [finding["code"] for finding in json.loads(done.stdout)["findings"]]


def test_the_text_has_the_steps_as_lines(commands: Commands, deploy: Path) -> None:
    done = commands.run(deploy, *ROLLING)
    assert done.code == 1
    assert f"  error    SB320  {STEP}:12 on v2.4\n" in done.stdout
    assert f"\n                  migrations.{DROP}\n" in done.stdout, "not wrapped"


@pytest.mark.parametrize(
    ("output_format", "line"),
    [
        ("json", f"migrations.{DROP}".replace('"', '\\"')),
        ("sarif", f"migrations.{DROP}".replace('"', '\\"')),
        ("gitlab", f"migrations.{DROP}".replace('"', '\\"')),
        ("github", f"%0Amigrations.{DROP}%0A"),
        ("markdown", f"\nmigrations.{DROP}\n"),
    ],
)
def test_every_format_has_them(commands: Commands, deploy: Path, output_format: str, line: str) -> None:
    done = commands.run(deploy, *ROLLING, "--format", output_format)
    assert done.code == 1
    assert line in done.stdout
    assert "SB329" in done.stdout


def test_a_comment_and_the_baseline_suppress_a_finding(commands: Commands, deploy: Path) -> None:
    step = deploy / STEP
    assert {"SB320", "SB321"} <= set(codes(commands, deploy))
    step.write_text(f"# stitchback: ignore[SB320] servers are stopped first\n{step.read_text()}")
    assert "SB320" not in codes(commands, deploy)
    commands.run(deploy, *ROLLING, "--baseline", str(deploy / "known.json"), "--write-baseline")
    assert codes(commands, deploy, "--baseline", str(deploy / "known.json")) == []


def test_a_run_without_rolling_leaves_their_entries_alone(commands: Commands, deploy: Path) -> None:
    commands.run(deploy, *ROLLING, "--baseline", str(deploy / "known.json"), "--write-baseline")
    written = (deploy / "known.json").read_text()
    plain = commands.run(
        deploy, "check", "--base", "v2.4", "--baseline", str(deploy / "known.json"), "--write-baseline"
    )
    assert plain.code == 0
    assert "no longer occur" not in plain.stderr
    assert (deploy / "known.json").read_text() == written


def test_new_code_that_is_deployed_first(commands: Commands, deploy: Path) -> None:
    done = commands.run(deploy, *ROLLING, "--code-first", "--format", "json")
    messages = [finding["message"] for finding in json.loads(done.stdout)["findings"]]
    assert any(
        message.startswith("before depot.0002_one_release, column depot_crate.owner does not exist")
        for message in messages
    )


def test_near_miss_the_same_changes_in_steps(commands: Commands, tmp_path: Path) -> None:
    steps = build_repository(CHECKS / "deploy-in-steps", tmp_path / "steps").path
    assert codes(commands, steps) == []
    assert "SB321" not in codes(commands, steps, "--code-first"), "an old table is not missed"


@pytest.mark.parametrize("refs", ["v2.4", "..HEAD", "v2.4...HEAD", "a..b..c"])
def test_what_is_not_two_refs_is_a_usage_error(commands: Commands, deploy: Path, refs: str) -> None:
    done = commands.run(deploy, "check", "--rolling", refs)
    assert done.code == 2
    assert "is not OLD..NEW" in done.stderr


def test_a_ref_that_does_not_exist(commands: Commands, deploy: Path) -> None:
    done = commands.run(deploy, "check", "--base", "v2.4", "--rolling", "v9..HEAD")
    assert done.code == 2
    assert "SB504" in done.stderr
