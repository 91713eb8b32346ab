"""The use case `check`: what is checked out in, findings out, without a database and without a plan. `check --rolling`: two releases in, what code of one
does not do on databases on the way to the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from stitchback.adapters.baseline_file import configured_baseline, read_baseline, write_baseline
from stitchback.adapters.git import Ref
from stitchback.api.project import Project, refuse_two_projects
from stitchback.api.reading_cases import (
    Parting,
    PlanRequest,
    fork_point_of,
    in_order,
    read_all,
    read_case,
    read_patch,
    suppressed,
)
from stitchback.api.release_branches import MAIN_NAMES, is_release_branch, release_refs
from stitchback.api.schema import schema_of
from stitchback.errors import EnvironmentProblem
from stitchback.hazards import OF_ROLLING, find_in_check, find_in_rolling
from stitchback.hazards.rolling_case import RollingCase
from stitchback.matching.case import Case
from stitchback.model.findings import Finding, FindingId
from stitchback.planning.reports import CheckReport, coverage_of

HEAD = "HEAD"
CHECKED_OUT = "the working tree"  # the same name on every branch: the baseline file holds messages


@dataclass(frozen=True, slots=True)
class RollingRequest:
    """The refs of the old and the new release. `is_code_first`: the new release's code is deployed before its migrations."""

    old: str
    new: str = HEAD
    is_code_first: bool = False


def rolling_case(project: Project, request: RollingRequest) -> RollingCase:
    """Raises EnvironmentProblem: no such ref, two Django projects in one tree."""
    from stitchback.engine.rolling_stops import rolling_path  # `check` alone needs no engine

    project.read((ref, project.commit_of(ref)) for ref in (request.old, request.new))
    old, new = project.tree(request.old), project.tree(request.new)
    for tree in (old, new):
        refuse_two_projects(tree)
    if project.repository.is_checked_out(request.new):
        new = new.called(CHECKED_OUT)
    configured = project.configuration
    return RollingCase(
        old.called(request.old),
        new,
        schema_of(old),
        schema_of(new),
        {engine: rolling_path(old, new, engine) for engine in configured.engines},
        request.is_code_first,
        frozenset(configured.large_tables),
        f"{request.old}..{request.new}",
    )


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """`base`: a ref, None for the default branch; its merge base with HEAD counts. `releases`: refs of release branches or tags; none: those of
    the configuration. `baseline`: the file, None for the configuration's."""

    base: str | None = None
    releases: tuple[str, ...] = ()
    baseline: str | None = None
    writes_baseline: bool = False
    rolling: RollingRequest | None = None


def check(project: Project, request: CheckRequest) -> CheckReport:
    """Raises EnvironmentProblem: no such ref, no default branch (SB528), a baseline file that cannot be read or written (SB529)."""
    partings = (_base(project, request.base), *_releases(project, request.releases))
    read_all(project, HEAD, partings)
    released = tuple(read_patch(project, HEAD, each) for each in partings)
    case = read_case(project, PlanRequest((), HEAD, sides=released, mainline=CHECKED_OUT))
    found = (*find_in_check(case, suppressed(project, case)), *_in_rolling(project, request, case))
    findings = tuple(_by_refs(in_order(project, found)))
    known = _known(project, request, findings)
    left = tuple(finding for finding in findings if finding.id not in known)
    return CheckReport(
        case,
        released[0].tree,
        left,
        coverage_of((case.situation.mainline,)),
        len(findings) - len(left),
        len(known - {finding.id for finding in findings}),
    )


def _in_rolling(project: Project, request: CheckRequest, case: Case) -> Iterator[Finding]:
    if request.rolling is not None:
        yield from find_in_rolling(rolling_case(project, request.rolling), suppressed(project, case))


def _by_refs(findings: Iterable[Finding]) -> Iterator[Finding]:
    """A finding that concerns the databases of several refs in the same words is one finding with their names."""
    refs: dict[Finding, list[str]] = {}
    for finding in findings:
        refs.setdefault(replace(finding, ref=""), []).append(finding.ref)
    return (replace(finding, ref=", ".join(filter(None, names))) for finding, names in refs.items())


def _base(project: Project, named: str | None) -> Parting:
    ref = named or _default_branch(project)
    repository = project.repository
    base = repository.merge_base(repository.resolve(ref), project.history_of(HEAD))
    return Parting(ref, base, base)


def _default_branch(project: Project) -> str:
    """That of the remote, else the first that has a usual name, a remote one before a local one. Raises EnvironmentProblem (SB528)."""
    found = project.repository.default_branch()
    if found is not None:
        return found
    branches = sorted(project.repository.branches(), key=lambda ref: ref.kind != "remote")
    for name in MAIN_NAMES:
        for ref in branches:
            if _own_name(ref) == name:
                return ref.name
    raise EnvironmentProblem(
        "SB528",
        "the repository's default branch is not known",
        hint="Name it, or the commit to compare with: `stitchback check --base REF`.",
    )


def _own_name(ref: Ref) -> str:
    return ref.name.partition("/")[2] if ref.kind == "remote" else ref.name


def _releases(project: Project, named: tuple[str, ...]) -> Iterator[Parting]:
    head = project.history_of(HEAD)
    for ref in named or _configured_releases(project):
        tip = project.repository.resolve(ref)
        yield Parting(ref, tip, tip) if tip == head else fork_point_of(project, ref, HEAD)


def _configured_releases(project: Project) -> Iterator[str]:
    """The branches that `patch_branches` names; none where one of them is checked out: a release need not have what others have."""
    patterns = project.configuration.patch_branches
    head = Ref(project.name_of(HEAD), "", "branch")
    if patterns and not is_release_branch(head, patterns):
        yield from (ref.name for ref in release_refs(project, HEAD, patterns))


def _known(project: Project, request: CheckRequest, findings: tuple[Finding, ...]) -> frozenset[FindingId]:
    """The findings of the baseline file; none where no such file is named."""
    path = _baseline_path(project, request)
    if path is None:
        return frozenset()
    if request.writes_baseline:
        write_baseline(path, (*(finding.id for finding in findings), *_unasked(path, request)))
    return read_baseline(path) - _unasked(path, request)


def _unasked(path: Path, request: CheckRequest) -> frozenset[FindingId]:
    """The entries of a file for rules that this run does not ask."""
    if request.rolling is not None or not path.exists():
        return frozenset()
    codes = {hazard.code for hazard in OF_ROLLING}
    return frozenset(entry for entry in read_baseline(path) if entry.code in codes)


def _baseline_path(project: Project, request: CheckRequest) -> Path | None:
    if request.baseline is not None:
        return Path(request.baseline)
    configured, top = project.configuration.baseline, project.repository.work_tree
    if configured is not None and top is not None:
        return configured_baseline(top, configured)
    if request.writes_baseline:
        raise EnvironmentProblem(
            "SB529",
            "no baseline file is named",
            hint="Name it with --baseline FILE, or in pyproject.toml:",
            example=("[tool.stitchback]", 'baseline = "stitchback-baseline.json"'),
        )
    return None
