"""Files of other tools that contain the name of each app's leaf migration.

* `max_migration.txt` in an app's migrations folder (django-linear-migrations): the leaf's name and a newline.
* `migrations_lockfile.txt` (Sentry, and projects that copied it): lines `app: name` below an explanation.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from stitchback.model.files import FileEntry
from stitchback.model.migrations import Tree
from stitchback.rewriting.rendering import FileContent

MAX_MIGRATION = "max_migration.txt"
LOCKFILE = "migrations_lockfile.txt"
_MARKER = re.compile(rb"(?:<{7}|>{7}|\|{7}|={7})(?: |\r?$)")
_CONFLICT = re.compile(rb"(?m)^<{7} ")
_LOCKED = re.compile(rb"^(?P<app>\w+): (?P<name>\S+)(?=\r?$)", re.MULTILINE)


def marker_edits(
    files: Mapping[str, FileEntry], result: Tree, leaves: Mapping[str, str]
) -> tuple[FileContent, ...]:
    """The marker files of the tree (path -> entry) that must change to match `result`'s migrations, sorted by path.

    `leaves`: app -> the name of its leaf migration. The marker of an app without one stays unchanged.
    """
    found: list[FileContent] = []
    for label, app in sorted(result.apps.items()):
        path = posixpath.join(app.migrations, MAX_MIGRATION)
        if path in files and label in leaves:
            before = files[path].read()
            found += _changed(path, before, _max_migration(before, leaves[label]))
    for path in sorted(files):
        if posixpath.basename(path) == LOCKFILE:
            before = files[path].read()
            found += _changed(path, before, _locked(before, leaves))
    return tuple(sorted(found, key=lambda content: content.path))


def markers_with_conflicts(files: Mapping[str, FileEntry], tree: Tree) -> tuple[str, ...]:
    """The marker files of the tree in which git left conflict markers, sorted by path."""
    marks = {posixpath.join(app.migrations, MAX_MIGRATION) for app in tree.apps.values()}
    paths = (path for path in sorted(files) if path in marks or posixpath.basename(path) == LOCKFILE)
    return tuple(path for path in paths if _CONFLICT.search(files[path].read()))


def _changed(path: str, before: bytes, after: bytes) -> list[FileContent]:
    return [] if before == after else [FileContent(path, after)]


def _max_migration(before: bytes, name: str) -> bytes:
    """The new content. It also replaces conflict markers of an unfinished merge."""
    if before.strip() == name.encode():
        return before
    return name.encode() + (b"\r\n" if b"\r\n" in before else b"\n")


def _locked(before: bytes, leaves: Mapping[str, str]) -> bytes:
    """Only apps that have a line there: the file may be kept for some apps only. Of a conflict the lines of both sides stay, one an app."""

    def line(match: re.Match[bytes]) -> bytes:
        name = leaves.get(match["app"].decode())
        return match[0] if name is None else match["app"] + b": " + name.encode()

    return _LOCKED.sub(line, _without_conflicts(before))


def _without_conflicts(content: bytes) -> bytes:
    """The lockfile without git's conflict markers: its lines, but for those of the common ancestor and those of an app that stands there
    already."""
    if not _CONFLICT.search(content):
        return content
    kept, apps, of_base = list[bytes](), set[bytes](), False
    for line in content.splitlines(keepends=True):
        if _MARKER.match(line):
            of_base = line.startswith(b"|")
            continue
        match = _LOCKED.match(line.rstrip(b"\n"))
        if of_base or (match is not None and match["app"] in apps):
            continue
        kept.append(line)
        if match is not None:
            apps.add(match["app"])
    return b"".join(kept)
