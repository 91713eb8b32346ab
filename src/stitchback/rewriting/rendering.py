"""Renders a plan's edits to file contents, and shows them as diffs."""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stitchback.model.edits import DeleteFile, FileEdit, WriteFile
from stitchback.model.files import FileEntry


@dataclass(frozen=True, slots=True)
class FileContent:
    """A rendered file: `path` relative to the repository, posix; `content` is None if the file is deleted."""

    path: str
    content: bytes | None


def render_files(edits: Iterable[FileEdit], read_blob: Callable[[str], bytes]) -> tuple[FileContent, ...]:
    """The content of each edited file, ordered by path; a file whose changes have no effect has no entry. An edit without changes copies another
    branch's file unchanged.

    `read_blob`: git's blob id -> its bytes. Raises Refusal if a file cannot be edited as planned (SB540 to SB543).
    """
    found = [content for edit in edits if (content := _rendered(edit, read_blob)) is not None]
    return tuple(sorted(found, key=lambda content: (content.path, content.content is not None)))


def _rendered(edit: FileEdit, read_blob: Callable[[str], bytes]) -> FileContent | None:
    match edit:
        case DeleteFile(path=path):
            return FileContent(path, None)
        case WriteFile(original=None):
            from stitchback.rewriting.new_file import fresh_file

            return FileContent(edit.path, fresh_file(edit))
        case WriteFile(original=original):
            from stitchback.rewriting.existing_file import edited_file  # LibCST takes 0.3 s to import

            assert original is not None
            source = read_blob(original.blob)
            content = edited_file(edit, source, read_blob)
            unchanged = bool(edit.changes) and original.path == edit.path and content == source
            return None if unchanged else FileContent(edit.path, content)


INIT = "__init__.py"


def package_files(
    edits: Iterable[FileEdit], mainline: Mapping[str, FileEntry], patches: Sequence[Mapping[str, FileEntry]]
) -> tuple[FileContent, ...]:
    """The `__init__.py` files above the written migrations that a patch branch has and mainline lacks, byte for byte, by path: Django
    imports a migration only from a package (`MigrationLoader.load_disk` counts an app without one as unmigrated)."""
    wanted = {init for edit in edits if isinstance(edit, WriteFile) for init in _inits_above(edit.path)}
    found = {
        path: next((files[path] for files in patches if path in files), None)
        for path in sorted(wanted - mainline.keys())
    }
    return tuple(FileContent(path, there.read()) for path, there in found.items() if there is not None)


def _inits_above(path: str) -> Iterator[str]:
    folder = posixpath.dirname(path)
    while folder:
        yield posixpath.join(folder, INIT)
        folder = posixpath.dirname(folder)


def unified_diff(path: str, before: bytes | None, after: bytes | None) -> str:
    """The diff in the format of `git diff`, with `/dev/null` for a missing file. "" without differences. Bytes that are not UTF-8 are escaped."""
    old, new = _lines(before), _lines(after)
    names = ("/dev/null" if before is None else f"a/{path}", "/dev/null" if after is None else f"b/{path}")
    found: list[str] = []
    for line in difflib.unified_diff(old, new, *names):
        found.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(found)


def _lines(content: bytes | None) -> list[str]:
    text = (content or b"").decode("utf-8", "backslashreplace")
    return [line + "\n" for line in text.split("\n")[:-1]] + [text.rpartition("\n")[2]] * (
        not text.endswith("\n") and bool(text)
    )
