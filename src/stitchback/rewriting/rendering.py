"""Renders a plan's edits to file contents."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stitchback.model.edits import DeleteFile, FileEdit, WriteFile
from stitchback.rewriting.contents import FileContent


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
