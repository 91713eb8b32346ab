"""Planned edits -> bytes of files, by LibCST: what an edit does not name stays the same byte for byte."""
