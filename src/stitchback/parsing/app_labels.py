"""What Django calls the apps of a tree."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from stitchback.model.migrations import Collision, Migration, OfProject, Unreadable, UnreadSetting
from stitchback.model.source import Span
from stitchback.model.values import Constant, text
from stitchback.parsing.apps import Folder, either_folder, real_folder
from stitchback.parsing.class_hierarchy import ClassHierarchy
from stitchback.parsing.django_projects import owner_of, project_folders, rivals
from stitchback.parsing.folders import FolderReading, Result
from stitchback.parsing.imports import module_scope
from stitchback.parsing.reading_context import ReadingContext, join
from stitchback.parsing.scopes import Class

Problem = Unreadable | UnreadSetting | Collision


def labelled(
    read: Mapping[Folder, FolderReading], context: ReadingContext
) -> Iterator[tuple[str, Folder, Problem | None]]:
    """Each folder that holds Django's migrations with its app's label. Of two folders with one label the likelier is taken; the other
    comes with the reason why it is not, unless the settings or the configuration name the folder that Django reads."""
    groups: dict[str, list[Folder]] = {}
    for folder, reading in read.items():
        if _is_djangos(folder, reading.results):
            groups.setdefault(label_of(folder, reading, context), []).append(folder)
    for label, folders in groups.items():
        impossible = [folder for folder in folders if _why_no_app(folder, label)]
        for folder in impossible:
            yield label, folder, Unreadable(Span(folder.path), _why_no_app(folder, label))
        folders = [folder for folder in folders if folder not in impossible]
        if not folders:
            continue
        kept = rivals(
            [folder.path for folder in folders if read[folder].results], context.config.folder, context.files
        )
        first, *others = sorted(
            folders, key=lambda folder: (folder.path not in kept, *_rank(folder, read[folder].results))
        )
        yield label, first, None
        others = [
            folder for folder in others if read[folder].results and not _is_same(folder, first, context)
        ]
        if first.label:
            # The settings or the configuration name the folder: Django reads no other for this label.
            if others and first.may_be_unset and any(not folder.label for folder in others):
                yield label, first, either_folder(label, (first, *others), context)
            continue
        apart = _between_projects(label, (first, *others), context)
        if isinstance(apart, Collision):
            yield label, first, apart
            continue
        for folder in others:
            if folder.path not in apart:
                continue
            reason = f'the label "{label}" is also used by {first.path}; configure the label in [tool.stitchback.apps]'
            yield label, folder, Unreadable(Span(folder.path), reason)


def _between_projects(
    label: str, folders: Sequence[Folder], context: ReadingContext
) -> Collection[str] | Collision:
    """The folders between which nothing decides; a collision where they are of different projects."""
    kept = rivals([folder.path for folder in folders], context.config.folder, context.files)
    projects = project_folders(context.files) if len(kept) > 1 else ()
    owners = [OfProject(path, owner) for path in kept if (owner := owner_of(path, projects)) is not None]
    if len({each.project for each in owners}) > 1:
        return Collision(label, tuple(sorted(owners)))
    return kept


def _is_same(one: Folder, other: Folder, context: ReadingContext) -> bool:
    """Whether a link gives one folder two paths."""
    return real_folder(one.path, context) == real_folder(other.path, context)


def _why_no_app(folder: Folder, label: str) -> str:
    """Why there can be no such app in any checkout, or nothing. `AppConfig.__init__`: "The app label … is not a valid Python identifier"."""
    if {"", ".", ".."}.intersection(folder.path.split("/")):
        return "git cannot check out such a path"
    if not label.isidentifier():
        return f"the app label {label!r} is not a valid Python identifier: Django refuses such an app"
    if not folder.is_package:
        return "the folder has no __init__.py: Django does not read the migrations in it (`MigrationLoader.load_disk`)"
    return ""


def _is_djangos(folder: Folder, results: Sequence[Result]) -> bool:
    """Not another tool's `migrations`, nor a package of that name with other code in it."""
    if folder.label or any(isinstance(result, Migration) for result in results):
        return True
    if not results:
        return folder.is_package
    return any(isinstance(result, Unreadable) and result.has_migration for result in results)


def _rank(folder: Folder, results: Sequence[Result]) -> tuple[bool, bool, bool, int, int, str]:
    """Smaller is likelier: named in the configuration, in the settings, no test, more migrations, nearer to the root."""
    parts = folder.path.split("/")
    is_test = any(
        part.startswith(("test", "example", "fixture", "template", "build", "dist")) for part in parts
    )
    return (not folder.named, not folder.label, is_test, -len(results), len(parts), folder.path)


def label_of(folder: Folder, reading: FolderReading, context: ReadingContext) -> str:
    """The configuration, else the AppConfig, else what the folder's own migrations call each other, else its name.

    An AppConfig whose label none of them uses, while they use the folder's name, is not the one that the project installs
    (before Django 3.2 none was looked for, and a label copied from another app did no harm).
    """
    if folder.label:
        return folder.label
    labels = _configs(folder, context)
    votes = reading.votes
    if votes[folder.name] and not any(votes[label] for label in labels):
        labels = ()
    if len(labels) == 1:
        return labels[0]
    ranked = sorted(
        votes, key=lambda label: (-votes[label], label not in labels, label != folder.name, label)
    )
    if labels:
        return next((label for label in ranked if label in labels), labels[0])
    return ranked[0] if ranked else folder.name


def _configs(folder: Folder, context: ReadingContext) -> tuple[str, ...]:
    """Labels of the app's AppConfigs: the default one's alone, where one is marked as the default or there is only one
    (`django.apps.AppConfig.create`)."""
    for name in ("apps.py", "apps/__init__.py", "app.py", "config.py", "__init__.py"):
        path = join(folder.app, name)
        if not context.has_file(path) or b"AppConfig" not in context.read(path):
            continue
        found = _labels_in(path, context)
        if found:
            return found
    return ()


def _labels_in(path: str, context: ReadingContext) -> tuple[str, ...]:
    scope = module_scope(path, context)
    if scope is None:
        return ()
    classes = [box.binding for box in scope.all().values() if isinstance(box.binding, Class)]
    found: dict[str, bool] = {}
    for owner in classes:
        family = ClassHierarchy.of(owner)
        label = _label(family)
        if label is not None:
            found[label] = found.get(label, False) or family.attribute("default") == Constant(True)
    chosen = [label for label, is_default in found.items() if is_default]
    return tuple(chosen) if len(chosen) == 1 else tuple(found)


def _label(family: ClassHierarchy) -> str | None:
    """`label`, or the last part of `name`."""
    if family.box("label") is not None:
        return text(family.attribute("label"))
    name = text(family.attribute("name")) if family.box("name") is not None else None
    return name.rpartition(".")[2] if name else None
