"""A repository in which git is in the middle of something, and databases that real Django makes with its commits."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from command_line import Said, stitchback

MANAGE = """\
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "conf.settings")

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""
SETTINGS = """\
import os

SECRET_KEY = "tests"
INSTALLED_APPS = [{apps}]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("DB", ":memory:")}}}}
"""
PERSON = {
    f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}
DATES = {f"GIT_{who}_DATE": "2026-03-01T12:00:00Z" for who in ("AUTHOR", "COMMITTER")}


def create(model: str) -> str:
    return f'migrations.CreateModel("{model}", [("id", models.AutoField(primary_key=True))])'


def add(model: str, name: str, field: str = "models.IntegerField(null=True)") -> str:
    return f'migrations.AddField("{model}", "{name}", {field})'


class UnfinishedWork:
    """A Django project of the apps, each with a model Item and a first commit; the branch is `main`."""

    def __init__(self, folder: Path, *apps: str) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.put("manage.py", MANAGE)
        self.put(".gitignore", "__pycache__/\n*.sqlite3\n")
        self.put("conf/__init__.py")
        self.put("conf/settings.py", SETTINGS.format(apps=", ".join(f'"{app}"' for app in apps)))
        for app in apps:
            for path in (f"{app}/__init__.py", f"{app}/models.py", f"{app}/migrations/__init__.py"):
                self.put(path)
            self.migration(f"{app}.0001_initial", "", create("Item"))
        self.commit("base")

    @property
    def environment(self) -> dict[str, str]:
        """Of git."""
        return {**os.environ, **PERSON, **DATES, "GIT_CONFIG_NOSYSTEM": "1", "GIT_EDITOR": "true"}

    def git(self, *arguments: str, fails: bool = False) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.folder, env=self.environment, capture_output=True)
        assert fails == bool(done.returncode), (arguments, done.stdout.decode() + done.stderr.decode())
        return done.stdout.decode()

    def put(self, path: str, text: str = "") -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        return (self.folder / path).read_text(encoding="utf-8")

    def migration(self, key: str, parents: str, *operations: str) -> None:
        """`shop.0002_x`, its parents with spaces between."""
        app, _, name = key.partition(".")
        dependencies = "".join(
            f'        ("{each.partition(".")[0]}", "{each.partition(".")[2]}"),\n' for each in parents.split()
        )
        listed = "".join(f"        {each},\n" for each in operations)
        self.put(
            f"{app}/migrations/{name}.py",
            "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
            f"    dependencies = [\n{dependencies}    ]\n\n    operations = [\n{listed}    ]\n",
        )

    def commit(self, message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def branch(self, name: str) -> None:
        self.git("checkout", "-q", "-b", name)

    def switch(self, name: str) -> None:
        self.git("checkout", "-q", name)

    def hotfix(self, release: str = "release") -> None:
        """The release adds item.colour, main adds it under another name."""
        self.branch(release)
        self.migration("shop.0002_hot_colour", "shop.0001_initial", add("item", "colour"))
        self.commit("hotfix")
        self.switch("main")
        self.migration("shop.0002_note", "shop.0001_initial", add("item", "note"))
        self.migration("shop.0003_colour", "shop.0002_note", add("item", "colour"))
        self.commit("main")

    def run(self, *arguments: str) -> Said:
        return stitchback(self.folder, *arguments)

    @property
    def state(self) -> tuple[str, dict[str, bytes]]:
        """The index, and all files on disk."""
        files = (path for path in self.folder.rglob("*") if path.is_file() and ".git" not in path.parts)
        listed = {str(path): path.read_bytes() for path in files if "__pycache__" not in path.parts}
        return self.git("ls-files", "--stage"), listed

    # Databases

    def database(self, ref: str, name: str) -> Path:
        """A new database that the commit's own code has migrated."""
        tree = self.folder.parent / f"tree-{name}"
        tree.mkdir()
        archive = subprocess.run(["git", "archive", ref], cwd=self.folder, capture_output=True, check=True)
        subprocess.run(["tar", "-x", "-C", str(tree)], input=archive.stdout, check=True)
        database = self.folder.parent / f"{name}.sqlite3"
        said = migrate(tree, database)
        assert said == "", said
        return database

    def upgraded(self, database: Path) -> dict[str, frozenset[str]]:
        """The columns of each table once the rows that stitchback asks for are in and the working tree has migrated the database."""
        repaired = self.run("repair", "--database", f"sqlite:///{database}", "--apply", "--yes")
        assert repaired.exit_code in (0, 1), repaired.err
        said = migrate(self.folder, database)
        assert said == "", said
        return schema(database)

    def fresh(self, name: str = "fresh") -> dict[str, frozenset[str]]:
        database = self.folder.parent / f"{name}.sqlite3"
        said = migrate(self.folder, database)
        assert said == "", said
        return schema(database)


def migrate(tree: Path, database: Path) -> str:
    """What Django complains about; "" where it does not."""
    environment = {**os.environ, "DB": str(database), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity=0"]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr


def schema(database: Path) -> dict[str, frozenset[str]]:
    with sqlite3.connect(database) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            table: frozenset(row[1] for row in connection.execute(f'PRAGMA table_info("{table}")'))
            for table in tables
            if not table.startswith(("django_", "sqlite_"))
        }
