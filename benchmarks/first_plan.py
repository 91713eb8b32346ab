"""A new user's path, timed in steps: the wheel, a new virtual environment, and on a fresh repository two commands to a proved plan.

    python -m benchmarks.first_plan

Needs an index of packages (pip's own configuration). The repository is that of `benchmarks.other_tools`: a release with a hotfix, and the same
column on mainline. The second command is the one that the first one shows. Exit code 1 where a step fails or the plan is not proved.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = "import sys; sys.path.append(sys.argv[1]); from pathlib import Path; from benchmarks.other_tools import build; build(Path(sys.argv[2]), '\\n')"
NEXT = re.compile(r"stitchback plan \S+")
PROVED = "Proved with Django"
CHANGES = 1  # the exit code: something is left to do


def step(name: str, command: Sequence[str | Path], folder: Path, code: int = 0) -> str:
    """Its output; the time is printed."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    begun = time.monotonic()
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    print(f"{time.monotonic() - begun:6.1f} s  {name}", flush=True)
    if done.returncode != code:
        raise SystemExit(f"exit code {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = folder / "env" / "bin" / "python"
        program = python.with_name("stitchback")
        step("python -m venv", [sys.executable, "-m", "venv", "env"], folder)
        step("pip wheel", [python, "-m", "pip", "wheel", "-q", "--no-deps", "-w", "dist", ROOT], folder)
        (wheel,) = (folder / "dist").glob("*.whl")
        step("pip install", [python, "-m", "pip", "install", "-q", wheel], folder)
        step("(a repository is made)", [python, "-c", BUILD, str(ROOT), "shop"], folder)
        shown = NEXT.search(step("stitchback status", [program, "status"], folder / "shop", CHANGES))
        if shown is None:
            raise SystemExit("status shows no next command")
        _, *arguments = shlex.split(shown[0])
        plan = step(shown[0], [program, *arguments], folder / "shop", CHANGES)
        if PROVED not in plan:
            raise SystemExit(plan)
        print(next(line for line in plan.splitlines() if line.startswith(PROVED)))


if __name__ == "__main__":
    main()
