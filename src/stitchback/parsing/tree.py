"""The files of a ref -> its Tree."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from stitchback.model.files import FileEntry
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import (
    App,
    AppMigrations,
    Collision,
    Migration,
    Swappable,
    Tree,
    Unreadable,
    UnreadSetting,
)
from stitchback.model.values import text
from stitchback.parsing.app_labels import labelled
from stitchback.parsing.apps import AppFolders, Folder, broken_link, find_folders
from stitchback.parsing.custom_fields import DeclaredFieldNames
from stitchback.parsing.data_operation_code import TreeWorks
from stitchback.parsing.django_projects import of_project
from stitchback.parsing.field_bases import FieldBases
from stitchback.parsing.folders import folders_that_differ, prefetch_unread, read_folders
from stitchback.parsing.links import followed
from stitchback.parsing.possible_folders import digest_of
from stitchback.parsing.reading_context import ReadingCache, ReadingConfig, ReadingContext
from stitchback.parsing.settings import has_routers, packages_of_user_model, string_setting
from stitchback.parsing.shared_readings import SharedReadings
from stitchback.parsing.sources import quietly


class TreeRequest(NamedTuple):
    """A tree to be read: a ref's, at a commit."""

    ref: str
    commit: str
    files: Mapping[str, FileEntry]


def read_tree(
    ref: str,
    commit: str,
    files: Mapping[str, FileEntry],
    config: ReadingConfig | None = None,
    cache: ReadingCache | None = None,
    shared: SharedReadings | None = None,
) -> Tree:
    """All migrations of the tree that Django's loader would find, by app and name, and what could not be read.

    `shared`: what trees read before had, to be taken over where this one has the same; what is new is put in.
    """
    (tree,) = read_trees([TreeRequest(ref, commit, files)], config, cache, shared)
    return tree


def read_trees(
    wanted: Sequence[TreeRequest],
    config: ReadingConfig | None = None,
    cache: ReadingCache | None = None,
    shared: SharedReadings | None = None,
) -> tuple[Tree, ...]:
    """Several trees, which are going to be compared: migrations of folders that they do not have alike are read with their operations
    at once."""
    config, shared = config or ReadingConfig(), shared or SharedReadings()
    wanted = [each._replace(files=of_project(followed(each.files), config.folder)) for each in wanted]
    changing = folders_that_differ([each.files for each in wanted])
    with _without_collection(), quietly():
        contexts = [ReadingContext(each.files, config, shared, changing) for each in wanted]
        layouts = [find_folders(context.files, context) for context in contexts]
        for context, layout in zip(contexts, layouts, strict=True):
            prefetch_unread(layout.folders, context, cache, shared)
        return tuple(
            _tree(each, context, layout, cache, shared)
            for each, context, layout in zip(wanted, contexts, layouts, strict=True)
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
            gc.enable()


def _tree(
    wanted: TreeRequest,
    context: ReadingContext,
    layout: AppFolders,
    cache: ReadingCache | None,
    shared: SharedReadings,
) -> Tree:
    read = read_folders(layout.folders, context, cache, shared)
    unread_settings = list(layout.unread)
    migrations: dict[MigrationKey, Migration] = {}
    unreadable = list(layout.broken)
    collisions: list[Collision] = []
    apps: dict[str, App] = {}
    shared_apps: dict[str, AppMigrations] = {}
    for label, folder, problem in labelled(read, context):
        match problem:
            case Unreadable():
                unreadable.append(_with_digest(problem, folder, context))
                continue
            case UnreadSetting():
                unread_settings.append(problem)
                continue
            case Collision():
                collisions.append(problem)
                continue
        apps[label] = App(label, folder.app, folder.path, context.module_name(f"{folder.app}/__init__.py"))
        as_app = read[folder].as_app(label)
        shared_apps[label] = as_app.app
        migrations.update(as_app.app.migrations)
        unreadable.extend(_with_digest(each, folder, context) for each in as_app.unreadable)
    tree = Tree(
        wanted.ref,
        wanted.commit,
        migrations,
        apps,
        tuple(sorted(unreadable, key=lambda item: item.span)),
        tuple(sorted(unread_settings)),
        tuple(sorted(collisions)),
        FieldBases(context),
        _settings(migrations.values(), context),
        of_user_model=packages_of_user_model(context),
        has_routers=has_routers(context),
    )
    context.forget()
    tree = replace(
        tree,
        field_names=DeclaredFieldNames(context),
        assumed_settings=dict(sorted(context.assumed.items())),
        works=TreeWorks(context, wanted.ref),
    )
    tree.shared.update(shared_apps)
    return tree


def _with_digest(item: Unreadable, folder: Folder, context: ReadingContext) -> Unreadable:
    """What stands there now: the file itself, or all of the folder's. Where a link cannot be followed, that is the reason, and what stands there is
    unknown."""
    target = context.broken.get(item.span.path)
    if target is not None:
        return replace(item, reason=broken_link(target))
    paths = [item.span.path] if item.span.path in context.files else [path for _, path in folder.files]
    return replace(item, digest=digest_of(paths, context))


def _settings(migrations: Iterable[Migration], context: ReadingContext) -> dict[str, str]:
    """The settings that name swappable models, where they can be read."""
    named = {"AUTH_USER_MODEL"}
    for migration in migrations:
        for item in migration.dependencies:
            if isinstance(item, Swappable):
                named.add(item.setting)
    values = {name: text(string_setting(name, context)) for name in sorted(named)}
    return {name: value for name, value in values.items() if value is not None}
