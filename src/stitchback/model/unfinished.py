"""A merge, rebase or cherry-pick that git has begun in the working tree and not finished."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """git's words."""

    MERGE = "merge"
    REBASE = "rebase"
    CHERRY_PICK = "cherry-pick"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """`heads`: the commits whose files git is bringing (several in an octopus merge). `onto`: the commit that has none of them: HEAD, or
    in a rebase the commit that is rebased onto, for HEAD has what was rebased already. `whole`: in a rebase the branch as it was before."""

    kind: Kind
    heads: tuple[str, ...]
    onto: str
    whole: str | None = None
