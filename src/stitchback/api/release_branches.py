"""Branches that look like releases, by their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from stitchback.adapters.git import Ref
from stitchback.api.project import Project

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
