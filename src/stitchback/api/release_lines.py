"""`verify --replay GLOB`: which releases are done again, in which order, and of which lineage they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stitchback.adapters.git import Repository
from stitchback.adapters.git_refs import Ref, near_names
from stitchback.api.verify_plan import PatchCommits, ReplayedTag
from stitchback.errors import EnvironmentProblem
from stitchback.model.plans import MAINLINE, PATCHED

Line = tuple[ReplayedTag, ...]


def release_lines(repository: Repository, glob: str, patches: Iterable[PatchCommits]) -> tuple[Line, ...]:
    """The tags that fit the glob, as lines of releases: in each line one descends from the other, oldest first, and no line
    is a part of another. A release that no other descends from ends a line of its own (a hotfix release and the next version).

    Raises EnvironmentProblem (SB526) where no tag fits.
    """
    tags = repository.tags(glob)
    if not tags:
        raise _no_tag(repository, glob)
    known, below = tuple(patches), _below(repository, tags)
    tips = [tag for tag in tags if not any(tag in below[other] for other in tags)]
    return tuple(
        tuple(_replayed(repository, each, known) for each in _oldest_first((*below[tip], tip), tags, below))
        for tip in tips
    )


def _oldest_first(
    line: Iterable[Ref], tags: tuple[Ref, ...], below: Mapping[Ref, frozenset[Ref]]
) -> list[Ref]:
    """Ancestors first; of those that have no order, the lower version."""
    return sorted(line, key=lambda tag: (len(below[tag]), tags.index(tag)))


def _below(repository: Repository, tags: tuple[Ref, ...]) -> Mapping[Ref, frozenset[Ref]]:
    """The releases that each one descends from. Of tags of one commit the later version counts as the descendant."""
    found = {}
    for place, tag in enumerate(tags):
        found[tag] = frozenset(
            other
            for at, other in enumerate(tags)
            if (other.commit != tag.commit and repository.is_ancestor(other.commit, tag.commit))
            or (other.commit == tag.commit and at < place)
        )
    return found


def _replayed(repository: Repository, tag: Ref, patches: tuple[PatchCommits, ...]) -> ReplayedTag:
    """A release that lies on a patch branch, past its fork point, made patched databases."""
    patched = any(
        repository.is_ancestor(tag.commit, patch.commit)
        and not repository.is_ancestor(tag.commit, patch.fork)
        for patch in patches
    )
    return ReplayedTag(tag.name, tag.commit, PATCHED if patched else MAINLINE)


def _no_tag(repository: Repository, glob: str) -> EnvironmentProblem:
    names = tuple(tag.name for tag in repository.tags())
    near = near_names(glob.rstrip("*"), names) or names[-3:]
    hint = (
        f"Tags here are {', '.join(near)} …"
        if near
        else "This repository has no tags; a clone may need `git fetch --tags`."
    )
    return EnvironmentProblem("SB526", f"no tag fits --replay {glob!r}", hint=hint)
