"""Reports: text for users, JSON for programs, SARIF and annotations for services. Each format is imported on first use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stitchback.reporting.escaping import visible

if TYPE_CHECKING:
    from stitchback.model.findings import Finding
    from stitchback.model.verify_reports import EngineReport, RollingRun
    from stitchback.planning.graph_picture import GraphPicture
    from stitchback.planning.reports import (
        BackportReport,
        CheckReport,
        Overview,
        PlanReport,
        ResolvedLeaves,
        Status,
    )
    from stitchback.planning.squash_reports import CandidatesReport, FinishReport, SquashReport
    from stitchback.repair.database_groups import EqualTenants
    from stitchback.repair.diagnosis import Diagnosis
    from stitchback.reporting.fleet_text import UnreadTenant
    from stitchback.reporting.layout import Line
    from stitchback.reporting.pages import Page

WORKING_TREE = "the working tree"
SERVICES = ("sarif", "github", "gitlab", "markdown")


def _page(lines: Iterable[Line]) -> str:
    from stitchback.reporting.layout import page  # with rich, which `--help` does not need

    return page(lines)


def render_status(status: Status, output_format: str, *, verbose: bool = False) -> str:
    """The status report. `output_format`: text, json, or only the findings, as one of SERVICES."""
    match output_format:
        case "json":
            from stitchback.reporting.document import dump, status_document

            return dump(status_document(status))
        case "text":
            from stitchback.reporting.status_text import status_lines

            return _page(status_lines(status, verbose=verbose))
        case _:
            return render_findings(status.findings, output_format)


def render_check(report: CheckReport, output_format: str, *, verbose: bool = False) -> str:
    """The report of `check`, in the formats of `render_status`."""
    match output_format:
        case "json":
            from stitchback.reporting.document import check_document, dump

            return dump(check_document(report))
        case "text":
            from stitchback.reporting.check_text import check_lines

            return _page(check_lines(report, verbose=verbose))
        case _:
            return render_findings(report.findings, output_format)


def render_findings(findings: Sequence[Finding], output_format: str) -> str:
    """The findings for a service. `output_format`: one of SERVICES."""
    match output_format:
        case "sarif":
            from stitchback.reporting.sarif import sarif  # with all pages, and Django

            return sarif(findings)
        case "github":
            from stitchback.reporting.github import github

            return github(findings)
        case "gitlab":
            from stitchback.reporting.gitlab import gitlab

            return gitlab(findings)
        case _:
            from stitchback.reporting.markdown import markdown

            return markdown(findings)


def render_overview(found: Overview, output_format: str) -> str:
    """`output_format`: text or json."""
    if output_format == "json":
        from stitchback.reporting.document import dump, overview_document

        return dump(overview_document(found))
    from stitchback.reporting.status_text import overview_lines

    return _page(overview_lines(found))


def render_plan(
    report: PlanReport, output_format: str, diffs: Sequence[str] = (), *, verbose: bool = False
) -> str:
    """The plan report. `diffs`: unified diffs of the files, shown with the plan."""
    if output_format == "json":
        from stitchback.reporting.document import dump, plan_document

        document = plan_document(report)
        return dump({**document, "diffs": list(diffs)} if diffs else document)
    from stitchback.reporting.plan_text import plan_lines

    return _page(plan_lines(report, diffs, verbose=verbose))


def render_plan_page(
    report: PlanReport,
    diffs: Sequence[str],
    runbook: Mapping[str, str],
    verified: Sequence[EngineReport] = (),
) -> str:
    """The HTML page of `plan`, and of `verify` with its results. `diffs`: unified diffs of the files. `runbook`: the files of `plan --out`,
    name -> text."""
    from stitchback.reporting.html_reports import plan_page

    return plan_page(report, diffs, runbook, verified)


def render_status_page(found: Status | Overview) -> str:
    """The HTML page of `status`."""
    from stitchback.planning.reports import Overview
    from stitchback.reporting.html_reports import overview_page, status_page

    return overview_page(found) if isinstance(found, Overview) else status_page(found)


def render_rolling_page(old: str, new: str, runs: Sequence[RollingRun]) -> str:
    """The HTML page of `verify --rolling`."""
    from stitchback.reporting.html_reports import rolling_page

    return rolling_page(old, new, runs)


def render_written(paths: Sequence[str], where: str, output_format: str) -> str:
    """The written paths, one a line. `where`: the working tree, or a branch's name."""
    if output_format == "json":
        from stitchback.reporting.document import dump

        return dump({"written": list(paths), "to": where})
    return _written(paths, where)


