"""Findings as SARIF 2.1.0, for code scanning services (https://docs.oasis-open.org/sarif/sarif/v2.1.0)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from urllib.parse import quote

from stitchback import __version__
from stitchback.model.findings import Finding, Severity
from stitchback.reporting.document import Document, as_json
from stitchback.reporting.pages import Page, page_of

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def sarif(findings: Sequence[Finding]) -> str:
    """One run with one result for each finding; the rules are the reported codes with their pages."""
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "stitchback",
        "version": __version__,
        "rules": [_rule(code, page_of(code)) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code)) for finding in findings],
    }
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str, page: Page | None) -> Document:
    if page is None:
        return {"id": code}
    return {"id": code, "shortDescription": {"text": page.title}, "fullDescription": {"text": page.text}}


def _result(finding: Finding, rule: int) -> Document:
    hint = "\n".join((f" {finding.hint}" if finding.hint else "", *finding.recipe))
    result = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.message}{hint}"},
        "partialFingerprints": {"stitchback/v1": fingerprint(finding)},
        "properties": {"ref": finding.ref},
    }
    span = finding.span
    if span is None:
        return result
    place = {"artifactLocation": {"uri": quote(span.path)}, "region": {"startLine": max(span.line, 1)}}
    return {**result, "locations": [{"physicalLocation": place}]}


def fingerprint(finding: Finding) -> str:
    """A fingerprint that does not change when lines above the finding are added or removed."""
    path = finding.span.path if finding.span else ""
    said = "\0".join((finding.code, finding.ref, path, finding.message))
    return hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()[:32]
