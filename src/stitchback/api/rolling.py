"""The use case `check --rolling`: two releases in, what code of one does not do on databases on the way to the other."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.api.project import Project, refuse_two_projects
from stitchback.api.schema import schema_of
from stitchback.hazards.rolling_case import RollingCase

HEAD = "HEAD"
CHECKED_OUT = "the working tree"


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
