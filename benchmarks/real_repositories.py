"""Real repositories: status and plan of every release branch against mainline, or of named cases, as a table.

    python -m benchmarks.real_repositories CLONE [CLONE …] [--rows FILE] [--jobs 2] [--seconds 60] [--only PATTERN]
    python -m benchmarks.real_repositories --pairs FILE --beside FOLDER

CLONE is a local clone, bare or not; nothing is fetched, nothing in it is written. A release branch is a branch whose name
says so (see RELEASE). FILE of --pairs has lines `folder patch mainline`, the clones lie in FOLDER. --rows takes every answer
as a line of JSON, written at once, so that a run that is broken off can be looked at.

A crash is exit code 4 or a death by signal, a hang is no answer within --seconds of processor time (which on a machine that
does nothing else is the time that passes). Both end in exit code 1 of this script.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

RELEASE = re.compile(
    r"^(?:(?:open-)?releases?[/_-]|stable[/-])[\w./-]*$|^v?\d+(?:\.\d+)+(?:\.x)?$|^release-v[\d.x]+$"
)
HUNG = -1


@dataclass(frozen=True, slots=True)
class Pair:
    clone: Path
    patch: str
    mainline: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one command said. `exit` is HUNG where it was stopped, `seconds` processor time of the whole process."""

    exit: int
    seconds: float
    document: dict[str, Any]
    said: str


@dataclass(frozen=True, slots=True)
class Row:
    repository: str
    patch: str
    mainline: str
    status: int
    status_seconds: float
    plan: int
    plan_seconds: float
    migrations: tuple[str, ...] = ()
    verdicts: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    opaque: int = 0
    strategies: str = ""
    files: int = 0  # that the plan would write
    refused: str = ""
    said: str = ""

    @property
    def broken(self) -> bool:
        return any(code == 4 or code < 0 or code > 4 for code in (self.status, self.plan))


def ask(pair: Pair, command: str, seconds: float) -> Answer:
    """One command in a process of its own, as a person starts it."""
    words = [command, pair.patch, "--onto", pair.mainline, "--format", "json"]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "stitchback", "-C", str(pair.clone), *words],
            stdout=out,
            stderr=err,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (round(seconds), round(seconds))),
        )
        _, ended, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(ended)
        document, said = read(out), read(err)
    taken = used.ru_utime + used.ru_stime
    if process.returncode < 0 and taken >= 0.9 * seconds:
        return Answer(HUNG, taken, {}, f"no answer within {seconds:g} s of processor time")
    return Answer(process.returncode, taken, json.loads(document) if document else {}, said)


def read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace").strip()


def row_of(pair: Pair, seconds: float) -> Row:
    status, plan = ask(pair, "status", seconds), ask(pair, "plan", seconds)
    patches = status.document.get("patches", ())
    matches = [match for patch in patches for match in patch["matches"]]
    found = [finding["code"] for finding in status.document.get("findings", ())]
    read = status.document.get("read", {})
    return Row(
        repository=pair.clone.parent.name if pair.clone.name in ("repo", ".git") else pair.clone.name,
        patch=pair.patch,
        mainline=pair.mainline,
        status=status.exit,
        status_seconds=round(status.seconds, 2),
        plan=plan.exit,
        plan_seconds=round(plan.seconds, 2),
        migrations=tuple(name for patch in patches for name in patch["migrations"]),
        verdicts=dict(Counter(match["verdict"] for match in matches)),
        findings=dict(Counter(found)),
        opaque=read.get("opaque", 0),
        strategies=chosen(plan),
        files=len((plan.document.get("plan") or {}).get("files", ())),
        refused=refusal(plan),
        said=last_lines(status, plan),
    )


def chosen(plan: Answer) -> str:
    found = plan.document.get("plan")
    if not isinstance(found, dict):
        return ""
    strategies = found.get("strategies", {})
    return ", ".join(sorted(set(strategies.values()))) if isinstance(strategies, dict) else str(strategies)


def refusal(plan: Answer) -> str:
    if plan.exit != 3:
        return ""
    refused = plan.document.get("refused") or plan.document.get("blocking")
    return json.dumps(refused, sort_keys=True)[:600] if refused else plan.said[:600]


def last_lines(*answers: Answer) -> str:
    """The end of what a broken command said."""
    return "\n".join(
        answer.said[-1500:] for answer in answers if answer.exit in (HUNG, 2, 4) or answer.exit > 4
    )


def release_branches(clone: Path, pattern: re.Pattern[str]) -> Iterator[str]:
    """Branches that say that they are a release's, and have a history with mainline."""
    refs = git(clone, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes").split()
    for ref in refs:
        name = re.sub(r"^refs/(heads|remotes/[^/]+)/", "", ref)
        if pattern.match(name) and name != mainline_of(clone) and git(clone, "merge-base", ref, "HEAD"):
            yield ref


def mainline_of(clone: Path) -> str:
    return git(clone, "rev-parse", "--abbrev-ref", "HEAD")


def git(clone: Path, *words: str) -> str:
    """What git says; nothing where it fails."""
    done = subprocess.run(["git", "-C", str(clone), *words], capture_output=True, check=False, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def pairs_of(arguments: argparse.Namespace) -> Iterator[Pair]:
    for clone in map(Path, arguments.clones):
        for ref in release_branches(clone, re.compile(arguments.only) if arguments.only else RELEASE):
            yield Pair(clone, ref, "HEAD")
    if arguments.pairs:
        for line in Path(arguments.pairs).read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                folder, patch, mainline = line.split()
                yield Pair(Path(arguments.beside, folder), patch, mainline)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """One line a repository, Markdown."""
    yield "| repository | branches | with patch migrations | patch migrations | verdicts | plans | nothing to do | refused | else | status median, max (s) | plan median, max (s) |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for repository in sorted({row.repository for row in rows}):
        yield line_of(repository, [row for row in rows if row.repository == repository])


def line_of(repository: str, rows: Sequence[Row]) -> str:
    verdicts = sum((Counter(row.verdicts) for row in rows), Counter[str]())
    plans = Counter(0 if row.plan == 1 and not row.files else row.plan for row in rows)
    names = {name for row in rows for name in row.migrations}
    cells = (
        repository,
        len(rows),
        sum(bool(row.migrations) for row in rows),
        len(names),
        ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())),
        plans[1],
        plans[0],
        plans[3],
        sum(plans.values()) - plans[0] - plans[1] - plans[3],
        middle_and_most(row.status_seconds for row in rows),
        middle_and_most(row.plan_seconds for row in rows),
    )
    return f"| {' | '.join(map(str, cells))} |"


def middle_and_most(values: Iterable[float]) -> str:
    ordered = sorted(values)
    return f"{ordered[len(ordered) // 2]:.1f}, {ordered[-1]:.1f}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clones", nargs="*")
    parser.add_argument("--pairs")
    parser.add_argument("--beside", default=".")
    parser.add_argument("--only", help="a regular expression for branch names")
    parser.add_argument("--rows")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    rows = []
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for row in pool.map(lambda pair: row_of(pair, arguments.seconds), pairs_of(arguments)):
            rows.append(row)
            if arguments.rows:
                with Path(arguments.rows).open("a") as out:
                    out.write(json.dumps(asdict(row), sort_keys=True) + "\n")
            print(f"{row.repository} {row.patch} {row.status} {row.plan} {row.plan_seconds}", file=sys.stderr)
    print("\n".join(table(rows)))
    return int(any(row.broken for row in rows))


if __name__ == "__main__":
    sys.exit(main())
