"""Real merges: what `check` finds in each, against its first parent.

    python -m benchmarks.check_merges CLONE [CLONE …] [--most 50] [--commits] [--rows FILE] [--seconds 120]

CLONE is a local clone, bare or not; nothing is fetched, and it is not written: the commits are checked out in a clone of it in a temporary
folder. Taken are the newest `--most` merges of mainline's first-parent history that change migrations; with `--commits` also its commits that
are no merges, as "squash and merge" makes them. `stitchback check --base FIRST-PARENT` runs in a process for each. A finding that several commits have is
printed once, with the first of them, so that each can be looked at. Exit 1 where a run gives no answer.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.real_merges import clone_name, git, line

ANSWERS = (0, 1)
NOTE = "note"
HEAD = ("repository", "commits", "merges", "with findings", "findings", "by code", "notes", "s: median, max", "no answer")  # fmt: skip
Row = Mapping[str, Any]


def commits_of(clone: Path, most: int, which: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """(commit, parents), the newest first. `which`: options of `git log`."""
    taken = ("--first-parent", "-m", f"-n{most}", *which)
    log = git(clone, "log", *taken, "--format=%H %P", "--", "*migrations/*.py")
    for entry in filter(None, log.splitlines()):
        commit, *parents = entry.split()
        yield commit, parents


def checked(name: str, tree: Path, commit: str, parents: list[str], seconds: float) -> Row:
    git(tree, "checkout", "--quiet", "--force", "--detach", commit)
    assert git(tree, "rev-parse", "HEAD").strip() == commit
    command = [sys.executable, "-m", "stitchback", "-C", str(tree), "check", "--base", parents[0], "--format", "json"]  # fmt: skip
    begun = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        answer: dict[str, Any] = {"exit": -1, "message": f"no answer within {seconds:g} s"}
    else:
        answer = {"exit": done.returncode, "message": done.stderr[-600:]}
        if done.returncode in ANSWERS:
            answer["findings"] = json.loads(done.stdout)["findings"]
    took = round(time.monotonic() - begun, 2)
    return {"repository": name, "commit": commit, "parents": len(parents), "seconds": took, **answer}


def rows_of(clone: Path, most: int, which: Sequence[str], seconds: float) -> Iterator[Row]:
    name = clone_name(clone)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "clone")
        subprocess.run(["git", "clone", "--quiet", "--shared", "--no-checkout", clone, tree], check=True)
        for commit, parents in commits_of(clone, most, which):
            yield checked(name, tree, commit, parents, seconds)


def findings_of(rows: list[Row]) -> Iterator[tuple[Row, Mapping[str, Any], int]]:
    """Each finding once: the newest row that has it, the finding, and how many rows have it."""
    first: dict[tuple[str, ...], tuple[Row, Mapping[str, Any]]] = {}
    often: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        for finding in row.get("findings", ()):
            key = (row["repository"], finding["code"], finding["message"])
            first.setdefault(key, (row, finding))
            often[key] += 1
    yield from ((*first[key], often[key]) for key in first)


def table(rows: list[Row]) -> Iterator[str]:
    yield line(HEAD)
    yield line(["---"] * len(HEAD))
    for name in sorted({row["repository"] for row in rows}, key=str.lower):
        yield line(cells(name, [row for row in rows if row["repository"] == name]))
    yield line(cells("together", rows))


def cells(name: str, rows: list[Row]) -> list[object]:
    different = [finding for _, finding, _ in findings_of(rows)]
    serious = [finding for finding in different if finding["severity"] != NOTE]
    codes = Counter(finding["code"] for finding in serious)
    seconds = sorted(row["seconds"] for row in rows)
    return [
        name,
        len(rows),
        sum(row["parents"] > 1 for row in rows),
        sum(row["exit"] == 1 for row in rows),
        len(serious),
        ", ".join(f"{code} {count}" for code, count in sorted(codes.items())),
        len(different) - len(serious),
        f"{seconds[len(seconds) // 2]:.1f}, {seconds[-1]:.1f}" if seconds else "",
        sum(row["exit"] not in ANSWERS for row in rows),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clones", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=50)
    parser.add_argument("--commits", action="store_true")
    parser.add_argument("--rows", type=argparse.FileType("a"), default=None)
    parser.add_argument("--seconds", type=float, default=120)
    given = parser.parse_args()
    which = () if given.commits else ("--merges",)
    rows: list[Row] = []
    for clone in given.clones:
        for row in rows_of(clone, given.most, which, given.seconds):
            rows.append(row)
            if given.rows:
                print(json.dumps(row), file=given.rows, flush=True)
    print("\n".join(table(rows)))
    for row, finding, often in findings_of(rows):
        where = f"{row['repository']} {row['commit'][:12]}{f' and {often - 1} more' if often > 1 else ''}"
        print(f"\n{where}: {finding['code']} {finding['severity']}: {finding['message']}")
    for row in rows:
        if row["exit"] not in ANSWERS:
            print(f"\n{row['repository']} {row['commit'][:12]}: exit {row['exit']}: {row['message']}")
    return int(any(row["exit"] not in ANSWERS for row in rows))


if __name__ == "__main__":
    sys.exit(main())
