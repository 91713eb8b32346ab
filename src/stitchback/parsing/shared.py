"""What the trees that one command reads take over from each other: most of a project is the same on both branches."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stitchback.parsing.apps import Folder
    from stitchback.parsing.folders import FolderReading


@dataclass(frozen=True, slots=True, eq=False)
class SharedReadings:
    """`folders`: of migrations, by the folder's files and their blobs. `modules`: syntax trees of other modules by their blobs, None
    for one that is no Python; nothing that reads a syntax tree changes it."""

    folders: dict[tuple[Folder, tuple[str, ...]], FolderReading] = field(default_factory=dict)
    modules: dict[str, ast.Module | None] = field(default_factory=dict)
