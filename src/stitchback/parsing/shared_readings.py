"""What the trees that one command reads take over from each other: most of a project is the same on both branches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stitchback.parsing.apps import Folder
    from stitchback.parsing.folders import FolderReading
    from stitchback.parsing.lazy import Parsed


Questions = tuple[tuple[str, str], ...]  # what was asked about a tree, and the answer


@dataclass(frozen=True, slots=True, eq=False)
class BaseClassLine:
    """What a field's class extends, and that in turn: import path -> import path. It holds where the questions have these answers."""

    bases: dict[str, str]
    questions: Questions


@dataclass(frozen=True, slots=True, eq=False)
class SharedReadings:
    """`folders`: of migrations, by the folder's files and their blobs. `modules`: syntax trees of other modules by their blobs, None
    for one that is no Python; nothing that reads a syntax tree changes it. `bases`: by the import path of a field's class."""

    folders: dict[tuple[Folder, tuple[str, ...]], FolderReading] = field(default_factory=dict)
    modules: dict[str, Parsed | None] = field(default_factory=dict)
    bases: dict[str, BaseClassLine] = field(default_factory=dict)
