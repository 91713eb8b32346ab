"""`python -m tools.wheel`: builds the sdist and from it the wheel, installs the wheel into a new virtual environment, and uses it there.

The source tree is not on the path of what is tested. Needs an index of packages (pip's own configuration).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOOLS = ("build", "twine")
NEEDED = (  # files of the wheel that no import would miss
    "stitchback/py.typed",
    "stitchback/reporting/document-1.schema.json",
    "stitchback/reporting/explanations/SB201.md",
    "stitchback/reporting/html/page.html",
    "stitchback/reporting/html/library/cytoscape.min.js",
    "stitchback/reporting/html/library/cytoscape.LICENSE",
    "stitchback/demo_repository/skeleton/manage.py",
    "stitchback/management/commands/stitchback.py",
)
FOREIGN = ("tests/", "tools/", "benchmarks/", "fixtures/")


def run(command: Sequence[str | Path], folder: Path, codes: Sequence[int] = (0,)) -> str:
    """What it prints on stdout. Exits where its exit code is another one."""
    print("$", *command, flush=True)
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        **pip_variables(),
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode not in codes:
        sys.exit(f"{done.stdout}\nexit code {done.returncode}, not {' or '.join(map(str, codes))}")
    return done.stdout


def pip_variables() -> dict[str, str]:
    """Where pip finds packages."""
    return {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "HTTP", "http"))
    }


def python(folder: Path, *packages: str | Path) -> Path:
    """The interpreter of a new virtual environment with these packages."""
    venv.create(folder, with_pip=True)
    found = folder / "bin" / "python"
    run([found, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], folder)
    return found


def build(folder: Path) -> tuple[Path, Path]:
    """The wheel and the sdist, in `folder`; their metadata and their README are valid for the index."""
    tool = python(folder / "tools", *TOOLS)
    run([tool, "-m", "build", "--outdir", folder, ROOT], folder)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    run([tool, "-m", "twine", "check", "--strict", wheel, sdist], folder)
    return wheel, sdist


def check_contents(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    missing = [name for name in NEEDED if name not in names]
    foreign = [name for name in names if name.startswith(FOREIGN)]
    if missing or foreign:
        sys.exit(f"{wheel.name}: missing {missing}, not wanted {foreign}")


def use(wheel: Path, folder: Path) -> None:
    """As a new user: install it, see the demo, plan a merge, run the same as a command of the project."""
    interpreter = python(folder / "fresh", wheel)
    program = interpreter.with_name("stitchback")
    place = run([interpreter, "-c", "import stitchback; print(stitchback.__file__)"], folder)
    if not Path(place.strip()).is_relative_to(folder):
        sys.exit(f"not the wheel: {place}")
    run([program, "--version"], folder)
    run([program, "demo", "--keep", "kept"], folder)
    repository = folder / "kept" / "shop"
    run(["git", "checkout", "--quiet", "."], repository)
    run(["git", "clean", "--quiet", "--force"], repository)
    print(run([program, "-C", repository, "plan", "release/2.4"], folder, codes=(1,)))
    settings = repository / "project" / "settings.py"
    settings.write_text(f'{settings.read_text()}\nINSTALLED_APPS += ["stitchback"]\n')
    run([interpreter, "manage.py", "check"], repository)
    run([interpreter, "manage.py", "stitchback", "graph"], repository)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="stitchback_wheel_") as name:
        folder = Path(name)
        wheel, sdist = build(folder)
        check_contents(wheel)
        use(wheel, folder)
        print(
            f"{wheel.name} ({wheel.stat().st_size:,} bytes) and {sdist.name} ({sdist.stat().st_size:,} bytes) are good"
        )


if __name__ == "__main__":
    main()
