"""What the running Django project answers: its apps' folders of migrations, its routers, its databases."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router
from django.db.migrations.loader import MigrationLoader

from stitchback.adapters.urls import SCHEMES, DatabaseUrl
from stitchback.api.running_project import RunningProject
from stitchback.errors import EnvironmentProblem

MANAGE = "manage.py"


def running_project(program: str) -> RunningProject:
    """`program`: the path of the running script: the project is where its manage.py is, else (django-admin) the current folder."""
    script = Path(program)
    return RunningProject(
        directory=str(script.resolve().parent) if script.name == MANAGE else ".",
        folders=dict(_folders()),
        settings={"DATABASE_ROUTERS": [type(each).__name__ for each in router.routers]},
        aliases=tuple(connections),
        find_database=find_database,
        apps_elsewhere=apps_elsewhere,
    )


def _folders() -> Iterator[tuple[str, Path]]:
    """Label -> folder of migrations, of each app that has one (`MigrationLoader.load_disk`). Imports no migration."""
    for config in apps.get_app_configs():
        module, _ = MigrationLoader.migrations_module(config.label)
        try:
            spec = find_spec(module) if module is not None else None
        except ModuleNotFoundError:  # of the package around it
            continue
        if spec is not None and spec.origin is not None and spec.submodule_search_locations:
            yield config.label, Path(spec.origin).resolve().parent


def apps_elsewhere(alias: str) -> frozenset[str]:
    """Labels of apps of which the routers keep a table out of that database (`Operation.allow_migrate_model`)."""
    return frozenset(
        config.label
        for config in apps.get_app_configs()
        if not router.allow_migrate(alias, config.label)
        or any(
            not router.allow_migrate_model(alias, model)
            for model in config.get_models(include_auto_created=True)
            if model._meta.can_migrate(connections[alias])
        )
    )


def find_database(alias: str) -> DatabaseUrl:
    """The address of an alias of DATABASES. Raises EnvironmentProblem: an engine that stitchback does not know (SB605), a database in
    memory (SB601)."""
    try:
        connection = connections[alias]
    except ImproperlyConfigured as error:  # no driver
        raise EnvironmentProblem("SB602", f"{alias}: {error}") from None
    if connection.vendor not in SCHEMES.values():
        raise EnvironmentProblem(
            "SB605", f"{alias}: {connection.vendor} is an engine that stitchback does not know"
        )
    entry: dict[str, Any] = connection.settings_dict
    name = str(entry["NAME"] or "")
    if connection.vendor == "sqlite" and (
        ":memory:" in name or "mode=memory" in name or name.startswith("file:")
    ):
        raise EnvironmentProblem(
            "SB601",
            f"{alias}: {name} is no file",
            hint="Give the path of a SQLite file as NAME in DATABASES.",
        )
    return DatabaseUrl(
        vendor=connection.vendor,
        name=name,
        user=str(entry["USER"] or ""),
        password=str(entry["PASSWORD"] or ""),
        host=str(entry["HOST"] or ""),
        port=int(entry["PORT"]) if entry["PORT"] else None,
        options=tuple(sorted(entry["OPTIONS"].items())),
        alias=alias,
        backend=str(entry["ENGINE"]),
    )