def _written(paths: Sequence[str], where: str) -> str:
    files = "1 file" if len(paths) == 1 else f"{len(paths)} files"
    return "\n".join((f"Wrote {files} to {visible(where)}:", *(f"  {visible(path)}" for path in paths)))


def render_after_apply(
    report: PlanReport, paths: Sequence[str], branch: str | None, *, adds_nothing: bool = False
) -> str:
    """The steps after `apply`: the commit, and the databases that need a manual step. `adds_nothing`: whether there is nothing to commit."""
    from stitchback.reporting.next_steps import apply_next

    return _page(apply_next(report, paths, branch, adds_nothing=adds_nothing))


def render_resolution(
    found: ResolvedLeaves,
    output_format: str,
    diffs: Sequence[str] = (),
    *,
    verbose: bool = False,
    asks: bool = False,
) -> str:
    """What `resolve` would write, or that there is nothing to resolve. `diffs`: unified diffs of the files, to be shown with it. `asks`: the
    question whether to write it follows."""
    if output_format == "json":
        from stitchback.reporting.document import dump, resolve_document

        return dump(resolve_document(found, (), diffs))
    from stitchback.reporting.layout import columns
    from stitchback.reporting.resolve_text import WIDTH, resolve_lines

    with columns(WIDTH):
        return _page(resolve_lines(found, diffs, verbose=verbose, asks=asks))


def render_resolved(found: ResolvedLeaves, paths: Sequence[str], output_format: str) -> str:
    """What `resolve` has written: the paths, one a line."""
    if output_format == "json":
        from stitchback.reporting.document import dump, resolve_document

        return dump(resolve_document(found, paths, ()))
    return _written(paths, WORKING_TREE)


def render_after_resolve(
    found: ResolvedLeaves, paths: Sequence[str], kept: Mapping[str, str], *, adds_nothing: bool = False
) -> str:
    """What comes after `resolve`: conflicts that are left, and the commands of git. `kept`: uncommitted files that were written over, by
    git's id of what they held. `adds_nothing`: whether there is nothing to commit."""
    from stitchback.reporting.layout import columns
    from stitchback.reporting.resolve_text import WIDTH, resolved_next

    with columns(WIDTH):
        return _page(resolved_next(found, paths, kept, adds_nothing=adds_nothing))


def render_backport(
    report: BackportReport, output_format: str, diffs: Sequence[str] = (), *, verbose: bool = False
) -> str:
    """What `backport` would write on both sides. `diffs`: unified diffs of the files, shown with it."""
    if output_format == "json":
        from stitchback.reporting.document import backport_document, dump

        return dump(backport_document(report, (), diffs))
    from stitchback.reporting.backport_text import backport_lines

    return _page(backport_lines(report, diffs, verbose=verbose))


def render_backported(
    report: BackportReport, branch: str, commit: str, paths: Sequence[str], output_format: str
) -> str:
    """What `backport` has written: the commit on the release, and the paths in the working tree."""
    if output_format == "json":
        from stitchback.reporting.document import backport_document, dump

        return dump(backport_document(report, (branch, commit, *paths)))
    there = _written([file.path for file in report.files], f"{branch} (commit {commit[:12]})")
    return "\n".join((there, _written(paths, WORKING_TREE))) if paths else there


def render_after_backport(report: BackportReport, branch: str, paths: Sequence[str]) -> str:
    """The commands after `backport`. `paths`: of the files in the working tree."""
    from stitchback.reporting.backport_text import backported_next

    return _page(backported_next(report, branch, paths))


def render_graph(picture: GraphPicture, output_format: str, *, verbose: bool = False) -> str:
    """`output_format`: text, json, mermaid, dot or html. `verbose`: in text, all migrations of two refs."""
    match output_format:
        case "json":
            from stitchback.reporting.document import dump, graph_document

            return dump(graph_document(picture))
        case "text":
            from stitchback.reporting.graph_text import graph_lines

            return _page(graph_lines(picture, verbose=verbose))
        case "html":
            from stitchback.reporting.html_reports import graph_page

            return graph_page(picture)
        case _:
            from stitchback.reporting.graph_diagram import dot, mermaid

            return dot(picture) if output_format == "dot" else mermaid(picture)


def render_candidates(report: CandidatesReport, output_format: str, *, verbose: bool = False) -> str:
    if output_format == "json":
        from stitchback.reporting.document import dump
        from stitchback.reporting.squash_text import candidates_document

        return dump(candidates_document(report))
    from stitchback.reporting.squash_text import candidates_lines

    return _page(candidates_lines(report, verbose=verbose))


