"""The outcome of planning: a proved plan, or the reasons why none could be proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Match
from stitchback.model.plans import CandidateReach, Refuted, SafePlan

if TYPE_CHECKING:
    from stitchback.strategies.search import Composition

DISAGREEMENT = "SB413"  # the simulation accepts a plan, the rehearsal does not
NO_TIME = "SB414"  # the rehearsal took too long
DECISION = "SB416"  # a person decides before a plan is possible
NO_PROOF = "SB417"  # every plan that was tried fails for a database
NO_STRATEGY = "SB418"  # no strategy fits


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
    """No candidate passed. `blocking`: matches that every plan must stop at; `unplaced`: patch migrations that no strategy fits. `alone`: the
    parts of the patch branch that do not depend on each other, by their apps, each with the plan that is proved if the branch had only
    that part; None where none is. Empty if there is only one part. `best`: which databases the best of the refuted plans works for,
    or mainline as it is, if no plan was tried; None if that is not known."""

    refuted: tuple[Refuted, ...]
    blocking: tuple[Match, ...]
    unplaced: tuple[MigrationKey, ...] = ()
    alone: Mapping[tuple[str, ...], Composition | None] = field(default_factory=dict)
    best: CandidateReach | None = None

    @property
    def code(self) -> str:
        """The page of the refusal."""
        if self.blocking:
            return DECISION
        if any(refuted.contradicted for refuted in self.refuted):
            return DISAGREEMENT
        if any(refuted.missed for refuted in self.refuted):
            return NO_TIME
        return NO_PROOF if self.refuted else NO_STRATEGY
