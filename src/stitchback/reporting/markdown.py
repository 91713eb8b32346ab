"""Findings as a Markdown table, for a comment or a job's summary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stitchback.model.findings import Finding
from stitchback.reporting.escaping import harmless, visible

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&-])")


def markdown(findings: Sequence[Finding]) -> str:
    """The table; without findings one line."""
    return harmless("\n".join(_lines(findings)))


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield "stitchback: no findings."
        return
    yield "| | code | place | finding |"
    yield "|---|---|---|---|"
    for finding in findings:
        place = str(finding.span) if finding.span else finding.ref
        said = ". ".join(filter(None, (finding.message, finding.hint)))
        cells = (finding.severity.value, finding.code, place, said)
        yield f"| {' | '.join(map(_cell, cells))} |"
    for finding in findings:
        if finding.recipe:
            yield ""
            yield f"{finding.code}, {_cell(finding.message)}:"
            yield ""
            yield fenced(finding.recipe)


def fenced(lines: Sequence[str]) -> str:
    """A block of Python; no line of it ends the block."""
    return "\n".join(("```python", *(visible(line).replace("```", "") for line in lines), "```"))


def _cell(text: str) -> str:
    """The text without markup: names of branches and files are untrusted."""
    return _MARKUP.sub(r"\\\1", visible(text))
