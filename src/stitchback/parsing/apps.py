"""Which folders of a tree hold migrations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from stitchback.model.files import FileEntry
from stitchback.parsing.context import ReadingContext, join, parent
from stitchback.parsing.settings import migration_modules

MIGRATIONS = "migrations"  # django.db.migrations.loader.MIGRATIONS_MODULE_NAME
_NOT_THE_PROJECTS = frozenset(
    {
        "site-packages",
        "dist-packages",
        "node_modules",
        ".tox",
        ".nox",
        "venv",
        ".venv",
        "virtualenv",
        ".eggs",
        ".git",
    }
)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of migrations. `files`: (migration's name, path), sorted. `label`: what the configuration or the settings call the
    app, "" where they say nothing; `named` is whether the configuration itself names the folder."""

    path: str
    files: tuple[tuple[str, str], ...]
    is_package: bool
    label: str = ""
    named: bool = False

    @property
    def app(self) -> str:
        return parent(self.path)

    @property
    def name(self) -> str:
        """The last part of the app's folder: Django's label where nothing else is said."""
        return self.app.rpartition("/")[2] or self.path


def find_folders(files: Mapping[str, FileEntry], context: ReadingContext) -> tuple[Folder, ...]:
    """Every folder `migrations`, and those that the settings or the configuration name, with what Django's loader would import."""
    settings = _folders_of(migration_modules(context), context)
    configured = _configured(context)
    labels = {**settings, **configured}
    held: dict[str, list[str] | None] = {}  # None: no folder of migrations
    for path in files:
        if path.endswith(".py"):
            folder, _, name = path.rpartition("/")
            if folder not in held:
                is_one = folder.rpartition("/")[2] == MIGRATIONS or folder in labels
                held[folder] = [] if is_one else None
            names = held[folder]
            if names is not None:
                names.append(name)
    found = {path: names for path, names in held.items() if names is not None}
    return tuple(
        _folder(path, found[path], labels.get(path, ""), path in configured)
        for path in sorted(found)
        if path in configured
        or not (
            _NOT_THE_PROJECTS.intersection(path.split("/"))
            or any(fnmatchcase(path, pattern) for pattern in context.config.exclude)
        )
    )


def _folder(path: str, names: list[str], label: str, named: bool) -> Folder:
    files = tuple((name[:-3], join(path, name)) for name in sorted(names) if _is_loaded(name))
    return Folder(path, files, "__init__.py" in names, label, named)


def _is_loaded(name: str) -> bool:
    """`MigrationLoader.load_disk` and `pkgutil.iter_modules`: no name that begins with `_` or `~`, none with a dot in it."""
    stem = name[:-3]
    return bool(stem) and stem[0] not in "_~" and "." not in stem


def _configured(context: ReadingContext) -> dict[str, str]:
    """folder -> label, as the configuration says: `apps` may name an app's folder or that of its migrations."""
    found = _folders_of(context.config.migration_modules, context)
    for label, folder in context.config.apps.items():
        folder = folder.strip("/")
        inner = join(folder, MIGRATIONS)
        is_app = any(path.startswith(f"{inner}/") for path in context.files)
        found[inner if is_app else folder] = label
    return found


def _folders_of(modules: Mapping[str, str | None], context: ReadingContext) -> dict[str, str]:
    """folder -> label, of dotted modules that the tree holds."""
    found: dict[str, str] = {}
    for label, module in modules.items():
        path = context.find_module(module, "") if module else None
        if path is not None and path.endswith("/__init__.py"):
            found[parent(path)] = label
    return found
