"""A migration's text edited, and read again: what every test of rewriting does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stitchback.model.edits import FileChange, WriteFile
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.parsing.migration import read_migration
from stitchback.parsing.reading_context import ReadingContext
from stitchback.rewriting.check_rendered import check_reread
from stitchback.rewriting.rendering import render_files

KEY = MigrationKey("shop", "0003_feature")
PATH = "shop/migrations/0003_feature.py"


def read(source: bytes, key: MigrationKey = KEY, path: str = PATH) -> Migration:
    found = read_migration(key, path, "blob", source, ReadingContext())
    assert isinstance(found, Migration), found
    return found


@dataclass(frozen=True)
class Rendered:
    content: bytes
    migration: Migration

    @property
    def text(self) -> str:
        return self.content.decode()


def edited(source: str | bytes, *changes: FileChange, key: MigrationKey = KEY, path: str = PATH) -> Rendered:
    """The file after the changes, read again and found to be what was planned."""
    content = source.encode() if isinstance(source, str) else source
    return rendered(WriteFile(key, path, read(content), changes), content)


def made(*changes: FileChange) -> Rendered:
    """A file made from nothing."""
    return rendered(WriteFile(KEY, PATH, None, changes), b"")


def rendered(edit: WriteFile, source: bytes) -> Rendered:
    contents = render_files((edit,), lambda blob: source)
    content = contents[0].content if contents else source
    assert content is not None
    again = read(content, edit.key, edit.path)
    check_reread((edit,), tree((edit.result,)), tree((again,)))
    return Rendered(content, again)


def tree(migrations: Iterable[Migration]) -> Tree:
    return Tree("main", "main", {migration.key: migration for migration in migrations})
