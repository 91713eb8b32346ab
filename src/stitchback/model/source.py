"""Places in files, and values that could not be read there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file of the tree: repository-relative posix path, 1-based lines, 0-based columns in bytes
    of UTF-8 as `ast` counts them, end exclusive as in `ast`.
    """

    path: str
    line: int = 1
    column: int = 0
    end_line: int = 1
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that cannot be read without running the code. It is reported, never guessed and never dropped.

    `source` is the text (normalised by `ast.unparse`), `reason` explains why it cannot be read.
    """

    reason: str
    source: str
    span: Span

    def __str__(self) -> str:
        return f"{self.span}: {self.reason}"
