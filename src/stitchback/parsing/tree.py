"""The files of a ref -> its Tree."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import App, Migration, Swappable, Tree, Unreadable
from stitchback.model.values import text
from stitchback.parsing.apps import Folder, find_folders
from stitchback.parsing.context import CachedReading, FileEntry, ReadingCache, ReadingConfig, ReadingContext
from stitchback.parsing.field_bases import field_bases
from stitchback.parsing.labels import labelled
from stitchback.parsing.migration import read_migration
from stitchback.parsing.settings import string_setting

Result = Migration | Unreadable


def read_tree(
    ref: str,
    commit: str,
    files: Mapping[str, FileEntry],
    config: ReadingConfig | None = None,
    cache: ReadingCache | None = None,
) -> Tree:
    """All migrations of the tree that Django's loader would find, by app and name, and what could not be read."""
    with _without_collection():
        return _read_tree(ref, commit, files, config or ReadingConfig(), cache)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Python's cyclic garbage collector held off: it would walk through every syntax tree again and again (half the time),
    and what is read holds no cycles that are not taken apart (`Scope.forget`)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()  # what was read stays: the collector need not walk through it either
            gc.enable()


def _read_tree(
    ref: str,
    commit: str,
    files: Mapping[str, FileEntry],
    config: ReadingConfig,
    cache: ReadingCache | None,
) -> Tree:
    context = ReadingContext(files, config)
    folders = find_folders(files, context)
    read = {folder: _read_folder(folder, context, cache) for folder in folders}
    migrations: dict[MigrationKey, Migration] = {}
    unreadable: list[Unreadable] = []
    apps: dict[str, App] = {}
    for label, folder, problem in labelled(read, context):
        if problem is not None:
            unreadable.append(problem)
            continue
        apps[label] = App(label, folder.app, folder.path, context.module_name(f"{folder.app}/__init__.py"))
        for result in read[folder]:
            _keep(result, label, migrations, unreadable)
    tree = Tree(
        ref,
        commit,
        migrations,
        apps,
        tuple(sorted(unreadable, key=lambda item: item.span)),
        field_bases(context),
        _settings(migrations.values(), context),
    )
    context.forget()
    return replace(tree, assumed_settings=dict(sorted(context.assumed.items())))


def _settings(migrations: Iterable[Migration], context: ReadingContext) -> dict[str, str]:
    """The settings that name swappable models, where they can be read."""
    named = {"AUTH_USER_MODEL"}
    for migration in migrations:
        named.update(item.setting for item in migration.dependencies if isinstance(item, Swappable))
    values = {name: text(string_setting(name, context)) for name in sorted(named)}
    return {name: value for name, value in values.items() if value is not None}


def _keep(
    result: Result, label: str, migrations: dict[MigrationKey, Migration], unreadable: list[Unreadable]
) -> None:
    assert result.key is not None, "every file was read as some migration"
    key = MigrationKey(label, result.key.name)
    if isinstance(result, Migration):
        migrations[key] = result if result.key == key else result.with_changes(key=key)
    else:
        unreadable.append(Unreadable(result.span, result.reason, key))


def _read_folder(folder: Folder, context: ReadingContext, cache: ReadingCache | None) -> tuple[Result, ...]:
    return tuple(
        _read_file(MigrationKey(folder.name, name), path, context, cache) for name, path in folder.files
    )


def _read_file(key: MigrationKey, path: str, context: ReadingContext, cache: ReadingCache | None) -> Result:
    """One file, from the cache where it is known and nothing that it looked at has changed."""
    entry = context.files[path]
    if cache is None:
        return read_migration(key, path, entry.blob, entry.read(), context)
    known = cache.get(entry.blob, path)
    if known is not None and context.holds(known):
        return known.result
    with context.noting() as asked:
        result = read_migration(key, path, entry.blob, entry.read(), context)
    cache.put(entry.blob, path, CachedReading(result, tuple(sorted(asked.items()))))
    return result
