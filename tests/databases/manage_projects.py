"""Django projects with `stitchback` in INSTALLED_APPS, run as a person does: `python manage.py …`, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from databases.servers import Server
from databases.small_projects import SmallProject, add, create, small_project

import stitchback
from stitchback.adapters.urls import DatabaseUrl

SOURCE = Path(stitchback.__file__).parents[1]
DATABASES = "databases.json"  # not in git: on each machine its own, as in real projects
SETTINGS = f"""
import json
from pathlib import Path

INSTALLED_APPS += ["stitchback"]
_file = Path(__file__).parents[1] / "{DATABASES}"
if _file.exists():
    DATABASES = json.loads(_file.read_text())
"""
ROUTER = '''
class AuditRouter:
    """The app `audit` is in the database `audit`, and no other app is."""

    def allow_migrate(self, db, app_label, model_name=None, **hints):
        return (app_label == "audit") == (db == "audit")
'''
ROUTED = (
    SETTINGS
    + """
DATABASE_ROUTERS = ["proj.routers.AuditRouter"]
"""
)


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass(frozen=True, slots=True)
class ManagedProject:
    files: SmallProject

    @property
    def path(self) -> Path:
        return self.files.path

    def manage(self, *arguments: str, folder: Path | None = None) -> Answer:
        command = [sys.executable, str(self.path / "manage.py"), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(SOURCE), "NO_COLOR": "1"}
        done = subprocess.run(
            command, cwd=folder or self.path, env=environment, capture_output=True, text=True, timeout=300
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def good(self, *arguments: str) -> Answer:
        """The same, where it must go well."""
        found = self.manage(*arguments)
        assert found.code == 0, found.text
        return found

    def stitchback(self, *arguments: str) -> Answer:
        return self.manage("stitchback", *arguments)

    def use(self, databases: Mapping[str, Mapping[str, object]]) -> None:
        (self.path / DATABASES).write_text(json.dumps(databases))


def entry(url: DatabaseUrl, **more: object) -> dict[str, object]:
    """An entry of DATABASES."""
    return {**url.settings(), **more}


def managed_project(path: Path, *apps: str, settings: str = SETTINGS) -> ManagedProject:
    """Nothing is committed yet."""
    files = small_project(path, *apps, settings=settings)
    files.write({".gitignore": f"{DATABASES}\n*.sqlite3\n__pycache__\n"})
    return ManagedProject(files)


def shop_with_audit(path: Path) -> ManagedProject:
    """Two databases and a router. Release 2.4 and main both add `item.colour`; main is checked out."""
    project = managed_project(path, "shop", "audit", settings=ROUTED)
    files = project.files
    files.write({"proj/routers.py": ROUTER, "shop/models.py": model("Item", "price", "colour")})
    files.write({"audit/models.py": model("Entry")})
    files.migration("shop.0001_initial", "", create("Item"))
    files.migration("audit.0001_initial", "", create("Entry"))
    files.commit()
    files.git("checkout", "-qb", "release/2.4")
    files.migration("shop.0002_item_colour", "shop.0001_initial", add("item", "colour"))
    files.commit()
    files.git("checkout", "-q", "main")
    files.migration("shop.0002_item_price", "shop.0001_initial", add("item", "price"))
    files.migration("shop.0003_colours", "shop.0002_item_price", add("item", "colour"))
    files.migration("audit.0002_entry_note", "audit.0001_initial", add("entry", "note"))
    files.commit()
    return project


PYMYSQL = """
try:
    import MySQLdb
except ImportError:
    import pymysql

    pymysql.version_info = (2, 2, 9, "final", 0)  # what Django asks of mysqlclient
    pymysql.install_as_MySQLdb()
"""


def use_driver(project: ManagedProject, server: Server) -> None:
    """For MySQL, the lines with which a project uses PyMySQL where mysqlclient is not installed. They are not in git."""
    if server.vendor == "mysql":
        project.files.write({"proj/__init__.py": PYMYSQL})


def model(name: str, *columns: str) -> str:
    fields = [f"{column} = models.IntegerField(null=True)" for column in columns] or ["pass"]
    return "\n    ".join(
        ("from django.db import models\n\n\nclass {name}(models.Model):", *fields, "")
    ).format(name=name)


@dataclass(frozen=True, slots=True)
class MadeDatabases:
    """Databases of one engine, dropped in the end. `made`: alias -> address."""

    server: Server
    folder: Path
    made: dict[str, DatabaseUrl]

    def create(self, alias: str) -> DatabaseUrl:
        self.made[alias] = self.server.create(self.folder)
        return self.made[alias]
