"""Which branch a ledger is of, and how far it got."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.repair.recorder_rules import Keys, Order, RecorderRules
from stitchback.repair.schema_search import NodeRelatives as Ancestry


@dataclass(frozen=True, slots=True)
class Lineage:
    """How a ledger stands against one ref's tree.

    `tips`: the applied migrations that nothing applied rests on; `pending`: what is not applied yet. `own`: applied, and known to
    this ref alone of all refs that were looked at. `foreign`: rows of this tree's apps that it does not know. `holes`: not applied
    below something that is.
    """

    ref: str
    tips: tuple[MigrationKey, ...]
    pending: tuple[MigrationKey, ...]
    own: tuple[MigrationKey, ...]
    foreign: tuple[MigrationKey, ...]
    holes: tuple[MigrationKey, ...]

    @property
    def explains(self) -> bool:
        """Whether this ref alone could have left these rows."""
        return not self.foreign and not self.holes

    def __str__(self) -> str:
        if not self.tips:
            return f"{self.ref}: nothing applied"
        if not self.pending and self.explains:
            return f"{self.ref}, all of it"
        return f"{self.ref} up to {', '.join(map(str, self.tips))}"


def lineages(rows: Keys, trees: Iterable[Tree]) -> tuple[Lineage, ...]:
    """Of every tree, the one that explains the rows best first: fewest rows that it does not know, fewest holes, least pending."""
    accounts = [RecorderRules(tree) for tree in trees]
    known: dict[MigrationKey, int] = {}
    for each in accounts:
        for key in each.named:
            known[key] = known.get(key, 0) + 1
    found = [_lineage(rows, each, known) for each in accounts]
    return tuple(sorted(found, key=_rank))


def _lineage(rows: Keys, accounts: RecorderRules, known: dict[MigrationKey, int]) -> Lineage:
    standing = accounts.standing(rows)
    ancestry = Ancestry(Order(accounts, standing.nodes | standing.torn))
    made = standing.made
    below = frozenset[MigrationKey]().union(*(ancestry.ancestors(key) for key in made))
    tips = sorted(key for key in made if not (ancestry.children[key] & made))
    own = sorted(key for key in rows & accounts.named if known[key] == 1)
    foreign = sorted(key for key in rows - accounts.named if key.app in accounts.apps)
    pending = sorted(standing.nodes - made)
    return Lineage(
        accounts.tree.ref,
        tuple(tips),
        tuple(pending),
        tuple(own),
        tuple(foreign),
        tuple(sorted(below - made)),
    )


def _rank(lineage: Lineage) -> tuple[int, int, int, str]:
    return len(lineage.foreign), len(lineage.holes), len(lineage.pending), lineage.ref
