"""The command line: each command parses, calls one use case, prints, exits."""

from stitchback.cli.boundary import main

__all__ = ["main"]
