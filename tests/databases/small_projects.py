"""Django projects of a few lines, as git repositories: what is repaired there, Django itself has made and migrates."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from command_line import Said, stitchback
from databases.servers import Server, execute

from stitchback.adapters.connections import connected
from stitchback.adapters.projects import ProjectSession
from stitchback.adapters.scratch_databases import ScratchDatabases
from stitchback.adapters.urls import DatabaseUrl

ID = "('id', models.AutoField(primary_key=True))"
SETTINGS = """
SECRET_KEY = "x"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
INSTALLED_APPS = {apps}
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}}}
"""
MANAGE = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")
if __name__ == "__main__":
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{after}]
    operations = [{operations}]
"""


def create(model: str, *fields: str, options: str = "") -> str:
    end = f", options={options}" if options else ""
    return f"migrations.CreateModel('{model}', [{', '.join((ID, *fields))}]{end})"


def add(model: str, name: str, field: str = "models.IntegerField(null=True)") -> str:
    return f"migrations.AddField('{model}', '{name}', {field})"


@dataclass(frozen=True, slots=True)
class SmallProject:
    path: Path

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def migration(self, name: str, after: str, *operations: str) -> None:
        """`migration("shop.0002_code", "shop.0001_initial", add("item", "code"))`."""
        app, _, file = name.partition(".")
        parents = ", ".join(str(tuple(parent.split("."))) for parent in after.split())
        text = MIGRATION.format(after=parents, operations=", ".join(operations))
        self.write({f"{app}/migrations/{file}.py": text})

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *who, *arguments], cwd=self.path, capture_output=True, check=True)

    def commit(self, message: str = "x") -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", message)

    def say(self, *arguments: str) -> Said:
        return stitchback(self.path, *arguments)

    def migrate(self, url: str, *target: str) -> str:
        """What Django says; "" where it goes well."""
        with ProjectSession(self.path) as session:
            done = session.migrate(url, *target)
        return "" if done.went_well else str(done.error_message)


def small_project(path: Path, *apps: str, settings: str = "") -> SmallProject:
    made = SmallProject(path)
    made.write(
        {
            "proj/__init__.py": "",
            "proj/settings.py": SETTINGS.format(apps=list(apps)) + settings,
            "manage.py": MANAGE,
            **{
                f"{app}/{name}": ""
                for app in apps
                for name in ("__init__.py", "models.py", "migrations/__init__.py")
            },
        }
    )
    made.git("init", "-qb", "main")
    return made


@dataclass(frozen=True, slots=True)
class Live:
    """One database of a project, on any engine."""

    project: SmallProject
    server: Server
    url: str

    @property
    def address(self) -> DatabaseUrl:
        return DatabaseUrl.parse(self.url)

    def execute(self, *statements: str) -> None:
        execute(self.address, *statements)

    def select(self, sql: str) -> list[tuple[object, ...]]:
        with connected(self.address) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]

    def migrate(self, *target: str) -> str:
        return self.project.migrate(self.url, *target)

    def repair(self, *options: str) -> Said:
        return self.project.say("repair", "--database", self.url, *options)

    def inspect(self, *options: str) -> Said:
        return self.project.say("inspect", "--database", self.url, *options)

    def run(self, script: str) -> None:
        """By the engine's own client."""
        self.server.client(self.address, script)

    def rows(self) -> list[tuple[object, ...]]:
        return self.select("SELECT id, app, name, applied FROM django_migrations ORDER BY id")

    def names(self) -> list[str]:
        return sorted(f"{app}.{name}" for _, app, name, _ in self.rows())


def live(project: SmallProject, server: Server, scratch: ScratchDatabases, *target: str) -> Live:
    """A new database that the project, as it stands, has migrated."""
    found = Live(project, server, scratch.create())
    said = found.migrate(*target)
    assert not said, said
    return found
