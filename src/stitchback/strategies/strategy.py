"""What every strategy is."""

from __future__ import annotations

from typing import Protocol

from stitchback.matching.case import Unit
from stitchback.strategies.draft import Draft


class Strategy(Protocol):
    """A way to bring one patch migration into mainline's tree. It proposes; the proof judges.

    `summary`: what it does, in one sentence for reports. `conditional`: it puts conditions on the database into migrations, so it comes behind those that need none.
    """

    name: str
    summary: str
    conditional: bool

    def propose(self, draft: Draft, unit: Unit) -> Draft | None:
        """The draft with the unit treated; None where the strategy does not fit the unit."""
        ...
