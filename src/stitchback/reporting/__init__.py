"""Reports: text for people, JSON for programs, SARIF and annotations for services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stitchback.planning import PlanReport, Status
from stitchback.reporting.demo_text import DemoReport
from stitchback.reporting.document import Document, dump, edit_document, plan_document, status_document
from stitchback.reporting.fake_text import fake_words
from stitchback.reporting.github import github
from stitchback.reporting.plan_text import plan_lines
from stitchback.reporting.schema_text import difference_lines, schema_lines
from stitchback.reporting.status_text import status_lines
from stitchback.reporting.style import page, visible

if TYPE_CHECKING:
    from stitchback.repair.diagnosis import Diagnosis
    from stitchback.reporting.fleet import Silent, Standing
    from stitchback.reporting.pages import Page
    from stitchback.reporting.verified import Engine


def render_status(status: Status, output_format: str, *, verbose: bool = False) -> str:
    """`output_format`: text, json, or the findings alone as sarif or github."""
    match output_format:
        case "json":
            return dump(status_document(status))
        case "sarif":
            from stitchback.reporting.sarif import sarif  # with all pages, and Django

            return sarif(status.findings)
        case "github":
            return github(status.findings)
        case _:
            return page(status_lines(status, verbose=verbose))


def render_plan(
    report: PlanReport, output_format: str, diffs: Sequence[str] = (), *, verbose: bool = False
) -> str:
    """`diffs`: unified diffs of the files, to be shown with the plan."""
    if output_format == "json":
        document: Document = plan_document(report)
        return dump({**document, "diffs": list(diffs)} if diffs else document)
    return page(plan_lines(report, diffs, verbose=verbose))


def render_written(paths: Sequence[str], where: str, output_format: str) -> str:
    """What was written: the paths alone, one a line."""
    if output_format == "json":
        return dump({"written": list(paths), "to": where})
    return "\n".join(map(visible, paths))


def render_schema(
    ref: str, commit: str, models: Mapping[str, Any], opaque: Sequence[str], output_format: str
) -> str:
    if output_format == "json":
        return dump({"ref": ref, "commit": commit, "models": models, "opaque": list(opaque)})
    return page(schema_lines(models, opaque))


def render_schema_difference(
    ref: str,
    other: str,
    differences: Sequence[Mapping[str, Any]],
    opaque: Sequence[str],
    output_format: str,
) -> str:
    if output_format == "json":
        return dump({"ref": ref, "other": other, "differences": list(differences), "opaque": list(opaque)})
    return page(difference_lines(ref, other, differences, opaque))


def render_diagnosis(diagnosis: Diagnosis, output_format: str) -> str:
    from stitchback.reporting.diagnosis import diagnosis_document, diagnosis_lines

    return (
        dump(diagnosis_document(diagnosis)) if output_format == "json" else page(diagnosis_lines(diagnosis))
    )


def render_standings(groups: Sequence[Standing], unreached: Sequence[Silent], output_format: str) -> str:
    from stitchback.reporting import fleet

    return fleet.render_standings(groups, unreached, output_format)


def render_verified(engines: Sequence[Engine], output_format: str) -> str:
    from stitchback.reporting.verified import verified_document, verified_lines

    return dump(verified_document(engines)) if output_format == "json" else page(verified_lines(engines))


def render_page(found: Page, output_format: str) -> str:
    from stitchback.reporting.page_text import page_document, page_lines

    return dump(page_document(found)) if output_format == "json" else page(page_lines(found))


def render_pages(found: Sequence[Page], output_format: str) -> str:
    from stitchback.reporting.page_text import list_lines, page_document

    if output_format == "json":
        return dump({"pages": [page_document(each) for each in found]})
    return page(list_lines(found))


__all__ = [
    "DemoReport",
    "dump",
    "edit_document",
    "fake_words",
    "render_diagnosis",
    "render_page",
    "render_pages",
    "render_plan",
    "render_schema",
    "render_schema_difference",
    "render_standings",
    "render_status",
    "render_verified",
    "render_written",
]
