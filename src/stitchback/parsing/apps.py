"""Which folders of a tree hold migrations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from stitchback.model.files import FileEntry
from stitchback.model.migrations import PossibleFolder, Unreadable, UnreadSetting
from stitchback.model.source import Span
from stitchback.parsing.migration_modules import SETTING, MigrationModules, migration_modules
from stitchback.parsing.possible_folders import possible_folder, unread_folders
from stitchback.parsing.reading_context import ReadingContext, join, parent

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
    app, "" where they do not name it; `named` is whether the configuration itself names the folder; `may_be_unset`: whether the settings
    may leave the app's own folder `migrations` in force instead."""

    path: str
    files: tuple[tuple[str, str], ...]
    is_package: bool
    label: str = ""
    named: bool = False
    may_be_unset: bool = False

    @property
    def app(self) -> str:
        return parent(self.path)

    @property
    def name(self) -> str:
        """The last part of the app's folder: Django's label if the app declares no other."""
        return self.app.rpartition("/")[2] or self.path


@dataclass(frozen=True, slots=True)
class AppFolders:
    """Where a tree's migrations are. `unread`: settings about it that cannot be read. `broken`: folders that are links out of
    the tree."""

    folders: tuple[Folder, ...]
    unread: tuple[UnreadSetting, ...] = ()
    broken: tuple[Unreadable, ...] = ()


def find_folders(files: Mapping[str, FileEntry], context: ReadingContext) -> AppFolders:
    """Every folder `migrations`, and those that the settings or the configuration name, with what Django's loader would import."""
    configured = _configured(context)
    answered = frozenset((*context.config.migration_modules, *context.config.apps))
    declared = migration_modules(context)
    settings, unread = _by_settings(declared, answered, context)
    labels = {**settings, **configured}
    held = _python_files(files, labels)
    folders = tuple(
        _folder(path, held[path], labels.get(path, ""), path in configured, declared)
        for path in sorted(held)
        if path in configured or not (is_left_out(path, context) or _is_another_path(path, held, context))
    )
    if declared.unread:
        candidates = unread_folders({folder.path for folder in folders}, context, is_left_out)
        unread += [
            UnreadSetting(item.span, f"{SETTING} cannot be read: {item.reason}", candidates)
            for item in declared.unread
        ]
    broken = tuple(
        Unreadable(Span(path), broken_link(target))
        for path, target in sorted(context.broken.items())
        if path.rpartition("/")[2] == MIGRATIONS and not is_left_out(path, context)
    )
    return AppFolders(folders, tuple(sorted(unread)), broken)


def broken_link(target: str) -> str:
    return (
        f"a symlink to {target!r}, which is not in the repository at this ref: its migrations cannot be read"
    )


def _is_another_path(path: str, held: Collection[str], context: ReadingContext) -> bool:
    """Whether the folder is read under another path: of a link and the folder that it leads to, Django imports the one that lies in a
    package."""
    if context.has_file(f"{parent(path)}/__init__.py"):
        return False
    real = real_folder(path, context)
    others = [other for other in held if other != path and real_folder(other, context) == real]
    return any(context.has_file(f"{parent(other)}/__init__.py") for other in others)


def real_folder(path: str, context: ReadingContext) -> str:
    return parent(context.real_path(f"{path}/__init__.py"))


def is_left_out(path: str, context: ReadingContext) -> bool:
    """Whether a folder is an installed package's, or one that the configuration excludes."""
    return bool(_NOT_THE_PROJECTS.intersection(path.split("/"))) or any(
        fnmatchcase(path, pattern) for pattern in context.config.exclude
    )


def _python_files(files: Mapping[str, FileEntry], labels: Mapping[str, str]) -> dict[str, list[str]]:
    """Folder of migrations -> the names of its Python files."""
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
    return {path: names for path, names in held.items() if names is not None}


def _by_settings(
    declared: MigrationModules, answered: frozenset[str], context: ReadingContext
) -> tuple[dict[str, str], list[UnreadSetting]]:
    """folder -> label, of the modules that the settings name and the tree has; and the labels of which that is not certain."""
    found: dict[str, str] = {}
    unread: list[UnreadSetting] = []
    for label, modules in declared.modules.items():
        if label in answered:
            continue
        folders = {module: folder for module in modules if (folder := package_of(module, context))}
        found.update(dict.fromkeys(folders.values(), label))
        full = {module: folder for module, folder in folders.items() if _has_migrations(folder, context)}
        place = declared.places[label]
        if not folders and (missing := _missing(modules, context)):
            reason = f"{SETTING} names {missing} for {label}, which is not in the tree"
            unread.append(UnreadSetting(place, reason, (), True))
        elif len(full) > 1:
            reason = f"{SETTING} may name {' or '.join(full)} for {label}"
            unread.append(UnreadSetting(place, reason, _possible(full.values(), label, context)))
    return found, unread


def _possible(folders: Iterable[str], label: str, context: ReadingContext) -> tuple[PossibleFolder, ...]:
    return tuple(possible_folder(folder, context, label) for folder in sorted(folders))


def either_folder(label: str, folders: Sequence[Folder], context: ReadingContext) -> UnreadSetting:
    """The setting names a folder for the label under a condition, and the app has its own as well."""
    paths = sorted({folder.path for folder in folders})
    declared = migration_modules(context)
    reason = f"{SETTING} is set under a condition: {label} has migrations in {' and in '.join(paths)}"
    return UnreadSetting(declared.places[label], reason, _possible(paths, label, context))


def package_of(module: str, context: ReadingContext) -> str | None:
    """The folder of a dotted module that the tree has as a package."""
    path = context.find_module(module, "")
    return parent(path) if path is not None and path.endswith("/__init__.py") else None


def _has_migrations(folder: str, context: ReadingContext) -> bool:
    start = f"{folder}/"
    return any(
        path.startswith(start)
        and "/" not in (name := path[len(start) :])
        and name.endswith(".py")
        and _is_loaded(name)
        for path in context.files
    )


def _missing(modules: Iterable[str], context: ReadingContext) -> str:
    """The first of the modules that must be the tree's own, for it has the package above, and that it lacks."""
    for module in modules:
        top = module.partition(".")[0]
        if context.find_module(module, "") is None and context.find_module(top, "") is not None:
            return module
    return ""


def _folder(path: str, names: list[str], label: str, named: bool, declared: MigrationModules) -> Folder:
    files = tuple((name[:-3], join(path, name)) for name in sorted(names) if _is_loaded(name))
    may_be_unset = label in declared.modules and label not in declared.always and not named
    return Folder(path, files, "__init__.py" in names, label, named, may_be_unset)


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
        folder = package_of(module, context) if module else None
        if folder is not None:
            found[folder] = label
    return found
