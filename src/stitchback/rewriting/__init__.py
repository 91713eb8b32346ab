"""Renders planned edits to bytes of files with LibCST. Parts that no edit names stay the same byte for byte."""
