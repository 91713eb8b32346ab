"""The packages of an app that mainline does not have: Django imports a migration only from a folder with an `__init__.py`
(`MigrationLoader.load_disk` counts an app without the package as unmigrated)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from stitchback.model.edits import FileEdit, WriteFile
from stitchback.model.files import FileEntry
from stitchback.rewriting.contents import FileContent

INIT = "__init__.py"


def package_files(
    edits: Iterable[FileEdit], mainline: Mapping[str, FileEntry], patches: Sequence[Mapping[str, FileEntry]]
) -> tuple[FileContent, ...]:
    """The `__init__.py` files above the written migrations that a patch branch has and mainline lacks, byte for byte, by path."""
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
