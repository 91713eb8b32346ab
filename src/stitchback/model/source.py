"""Places in files, and what could not be read there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file of the tree: repository-relative posix path, 1-based lines, 0-based columns in
    characters as `ast` counts them (UTF-8 bytes), end exclusive as in `ast`."""

    path: str
    line: int = 1
    column: int = 0
    end_line: int = 1
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something that cannot be read without running the code. Carried to the report, never guessed, never dropped.

    `source` is the text as it stands (normalised by `ast.unparse`), `reason` says in words why it cannot be read.
    """

    reason: str
    source: str
    span: Span

    def __str__(self) -> str:
        return f"{self.span}: {self.reason}"
