"""Packages with migrations, installed, read statically, and compared with what Django makes of them: state and graph.

    python -m benchmarks.packages [--only NAME …] [--venvs FOLDER] [--no-install]

What is too much for every run of the tests: some 2,800 migrations of twenty-seven packages. Those that want a
Django or much else of their own get a virtual environment for themselves below FOLDER; nothing is installed anywhere else.
Exit code 1 where a difference was found that is not explained, where something opaque is not listed with its reason, or where
more than one operation in a hundred is opaque that is neither RunPython nor RunSQL.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "django"))

from package_list import PACKAGES  # noqa: E402

OURS = ("gitpython", "networkx", "dj-database-url", "libcst", "click", "setuptools<80", "packaging")
SHARED = (
    "django~=5.2.0",
    *sorted({each.distribution for each in PACKAGES.values() if not each.alone} - {"django"}),
)
# What one of them needs beside itself; `-` is what it asks for and this comparison can do without (headers of C libraries).
BESIDE: Mapping[str, tuple[str, ...]] = {
    "oscar": ("django~=4.2.0", "whoosh"),
    "edx_enterprise": ("cryptography<42",),
    "weblate": ("psycopg[binary]", "pycairo", "PyGObject<3.51", "-PyGObject", "-borgbackup", "-tesserocr"),
    "mayan": ("-python-ldap", "-django-auth-ldap"),
}
WRONG = ("not read", "differences", "clashes")


def install(name: str, venv: Path) -> None:
    pip = (str(venv / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check")
    if not venv.is_dir():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    if name == "shared":
        subprocess.run([*pip, *OURS, *SHARED], check=True)
        return
    beside = BESIDE.get(name, ())
    wanted = [each for each in beside if not each.startswith("-")]
    unwanted = [each[1:] for each in beside if each.startswith("-")]
    package = PACKAGES[name].distribution
    if unwanted:
        subprocess.run([*pip, "--no-deps", package], check=True)
        subprocess.run([*pip, *OURS, *required(venv, package, unwanted)], check=True)
    else:
        subprocess.run([*pip, *OURS, package], check=True)
    if wanted:
        subprocess.run([*pip, *wanted], check=True)


def required(venv: Path, package: str, unwanted: list[str]) -> list[str]:
    """What the installed package asks for, but for that."""
    ask = "import importlib.metadata as m, sys; print(*(m.requires(sys.argv[1]) or ()), sep=chr(10))"
    run = [str(venv / "bin" / "python"), "-c", ask, package]
    lines = subprocess.run(run, check=True, capture_output=True, text=True).stdout.splitlines()
    return [line for line in lines if "extra ==" not in line and not line.startswith(tuple(unwanted))]


def report(name: str, venv: Path) -> dict[str, Any]:
    script = ROOT / "tests" / "django" / "real_packages.py"
    run = subprocess.run(
        [str(venv / "bin" / "python"), str(script), "--here", name],
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    if run.returncode:
        raise SystemExit(f"{name}: {run.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def wrong(name: str, found: Mapping[str, Any]) -> Iterator[str]:
    for kind in WRONG:
        yield from (f"{name}: {kind}: {line}" for line in found[kind])
    listed = tuple(PACKAGES[name].opaque)
    for line in found["opaque operations"]:
        if not line.startswith(listed):
            yield f"{name}: opaque and not listed: {line}"


def table(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "| package | version | migrations | operations | models | opaque | differences | explained |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, each in sorted(found.items(), key=lambda item: -item[1]["migrations"]):
        counts = (
            len(each["opaque operations"]),
            sum(len(each[kind]) for kind in WRONG),
            len(each["explained"]),
        )
        cells = (
            PACKAGES[name].distribution,
            each["version"],
            each["migrations"],
            each["operations"],
            each["models"],
            *counts,
        )
        yield f"| {' | '.join(map(str, cells))} |"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", choices=sorted(PACKAGES), default=sorted(PACKAGES))
    parser.add_argument("--venvs", type=Path, default=ROOT / ".venv-packages")
    parser.add_argument("--no-install", action="store_true")
    arguments = parser.parse_args()
    found: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    for venv in sorted({name if PACKAGES[name].alone else "shared" for name in arguments.only}):
        if not arguments.no_install:
            install(venv, arguments.venvs / venv)
        for name in arguments.only:
            if venv == (name if PACKAGES[name].alone else "shared"):
                found[name] = report(name, arguments.venvs / venv)
                problems += wrong(name, found[name])
                print(f"{name}: {found[name]['migrations']} migrations", file=sys.stderr)
    print("\n".join(table(found)))
    operations = sum(each["operations"] for each in found.values())
    opaque = sum(len(each["opaque operations"]) for each in found.values())
    migrations = sum(each["migrations"] for each in found.values())
    print(
        f"\n{len(found)} packages, {migrations} migrations, {operations} operations, {opaque} opaque ({opaque / operations:.2%})"
    )
    print("\n".join(problems), file=sys.stderr)
    return int(bool(problems) or opaque > 0.01 * operations)


if __name__ == "__main__":
    sys.exit(main())
