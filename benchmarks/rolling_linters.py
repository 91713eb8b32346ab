"""What other tools find of changes that break running code during a deploy: django-migration-linter and django-safe-migrations on the kinds of change of
`tests/databases/rolling_kinds.py`.

    pip install django-migration-linter django-safe-migrations
    STITCHBACK_TEST_POSTGRES=postgresql://… python -m benchmarks.rolling_linters [--markdown FILE]

Both read the new release's migrations, django-migration-linter as SQL for PostgreSQL: it wants a connection to a server, and changes nothing there. A kind counts as found if the tool reports anything about code
of the old release for one of its migrations: for django-migration-linter its errors (warnings are about locks), for django-safe-migrations the rules of ABOUT_CODE, whatever
their severity. Whether old code breaks is what `tests/databases/test_rolling.py` has seen real models do on PostgreSQL. Exit code 1 where a tool does not run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))

from databases.rolling_agreement import broken_on  # noqa: E402
from databases.rolling_kinds import KINDS  # noqa: E402
from databases.rolling_projects import NEW, OLD, rolling_project  # noqa: E402

from stitchback.adapters.urls import DatabaseUrl  # noqa: E402
from stitchback.api import Project  # noqa: E402
from stitchback.api.checking import RollingRequest, rolling_case  # noqa: E402

# Rules of django-safe-migrations about columns, types, names and rows; the others are about locks, style and undoing.
ABOUT_CODE = frozenset(f"SM{number:03}" for number in (1, 2, 3, 4, 6, 9, 11, 13, 14, 15, 17, 20, 21, 33, 47))
SETTINGS = """
from proj.settings import *
INSTALLED_APPS = [*INSTALLED_APPS, "django_migration_linter", "django_safe_migrations"]
DATABASES = {{"default": {database!r}}}
"""
SERVER = "STITCHBACK_TEST_POSTGRES"
LINE = re.compile(r"\((?P<app>\w+), (?P<name>\w+)\)\.\.\. (?P<verdict>\w+)")
ENGINE = "postgresql"


@dataclass(frozen=True, slots=True)
class Score:
    """Names of kinds: breaking ones that the tool reports, breaking ones that it does not, harmless ones that it reports."""

    found: tuple[str, ...]
    missed: tuple[str, ...]
    wrong: tuple[str, ...]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--markdown", type=Path, help="write the table here, too")
    wanted = parser.parse_args()
    if SERVER not in os.environ:
        parser.error(f"{SERVER} must name a PostgreSQL server")
    with tempfile.TemporaryDirectory() as folder:
        project = rolling_project(Path(folder), KINDS).path
        breaking = breaking_kinds(project)
        database = DatabaseUrl.parse(os.environ[SERVER]).settings()
        (project / "proj" / "lint.py").write_text(SETTINGS.format(database=database))
        reported = {
            "django-migration-linter": migration_linter(project),
            "django-safe-migrations": safe_migrations(project),
        }
    text = table({tool: score(apps, breaking) for tool, apps in reported.items()})
    print(f"{len(KINDS)} kinds, {len(breaking)} of them break old code on PostgreSQL\n\n{text}", end="")
    if wanted.markdown:
        wanted.markdown.write_text(text, encoding="utf-8")
    return 0


def breaking_kinds(path: Path) -> frozenset[str]:
    with Project.open(path) as project:
        case = rolling_case(project, RollingRequest(OLD, NEW))
    return frozenset(kind.label for kind in KINDS if any(broken_on(ENGINE, kind, case)))


def manage(project: Path, *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments, "--settings", "proj.lint", "--skip-checks"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        sys.exit(f"{' '.join(arguments)} printed nothing:\n{done.stderr}")
    return done.stdout


def migration_linter(project: Path) -> frozenset[str]:
    """Apps with an error."""
    out = manage(project, "lintmigrations", "--no-cache", "--sql-analyser", ENGINE)
    return frozenset(
        line["app"] for line in LINE.finditer(out) if line["verdict"] == "ERR" and is_step(line["name"])
    )


def safe_migrations(project: Path) -> frozenset[str]:
    """Apps with a finding of ABOUT_CODE."""
    out = manage(project, "check_migrations", "--format", "json", "--database-vendor", ENGINE)
    issues = json.loads(out)["issues"]
    return frozenset(
        issue["app_label"]
        for issue in issues
        if issue["rule_id"] in ABOUT_CODE and is_step(issue["migration_name"])
    )


def is_step(name: str) -> bool:
    return not name.startswith("0001")


def score(reported: frozenset[str], breaking: frozenset[str]) -> Score:
    def names(chosen: frozenset[str]) -> tuple[str, ...]:
        return tuple(kind.name for kind in KINDS if kind.label in chosen)

    return Score(names(reported & breaking), names(breaking - reported), names(reported - breaking))


def table(scores: Mapping[str, Score]) -> str:
    lines = ["| tool | found | missed | reported wrongly |", "|---|---|---|---|"]
    for tool, each in scores.items():
        lines.append(f"| {tool} | {len(each.found)} | {cell(each.missed)} | {cell(each.wrong)} |")
    return "\n".join(lines) + "\n"


def cell(names: tuple[str, ...]) -> str:
    return f"{len(names)}: {', '.join(names)}" if names else "0"


if __name__ == "__main__":
    sys.exit(main())
