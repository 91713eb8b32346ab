"""Findings as text: description, place and fix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stitchback.model.findings import Finding, Severity
from stitchback.reporting.layout import BLANK, Line, Style, bold, cyan, dim, plain, styled, wrapped

STYLES = {Severity.ERROR: Style.RED, Severity.WARNING: Style.YELLOW, Severity.NOTE: Style.CYAN}
INDENT = 2
MOST_FINDINGS = 20
HANG = 18  # indentation below the place: severity and code take two columns


def finding_lines(findings: Sequence[Finding], *, verbose: bool = True) -> Iterator[Line]:
    """The findings in their groups, followed by an empty line; empty without findings. Not `verbose`: the most severe ones, if there are many."""
    if not findings:
        return
    yield (bold("Findings"),)
    shown = findings if verbose else _most_severe(findings)
    for finding in shown:
        yield from _finding(finding)
    if len(shown) < len(findings):
        yield from wrapped((dim(f"and {len(findings) - len(shown)} more, which `-v` lists"),), INDENT)
    codes = tuple(dict.fromkeys(finding.code for finding in findings))
    said = ", ".join(f"`stitchback explain {code}`" for code in codes[:3])
    more = ", …" if len(codes) > 3 else ""
    verb = "says" if len(codes) == 1 else "say"
    yield from wrapped((dim(f"{said}{more} {verb} more."),), INDENT)
    yield BLANK


def _most_severe(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    order = list(Severity)
    ranked = sorted(range(len(findings)), key=lambda place: order.index(findings[place].severity))
    return tuple(findings[place] for place in sorted(ranked[:MOST_FINDINGS]))


def _finding(finding: Finding) -> Iterator[Line]:
    severity = styled(STYLES[finding.severity], f"{finding.severity.value:<8}")
    place = str(finding.span) if finding.span else finding.ref
    where = f" on {finding.ref}" if finding.span and finding.ref else ""
    head = (severity, plain(" "), bold(finding.code), plain("  "), plain(place), dim(where))
    yield from wrapped(head if place else head[:3], INDENT, HANG - INDENT)
    yield from wrapped((plain(finding.message),), HANG)
    if finding.hint:
        yield from wrapped((cyan("hint "), plain(finding.hint)), HANG, 5)
    for line in finding.recipe:
        yield (plain(" " * HANG), dim(line) if line.startswith("#") else plain(line))
