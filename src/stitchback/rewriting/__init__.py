"""Planned edits -> bytes of files, by LibCST: what an edit does not name stays the same byte for byte."""

from __future__ import annotations

from stitchback.rewriting.contents import FileContent
from stitchback.rewriting.diffs import unified_diff
from stitchback.rewriting.markers import marker_edits
from stitchback.rewriting.rendering import render_files
from stitchback.rewriting.rereading import Misrendered, check_reread

__all__ = ["FileContent", "Misrendered", "check_reread", "marker_edits", "render_files", "unified_diff"]
