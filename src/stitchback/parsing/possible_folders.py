"""Folders of a tree that may hold an app's migrations, where the setting that names them cannot be read."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection

from stitchback.model.migrations import PossibleFolder
from stitchback.parsing.reading_context import ReadingContext, parent

_CLASS = re.compile(rb"^class Migration\(", re.MULTILINE)
_REFERENCE = re.compile(rb"""\(\s*["'](\w+)["'],\s*["'](\w+)["'],?\s*\)""")


def unread_folders(
    read: Collection[str], context: ReadingContext, is_left_out: Callable[[str, ReadingContext], bool]
) -> tuple[PossibleFolder, ...]:
    """The packages that hold a class Migration and are not among those that are read."""
    packages = {parent(path) for path in context.files if path.endswith("/__init__.py")}
    paths = [
        path
        for path in context.files
        if path.endswith(".py") and parent(path) in packages and parent(path) not in read
    ]
    wanted = [path for path in paths if not is_left_out(parent(path), context)]
    context.prefetch(wanted)
    found = {parent(path) for path in wanted if _CLASS.search(context.files[path].read())}
    return tuple(possible_folder(folder, context) for folder in sorted(found))


def possible_folder(folder: str, context: ReadingContext, label: str = "") -> PossibleFolder:
    """The folder, with the label that its own files use for each other, or the name of the folder above."""
    paths = [path for path in context.files if parent(path) == folder and path.endswith(".py")]
    module = context.module_name(f"{folder}/__init__.py")
    return PossibleFolder(folder, label or _label(folder, paths, context), module, digest_of(paths, context))


def digest_of(paths: Collection[str], context: ReadingContext) -> str:
    """Another one where a file has another name or other content."""
    ordered = sorted(paths)
    listed = "\0".join((*ordered, *context.blobs_of(ordered)))
    return hashlib.sha256(listed.encode("utf-8", "surrogateescape")).hexdigest()


def _label(folder: str, paths: Collection[str], context: ReadingContext) -> str:
    names = {path.rpartition("/")[2].removesuffix(".py") for path in paths}
    votes: Counter[str] = Counter()
    for path in sorted(paths):
        for app, name in _REFERENCE.findall(context.files[path].read()):
            if name.decode() in names:
                votes[app.decode()] += 1
    if votes:
        return votes.most_common(1)[0][0]
    above = parent(folder).rpartition("/")[2]
    return folder.rpartition("/")[2] if above in ("", "migrations") else above
