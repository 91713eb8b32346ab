"""The system checks of the Django app (docs/manage.md). Django runs them at `manage.py check` and before most commands; `migrate` and
`check --database` ask the databases too. Installed packages are left out: the project cannot change them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core import checks

if TYPE_CHECKING:
    from django.apps import AppConfig
    from django.db.migrations.loader import MigrationLoader

    Key = tuple[str, str]

TAG = "stitchback"
CLAIMED_TWICE = "stitchback.E001"
SEVERAL_LEAVES = "stitchback.E002"
UNFINISHED_SQUASH = "stitchback.E003"
NOT_LOADED = "stitchback.E004"
PARTLY_APPLIED = "stitchback.W001"
INSTALLED = frozenset({"site-packages", "dist-packages"})  # folders of packages


def check_graph(app_configs: Collection[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """What is wrong with the migrations' files, without a database."""
    from django.db.migrations.loader import MigrationLoader

    labels = _own_labels(app_configs)
    try:
        loader = MigrationLoader(None)
    except Exception as error:  # noqa: BLE001 - the project's migrations may raise anything
        return [_not_loaded(error)]
    return [*_claimed_twice(loader, labels), *_several_leaves(loader, labels)]


def check_databases(
    app_configs: Collection[AppConfig] | None, databases: Collection[str] | None = None, **_: Any
) -> list[checks.CheckMessage]:
    """What is wrong with the rows of these databases (aliases); none where Django does not let a check ask them. No graph is built: with a
    squashed migration that is applied in part, Django may not be able to."""
    if not databases:
        return []
    from django.db import connections
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    labels = _own_labels(app_configs)
    loader = MigrationLoader(None, load=False)
    try:
        loader.load_disk()
    except Exception:  # noqa: BLE001 - E004 reports it
        return []
    return [
        message
        for alias in sorted(databases)
        for message in _partly_applied(
            loader.disk_migrations, MigrationRecorder(connections[alias]).applied_migrations(), labels, alias
        )
    ]


def _own_labels(app_configs: Collection[AppConfig] | None) -> frozenset[str]:
    """The labels of the apps that are to be checked and are no installed packages."""
    from django.apps import apps

    given: Iterable[AppConfig] = apps.get_app_configs() if app_configs is None else app_configs
    return frozenset(each.label for each in given if not INSTALLED.intersection(Path(each.path).parts))


def _not_loaded(error: Exception) -> checks.CheckMessage:
    return checks.Error(
        f"Django cannot load the migrations: {type(error).__name__}: {error}",
        hint="`manage.py showmigrations` shows where. `manage.py stitchback check` reads the files without running them.",
        id=NOT_LOADED,
    )


def _claimed_twice(loader: MigrationLoader, labels: frozenset[str]) -> Iterator[checks.CheckMessage]:
    """FACTS F4: on a fresh database that stops between the two, the second counts as applied without having run."""
    claims: dict[Key, list[Key]] = defaultdict(list)
    for key, migration in sorted(loader.disk_migrations.items()):
        for ghost in dict.fromkeys(migration.replaces):
            claims[tuple(ghost)].append(key)
    for ghost, replacers in claims.items():
        if len(replacers) > 1 and labels.intersection(app for app, _ in replacers):
            yield checks.Error(
                f"{_names(replacers, ' and ')} both replace {_name(ghost)}: where `migrate` stops between them, Django never runs the later one.",
                hint=f"Name {_name(ghost)} in the `replaces` of one migration only.",
                id=CLAIMED_TWICE,
            )


def _several_leaves(loader: MigrationLoader, labels: Collection[str]) -> Iterator[checks.CheckMessage]:
    for label, names in sorted(loader.detect_conflicts().items()):
        if label in labels:
            yield checks.Error(
                f"{label} has several leaf nodes: {', '.join(sorted(names))}. `migrate` refuses to run.",
                hint="`manage.py stitchback resolve` merges them, or stitches what both create. Without it: `manage.py makemigrations --merge --skip-checks`.",
                id=SEVERAL_LEAVES,
            )


def _partly_applied(
    files: Mapping[Key, Any], applied: Collection[Key], labels: frozenset[str], alias: str
) -> Iterator[checks.CheckMessage]:
    """FACTS F6: Django takes a squashed migration that is applied in part out of the graph. Where a missing one of its `replaces` has no
    file, its changes are never made."""
    for key, migration in sorted(files.items()):
        missing = [ghost for ghost in migration.replaces if ghost not in applied]
        if key[0] not in labels or len(missing) in (0, len(migration.replaces)):
            continue
        lost = [ghost for ghost in missing if ghost not in files]
        message = (
            f"{_name(key)} is applied in part on the database '{alias}': it has not applied {_names(missing)}"
        )
        if lost:
            yield checks.Error(
                f"{message}, and there is no file of {_names(lost)}: `migrate` will never make its changes.",
                hint=f"`manage.py stitchback inspect --database {alias}` shows what is missing, and what to do.",
                id=UNFINISHED_SQUASH,
            )
        else:
            yield checks.Warning(
                f"{message}. Django runs these files instead of the squashed migration.",
                hint=f"Keep the replaced files until `manage.py migrate --database {alias}` has run.",
                id=PARTLY_APPLIED,
            )


def _name(key: Key) -> str:
    return ".".join(key)


def _names(keys: Iterable[Key], separator: str = ", ") -> str:
    return separator.join(map(_name, keys))
