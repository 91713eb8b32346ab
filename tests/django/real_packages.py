"""The state of real packages, read statically, beside the one that Django makes of them.

    python tests/django/real_packages.py NAME…      one report a package, as JSON
    python tests/django/real_packages.py            of all that are installed

Each package in a process of its own: Django can be set up once only.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha1
from importlib.metadata import version
from pathlib import Path
from typing import Any

from package_list import PACKAGES, Package

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree, field_names_of
from stitchback.model.physical import PhysicalSchema
from stitchback.model.source import Opaque
from stitchback.model.state import SchemaState
from stitchback.operations import kind_of
from stitchback.operations.applying import apply_operation, physical_effects
from stitchback.operations.data import runs_code
from stitchback.parsing.tree import read_tree
from stitchback.schema.apply_effect import run_effect
from stitchback.schema.clashes import Clash

CONTRIB = ("auth", "contenttypes", "sessions", "messages", "sites", "admin", "staticfiles")


def report(name: str) -> dict[str, Any]:
    """The package's report, made in a process of its own."""
    run = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), "--here", name],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if run.returncode:
        raise RuntimeError(f"{name}: {run.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def set_up(package: Package) -> None:
    import django
    from django.conf import settings

    os.environ.update(package.environment)
    if package.on_path:
        sys.path.insert(0, str(folder_of(package.on_path)))
    if package.module:
        os.environ["DJANGO_SETTINGS_MODULE"] = package.module
        settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
        django.setup()
        return
    said: dict[str, Any] = {
        "INSTALLED_APPS": [*(f"django.contrib.{name}" for name in CONTRIB), *package.apps],
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        "SECRET_KEY": "x",
        "SITE_ID": 1,
        "STATIC_URL": "/static/",
        "MEDIA_URL": "/media/",
        "LANGUAGE_CODE": "en",
        "USE_TZ": True,
        "ROOT_URLCONF": "x",
        "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
        "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    }
    if package.defaults:
        module = importlib.import_module(package.defaults)
        said |= {key: value for key, value in vars(module).items() if key.isupper()}
    settings.configure(**{**said, **package.settings})
    django.setup()


@dataclass(frozen=True)
class FileOnDisk:
    path: Path

    @property
    def blob(self) -> str:
        return sha1(self.path.read_bytes()).hexdigest()

    def read(self) -> bytes:
        return self.path.read_bytes()


def files_of() -> Iterator[tuple[str, FileOnDisk]]:
    """Of Django's own apps, and of all packages that an installed app is of, by their paths below where they are installed."""
    from django.apps import apps

    installed = {config.name.partition(".")[0] for config in apps.get_app_configs()} - {"django"}
    for root in ("django.contrib", *sorted(installed)):
        folder = folder_of(root)
        base = folder.parents[root.count(".")]
        for path in folder.rglob("*.py"):
            yield path.relative_to(base).as_posix(), FileOnDisk(path)


def folder_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None, package
    assert spec.submodule_search_locations, package
    return Path(next(iter(spec.submodule_search_locations)))


def own_apps(package: Package) -> set[str]:
    """Labels of the installed apps that the package itself brings."""
    from django.apps import apps

    folders = [folder_of(root) for root in package.roots or ("django",)]
    return {
        config.label
        for config in apps.get_app_configs()
        if any(Path(config.path).is_relative_to(folder) for folder in folders)
    }


@dataclass(frozen=True)
class Played:
    """The migrations of Django's graph in its order: its state, and ours of the same files as they were read."""

    theirs: Any
    ours: Any
    unread: list[str]
    clashes: list[str]


def play(tree: Tree, graph: Any) -> Played:
    from django.db.migrations.state import ProjectState

    plan = list(
        dict.fromkeys(key for leaf in sorted(graph.leaf_nodes()) for key in graph.forwards_plan(leaf))
    )
    theirs = ProjectState()
    for key in plan:
        graph.nodes[key].mutate_state(theirs, preserve=False)
    ours, physical = (
        SchemaState(field_bases=tree.field_bases, field_names=field_names_of(tree)),
        PhysicalSchema(),
    )
    clashes: list[str] = []
    unread = [key for key in plan if MigrationKey(*key) not in tree.migrations]
    for app, name in (key for key in plan if key not in unread):
        for operation in tree.migrations[MigrationKey(app, name)].operations:
            after = apply_operation(ours, app, operation)
            for effect in physical_effects(operation, app, ours, after):
                try:
                    physical = run_effect(physical, effect)
                except Clash as clash:
                    clashes.append(f"{app}.{name}: {clash}")
            ours = after
    return Played(theirs, ours, [f"{app}.{name}" for app, name in unread], clashes)


def opaque_operations(migrations: Iterable[Migration]) -> Iterator[str]:
    """Operations of which something cannot be read, each with the reason; data operations are so by their nature."""
    for migration in migrations:
        for operation in migration.operations:
            if isinstance(operation, Opaque):
                yield f"{migration.key}: {operation}"
            elif runs_code(operation):
                continue
            elif operation.opaques:
                yield f"{migration.key}: {operation.opaques[0]}"
            elif kind_of(operation) is None:
                yield f"{migration.key}: {operation.span}: {operation.kind} is not known"


def here(name: str) -> dict[str, Any]:
    """The report, in this process."""
    package = PACKAGES[name]
    set_up(package)

    from django.db.migrations.loader import MigrationLoader
    from graph_agreement import graph_differences
    from state_agreement import custom_bases, differences

    loader = MigrationLoader(None)
    tree = read_tree("installed", "WORKTREE", dict(files_of()))
    own = own_apps(package)
    migrations = [migration for key, migration in sorted(tree.migrations.items()) if key.app in own]
    played = play(tree, loader.graph)
    bases = custom_bases([played.theirs])
    found = [
        line
        for line in (*graph_differences(tree, loader), *differences(played.ours, played.theirs, bases))
        if ": state only " not in line
    ]
    return {
        "version": version(package.distribution),
        "migrations": sum(app in own for app, _ in loader.disk_migrations),
        "operations": sum(len(each.operations) for (app, _), each in loader.disk_migrations.items() if app in own),
        "of others": sum(app not in own for app, _ in loader.disk_migrations),
        "models": len(played.theirs.models),
        "not read": played.unread,
        "differences": [line for line in found if not line.startswith(tuple(package.explained))],
        "explained": [line for line in found if line.startswith(tuple(package.explained))],
        "clashes": [line for line in played.clashes if not line.startswith(tuple(package.explained))],
        "opaque": sorted({f"{item}" for item in played.ours.opaque}),
        "opaque operations": list(opaque_operations(migrations)),
    }  # fmt: skip


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--here"]:
        print(json.dumps(here(arguments[1])))
        return
    for name in arguments or [name for name, package in PACKAGES.items() if not package.missing]:
        print(json.dumps({name: report(name)}, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
