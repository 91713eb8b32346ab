"""Branches that look like releases, by their names, and where each stands against mainline: `status` without arguments."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase

from stitchback.adapters.git import Ref
from stitchback.api.other_side import several_leaves
from stitchback.api.project import Project, refuse_nothing_read
from stitchback.api.reading_cases import PlanRequest
from stitchback.errors import EnvironmentProblem, Refusal
from stitchback.planning.outcomes import Unproved
from stitchback.planning.reports import Overview, PlanReport, ReleaseBranch, State

USUAL_NAMES = (
    "release", "release/*", "release-*", "releases/*", "*-release", "stable", "stable/*", "stable-*", "*-stable",
    "hotfix", "hotfix/*", "hotfix-*", "hotfixes/*", "maintenance/*", "maint/*", "support/*", "production", "[0-9]*.[0-9x]*", "v[0-9]*.[0-9x]*",
)  # fmt: skip
MAIN_NAMES = ("main", "master", "develop", "trunk")


def is_release_branch(ref: Ref, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns (`fnmatch`; none: the usual names) fits the branch's name, of a remote one without the remote's."""
    name = ref.name.partition("/")[2] if ref.kind == "remote" else ref.name
    return ref.kind != "tag" and any(fnmatchcase(name, pattern) for pattern in patterns or USUAL_NAMES)


def release_refs(project: Project, onto: str, patterns: tuple[str, ...]) -> Iterator[Ref]:
    """Local ones, then remote ones that stand at another commit than a local one; mainline itself is none."""
    seen = {project.history_of(onto)}
    for ref in project.repository.branches():
        if is_release_branch(ref, patterns) and ref.commit not in seen and not _is_same(project, ref, onto):
            seen.add(ref.commit)
            yield ref


def _is_same(project: Project, ref: Ref, onto: str) -> bool:
    """Whether it is mainline's own branch, or that of a remote with mainline's name."""
    name = project.name_of(onto)
    return ref.name == name or (ref.kind == "remote" and ref.name.partition("/")[2] == name)


def overview(project: Project, onto: str, progress: Callable[[str], None] = lambda _: None) -> Overview:
    """Raises EnvironmentProblem: mainline cannot be read. A branch that cannot be is NOT_READ."""
    mainline = project.tree(onto)
    refuse_nothing_read(project, (mainline,))
    patterns = project.configuration.patch_branches or USUAL_NAMES
    found = []
    for ref in release_refs(project, onto, patterns):
        progress(f"{ref.name}: comparing and proving")
        found.append(_standing(project, ref, onto))
    others = () if found else tuple(ref.name for ref in release_refs(project, onto, ("*",)))
    command = _command("status", others[0], onto) if others else ""
    return Overview(mainline, tuple(found), several_leaves(mainline), patterns, others, command)


def _standing(project: Project, ref: Ref, onto: str) -> ReleaseBranch:
    from stitchback.api.planning import make_plan  # with the proof, which `check` does not need

    try:
        report = make_plan(project, PlanRequest((ref.name,), onto), in_brief=True)
    except Refusal as refusal:
        return ReleaseBranch(
            ref.name, ref.commit, State.IN_CONFLICT, refusal.message, _command("plan", ref.name, onto)
        )
    except EnvironmentProblem as problem:
        return ReleaseBranch(
            ref.name, ref.commit, State.NOT_READ, problem.message, _command("plan", ref.name, onto)
        )
    state, reason = _state(report)
    command = "" if state is State.RECONCILED else _command("plan", ref.name, onto)
    return ReleaseBranch(ref.name, ref.commit, state, reason, command)


def _state(report: PlanReport) -> tuple[State, str]:
    if isinstance(report.outcome, Unproved):
        return State.IN_CONFLICT, "no plan could be proved"
    if report.would_change:
        units = report.status.case.units
        apps = sorted({unit.key.app for unit in units})
        return (
            State.TO_RECONCILE,
            f"{len(units)} migration{'' if len(units) == 1 else 's'} in {', '.join(apps)}",
        )
    if report.undecided:
        return State.IN_CONFLICT, f"{report.undecided[0].code}: {report.undecided[0].message}"
    return State.RECONCILED, ""


def _command(name: str, ref: str, onto: str) -> str:
    more = [] if onto == "HEAD" else ["--onto", onto]
    return shlex.join(["stitchback", name, ref, *more])
