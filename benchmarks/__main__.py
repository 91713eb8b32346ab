"""How long the commands take, whole processes, against the floor: the same blobs read by `git cat-file --batch` and `ast.parse`.

    python -m benchmarks [--sizes 1000 5000 20000] [--runs 5] [--sides 3 20] [--repository CLONE PATCH MAINLINE] …

Generated repositories of those sizes, with so many migrations on each side since the fork point, and real ones given by a local
clone (a clone of it is measured: nothing is written to it). Medians of the runs, in seconds: the time that passes, and in brackets
the processor's, git's included; ratios are of both in the same way. Of each case the floor, the start-up and `status` cold are measured in turns, for the speed of a
machine may change within minutes. Start-up is `status` of a repository of four migrations, nothing cached. Cold is without a cache, warm is with every file in it.
Peak memory is that of the largest process of the command.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

FLOOR = """
import ast, subprocess, sys
blobs = {}
for ref in sys.argv[1:]:
    listed = subprocess.run(["git", "ls-tree", "-r", "-z", ref], capture_output=True, check=True).stdout
    for line in listed.split(b"\\0")[:-1]:
        meta, _, path = line.partition(b"\\t")
        if path.endswith(b".py") and b"migrations" in path.rpartition(b"/")[0]:
            blobs[meta.split()[2]] = None
asked = b"\\n".join(blobs) + b"\\n"
found = subprocess.run(["git", "cat-file", "--batch", "--buffer"], input=asked, capture_output=True, check=True).stdout
place = 0
while place < len(found):
    end = found.index(b"\\n", place)
    size = int(found[place:end].split()[2])
    try:
        ast.parse(found[end + 1 : end + 1 + size])
    except (SyntaxError, ValueError):
        pass
    place = end + 2 + size
"""
HELD_BACK = (
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPROFILEIMPORTTIME",
)  # a user's Python keeps its compiled modules


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one process: seconds that passed, seconds of the processor, peak memory in MiB, and how it ended."""

    passed: float
    used: float
    peak: float
    exit: int


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    repository: Path
    patch: str
    onto: str


@dataclass(frozen=True, slots=True)
class Bench:
    runs: int

    def of(self, words: Sequence[str], where: Path, before: Callable[[], object] = lambda: None) -> Taken:
        """The medians."""
        return self.in_turns([Asked(words, where, before)])[0]

    def in_turns(self, asked: Sequence[Asked]) -> list[Taken]:
        """The medians of several commands that are run one after the other, and again. The first time of each is not counted (compiled
        modules, the system's file cache)."""
        found: list[list[Taken]] = [[] for _ in asked]
        for _ in range(self.runs + 1):
            for each, taken in zip(asked, found, strict=True):
                each.before()
                taken.append(run(each.words, each.where))
        return [median(taken[1:]) for taken in found]


class Asked(NamedTuple):
    """A command, and what is done before it each time."""

    words: Sequence[str]
    where: Path
    before: Callable[[], object] = lambda: None


def median(taken: Sequence[Taken]) -> Taken:
    return Taken(
        statistics.median(each.passed for each in taken),
        statistics.median(each.used for each in taken),
        max(each.peak for each in taken),
        taken[-1].exit,
    )


def run(words: Sequence[str], where: Path) -> Taken:
    environment = {name: value for name, value in os.environ.items() if name not in HELD_BACK}
    start = time.perf_counter()
    process = subprocess.Popen(words, cwd=where, stdout=subprocess.DEVNULL, env=environment)
    _, ended, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(ended)
    passed = time.perf_counter() - start
    assert process.returncode in (0, 1, 3), f"{' '.join(words)} in {where}: exit {process.returncode}"
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Taken(passed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, process.returncode)


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "stitchback", *words]


def git(where: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=where, capture_output=True, check=True, text=True
    ).stdout.strip()


def forget() -> None:
    """Removes the cache (`main` gives these processes one of their own)."""
    shutil.rmtree(Path(os.environ["XDG_CACHE_HOME"], "stitchback"), ignore_errors=True)


