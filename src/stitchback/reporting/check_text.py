"""`check` as text: what was compared, and the findings."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.planning.reports import CheckReport
from stitchback.reporting.finding_text import finding_lines
from stitchback.reporting.layout import BLANK, Line, bold, dim, green, plain, wrapped
from stitchback.reporting.status_text import counted, coverage_lines


def check_lines(report: CheckReport, *, verbose: bool = False) -> Iterator[Line]:
    base = report.base
    head = (
        bold(report.case.situation.mainline.ref),
        plain(" since "),
        bold(base.ref),
        dim(f"  {base.commit[:12]}"),
    )
    releases = f", and for the databases of {', '.join(report.releases)}" if report.releases else ""
    yield from wrapped((*head, plain(releases)), 0, 2)
    yield BLANK
    if not report.findings:
        yield from wrapped((green("No findings."),), 2)
        yield BLANK
    yield from finding_lines(report.findings, verbose=verbose)
    if report.in_baseline:
        them = "it" if report.in_baseline == 1 else "them"
        said = f"{counted(report.in_baseline, 'finding')} not listed: the baseline file has {them}."
        yield from wrapped((dim(said),))
    yield from coverage_lines(report.coverage)
