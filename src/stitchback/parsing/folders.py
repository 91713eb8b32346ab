"""A folder of migrations as read, shared by all trees that have the very same files there: most of a project, mostly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from stitchback.model.files import FileEntry, Files
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import AppMigrations, Migration, Unreadable
from stitchback.parsing.apps import Folder
from stitchback.parsing.migration import read_migration
from stitchback.parsing.reading_context import CachedReading, ReadingCache, ReadingContext, parent
from stitchback.parsing.shared_readings import Questions, SharedReadings

Result = Migration | Unreadable
# A dependency on `("auth", "0001_initial")` says nothing about a folder that has a file of that name too.
_CONTRIB = frozenset({"admin", "auth", "contenttypes", "sessions", "sites", "flatpages", "redirects"})


@dataclass(slots=True, eq=False)
class FolderReading:
    """What each file gave, in the order of their names, and every list of questions that was asked on the way."""

    results: tuple[Result, ...]
    asked: frozenset[Questions] = frozenset()
    _votes: Counter[str] | None = None
    _apps: dict[str, AppReading] = field(default_factory=dict)

    @property
    def votes(self) -> Counter[str]:
        """How often the folder's migrations name another one of the folder under a label."""
        if self._votes is None:
            self._votes = _votes([result for result in self.results if isinstance(result, Migration)])
        return self._votes

    def as_app(self, label: str) -> AppReading:
        """The results as migrations of the app of that label."""
        if label not in self._apps:
            self._apps[label] = _labelled(self.results, label)
        return self._apps[label]


@dataclass(frozen=True, slots=True, eq=False)
class AppReading:
    app: AppMigrations
    unreadable: tuple[Unreadable, ...]


def folders_that_differ(trees: Sequence[Mapping[str, FileEntry]]) -> frozenset[str]:
    """Folders of which the trees do not all have the same files."""
    if len(trees) < 2:
        return frozenset()
    listed = [_listed(files).items() for files in trees]
    different = {path for other in listed[1:] for path, _ in listed[0] ^ other}
    return frozenset(map(parent, different))


def _listed(files: Mapping[str, FileEntry]) -> Mapping[str, object]:
    return files.listed if isinstance(files, Files) else {path: file.blob for path, file in files.items()}


def read_folders(
    folders: Sequence[Folder], context: ReadingContext, cache: ReadingCache | None, shared: SharedReadings
) -> dict[Folder, FolderReading]:
    """Each folder's files; as another tree had them, where they are the same and nothing that they read has changed."""
    if cache is None:
        return {folder: _read_folder(folder, context) for folder in folders}
    return {folder: _shared(folder, context, cache, shared) for folder in folders}


def prefetch_unread(
    folders: Sequence[Folder], context: ReadingContext, cache: ReadingCache | None, shared: SharedReadings
) -> None:
    """Announces the files that no earlier reading covers, so that git reads ahead."""
    context.prefetch(
        path
        for folder, blobs in ((each, context.blobs_of([path for _, path in each.files])) for each in folders)
        if (folder, blobs) not in shared.folders
        for (_, path), blob in zip(folder.files, blobs, strict=True)
        if cache is None or not cache.holds(blob, path)
    )


def _shared(
    folder: Folder, context: ReadingContext, cache: ReadingCache, shared: SharedReadings
) -> FolderReading:
    blobs = context.blobs_of([path for _, path in folder.files])
    known = shared.folders.get((folder, blobs))
    if known is not None and all(map(context.holds, known.asked)):
        return known
    read = [
        read_cached(key, path, blob, context, cache)
        for (key, path), blob in zip(_named(folder), blobs, strict=True)
    ]
    asked = frozenset(each.questions for each in read if each.questions)
    found = shared.folders[folder, blobs] = FolderReading(tuple(each.result for each in read), asked)
    return found


def _read_folder(folder: Folder, context: ReadingContext) -> FolderReading:
    return FolderReading(
        tuple(_read(key, path, context.files[path], context) for key, path in _named(folder))
    )


def _named(folder: Folder) -> Sequence[tuple[MigrationKey, str]]:
    return [(MigrationKey(folder.name, name), path) for name, path in folder.files]


def _read(key: MigrationKey, path: str, entry: FileEntry, context: ReadingContext) -> Result:
    return read_migration(key, path, entry.blob, entry.read(), context, entry.read)


def read_cached(
    key: MigrationKey, path: str, blob: str, context: ReadingContext, cache: ReadingCache
) -> CachedReading:
    """One file, from the cache if it is known and nothing that it read has changed."""
    entry = context.files[path]
    known = cache.get(blob, path, entry.read)
    if known is not None and context.holds(known.questions):
        return known
    with context.noting() as asked:
        result = _read(key, path, entry, context)
    reading = CachedReading(result, tuple(sorted(asked.items())) if asked else ())
    cache.put(blob, path, reading)
    return reading


def _labelled(results: Sequence[Result], label: str) -> AppReading:
    migrations: dict[MigrationKey, Migration] = {}
    unreadable: list[Unreadable] = []
    for result in results:
        assert result.key is not None, "every file was read as some migration"
        key = MigrationKey(label, result.key.name)
        if isinstance(result, Migration):
            migrations[key] = result if result.key == key else result.with_changes(key=key)
        else:
            unreadable.append(replace(result, key=key))
    return AppReading(AppMigrations(migrations), tuple(unreadable))


def _votes(migrations: Sequence[Migration]) -> Counter[str]:
    own = {migration.key.name for migration in migrations}
    votes: Counter[str] = Counter()
    for migration in migrations:
        for other in (*migration.parents, *migration.ghosts):
            if other.name in own and other.name != migration.key.name and other.app not in _CONTRIB:
                votes[other.app] += 1
    return votes
