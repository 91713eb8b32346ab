"""What a rendered file holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file as it shall be: `path` relative to the repository, posix; `content` None where there shall be none."""

    path: str
    content: bytes | None
