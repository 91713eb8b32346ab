"""action.yml, step by step, on a repository with a hotfix; and what else is offered to CI services."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from fixture_repos import build_repository

import stitchback
from stitchback.cli.group import COMMANDS
from tools.action import ROOT, SHELL, SUMMARY, StepDone, read_action, run_action

SOURCE = Path(stitchback.__file__).parents[1]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
# https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax, composite actions
ACTION_KEYS = {"name", "description", "inputs", "runs"}
INPUT_KEYS = {"description", "default", "required"}
STEP_KEYS = {"name", "if", "shell", "env", "run", "uses", "with"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_repository("same-column-mid-chain", tmp_path_factory.mktemp("action") / "shop").path


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """With a program `stitchback`; the step that installs it is left out."""
    program = tmp_path / "bin" / "stitchback"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m stitchback "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    return {**os.environ, "PYTHONPATH": str(SOURCE), "PATH": path, SUMMARY: str(tmp_path / "summary.md")}


def done(repository: Path, environment: dict[str, str], **inputs: str) -> list[StepDone]:
    return list(run_action(repository, inputs, environment, lambda name: name == "Install stitchback"))


def test_patches(repository: Path, environment: dict[str, str]) -> None:
    """Something is left to reconcile: findings as annotations, the plan in the summary, and exit 1."""
    findings, plan = done(repository, environment, patches="release/2.4")
    assert (findings.name, findings.code) == ("Findings", 0)
    assert (plan.name, plan.code) == ("Plan", 1)
    assert "Plan (strategy diamond)" in plan.out
    assert Path(environment[SUMMARY]).read_text() in plan.out


def test_options_and_onto(repository: Path, environment: dict[str, str]) -> None:
    inputs = {"patches": "release/2.4", "onto": "main", "options": "--zero-touch --strategy guard"}
    *_, plan = done(repository, environment, **inputs)
    assert "strategy guard" in plan.out


def test_check(repository: Path, environment: dict[str, str]) -> None:
    (check,) = done(repository, environment, check="true", base="main", releases="release/2.4")
    assert (check.name, check.code) == ("Check", 1)
    assert "::error " in check.out or "::warning " in check.out
    assert Path(environment[SUMMARY]).read_text().strip()


def test_nothing_is_asked_for(repository: Path, environment: dict[str, str]) -> None:
    (inputs,) = done(repository, environment)
    assert (inputs.code, inputs.out) == (2, "::error::Give patches, or check: true\n")


def test_a_branch_that_does_not_exist(repository: Path, environment: dict[str, str]) -> None:
    """Exit 2, at the first step: the next is not run."""
    (findings,) = done(repository, environment, patches="release/9")
    assert findings.code == 2


def test_a_hostile_name_is_no_code(repository: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """Inputs come by the environment: what is in them is not run."""
    made = tmp_path / "made"
    done(repository, environment, patches=f"$(touch {made}) `touch {made}`; touch {made}")
    assert not made.exists()


def test_the_file_has_only_keys_of_composite_actions() -> None:
    """`make integrations` checks the whole schema."""
    action = read_action()
    assert action.keys() == ACTION_KEYS
    assert action["runs"].keys() == {"using", "steps"}
    assert action["runs"]["using"] == "composite"
    assert [name for name, each in action["inputs"].items() if not each.keys() <= INPUT_KEYS] == []
    steps = action["runs"]["steps"]
    assert [
        each for each in steps if not each.keys() <= STEP_KEYS or ("run" in each) != ("shell" in each)
    ] == []


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_a_command(hook: dict[str, str]) -> None:
    program, command = hook["entry"].split()
    assert (program, hook["id"], command in COMMANDS) == ("stitchback", f"stitchback-{command}", True)
    assert re.search(hook["files"], "shop/migrations/0001_initial.py")
    assert not re.search(hook["files"], "shop/models.py")


# --- the snippets of docs/ci.md -----------------------------------------------------------------------------------------


def snippet(first: str) -> dict[str, object]:
    """The YAML block of the page that begins with this comment."""
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    found: dict[str, object] = yaml.safe_load(text.partition(f"```yaml\n# {first}\n")[2].partition("```")[0])
    return found


def test_the_job_of_gitlab(repository: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """Its commands, in a clone: a report that GitLab reads, and exit 1 for what is left to stitch."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(repository), str(clone)], check=True)
    job = snippet(".gitlab-ci.yml")["stitchback"]
    codes = []
    for line in job["script"]:
        variables = {**environment, "CI_DEFAULT_BRANCH": "main"}
        done = subprocess.run([*SHELL, line], cwd=clone, env=variables, capture_output=True, check=False)
        codes.append(done.returncode)
    report = json.loads((clone / job["artifacts"]["reports"]["codequality"]).read_text())
    assert codes == [0, 1]
    assert isinstance(report, list)


def test_the_workflow_of_github_uses_inputs_that_there_are() -> None:
    steps = snippet(".github/workflows/migrations.yml")["jobs"]["migrations"]["steps"]
    given = [each["with"] for each in steps if each["uses"].startswith("OWNER/stitchback")]
    assert given
    assert [each for each in given if not each.keys() <= read_action()["inputs"].keys()] == []


def test_the_hooks_of_pre_commit_exist() -> None:
    (repo,) = snippet(".pre-commit-config.yaml")["repos"]
    assert {hook["id"] for hook in repo["hooks"]} <= {hook["id"] for hook in HOOKS}
