"""Edits of a plan -> what the files shall hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stitchback.model.edits import DeleteFile, FileEdit, WriteFile
from stitchback.rewriting.contents import FileContent


def render_files(edits: Iterable[FileEdit], read_blob: Callable[[str], bytes]) -> tuple[FileContent, ...]:
    """What each edited file shall hold, in the order of the paths; a file whose changes change nothing has no entry. One without changes is
    another branch's, brought over as it is.

    `read_blob`: git's blob id -> its bytes. Raises Refusal where a file cannot be edited as planned (SB540 to SB543).
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
            content = edited_file(edit, source)
            unchanged = bool(edit.changes) and original.path == edit.path and content == source
            return None if unchanged else FileContent(edit.path, content)
