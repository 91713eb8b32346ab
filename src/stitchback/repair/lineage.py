"""Finds the branch that a ledger belongs to, and how far it was migrated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.repair.recorder_rules import Keys, Order, RecorderRules
from stitchback.repair.schema_search import NodeRelatives as Ancestry


@dataclass(frozen=True, slots=True)
class Lineage:
    """One ledger compared with one ref's tree.

    `tips`: the applied migrations that no other applied migration depends on; `pending`: not applied yet. `own`: applied, and only in
    this ref of all refs that were read. `foreign`: rows of this tree's apps that it does not have. `holes`: unapplied migrations that
    an applied one depends on.
    """

    ref: str
    tips: tuple[MigrationKey, ...]
    pending: tuple[MigrationKey, ...]
    own: tuple[MigrationKey, ...]
    foreign: tuple[MigrationKey, ...]
    holes: tuple[MigrationKey, ...]

    @property
    def explains(self) -> bool:
        """Whether migrating with this ref alone can result in these rows."""
        return not self.foreign and not self.holes

    def __str__(self) -> str:
        if not self.tips:
            return f"{self.ref}: nothing applied"
        if not self.pending and self.explains:
            return f"{self.ref}, all of it"
        return f"{self.ref} up to {', '.join(map(str, self.tips))}"


def lineages(rows: Keys, trees: Iterable[Tree]) -> tuple[Lineage, ...]:
    """The lineage for every tree, best explanation first: fewest unknown rows, fewest holes, least pending."""
    accounts = [RecorderRules(tree) for tree in trees]
    known: dict[MigrationKey, int] = {}
    for each in accounts:
        for key in each.named:
            known[key] = known.get(key, 0) + 1
    found = [_lineage(rows, each, known) for each in accounts]
    return tuple(sorted(found, key=_rank))


def _lineage(rows: Keys, accounts: RecorderRules, known: dict[MigrationKey, int]) -> Lineage:
    standing = accounts.standing(rows)
    ancestry = Ancestry(Order(accounts, standing.nodes | standing.partial))
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
