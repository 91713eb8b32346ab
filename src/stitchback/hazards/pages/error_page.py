"""The parts of an error page."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.model.findings import Severity


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """`text`: paragraphs with an empty line between them. `severity` None: the error ends the command."""

    code: str
    where: tuple[str, ...]
    title: str
    text: str
    severity: Severity | None = None
