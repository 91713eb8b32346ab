"""Real merges of release branches: `plan` for both parents of each, and an independent check that no migration loses an ancestor.

    python -m benchmarks.real_merges CLONE [CLONE …] [--most 30] [--rows FILE] [--jobs 2] [--seconds 60]

CLONE is a local clone, bare or not; nothing is fetched, nothing in it is written. A merge is taken where each side added migrations
since the merge base; at most `--most` of a clone, the newest first. `plan SECOND --onto FIRST` runs in a process of its own. What the
plan would write is laid over the first parent's files and read again by a few lines of `ast`, which know nothing of stitchback; Django's
`MigrationGraph` then gives the ancestors of every migration, on each branch and in the result. A migration that has fewer in the
result than on its branch is printed. Exit 1 where one has, or where there is no answer.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

Key = tuple[str, str]
Files = Mapping[str, bytes]
MIGRATION = re.compile(r"(?:^|/)([^/]+)/(?:migrations|db_migrations|\w+_migrations)/((?!__init__)[^/]+)\.py$")
ADDED = ("--no-renames", "--diff-filter=A", "--name-only")
CRASH = 4
ANSWERS = (0, 1, 3)


def git(clone: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(clone), *arguments], capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace")


def merges_of(clone: Path, most: int) -> Iterator[tuple[str, str, str]]:
    """(merge, first parent, second parent), the newest first."""
    pathspec = ("--", "*migrations/*.py")
    log = git(clone, "log", "--all", "--merges", "--first-parent", "-m", *ADDED, "--format=@%H %P", *pathspec)
    found = 0
    for commit, first, second in candidates(log.splitlines()):
        base = git(clone, "merge-base", first, second).strip()
        sides = (git(clone, "diff", *ADDED, base, side, *pathspec) for side in (first, second))
        if base not in ("", first, second) and all(any(map(MIGRATION.search, s.splitlines())) for s in sides):
            found += 1
            yield commit, first, second
        if found == most:
            return


def candidates(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Merges of two parents that bring a migration to the first one."""
    merge: list[str] = []
    for line in lines:
        if line.startswith("@"):
            merge = line[1:].split()
        elif len(merge) == 3 and MIGRATION.search(line):
            yield merge[0], merge[1], merge[2]
            merge = []


def planned(clone: Path, first: str, second: str) -> dict[str, Any]:
    """What `plan` answers, and the migrations that lose ancestors. Run in a process of its own."""
    from stitchback.api.planning import make_plan
    from stitchback.api.project import Project
    from stitchback.api.reading_cases import PlanRequest
    from stitchback.api.writing_plans import contents_of
    from stitchback.errors import StitchbackError
    from stitchback.planning.outcomes import Planned

    try:
        with Project.open(clone) as project:
            begun = time.monotonic()
            report = make_plan(project, PlanRequest((second,), first))
            codes = {finding.code for finding in (*report.status.findings, *report.findings)}
            outcome = report.outcome
            if any(refuted.contradicted for refuted in outcome.refuted):
                codes.add("SB413")
            answer: dict[str, Any] = {"exit": report.exit_code, "codes": sorted(codes)} | used(begun)
            if not isinstance(outcome, Planned):
                reasons = [str(failure.message) for each in outcome.refuted for failure in each.failures[:1]]
                blocking = [match.verdict.value for match in outcome.blocking]
                return {**answer, "refused": (reasons or blocking or [f"no strategy: {outcome.unplaced}"])[0]}
            repository = project.repository
            patch = {path: entry.read() for path, entry in repository.files(second).items() if is_read(path)}
            onto = {path: entry.read() for path, entry in repository.files(first).items() if is_read(path)}
            result = dict(onto)
            for content in contents_of(project, report):
                result.pop(content.path, None)
                if content.content is not None and is_read(content.path):
                    result[content.path] = content.content
            plan = "+".join(sorted(set(outcome.chosen.candidate.strategies.values())))
            lost = [*losses(patch, result), *losses(onto, result)]
            return {**answer, "plan": plan, "files": len(outcome.chosen.candidate.edits), "lost": lost}
    except StitchbackError as error:
        return {"exit": error.exit_code, "codes": [error.code], "refused": error.message}


def used(begun: float) -> dict[str, float]:
    """What the plan took: seconds since then, seconds of the processor and MiB of this process and the ones it has waited for."""
    planned_in = time.monotonic() - begun
    end_rehearsal()
    each = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "planned_in": round(planned_in, 2),
        "processor": round(sum(one.ru_utime + one.ru_stime for one in each), 2),
        "mebibytes": max(one.ru_maxrss for one in each) // 1024,
    }


def end_rehearsal() -> None:
    """A process of its own, which counts once it has ended. Versions before the rehearsal have none."""
    try:
        from stitchback.rehearsal.process import end
    except ImportError:
        return
    end()


def is_read(path: str) -> bool:
    return bool(MIGRATION.search(path))


def losses(branch: Files, result: Files) -> Iterator[str]:
    """Ancestors that migrations have on the branch and not in the result."""
    before, after = Ancestry(branch), Ancestry(result)
    for key in sorted(before.nodes):
        here = after.standing(key)
        if here is None:
            continue  # no file and no `replaces` of the result has the name: an app that is gone
        for ancestor in sorted(before.of(key)):
            there = after.standing(ancestor)
            if there is not None and there != here and not after.has(here, ancestor):
                yield f"{'.'.join(key)} loses {'.'.join(ancestor)}"


