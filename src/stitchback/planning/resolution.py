"""What `resolve` gives back, for the reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.planning.reports import PlanReport

Pair = tuple[str, Migration, str, Migration]


@dataclass(frozen=True, slots=True)
class ResolvedLeaves:
    """`leaves`: the apps with several leaf nodes. `origin`: how the second one came (`api.other_side.Origin`), from `others`; `onto` is
    what is checked out. `report`: None where there is nothing to resolve.

    `renumbered`: migrations that no database can have, which the plan puts behind the other side's. `evidence`: else, where migrations of
    the two sides are that databases may have applied; `searched`: how many refs and ledgers were looked through for that,
    `knows_pushed`: whether remote-tracking branches were among them.
    `unsettled`: paths with a conflict that are left for a person. `pairs`: migrations that stay side by side, each with its side's
    name, of which the order makes a difference. `mentions`: files that are no migrations and name one that gets another name.
    """

    leaves: Mapping[str, tuple[MigrationKey, ...]]
    origin: str = ""
    others: tuple[str, ...] = ()
    onto: str = ""
    report: PlanReport | None = None
    renumbered: tuple[MigrationKey, ...] = ()
    evidence: tuple[tuple[MigrationKey, str], ...] = ()
    searched: int = 0
    knows_pushed: bool = False
    unsettled: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    mentions: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 nothing to resolve, 1 something would be written, 3 no plan could be proved."""
        return 0 if self.report is None else self.report.exit_code
