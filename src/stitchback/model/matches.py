"""Which patch change is which mainline change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from stitchback.model.atoms import Atom, DataRun, UnreadChange


class Verdict(Enum):
    """DESIGN, Comparing."""

    IDENTICAL = "identical"
    SAME_SCHEMA = "same schema"
    DIFFERENT = "different"
    EVOLVED = "evolved"
    CONTRARY = "contrary"
    PATCH_ONLY = "patch only"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class Match:
    """A net change of the patch branch (`patch`: its atoms on one thing, in order) and mainline's atoms on that thing.

    `taken` counts the mainline atoms, from the first, that lead to what the patch made (or stand in its place where the
    verdict is "different"); those behind it are mainline's going on. `differences` says in words what differs
    ("max_length: 100 on release/2.4, 200 on main"). "evolved" with nothing taken is `moot`.
    """

    patch: tuple[Atom, ...]
    mainline: tuple[Atom, ...]
    verdict: Verdict
    differences: tuple[str, ...] = ()
    taken: int = 0

    @property
    def seen_by_database(self) -> bool:
        """Whether anything of it leaves a trace in a database."""
        return any(_seen(atom) for atom in (*self.patch, *self.mainline))

    @property
    def moot(self) -> bool:
        """Whether the patch branch only altered what mainline has removed: no database is to be altered any more."""
        return self.verdict is Verdict.EVOLVED and not self.taken

    @property
    def given(self) -> tuple[Atom, ...]:
        """Mainline's atoms that make what the patch made."""
        return self.mainline[: self.taken]


def _seen(atom: Atom) -> bool:
    if isinstance(atom, DataRun):
        return not atom.empty
    return isinstance(atom, UnreadChange) or atom.database
