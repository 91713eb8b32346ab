"""Searches for the set of applied migrations that fits the names in a database and is nearest to its ledger.

Only names that `VisibleSchema` shows and that the tree ever creates are compared. Other names of the database (other packages' tables, leftovers of
deleted migrations) are ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.repair.ledger_edits import Presence
from stitchback.repair.recorder_rules import Keys, Order, RecordedNodes
from stitchback.repair.schema_of_applied import SchemaOfApplied, Unplayable
from stitchback.repair.visible_schema import Names

MOST_STEPS = 60
WORST = 10**9
MOST_TRAITS = 6  # names in which one column's traits can differ: null, length, type, each on both sides


@dataclass(frozen=True, slots=True)
class SchemaFit:
    """`made` is the set; `missing`: names that it should have created and the database lacks, `extra` the reverse. `excused`: names that conditional
    migrations still to run will check. `unplayable`: why no database can have applied this set."""

    made: Keys
    missing: Names
    extra: Names
    excused: Names = frozenset()
    unplayable: str = ""

    @property
    def wrong(self) -> Names:
        """The names that the set does not explain."""
        return beyond(self.missing | self.extra, self.excused)

    @property
    def fits(self) -> bool:
        return not (self.wrong or self.unplayable)

    @property
    def distance(self) -> int:
        """The distance from the database. The presence of a column counts more than all its traits together: three differing traits are six names,
        and do not prove that the column was never created."""
        if self.unplayable:
            return WORST
        columns = sum(bool(name.column) and not name.trait for name in self.wrong)
        return len(self.wrong) + MOST_TRAITS * columns


class SchemaSearch:
    """Searches among the nodes of one ledger. `ignored` names prove nothing, `unseen` ones are not compared."""

    def __init__(
        self,
        player: SchemaOfApplied,
        standing: RecordedNodes,
        shown: Names,
        ignored: Names = frozenset(),
        unseen: Names = frozenset(),
    ) -> None:
        self.ignored = ignored
        self.unseen = unseen
        self.player = player
        self.standing = standing
        self.shown = shown
        self.nodes = standing.nodes | standing.partial
        self.lineage = NodeRelatives(Order(player.accounts, self.nodes))

    def measure(self, made: Keys) -> SchemaFit:
        played = self.player.play(made)
        if isinstance(played, Unplayable):
            return SchemaFit(made, frozenset(), frozenset(), unplayable=f"{played.key}: {played.reason}")
        wanted = played.names - self.unseen
        shown = self.shown & (self.player.ever | played.names) - self.unseen
        missing, extra = lacking(wanted, shown), lacking(shown, wanted)
        excused = self.excused(made)
        gone = of_gone_tables(excused, missing, self.shown, self.player)
        return SchemaFit(made, missing, extra, excused | gone)

    def excused(self, made: Keys) -> Names:
        looked_at = (name for key in self.nodes - made for name in self.player.conditional(key))
        return self.ignored.union(looked_at)

    def best(self, starts: Iterable[Keys]) -> SchemaFit:
        """The best set, starting from the best of the starts: adds or removes one migration at a time (with its dependencies, or with those that
        depend on it) while the distance decreases. Deterministic; the answer contains what it cannot explain."""
        recorded = self.standing.made
        fit = min((self.measure(start) for start in starts), key=lambda each: self._rank(each, recorded))
        for _ in range(MOST_STEPS):
            if fit.fits:
                break
            nearer = [each for each in map(self.measure, self._steps(fit)) if each.distance < fit.distance]
            if not nearer:
                break
            fit = min(nearer, key=lambda each: self._rank(each, recorded))
        return fit

    def _rank(self, fit: SchemaFit, recorded: Keys) -> tuple[int, bool, int, list[MigrationKey]]:
        """The order of sets that fit equally well: without holes first, then nearest to the ledger."""
        has_holes = self.closed(fit.made) != fit.made
        return fit.distance, has_holes, len(fit.made ^ recorded), sorted(fit.made ^ recorded)

    def _steps(self, fit: SchemaFit) -> Iterator[Keys]:
        for key in sorted(self.nodes):
            if not fit.unplayable and not (self.player.footprint(key) & fit.wrong):
                continue
            if key in fit.made:
                yield fit.made - {key}
                yield fit.made - self.below(key)
            else:
                yield fit.made | {key}
                yield fit.made | self.above(key)

    def above(self, key: MigrationKey) -> Keys:
        return self.lineage.ancestors(key)

    def below(self, key: MigrationKey) -> Keys:
        return self.lineage.descendants(key)

    def closed(self, made: Keys) -> Keys:
        """The set with all its dependencies."""
        return _reached(made, self.lineage.parents)


def of_gone_tables(names: Names, missing: Names, shown: Names, player: SchemaOfApplied) -> Names:
    """What tables took with them that are among the names and gone already: their columns and indexes. Of a table that the database shows under its other
    name, what it has there as well."""
    gone = {name.table for name in missing & names if is_table(name)}
    new = {name.table for name in shown & names if is_table(name)}
    found = {name for name in player.names_of_tables(gone) if name.index}
    for table in gone:
        lost = {name for name in missing if name.table == table}
        moved = new & player.renamed_tables.get(table, set())
        there = {name for name in shown if name.table in moved}
        inside = {name.column for name in there}
        columns = {name.column for name in lost if not moved or name.column in inside}
        found |= {name for name in lost | there if name.column in columns}
    return frozenset(found)


def is_table(name: Presence) -> bool:
    return not (name.column or name.index or name.trait)


def lacking(wanted: Names, there: Names) -> Names:
    """The wanted names that do not exist; a trait only if the other side has the same kind of trait for that column."""
    kinds = {name.kind for name in there if name.trait}
    return frozenset(name for name in wanted - there if not name.trait or name.kind in kinds)


def beyond(names: Names, excused: Names) -> Names:
    """The names that are not excused. An excused trait excuses all traits of its kind for that column."""
    kinds = {name.kind for name in excused if name.trait}
    return frozenset(name for name in names - excused if not (name.trait and name.kind in kinds))


def within(names: Names, excused: Names) -> Names:
    return names - beyond(names, excused)


class NodeRelatives:
    """Ancestors and descendants among the nodes of an order; both include the node."""

    def __init__(self, order: Order) -> None:
        self.parents = {key: frozenset(order.above(key)) for key in order.chosen}
        children: dict[MigrationKey, set[MigrationKey]] = {key: set() for key in self.parents}
        for key, parents in self.parents.items():
            for parent in parents:
                children[parent].add(key)
        self.children = {key: frozenset(found) for key, found in children.items()}

    def ancestors(self, key: MigrationKey) -> Keys:
        return _reached({key}, self.parents)

    def descendants(self, key: MigrationKey) -> Keys:
        return _reached({key}, self.children)


def _reached(keys: Iterable[MigrationKey], neighbours: Mapping[MigrationKey, Keys]) -> Keys:
    found = set(keys)
    queue = list(found)
    while queue:
        for following in neighbours.get(queue.pop(), frozenset()) - found:
            found.add(following)
            queue.append(following)
    return frozenset(found)