def rows(cases: Sequence[Case], tiny: Case, bench: Bench) -> Iterator[tuple[str, ...]]:
    """One a case."""
    starting = command("status", tiny.patch, "--onto", tiny.onto)
    start = bench.of(starting, tiny.repository, forget)
    warm = bench.of(starting, tiny.repository)
    yield ("(start-up)", "", shown(start), "", shown(warm), "", "", "", "", f"{start.peak:.0f}", "")
    for case in cases:
        said(f"{case.name} …")
        base = git(case.repository, "merge-base", case.patch, case.onto)
        words = (case.patch, "--onto", case.onto)
        where = case.repository
        start, floor, cold = bench.in_turns(
            [
                Asked(starting, tiny.repository, forget),
                Asked([sys.executable, "-c", FLOOR, case.onto, case.patch, base], where),
                Asked(command("status", *words), where, forget),
            ]
        )
        warm = bench.of(command("status", *words), where)
        plan = bench.of(command("plan", *words), where)
        first = bench.of(command("plan", *words), where, forget)
        yield (
            case.name,
            shown(floor),
            shown(cold),
            f"{(cold.passed - start.passed) / floor.passed:.1f} ({(cold.used - start.used) / floor.used:.1f})",
            shown(warm),
            share(warm, cold),
            shown(first),
            shown(plan),
            f"{plan.exit}",
            f"{cold.peak:.0f}",
            f"{first.peak:.0f}",
        )


def help_rows(bench: Bench, where: Path) -> Iterator[str]:
    click = bench.of([sys.executable, "-c", "import click"], where)
    helped = bench.of(command("--help"), where)
    yield f"`python -c 'import click'` {shown(click)}, `--help` {shown(helped)}: {helped.passed / click.passed:.2f} times"


def shown(taken: Taken) -> str:
    return f"{taken.passed:.2f} ({taken.used:.2f})"


def share(taken: Taken, whole: Taken) -> str:
    return f"{taken.passed / whole.passed:.2f} ({taken.used / whole.used:.2f})"


def said(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


HEADINGS = (
    "migrations",
    "floor",
    "status cold",
    "(cold - start-up) / floor",
    "status warm",
    "warm / cold",
    "plan cold",
    "plan warm",
    "exit",
    "status MiB",
    "plan MiB",
)


def table(body: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for cells in chain((HEADINGS, ("---",) * len(HEADINGS)), body):
        yield f"| {' | '.join(cells)} |"


def generated(sizes: Sequence[int], sides: Sequence[int], place: Path) -> Iterator[Case]:
    for size in sizes:
        for side in sides:
            where = place / f"{size}-{side}"
            said(f"generating {size} migrations, {side} a side")
            generated_at(where, size, side)
            git(where, "gc", "--quiet")
            yield Case(f"{size}, {side} a side", where, "release/1.0", "main")


def generated_at(where: Path, *arguments: int) -> None:
    """In a process of its own: what is begun by one that has become large counts as large itself (`ru_maxrss` is taken over by a fork)."""
    made = "import sys; from pathlib import Path; from benchmarks.generate import generate; generate(Path(sys.argv[1]), *map(int, sys.argv[2:]))"
    words = [sys.executable, "-c", made, str(where), *map(str, arguments)]
    subprocess.run(words, cwd=Path(__file__).parents[1], check=True)


def real(clones: Sequence[Sequence[str]], place: Path) -> Iterator[Case]:
    for number, (clone, patch, onto) in enumerate(clones):
        where = place / f"real-{number}"
        commits = [git(Path(clone), "rev-parse", f"{ref}^{{commit}}") for ref in (patch, onto)]
        git(place, "clone", "--quiet", "--mirror", "--shared", clone, str(where))
        listed = git(where, "ls-tree", "-r", "--name-only", commits[1]).splitlines()
        count = sum("/migrations/" in path and path.endswith(".py") for path in listed)
        yield Case(f"{Path(clone).name} {patch} onto {onto}: {count}", where, *commits)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 5_000, 20_000])
    parser.add_argument("--sides", type=int, nargs="*", default=[3, 20])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--repository", nargs=3, action="append", default=[], metavar=("CLONE", "PATCH", "MAINLINE")
    )
    arguments = parser.parse_args()
    bench = Bench(arguments.runs)
    with tempfile.TemporaryDirectory(prefix="stitchback-bench-") as folder:
        place = Path(folder)
        os.environ["XDG_CACHE_HOME"] = str(place / "cache")
        generated_at(place / "tiny", 4)
        tiny = Case("tiny", place / "tiny", "release/1.0", "main")
        cases = [*generated(arguments.sizes, arguments.sides, place), *real(arguments.repository, place)]
        for line in chain(table(rows(cases, tiny, bench)), ("",), help_rows(bench, place)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
