"""Findings as a Code Quality report of GitLab.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from stitchback.model.findings import Finding, Severity
from stitchback.reporting.document import Document
from stitchback.reporting.markdown import fenced
from stitchback.reporting.sarif import fingerprint

SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}
NO_PATH = "."  # GitLab requires a path


def gitlab(findings: Sequence[Finding]) -> str:
    """A JSON array with one issue for each finding, in ASCII."""
    return json.dumps([_issue(finding) for finding in findings], indent=2, sort_keys=True)


def _issue(finding: Finding) -> Document:
    span = finding.span
    return {
        "check_name": finding.code,
        "description": " ".join(filter(None, (finding.message, finding.hint))),
        **({"content": {"body": fenced(finding.recipe)}} if finding.recipe else {}),
        "fingerprint": fingerprint(finding),
        "severity": SEVERITIES[finding.severity],
        "location": {
            "path": span.path if span else NO_PATH,
            "lines": {"begin": max(span.line, 1) if span else 1},
        },
    }
