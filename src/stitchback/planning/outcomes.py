"""The outcome of planning: a proved plan, or the reasons why none could be proved."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Match
from stitchback.model.plans import Refuted, SafePlan


@dataclass(frozen=True, slots=True)
class Planned:
    """`chosen` is the cheapest proved plan; `others` are proved too, cheapest first. `refuted` failed the proof."""

    chosen: SafePlan
    others: tuple[SafePlan, ...]
    refuted: tuple[Refuted, ...]

    @property
    def changes_nothing(self) -> bool:
        return not self.chosen.candidate.edits


@dataclass(frozen=True, slots=True)
class Unproved:
    """No candidate passed. `blocking`: matches that every plan must stop at; `unplaced`: patch migrations that no strategy fits."""

    refuted: tuple[Refuted, ...]
    blocking: tuple[Match, ...]
    unplaced: tuple[MigrationKey, ...] = ()
