"""What `backport` gives back, for the reports."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency
from stitchback.model.plans import Proof, Refuted
from stitchback.planning.reports import PlanReport


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """The file of a mainline migration on the release branch. `original`: mainline's migration. `is_copy`: byte for byte mainline's file."""

    original: MigrationKey
    key: MigrationKey
    path: str
    content: bytes
    dependencies: tuple[Dependency, ...]
    is_copy: bool


@dataclass(frozen=True, slots=True)
class BackportReport:
    """`release` and `mainline`: refs as the user named them. `proof`: of the release's own databases with the new files, or why there is none.
    `needed`: mainline's other migrations on which the backported ones rely and which the release lacks. `stitched`: the plan that stitches
    mainline with the release as it then is; None where the release itself could not be proved. `models`: mainline's modules of models of these
    apps: the release's need the change too."""

    release: str
    mainline: str
    files: tuple[ReleaseFile, ...]
    proof: Proof | Refuted
    needed: tuple[MigrationKey, ...] = ()
    stitched: PlanReport | None = None
    models: tuple[str, ...] = ()

    @property
    def is_proved(self) -> bool:
        return self.stitched is not None and self.stitched.exit_code != REFUSED

    @property
    def exit_code(self) -> int:
        """1 something would be written, 3 it could not be proved."""
        return 1 if self.is_proved else REFUSED


REFUSED = 3
