"""Findings as annotations of GitHub Actions: one workflow command a line.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stitchback.model.findings import Finding, Severity
from stitchback.reporting.escaping import harmless, visible

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def github(findings: Sequence[Finding]) -> str:
    return "\n".join(map(_annotation, findings))


def _annotation(finding: Finding) -> str:
    said = " ".join(_sentences(finding))
    properties = ",".join(f"{name}={_property(value)}" for name, value in _properties(finding))
    recipe = "".join(f"%0A{_data(line)}" for line in finding.recipe)
    return f"::{COMMANDS[finding.severity]} {properties}::{_data(said)}{recipe}"


def _properties(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.span is not None:
        yield "file", finding.span.path
        yield "line", str(max(finding.span.line, 1))
    yield "title", finding.code


def _sentences(finding: Finding) -> Iterator[str]:
    yield f"{finding.message} (on {finding.ref})" if finding.ref else finding.message
    if finding.hint:
        yield finding.hint


def _data(text: str) -> str:
    """The text with escaped percent signs, which GitHub unescapes, and with visible line breaks, which would begin another command."""
    return harmless(visible(text)).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
