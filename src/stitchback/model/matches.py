"""Matches between the changes of the patch branch and those of mainline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from stitchback.model.atoms import Atom, DataRun, UnreadChange


class Verdict(Enum):
    """See DESIGN, Comparing."""

    IDENTICAL = "identical"
    SAME_SCHEMA = "same schema"
    DIFFERENT = "different"
    EVOLVED = "evolved"
    CONTRARY = "contrary"
    PATCH_ONLY = "patch only"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class Match:
    """A net change of the patch branch (`patch`: its atoms on one schema object, in order) and mainline's
    atoms on that object.

    `taken` counts the mainline atoms, from the first, that result in what the patch created (or replace it if
    the verdict is "different"); the atoms after them are later changes of mainline. `differences` describes
    what differs ("max_length: 100 on release/2.4, 200 on main"). "evolved" with nothing taken is `moot`.
    """

    patch: tuple[Atom, ...]
    mainline: tuple[Atom, ...]
    verdict: Verdict
    differences: tuple[str, ...] = ()
    taken: int = 0

    @property
    def seen_by_database(self) -> bool:
        """Whether any part of it changes a database."""
        return any(_seen(atom) for atom in (*self.patch, *self.mainline))

    @property
    def moot(self) -> bool:
        """Whether the patch branch only altered an object that mainline has removed, so no database needs the
        alteration any more.
        """
        return self.verdict is Verdict.EVOLVED and not self.taken

    @property
    def given(self) -> tuple[Atom, ...]:
        """Mainline's atoms that create what the patch created."""
        return self.mainline[: self.taken]


def _seen(atom: Atom) -> bool:
    if isinstance(atom, DataRun):
        return not atom.empty
    return isinstance(atom, UnreadChange) or atom.database
