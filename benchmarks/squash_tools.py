"""`squashmigrations`, django-squash and `squash stitch` on the same projects: how many databases of the old files end right with each.

    pip install django-squash
    python -m benchmarks.squash_tools [--markdown FILE] [PROJECT …]

The projects are those of `tests/django/squash_projects.py`. Each tool squashes all apps at once, without Django's system checks, and nothing
is corrected by hand. Databases: a fresh install, and what the old files make: each stop on the way of a full `migrate`, and `migrate APP NAME` for each
migration. Each is migrated to the end with the new files by the project's own Django, on SQLite. It is right if nothing was raised, nothing is left
to run, and its schema and rows are those of a full `migrate` with the old files. A database that is not right is migrated again after a full
`migrate` with the old files: "finish first". Exit code 1 where a tool cannot be started.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path += [str(ROOT / "tests"), str(ROOT / "tests" / "django")]

from squash_judge import values  # noqa: E402
from squash_projects import PROJECTS  # noqa: E402

from stitchback.adapters.project_process import Raised  # noqa: E402
from stitchback.adapters.projects import ProjectSession, Snapshot  # noqa: E402
from stitchback.adapters.scratch_databases import ScratchDatabases, scratch_databases  # noqa: E402
from stitchback.api.verification.real_differences import schema_differences  # noqa: E402
from stitchback.api.verification.worktrees import Worktrees  # noqa: E402
from stitchback.model.keys import MigrationKey  # noqa: E402

SETTINGS = "proj/with_django_squash.py"
WITH_DJANGO_SQUASH = 'from proj.settings import *\nINSTALLED_APPS = [*INSTALLED_APPS, "django_squash"]\n'
NOT_STARTED = ("Unknown command", "No module named 'django_squash'", "No module named stitchback")
HEAD = ("project", "tool", "databases", "right", "right after finishing first", "wrong", "what goes wrong")


@dataclass(frozen=True, slots=True)
class Result:
    """Numbers of databases. `errors`: what goes wrong, each once."""

    project: str
    tool: str
    right: int = 0
    finished: int = 0
    wrong: int = 0
    errors: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[object, ...]:
        number = self.right + self.finished + self.wrong
        return (
            self.project, self.tool, number, self.right, self.finished, self.wrong, "; ".join(self.errors)
        )  # fmt: skip


def squash(tool: str, folder: Path, leaves: tuple[MigrationKey, ...]) -> str:
    """Lets the tool write its files. Returns the error of the first command that fails."""
    manage = [sys.executable, "manage.py"]
    settings = folder / SETTINGS
    commands = {
        "squashmigrations": [
            [*manage, "squashmigrations", key.app, key.name, "--noinput", "--skip-checks"] for key in leaves
        ],
        "django-squash": [
            [*manage, "squash_migrations", "--skip-checks", "--settings", "proj.with_django_squash"]
        ],
        "squash stitch": [
            [sys.executable, "-m", "stitchback", "squash", "stitch", *(key.app for key in leaves), "--yes"]
        ],
    }[tool]
    settings.write_text(WITH_DJANGO_SQUASH)
    try:
        for command in commands:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if any(text in done.stderr for text in NOT_STARTED):
                raise SystemExit(f"{tool}: {done.stderr}")
            if done.returncode not in (0, 1) or (done.returncode and tool != "squash stitch"):
                return last(done.stderr)
    finally:
        settings.unlink()
    return ""


def last(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no output")


@dataclass(frozen=True, slots=True)
class Databases:
    """What the old files make, each database once: its first rows -> a way to make it."""

    old: ProjectSession
    scratch: ScratchDatabases

    def urls(self) -> Iterator[str]:
        """A fresh install, then each stop of a full `migrate`, then `migrate APP NAME` of each migration."""
        empty = self.scratch.create()
        yield empty
        order = self.old.graph(empty).order
        made = set()
        ways = [[*order[: number + 1]] for number in range(len(order))] + [[key] for key in order]
        for way in ways:
            url = self.scratch.create()
            for key in way:
                assert self.old.migrate(url, key.app, key.name).went_well
            ledger = frozenset(self.old.ledger(url))
            if ledger not in made:
                made.add(ledger)
                yield url


def difference(new: ProjectSession, url: str, right: Snapshot, apps: set[str]) -> str:
    """What goes wrong when the database is migrated to the end with the new files."""
    try:
        outcome = new.migrate(url)
        if not outcome.went_well:
            return f"{outcome.error_class}: {outcome.error_message.splitlines()[0]}"
        if new.standing(url).unapplied:
            return "migrations are left to run"
        found = new.snapshot(url)
    except Raised as raised:
        return str(raised).splitlines()[0]
    differences = [str(each) for each in schema_differences(found.schema, right.schema)]
    if differences:
        return differences[0]
    for table, rows in right.rows.items():
        if table.partition("_")[0] in apps and values(found.rows.get(table, ())) != values(rows):
            return f"rows of {table} differ"
    return ""


def judged(project: str, tool: str, folder: Path) -> Result:
    path = folder / "project"
    path.mkdir(parents=True)
    PROJECTS[project](path)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=path, capture_output=True, text=True, check=True
    ).stdout.strip()
    with scratch_databases("sqlite:///") as scratch, Worktrees(path) as trees:
        old = trees.at(commit)
        complete = scratch.create()
        own = {each.name for each in path.iterdir() if (each / "migrations").is_dir()}
        leaves = tuple(key for key in old.graph(complete).leaves if key.app in own)
        assert old.migrate(complete).went_well
        right = old.snapshot(complete)
        failed = squash(tool, path, leaves)
        urls = list(Databases(old, scratch).urls())
        if failed:
            return Result(project, tool, wrong=len(urls), errors=(f"the command fails: {failed}",))
        new = trees.reconciled_folder(path, scratch.create())
        if isinstance(new, Raised):
            return Result(project, tool, wrong=len(urls), errors=(str(new).splitlines()[0],))
        good = finished = 0
        errors: dict[str, None] = {}
        for url in urls:
            again = scratch.copy(url)
            problem = difference(new.session, url, right, own)
            if not problem:
                good += 1
                continue
            errors[problem] = None
            if url != urls[0] and old.migrate(again).went_well and not difference(new.session, again, right, own):  # fmt: skip
                finished += 1
        return Result(project, tool, good, finished, len(urls) - good - finished, tuple(errors))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("projects", nargs="*", metavar="PROJECT")
    parser.add_argument("--markdown", type=Path, help="write the table here, too")
    given = parser.parse_args()
    lines = [row(HEAD), row(["---"] * len(HEAD))]
    with tempfile.TemporaryDirectory() as folder:
        for project in given.projects or PROJECTS:
            for tool in ("squashmigrations", "django-squash", "squash stitch"):
                place = Path(folder, f"{project}-{tool.replace(' ', '-')}")
                lines.append(row(judged(project, tool, place).cells))
                print(lines[-1], file=sys.stderr, flush=True)
                shutil.rmtree(place)
    print("\n".join(lines))
    if given.markdown:
        given.markdown.write_text("\n".join(lines) + "\n")
    return 0


def row(cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"  # type: ignore[call-overload]


if __name__ == "__main__":
    os.environ.setdefault("GIT_CONFIG_GLOBAL", os.devnull)
    sys.exit(main())
