"""Runs the steps of action.yml one by one, as a runner of GitHub Actions does with a composite action.

Of the expressions, only those that the file uses are understood: `inputs.NAME`, compared with a text, joined by `&&`.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
ACTION = ROOT / "action.yml"
SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")  # a runner's `shell: bash`
SUMMARY = "GITHUB_STEP_SUMMARY"
INPUT = re.compile(r"\$\{\{ inputs\.([\w-]+) \}\}")
COMPARED = re.compile(r"inputs\.([\w-]+) (==|!=) '([^']*)'")


@dataclass(frozen=True, slots=True)
class StepDone:
    name: str
    code: int
    out: str


def read_action() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    return found


def run_action(
    folder: Path,
    given: Mapping[str, str],
    environment: Mapping[str, str],
    without: Callable[[str], bool] = lambda name: False,
) -> Iterator[StepDone]:
    """Each step that is run, up to the first that fails; steps of other actions (`uses`) and those `without` are passed over."""
    action = read_action()
    unknown = given.keys() - action["inputs"].keys()
    assert not unknown, f"action.yml has no such inputs: {unknown}"
    inputs = {name: given.get(name, each["default"]) for name, each in action["inputs"].items()}
    for step in action["runs"]["steps"]:
        name = step.get("name", "")
        if "uses" in step or without(name) or not _is_run(step.get("if", ""), inputs):
            continue
        done = _run(step, inputs, {**environment, "GITHUB_ACTION_PATH": str(ROOT)}, folder)
        yield StepDone(name, done.returncode, done.stdout)
        if done.returncode:
            return


def _run(
    step: Mapping[str, Any], inputs: Mapping[str, str], environment: Mapping[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    assert step["shell"] == "bash"
    assert "${{" not in step["run"], "an input's text would be run as code: pass it by env"
    variables = {
        name: INPUT.sub(lambda found: inputs[found[1]], text) for name, text in step.get("env", {}).items()
    }
    return subprocess.run(
        [*SHELL, step["run"]],
        cwd=folder,
        env={**environment, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _is_run(condition: str, inputs: Mapping[str, str]) -> bool:
    for part in condition.split(" && ") if condition else ():
        found = COMPARED.fullmatch(part)
        assert found is not None, f"not understood: {part}"
        if (inputs[found[1]] == found[3]) != (found[2] == "=="):
            return False
    return True
