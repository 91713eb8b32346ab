"""Trees of files given as text, for tests of reading."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree, Unreadable
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.parsing.migration import read_migration
from stitchback.parsing.reading_context import ReadingConfig, ReadingContext
from stitchback.parsing.tree import read_tree

HEAD = "from django.db import migrations, models\n"


@dataclass
class Entry:
    content: bytes
    reads: int = 0

    @property
    def blob(self) -> str:
        return hashlib.sha1(self.content).hexdigest()

    def read(self) -> bytes:
        self.reads += 1
        return self.content


def entries(files: Mapping[str, str | bytes]) -> dict[str, Entry]:
    return {path: Entry(text.encode() if isinstance(text, str) else text) for path, text in files.items()}


def tree_of(files: Mapping[str, str | bytes], config: ReadingConfig | None = None) -> Tree:
    return read_tree("main", "0" * 40, entries(files), config)


def read(
    source: str | bytes, others: Mapping[str, str | bytes] | None = None, config: ReadingConfig | None = None
) -> Migration | Unreadable:
    """`shop/migrations/0002_x.py` with this text, among other files."""
    path = "shop/migrations/0002_x.py"
    content = source.encode() if isinstance(source, str) else source
    package = {"shop/__init__.py": "", "shop/migrations/__init__.py": ""}
    files = entries({**package, **(others or {}), path: content})
    context = ReadingContext(files, config or ReadingConfig())
    return read_migration(MigrationKey("shop", "0002_x"), path, "b", content, context)


def migration(source: str | bytes, **kwargs: Any) -> Migration:
    result = read(source, **kwargs)
    assert isinstance(result, Migration), result
    return result


def body(text: str, before: str = "", after: str = "", **kwargs: Any) -> Migration:
    """A migration whose class has this body (indented by four spaces as it stands)."""
    return migration(f"{HEAD}{before}\nclass Migration(migrations.Migration):\n{text}\n{after}", **kwargs)


def operations(text: str, before: str = "", after: str = "", **kwargs: Any) -> tuple[Operation | Opaque, ...]:
    return body(f"    operations = {text}", before, after, **kwargs).operations


def operation(text: str, before: str = "", **kwargs: Any) -> Operation:
    (only,) = operations(f"[{text}]", before, **kwargs)
    assert isinstance(only, Operation), only
    return only


def shown(found: tuple[Operation | Opaque, ...]) -> list[str]:
    return [f"opaque: {item.reason}" if isinstance(item, Opaque) else str(item) for item in found]
