"""The files of a ref -> its Tree."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from stitchback.model.files import FileEntry
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import App, AppMigrations, Migration, Swappable, Tree, Unreadable
from stitchback.model.values import text
from stitchback.parsing.apps import find_folders
from stitchback.parsing.context import ReadingCache, ReadingConfig, ReadingContext
from stitchback.parsing.field_bases import FieldBases
from stitchback.parsing.field_names import NamesTold
from stitchback.parsing.folders import read_folders
from stitchback.parsing.labels import labelled
from stitchback.parsing.settings import string_setting
from stitchback.parsing.shared import SharedReadings
from stitchback.parsing.sources import quietly


def read_tree(
    ref: str,
    commit: str,
    files: Mapping[str, FileEntry],
    config: ReadingConfig | None = None,
    cache: ReadingCache | None = None,
    shared: SharedReadings | None = None,
    changing: Collection[str] = (),
) -> Tree:
    """All migrations of the tree that Django's loader would find, by app and name, and what could not be read.

    `shared`: what trees read before had, to be taken over where this one has the same; what is new is put in.
    `changing`: folders of migrations of which the operations will be asked for.
    """
    with _without_collection(), quietly():
        return _read_tree(
            ref, commit, files, config or ReadingConfig(), cache, shared or SharedReadings(), changing
        )


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
    shared: SharedReadings,
    changing: Collection[str],
) -> Tree:
    context = ReadingContext(files, config, shared, changing)
    folders = find_folders(files, context)
    read = read_folders(folders, context, cache, shared)
    migrations: dict[MigrationKey, Migration] = {}
    unreadable: list[Unreadable] = []
    apps: dict[str, App] = {}
    shared_apps: dict[str, AppMigrations] = {}
    for label, folder, problem in labelled(read, context):
        if problem is not None:
            unreadable.append(problem)
            continue
        apps[label] = App(label, folder.app, folder.path, context.module_name(f"{folder.app}/__init__.py"))
        reading = read[folder].as_app(label)
        shared_apps[label] = reading.app
        migrations.update(reading.app.migrations)
        unreadable.extend(reading.unreadable)
    tree = Tree(
        ref,
        commit,
        migrations,
        apps,
        tuple(sorted(unreadable, key=lambda item: item.span)),
        FieldBases(context),
        _settings(migrations.values(), context),
    )
    context.forget()
    tree = replace(
        tree, field_names=NamesTold(context), assumed_settings=dict(sorted(context.assumed.items()))
    )
    tree.shared.update(shared_apps)
    return tree


def _settings(migrations: Iterable[Migration], context: ReadingContext) -> dict[str, str]:
    """The settings that name swappable models, where they can be read."""
    named = {"AUTH_USER_MODEL"}
    for migration in migrations:
        for item in migration.dependencies:
            if isinstance(item, Swappable):
                named.add(item.setting)
    values = {name: text(string_setting(name, context)) for name in sorted(named)}
    return {name: value for name, value in values.items() if value is not None}