def render_squash(
    report: SquashReport, output_format: str, diffs: Sequence[str] = (), *, verbose: bool = False
) -> str:
    """What `squash stitch` would write, or why it is refused."""
    if output_format == "json":
        from stitchback.reporting.document import dump
        from stitchback.reporting.squash_text import stitch_document

        return dump(stitch_document(report, (), diffs))
    from stitchback.reporting.squash_text import squash_lines

    return _page(squash_lines(report, diffs, verbose=verbose))


def render_squashed(report: SquashReport, paths: Sequence[str], output_format: str) -> str:
    """The paths that `squash stitch` has written, one a line."""
    if output_format == "json":
        from stitchback.reporting.document import dump
        from stitchback.reporting.squash_text import stitch_document

        return dump(stitch_document(report, paths, ()))
    return _written(paths, WORKING_TREE)


def render_finish(
    report: FinishReport, output_format: str, diffs: Sequence[str] = (), *, verbose: bool = False
) -> str:
    """What `squash finish` would write, or the databases that are not there yet."""
    if output_format == "json":
        from stitchback.reporting.document import dump
        from stitchback.reporting.squash_text import finish_squash_document

        return dump(finish_squash_document(report, (), diffs))
    from stitchback.reporting.squash_text import finish_lines

    return _page(finish_lines(report, diffs, verbose=verbose))


def render_finished(report: FinishReport, paths: Sequence[str], output_format: str) -> str:
    """The paths that `squash finish` has written, one a line."""
    if output_format == "json":
        from stitchback.reporting.document import dump
        from stitchback.reporting.squash_text import finish_squash_document

        return dump(finish_squash_document(report, paths, ()))
    return _written(paths, WORKING_TREE)


def render_after_squash(report: SquashReport, paths: Sequence[str]) -> str:
    """The commands after a squash was written."""
    from stitchback.reporting.squash_text import squash_next

    return _page(squash_next(report, paths))


def render_schema(
    ref: str, commit: str, models: Mapping[str, Any], opaque: Sequence[str], output_format: str
) -> str:
    if output_format == "json":
        from stitchback.reporting.document import dump

        return dump({"ref": ref, "commit": commit, "models": models, "opaque": list(opaque)})
    from stitchback.reporting.schema_text import schema_lines

    return _page(schema_lines(models, opaque))


def render_schema_difference(
    ref: str,
    other: str,
    differences: Sequence[Mapping[str, Any]],
    opaque: Sequence[str],
    output_format: str,
) -> str:
    if output_format == "json":
        from stitchback.reporting.document import dump

        return dump({"ref": ref, "other": other, "differences": list(differences), "opaque": list(opaque)})
    from stitchback.reporting.schema_text import difference_lines

    return _page(difference_lines(ref, other, differences, opaque))


def render_diagnosis(diagnosis: Diagnosis, output_format: str) -> str:
    from stitchback.reporting.diagnosis_text import diagnosis_document, diagnosis_lines
    from stitchback.reporting.document import dump

    return (
        dump(diagnosis_document(diagnosis)) if output_format == "json" else _page(diagnosis_lines(diagnosis))
    )


def render_standings(
    groups: Sequence[EqualTenants], unreached: Sequence[UnreadTenant], output_format: str
) -> str:
    from stitchback.reporting import fleet_text

    return fleet_text.render_standings(groups, unreached, output_format)


def render_verified(engines: Sequence[EngineReport], planned: int, output_format: str) -> str:
    """`planned`: the number of kinds of database in the plan's proof."""
    from stitchback.reporting.document import dump
    from stitchback.reporting.verify_text import verified_document, verified_lines

    return (
        dump(verified_document(engines))
        if output_format == "json"
        else _page(verified_lines(engines, planned))
    )


def render_rolling(runs: Sequence[RollingRun], output_format: str) -> str:
    from stitchback.reporting.document import dump
    from stitchback.reporting.rolling_text import rolling_document, rolling_lines

    return dump(rolling_document(runs)) if output_format == "json" else _page(rolling_lines(runs))


def render_page(found: Page, output_format: str) -> str:
    from stitchback.reporting.document import dump
    from stitchback.reporting.pages import page_document, page_lines

    return dump(page_document(found)) if output_format == "json" else _page(page_lines(found))


def render_pages(found: Sequence[Page], output_format: str) -> str:
    from stitchback.reporting.document import dump
    from stitchback.reporting.pages import list_lines, page_document

    if output_format == "json":
        return dump({"pages": [page_document(each) for each in found]})
    return _page(list_lines(found))
