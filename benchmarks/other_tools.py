"""The hotfix of docs/tutorial.md with other tools: what they report and write, and what becomes of the production database.

    pip install "django~=5.2.0" . django-linear-migrations django-migration-linter django-squash
    python -m benchmarks.other_tools [TOOL …]

A release, a hotfix on it that adds a column, the same column on mainline in another migration; git has merged the hotfix without a conflict in the models. For each tool: its commands,
the last line of the output (that of an error, if there is one) and the exit code of each, then a full `migrate` of a fresh install and of production's database (SQLite), and the value that the
column has there, which was `dark`. The exit code is 1 where a tool cannot be started.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MODELS = "from django.db import models\n\n\n"
SUPPLIER = "class Supplier(models.Model):\n    name = models.CharField(max_length=80)\n\n\n"
ITEM = "class Item(models.Model):\n    name = models.CharField(max_length=80)\n"
COLOUR = '    colour = models.CharField(max_length=20, default="plain")\n'
LINEAR = '\nINSTALLED_APPS += ["django_linear_migrations"]\n'
APPS = {
    "django-linear-migrations": LINEAR,
    "django-migration-linter": '\nINSTALLED_APPS += ["django_migration_linter"]\n',
    "django-squash": '\nINSTALLED_APPS += ["django_squash"]\n',
}
MERGE = "git merge -q -X ours -m merge release/1.0"
CONFLICT = (
    "git merge -q release/1.0 || git checkout --ours shop/models.py"  # max_migration.txt stays in conflict
)
FORCE = "python manage.py makemigrations --merge --noinput"
# Tool -> its commands, after git's merge unless the first of them merges.
TOOLS: dict[str, tuple[str, ...]] = {
    "makemigrations --merge": (MERGE, FORCE),
    "django-linear-migrations": (CONFLICT, "python manage.py rebase_migration shop"),
    "django-migration-linter": (MERGE, FORCE, "python manage.py lintmigrations shop --no-cache"),
    "squashmigrations": (
        MERGE,
        FORCE,
        "python manage.py squashmigrations shop 0004 --noinput --squashed-name all",
    ),
    "django-squash": (MERGE, FORCE, "python manage.py squash_migrations"),
    "stitchback": ("python -m stitchback plan release/1.0", "python -m stitchback apply release/1.0 --yes"),
}
ROW = 'from shop.models import Item; Item.objects.create(name="Rye", colour="dark")'
VALUE = "from shop.models import Item; print(Item.objects.get().colour)"


def shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    people = {
        f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command, shell=True, cwd=folder, env={**os.environ, **people, "PATH": path}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip


def must(folder: Path, *commands: str) -> None:
    for command in commands:
        done = shell(folder, command)
        if done.returncode:
            raise SystemExit(f"{command}: {done.stdout}")


def build(folder: Path, settings: str) -> None:
    """`main` is checked out; db.sqlite3 is production's."""
    folder.mkdir()
    must(
        folder, "git init -q -b main", "django-admin startproject project .", "python manage.py startapp shop"
    )
    with (folder / "project/settings.py").open("a") as file:
        file.write('INSTALLED_APPS += ["shop"]' + settings)
    (folder / ".gitignore").write_text("*.sqlite3\n__pycache__/\n")
    migration(folder, MODELS + ITEM, "initial")
    if settings == LINEAR:
        must(folder, "python manage.py create_max_migration_files shop")
    must(folder, "git add .", "git commit -qm 'Release 1.0'", "git branch release/1.0")
    migration(folder, MODELS + SUPPLIER + ITEM, "supplier")
    migration(folder, MODELS + SUPPLIER + ITEM + COLOUR, "catalogue")
    must(folder, "git add .", "git commit -qm Catalogue", "git switch -q release/1.0")
    migration(folder, MODELS + ITEM + COLOUR, "hotfix_colour")
    must(folder, "git add .", "git commit -qm Hotfix", "python manage.py migrate -v 0")
    must(folder, f"python manage.py shell -v 0 -c '{ROW}'", "git switch -q main")


def migration(folder: Path, models: str, name: str) -> None:
    (folder / "shop/models.py").write_text(models)
    must(folder, f"python manage.py makemigrations shop -v 0 --name {name}")


def last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next(reversed([line for line in lines if line.endswith("... ERR")] or lines), "")


def report(folder: Path, tool: str, commands: tuple[str, ...]) -> None:
    print(f"\n{tool}")
    for command in commands:
        done = shell(folder, command)
        print(f"  {command}: exit {done.returncode}: {last(done.stdout)}")
        if "Unknown command" in done.stdout or "No module named" in done.stdout:
            raise SystemExit(1)
    shutil.move(folder / "db.sqlite3", folder / "production.sqlite3")
    done = shell(folder, "python manage.py migrate")
    print(f"  a fresh install: exit {done.returncode}: {last(done.stdout)}")
    shutil.move(folder / "production.sqlite3", folder / "db.sqlite3")
    done = shell(folder, "python manage.py migrate")
    print(f"  production: exit {done.returncode}: {last(done.stdout)}")
    print(f"  its value: {last(shell(folder, f'python manage.py shell -v 0 -c {VALUE!r}').stdout)}")


def main() -> None:
    chosen = {tool: TOOLS[tool] for tool in sys.argv[1:] or TOOLS}
    with tempfile.TemporaryDirectory() as place:
        for number, (tool, commands) in enumerate(chosen.items()):
            folder = Path(place) / f"shop{number}"
            build(folder, APPS.get(tool, "\n"))
            report(folder, tool, commands)


if __name__ == "__main__":
    main()
