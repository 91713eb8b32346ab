"""The content of a rendered file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileContent:
    """A rendered file: `path` relative to the repository, posix; `content` is None if the file is deleted."""

    path: str
    content: bytes | None