class Ancestry:
    """The graph of some files, by Django's `MigrationGraph`, as far as it can be read at a glance."""

    def __init__(self, files: Files) -> None:
        from django.db.migrations.graph import MigrationGraph

        self.nodes = dict(filter(None, map(read, files.items())))
        self.replacers: dict[Key, Key] = {}
        for key, each in self.nodes.items():
            self.replacers |= dict.fromkeys(each["replaces"], key)
        self._of: dict[Key, frozenset[Key]] = {}
        self.graph = MigrationGraph()
        for key in self.nodes:
            self.graph.add_node(key, None)
        for key, each in self.nodes.items():
            pairs = [(key, parent) for parent in each["dependencies"]]
            pairs += [(child, key) for child in each["run_before"]]
            for child, parent in pairs:
                child, parent = self.standing(child) or child, self.standing(parent) or parent
                if child in self.nodes and parent in self.nodes and child != parent:
                    self.graph.add_dependency(None, child, parent)

    def standing(self, key: Key) -> Key | None:
        """The file of that name, or the one that replaces it."""
        return key if key in self.nodes else self.replacers.get(key)

    def of(self, key: Key) -> frozenset[Key]:
        if key not in self._of:
            self._of[key] = frozenset(self.graph.forwards_plan(key)) - {key}
        return self._of[key]

    def has(self, key: Key, ancestor: Key) -> bool:
        """Whether the ancestor is one, or what replaces it is, or all that it replaces."""
        found = self.of(key)
        replaced = self.nodes.get(ancestor, {}).get("replaces") or [None]
        return (
            ancestor in found
            or self.replacers.get(ancestor) in found
            or all(each in found for each in replaced)
        )


def read(item: tuple[str, bytes]) -> tuple[Key, dict[str, list[Key]]] | None:
    """Name and edges of one file: lists of pairs of strings in the body of `class Migration`."""
    path, content = item
    match = MIGRATION.search(path)
    try:
        body = ast.parse(content).body
    except (SyntaxError, ValueError):
        return None
    found: dict[str, list[Key]] = {"dependencies": [], "replaces": [], "run_before": []}
    for owner in body:
        if isinstance(owner, ast.ClassDef) and owner.name == "Migration" and match:
            for statement in owner.body:
                if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                    name = statement.targets[0].id
                    if name in found and isinstance(statement.value, ast.List):
                        found[name] += filter(None, map(pair, statement.value.elts))
            return (match[1], match[2]), found
    return None


def pair(node: ast.expr) -> Key | None:
    match node:
        case ast.Tuple(elts=[ast.Constant(value=str(app)), ast.Constant(value=str(name))]):
            return app, name
        case _:
            return None


def asked(clone: Path, merge: tuple[str, str, str], seconds: float) -> dict[str, Any]:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))

    begun = time.monotonic()
    command = [sys.executable, "-m", "benchmarks.real_merges", "--one", str(clone), *merge[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limited)
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        answer = {"exit": CRASH if done.returncode > 0 else done.returncode, "said": done.stderr[-600:]}
    took = round(time.monotonic() - begun, 1)
    return {"repository": clone_name(clone), "merge": merge[0][:12], "seconds": took, **answer}


def clone_name(clone: Path) -> str:
    return clone.parent.name.replace("+", "/") if clone.name in ("repo", ".git") else clone.name


def main() -> int:
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(planned(Path(sys.argv[2]), sys.argv[3], sys.argv[4])))
        return 0
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clones", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=30)
    parser.add_argument("--rows", type=argparse.FileType("a"), default=None)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with ThreadPoolExecutor(given.jobs) as pool:
        work = [(clone, merge) for clone in given.clones for merge in merges_of(clone, given.most)]
        for row in pool.map(lambda each: asked(*each, given.seconds), work):
            rows.append(row)
            if given.rows:
                print(json.dumps(row), file=given.rows, flush=True)
    print(table(rows))
    return int(any(row.get("lost") or row["exit"] not in ANSWERS for row in rows))


HEAD = ("repository", "merges", "plans", "nothing to write", "refused", "no answer", "lost ancestors", "processor, s: median, max", "MiB, max")  # fmt: skip


def table(rows: list[dict[str, Any]]) -> str:
    names = sorted({row["repository"] for row in rows}, key=str.lower)
    lines = [line(HEAD), line(["---"] * len(HEAD))]
    lines += [line(cells(name, [row for row in rows if row["repository"] == name])) for name in names]
    lines.append(line(cells("together", rows)))
    for row in rows:
        lines += [f"{row['repository']} {row['merge']}: {each}" for each in row.get("lost", ())[:3]]
    return "\n".join(lines)


def line(values: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, values))} |"


def cells(name: str, rows: list[dict[str, Any]]) -> list[object]:
    """Of one repository, or of all. What was refused before the proof has no figures of time and memory."""
    kinds = Counter(map(kind_of, rows))
    counts = [kinds[kind] for kind in ("plan", "nothing", "refused", "failed")]
    lost = sum(bool(row.get("lost")) for row in rows)
    seconds = [row["processor"] for row in rows if "processor" in row] or [0.0]
    peak = max((row["mebibytes"] for row in rows if "mebibytes" in row), default=0)
    return [name, len(rows), *counts, lost, f"{median(seconds):.1f}, {max(seconds):.1f}", peak]


def kind_of(row: Mapping[str, Any]) -> str:
    """Exit 2 is no answer either: the rehearsal did not finish, or there was nothing to read."""
    if row["exit"] not in ANSWERS:
        return "failed"
    return "plan" if row.get("files") else "refused" if "refused" in row else "nothing"


if __name__ == "__main__":
    sys.exit(main())
