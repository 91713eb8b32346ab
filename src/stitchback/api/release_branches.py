"""Branches that look like releases, by their names."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from stitchback.adapters.git import Ref

USUAL_NAMES = (
    "release", "release/*", "release-*", "releases/*", "*-release", "stable", "stable/*", "stable-*", "*-stable",
    "hotfix", "hotfix/*", "hotfix-*", "hotfixes/*", "maintenance/*", "maint/*", "support/*", "production", "[0-9]*.[0-9x]*", "v[0-9]*.[0-9x]*",
)  # fmt: skip


def is_release_branch(ref: Ref, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns (`fnmatch`; none: the usual names) fits the branch's name, of a remote one without the remote's."""
    name = ref.name.partition("/")[2] if ref.kind == "remote" else ref.name
    return ref.kind != "tag" and any(fnmatchcase(name, pattern) for pattern in patterns or USUAL_NAMES)
