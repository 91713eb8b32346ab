"""A problem that stitchback reports for a place in the files, with a stable code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from stitchback.model.source import Span


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class FindingId(NamedTuple):
    """By what a finding is recognised in a later run: neither the line nor the ref."""

    code: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is stable (`SB101`). `ref` is the branch, tag or commit where it was found, "" if it concerns
    both refs. `recipe`: lines to be pasted, after the hint.
    """

    code: str
    severity: Severity
    ref: str
    span: Span | None
    message: str
    hint: str = ""
    recipe: tuple[str, ...] = ()

    @property
    def id(self) -> FindingId:
        return FindingId(self.code, self.span.path if self.span else "", self.message)

    @property
    def sort_key(self) -> tuple[str, str, str, int, str]:
        span = self.span or Span("")
        return (self.ref, span.path, self.code, span.line, self.message)
