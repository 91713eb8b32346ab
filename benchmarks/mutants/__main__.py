"""Changes one expression or statement of stitchback at a time, and reports which changes no test notices.

    python -m benchmarks.mutants [--sample 400] [--seed 1] [--packages proof planning …] [--again RESULT]

First all tests of TESTS run once, to see which of them call which function (kept in --folder, and measured again when the source or
the tests have changed). Then for every mutant of the sample the tests that call its function run, those of its own package first, the
fastest first, until one fails or their time is used up (--budget: seconds they took when nothing was changed). A mutant with no
failing test has survived; a survivor is either a missing test or a change that means the same. `--again` takes the survivors of an
earlier result instead of a sample, and the tests that did not run for them then.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.mutants.mutating import Mutant, compiles, mutants_of

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
PACKAGES = ("proof", "upgrades", "planning", "matching", "operations", "schema", "repair", "rehearsal")
UNIT = (
    "engine",
    "graph",
    "hazards",
    "matching",
    "operations",
    "planning",
    "proof",
    "rehearsal",
    "repair",
    "runbook",
    "schema",
    "strategies",
    "upgrades",
)
TESTS = (
    *(f"tests/unit/{name}" for name in UNIT),
    "tests/scenarios/test_plans.py",
    "tests/scenarios/test_second_run.py",
    "tests/scenarios/test_damaged_plans.py",
    "tests/django/test_needs_agree.py",
    "tests/django/test_remaking_agrees.py",
)
NEAREST = {
    "schema": ("tests/django/",),
    "operations": ("tests/django/", "tests/unit/schema/"),
}  # package -> tests that are as much its own as its unit tests
BUDGET_SECONDS = 8.0
TOO_SLOW_SECONDS = 8.0  # a test that takes longer is left out
UNNOTICED = ("survived", "no test")
# What the rehearsal runs in its own process, where no call is seen, is called by every test that rehearses.
DOOR_OF_THE_REHEARSAL = "stitchback/rehearsal/process.py"


@dataclass(frozen=True, slots=True)
class Reach:
    """`callers`: (file, first line of a function) -> tests. `by_file`: file -> tests."""

    seconds: dict[str, float]
    callers: dict[tuple[str, int], set[str]]
    by_file: dict[str, set[str]]

    def tests(self, mutant: Mutant, budget: float, passed: frozenset[str]) -> tuple[list[str], float]:
        """Those to run, and the seconds they take; `passed`: those that did not notice the mutant in an earlier run."""
        package = package_of(mutant.path)
        own = (f"tests/unit/{package}/", *NEAREST.get(package, ()))
        found: set[str] = set()
        if mutant.function is None:
            found |= self.by_file.get(mutant.path, set())
            found |= {test for test in self.seconds if test.startswith(own)}
        else:
            found |= self.callers.get((mutant.path, mutant.function[1]), set())
        if package == "rehearsal":
            found |= self.by_file.get(DOOR_OF_THE_REHEARSAL, set())
        chosen: list[str] = []
        spent = 0.0
        for test in sorted(
            found - passed, key=lambda test: (not test.startswith(own), self.seconds[test], test)
        ):
            if chosen and spent + self.seconds[test] > budget:
                continue
            chosen.append(test)
            spent += self.seconds[test]
        return chosen, spent


def read_reach(file: Path, digest: str) -> Reach:
    read = json.loads(file.read_text()) if file.exists() else {}
    if read.get("digest") != digest:
        print("Running all tests once …", flush=True)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "benchmarks.mutants.reach",
            "-p",
            "no:cacheprovider",
            *TESTS,
        ]
        subprocess.run(
            command, cwd=ROOT, env={**os.environ, "STITCHBACK_MUTANTS_REACH": str(file)}, check=False
        )
        read = {**json.loads(file.read_text()), "digest": digest}
        file.write_text(json.dumps(read))
    seconds: dict[str, float] = {}
    callers: dict[tuple[str, int], set[str]] = defaultdict(set)
    by_file: dict[str, set[str]] = defaultdict(set)
    for test, (took, numbers) in read["tests"].items():
        if took > TOO_SLOW_SECONDS:
            continue
        seconds[test] = took
        for number in numbers:
            path, line = read["functions"][number]
            callers[(path, line)].add(test)
            by_file[path].add(test)
    return Reach(seconds, callers, by_file)


def digest_of(folders: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            digest.update(f"{file}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def draw(packages: Sequence[str], size: int, seed: int) -> tuple[list[Mutant], int]:
    """The sample, and of how many."""
    every = [
        mutant
        for package in packages
        for file in sorted((SOURCE / "stitchback" / package).rglob("*.py"))
        for mutant in mutants_of(file, SOURCE)
    ]
    mixed = random.Random(seed).sample(every, len(every))
    chosen: list[Mutant] = []
    for mutant in mixed:
        if len(chosen) == size:
            break
        if compiles(mutant, SOURCE):
            chosen.append(mutant)
    return sorted(chosen, key=lambda mutant: packages.index(package_of(mutant.path))), len(every)


def package_of(path: str) -> str:
    return path.split("/")[1]


def survivors_of(file: Path, packages: Sequence[str]) -> list[tuple[Mutant, frozenset[str]]]:
    """The mutants that survived an earlier run, where they are in the source of today, each with the tests that did not notice it."""
    rows = json.loads(file.read_text())["mutants"]
    wanted = {
        _words(row["mutant"]): frozenset(row["tests"])
        for row in rows
        if row["outcome"] in UNNOTICED and package_of(row["mutant"]["path"]) in packages
    }
    paths = sorted({path for path, *_ in wanted})
    every = [mutant for path in paths for mutant in mutants_of(SOURCE / path, SOURCE)]
    words = [_words(dataclasses.asdict(mutant)) for mutant in every]
    return [(mutant, wanted[known]) for mutant, known in zip(every, words, strict=True) if known in wanted]


def _words(mutant: dict[str, Any]) -> tuple[str, ...]:
    return mutant["path"], mutant["kind"], mutant["before"], mutant["text"]


def run(tasks: list[dict[str, Any]], workers: int, kept: Path) -> list[dict[str, Any]]:
    """A row for each task. `kept`: the folder of the rows, from which an interrupted run goes on."""
    kept.mkdir(exist_ok=True)
    done = {}
    for file in sorted(kept.glob("*.lines")):
        for line in file.read_text().splitlines():
            row = json.loads(line)
            done[_identity(row)] = row
    waiting = [task for task in tasks if _identity(task) not in done]
    with tempfile.TemporaryDirectory(prefix="stitchback-mutants-") as folder:
        started = []
        for number in range(workers if waiting else 0):
            results = kept / f"{len(done)}-{number}.lines"
            started.append((*_start(waiting[number::workers], Path(folder) / str(number), results), results))
        for process, log, results in started:
            if process.wait() not in (0, 5):  # 5: pytest saw no test run, for the forks ran them
                raise SystemExit(
                    f"The run of the mutants ended early ({process.returncode}):\n{log.read_text()[-3000:]}"
                )
            for line in results.read_text().splitlines():
                row = json.loads(line)
                done[_identity(row)] = row
    rows = [done[_identity(task)] for task in tasks]
    return sorted(
        rows, key=lambda row: (row["mutant"]["path"], row["mutant"]["line"], row["mutant"]["start"])
    )


def _identity(task: dict[str, Any]) -> tuple[Any, ...]:
    mutant = task["mutant"]
    return mutant["path"], mutant["start"], mutant["end"], mutant["text"]


def _start(tasks: list[dict[str, Any]], folder: Path, results: Path) -> tuple[subprocess.Popen[bytes], Path]:
    copy, given, log = (folder / name for name in ("src", "tasks", "log"))
    shutil.copytree(SOURCE, copy)
    given.write_text(json.dumps(tasks))
    environment = {
        **os.environ,
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "STITCHBACK_MUTANTS_TASKS": str(given),
        "STITCHBACK_MUTANTS_RESULTS": str(results),
    }
    plugins = ["-p", "benchmarks.mutants.running", "-p", "no:cacheprovider"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", *plugins, *TESTS],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return process, log


def report(rows: list[dict[str, Any]], drawn_from: int) -> str:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for name in (package_of(row["mutant"]["path"]), "all"):
            counts[name][row["outcome"]] += 1
    lines = [
        f"{len(rows)} mutants, of {drawn_from}.",
        "",
        "| package | mutants | noticed | survived | no test | share noticed |",
        "|---|---|---|---|---|---|",
    ]
    for name in sorted(counts, key=lambda name: (name == "all", name)):
        count = counts[name]
        total, noticed = count.total(), count["killed"] + count["timed out"]
        lines.append(
            f"| {name} | {total} | {noticed} | {count['survived']} | {count['no test']} | {noticed / total:.0%} |"
        )
    lines += ["", "Not noticed:", ""]
    for row in rows:
        if row["outcome"] in UNNOTICED:
            mutant = row["mutant"]
            lines.append(
                f"- {mutant['path']}:{mutant['line']} ({row['outcome']}, {len(row['tests'])} tests) {mutant['kind']}"
            )
            lines.append(f"      {mutant['before']}\n   -> {mutant['after']}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sample", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--packages", nargs="+", default=PACKAGES, choices=PACKAGES)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--budget", type=float, default=BUDGET_SECONDS)
    parser.add_argument("--again", type=Path)
    parser.add_argument("--folder", type=Path, default=ROOT / ".mutants")
    chosen = parser.parse_args()
    chosen.folder.mkdir(exist_ok=True)
    reach = read_reach(chosen.folder / "reach.json", digest_of((SOURCE, ROOT / "tests")))
    if chosen.again:
        mutants = survivors_of(chosen.again, chosen.packages)
        drawn_from = len(mutants)
    else:
        drawn, drawn_from = draw(chosen.packages, chosen.sample, chosen.seed)
        mutants = [(mutant, frozenset[str]()) for mutant in drawn]
    tasks = []
    for mutant, passed in mutants:
        tests, seconds = reach.tests(mutant, chosen.budget, passed)
        tasks.append({"mutant": dataclasses.asdict(mutant), "tests": tests, "seconds": round(seconds, 2)})
    print(f"{len(tasks)} mutants, seed {chosen.seed}, {chosen.workers} at a time …", flush=True)
    name = f"again-{chosen.again.stem}" if chosen.again else f"seed-{chosen.seed}"
    kept = chosen.folder / f"{name}-{digest_of((SOURCE, ROOT / 'tests'))[:12]}"
    rows = run(tasks, chosen.workers, kept)
    result = chosen.folder / f"{name}.json"
    result.write_text(json.dumps({"seed": chosen.seed, "drawn_from": drawn_from, "mutants": rows}, indent=1))
    print(report(rows, drawn_from))
    print(f"\nAll of them: {result}")


if __name__ == "__main__":
    main()
