"""Shell completion, by click's own protocol and in the shells that are installed (docs/completion.md)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import stitchback

SOURCE = Path(stitchback.__file__).parents[1]
PAGE = Path(__file__).parents[3] / "docs" / "completion.md"
SHELLS = ("bash", "zsh", "fish")


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SOURCE), **more}


def completed(shell: str, words: str) -> str:
    """What the program prints for the shell, the last word being incomplete."""
    *_, last = words.split(" ")
    variables = {"_STITCHBACK_COMPLETE": f"{shell}_complete", "COMP_WORDS": words}
    variables["COMP_CWORD"] = last if shell == "fish" else str(words.count(" "))
    done = subprocess.run(
        [sys.executable, "-m", "stitchback"],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_commands_and_options(shell: str) -> None:
    assert re.findall(r"\bplan\b", completed(shell, "stitchback pl"))
    assert "--zero-touch" in completed(shell, "stitchback plan --z")
    assert "mermaid" in completed(shell, "stitchback graph --format m")


@pytest.mark.parametrize("shell", SHELLS)
def test_near_miss_no_such_command(shell: str) -> None:
    assert completed(shell, "stitchback xyz").strip() == ""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder with a program `stitchback`, as pip writes it."""
    script = tmp_path / "bin" / "stitchback"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m stitchback "$@"\n')
    script.chmod(0o755)
    return script.parent


# What a person types: the line of the page, then a completion.
TYPED = {
    "bash": 'COMP_WORDS=(stitchback pl); COMP_CWORD=1; _stitchback_completion stitchback; echo "${COMPREPLY[@]}"',
    "zsh": "echo $_comps[stitchback]",
    "fish": "complete -C 'stitchback pl'",
}
ANSWERS = {"bash": "plan", "zsh": "_stitchback_completion", "fish": "plan"}
BEFORE = {"bash": "", "zsh": "autoload -Uz compinit && compinit -D -u\n", "fish": ""}


@pytest.mark.parametrize("shell", SHELLS)
def test_the_line_of_the_page(shell: str, program: Path, tmp_path: Path) -> None:
    """It is put into the shell's start-up file, and works there."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    line = re.findall(rf"```{shell}\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]
    script = f"{BEFORE[shell]}{line}\n{TYPED[shell]}\n"
    found = environment(PATH=f"{program}:{os.environ['PATH']}", HOME=str(tmp_path))
    done = subprocess.run([shell, "-c", script], env=found, capture_output=True, text=True, check=False)
    assert ANSWERS[shell] in done.stdout, done.stderr
