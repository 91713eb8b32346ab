"""Findings for services: SARIF and GitHub's annotations."""

from __future__ import annotations

import json

from stitchback.model.findings import Finding, Severity
from stitchback.model.source import Span
from stitchback.reporting.github import github
from stitchback.reporting.gitlab import gitlab
from stitchback.reporting.markdown import markdown
from stitchback.reporting.sarif import sarif

LEAVES = Finding(
    "SB302", Severity.ERROR, "main", Span("shop/migrations/0003_a b.py", 7), "two leaves", "Merge them."
)
BASES = Finding("SB506", Severity.WARNING, "", None, "several merge bases")


def test_sarif_has_a_rule_a_code_and_a_result_a_finding() -> None:
    document = json.loads(sarif((LEAVES, BASES, LEAVES)))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["SB302", "SB506"]
    assert [result["ruleIndex"] for result in run["results"]] == [0, 1, 0]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "error"]


def test_sarif_places_are_uris() -> None:
    (result,) = json.loads(sarif((LEAVES,)))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "shop/migrations/0003_a%20b.py"
    assert place["region"]["startLine"] == 7


def test_a_finding_without_a_place_has_no_location() -> None:
    (result,) = json.loads(sarif((BASES,)))["runs"][0]["results"]
    assert "locations" not in result


def test_annotations() -> None:
    assert github((LEAVES, BASES)).splitlines() == [
        "::error file=shop/migrations/0003_a b.py,line=7,title=SB302::two leaves (on main) Merge them.",
        "::warning title=SB506::several merge bases",
    ]


def test_a_name_cannot_begin_another_command() -> None:
    evil = Finding(
        "SB101", Severity.NOTE, "x", Span("a,b:c%\n::error::d.py"), "100%\r\n::set-output name=x::y"
    )
    (line,) = github((evil,)).splitlines()
    assert line.startswith(
        "::notice file=a%2Cb%3Ac%25\\n%3A%3Aerror%3A%3Ad.py,line=1,title=SB101::100%25\\r\\n::set"
    )


def test_nothing_found_is_nothing_said() -> None:
    assert github(()) == ""
    assert json.loads(sarif(()))["runs"][0]["results"] == []


def test_gitlab_has_an_issue_for_each_finding() -> None:
    leaves, bases = json.loads(gitlab((LEAVES, BASES)))
    assert leaves["check_name"] == "SB302"
    assert leaves["severity"] == "critical"
    assert leaves["location"] == {"path": "shop/migrations/0003_a b.py", "lines": {"begin": 7}}
    assert leaves["description"] == "two leaves Merge them."
    assert bases["location"]["path"] == "."
    assert leaves["fingerprint"] != bases["fingerprint"]
    assert json.loads(gitlab(())) == []


def test_markdown_is_a_table_without_the_markup_of_names() -> None:
    evil = Finding("SB101", Severity.NOTE, "x", Span("a|b.py"), "<img src=x> [a](b) `c`\n# d")
    head, _, row = markdown((evil,)).splitlines()
    assert head == "| | code | place | finding |"
    assert row == r"| note | SB101 | a\|b.py:1 | \<img src=x\> \[a\]\(b\) \`c\`\\n\# d |"
    assert markdown(()) == "stitchback: no findings."
