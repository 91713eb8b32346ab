"""The Django projects of a repository: which folders each has, and the files that one of them sees."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from stitchback.model.files import FileEntry, Files
from stitchback.parsing.reading_context import is_settings, parent

MANAGE = "manage.py"
_NAMES_DJANGO = b"DJANGO_SETTINGS_MODULE"
_NAMES_APPS = b"INSTALLED_APPS"
_OF_TESTS = ("test", "example", "fixture", "template", "build", "dist", "sandbox", "demo", "doc")


def project_folders(files: Mapping[str, FileEntry]) -> tuple[str, ...]:
    """The folders with a manage.py of Django's; where there are none, those from which the settings are imported."""
    scripts = [path for path in files if path.endswith(MANAGE) and path.rpartition("/")[2] == MANAGE]
    found = {parent(path) for path in scripts if _NAMES_DJANGO in files[path].read()}
    if not found:
        settings = [path for path in files if is_settings(path) and path.rpartition("/")[2] != "apps.py"]
        found = {_import_root(path, files) for path in settings if _NAMES_APPS in files[path].read()}
    return tuple(sorted(found))


def _import_root(path: str, files: Mapping[str, FileEntry]) -> str:
    folder = parent(path)
    while folder and f"{folder}/__init__.py" in files:
        folder = parent(folder)
    return folder


def is_within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def owner_of(path: str, projects: Iterable[str]) -> str | None:
    """The project in whose folder the path lies, the innermost one."""
    return max((each for each in projects if is_within(path, each)), key=len, default=None)


def is_of_tests(project: str) -> bool:
    """Whether the project only tries the repository's apps: a folder of tests, examples or the like."""
    return any(part.startswith(_OF_TESTS) for part in project.split("/"))


def of_project(files: Mapping[str, FileEntry], folder: str) -> Mapping[str, FileEntry]:
    """The files without those of other projects beside the one of that folder. What lies in no project belongs to all of them, and so does
    what lies in a project around it. The very same files where the folder is in no project, or the only one is."""
    if not folder or not isinstance(files, Files):
        return files
    projects = project_folders(files)
    related = {each for each in projects if is_within(each, folder) or is_within(folder, each)}
    others = [each for each in projects if each not in related]
    return FilesWithout(files, others) if related and others else files


class FilesWithout(Files):
    """A tree's files without those in some folders."""

    def __init__(self, base: Files, folders: Sequence[str]) -> None:
        self._base = base
        self._starts = tuple(f"{folder}/" for folder in folders)

    @cached_property
    def _paths(self) -> Mapping[str, None]:
        return dict.fromkeys(self._kept(self._base))

    def _kept(self, paths: Iterable[str]) -> Iterator[str]:
        return (path for path in paths if not path.startswith(self._starts))

    def __getitem__(self, path: str) -> FileEntry:
        if path.startswith(self._starts):
            raise KeyError(path)
        return self._base[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, path: object) -> bool:
        return path in self._paths

    def blobs_of(self, paths: Iterable[str]) -> tuple[str, ...]:
        return self._base.blobs_of(paths)

    @property
    def listed(self) -> Mapping[str, object]:
        base = self._base.listed
        return {path: base[path] for path in self._paths}

    @property
    def symlinks(self) -> tuple[str, ...]:
        return tuple(self._kept(self._base.symlinks))

    @property
    def broken(self) -> Mapping[str, str]:
        return {path: self._base.broken[path] for path in self._kept(self._base.broken)}

    def real_path(self, path: str) -> str:
        return self._base.real_path(path)

    def prefetch(self, paths: Iterable[str]) -> None:
        self._base.prefetch(paths)


def rivals(paths: Collection[str], chosen: str, files: Mapping[str, FileEntry]) -> tuple[str, ...]:
    """Of folders whose apps have one label, those between which nothing decides: of the chosen project alone where it has some; none of
    projects that only try the apps of another one."""
    if len(paths) < 2:
        return tuple(paths)
    projects = project_folders(files)
    own = owner_of(chosen, projects)
    mine = [path for path in paths if own is not None and owner_of(path, projects) == own]
    if mine:
        return tuple(path for path in paths if path in mine or owner_of(path, projects) is None)
    real = [path for path in paths if not is_of_tests(owner_of(path, projects) or "")]
    return tuple(real or paths)
