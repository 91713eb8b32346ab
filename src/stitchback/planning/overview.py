"""What `status` without arguments gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree


class State(Enum):
    """Where a release branch stands against mainline."""

    RECONCILED = "reconciled"
    TO_RECONCILE = "to reconcile"
    IN_CONFLICT = "in conflict"
    NOT_READ = "not read"


@dataclass(frozen=True, slots=True)
class ReleaseBranch:
    """`reason`: why it is not reconciled, in one line. `next_command`: "" where nothing is to be done."""

    ref: str
    commit: str
    state: State
    reason: str = ""
    next_command: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """The release branches against mainline. `leaves`: mainline's apps with several leaf nodes. `patterns`: what names of branches were
    looked for. `others`: names of other branches that differ from mainline, where none looks like a release, and
    `next_command` for the first of them."""

    mainline: Tree
    branches: tuple[ReleaseBranch, ...]
    leaves: Mapping[str, tuple[MigrationKey, ...]]
    patterns: tuple[str, ...]
    others: tuple[str, ...] = ()
    next_command: str = ""

    @property
    def exit_code(self) -> int:
        return 0 if not self.leaves and all(each.state is State.RECONCILED for each in self.branches) else 1
