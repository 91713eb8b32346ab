"""Which of a tree's migrations a ledger records, which rows record a migration, which of those were renamed, and which migrations a database may have
run without a row.

Django reads only the rows of a squash's targets and ignores its own row (FACTS, How the loader treats `replaces`). Here the squash's own row counts
as well, because it shows which schema changes were made; F7 and F8 are the failures that follow from ignoring it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from stitchback.graph import MigrationGraph
from stitchback.matching.provenance import StitchedMigration, covered, stitched
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.source import Opaque
from stitchback.repair.ledger_edits import RenameRow

Keys = frozenset[MigrationKey]


class RecorderRules:
    """The rules of one tree, for sets of rows. The database's schema is not used."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    @cached_property
    def graph(self) -> MigrationGraph:
        """The graph with every file as a node, including replaced ones."""
        return MigrationGraph.raw(self.tree)

    @cached_property
    def place(self) -> dict[MigrationKey, int]:
        """The position of each file in Django's full plan, replaced ones after their squash. It orders migrations without a dependency between them,
        as Django does."""
        order = (*MigrationGraph.of(self.tree).order(), *self.graph.order())
        return {key: place for place, key in reversed(list(enumerate(order)))}

    @cached_property
    def named(self) -> Keys:
        """All names that the tree knows: files, names in `replaces`, and names that it covers."""
        return self.recorded | covered(self.tree)

    @cached_property
    def recorded(self) -> Keys:
        """Names whose rows a migrate with this tree can record."""
        return frozenset(self.tree.migrations) | frozenset(self.tree.replacers)

    @cached_property
    def apps(self) -> frozenset[str]:
        return frozenset(key.app for key in self.named) | frozenset(self.tree.apps)

    def targets(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """The rows that make Django count the migration as applied: its own, or those of its targets (Django 6 resolves nested squashes:
        `_resolve_replaced_migration_keys`)."""
        return tuple(dict.fromkeys(self._resolved(key, frozenset())))

    def _resolved(self, key: MigrationKey, above: Keys) -> Iterable[MigrationKey]:
        migration = self.tree.migrations.get(key)
        if migration is None or not migration.ghosts or key in above:
            return (key,)
        return (found for ghost in migration.ghosts for found in self._resolved(ghost, above | {key}))

    def is_replacer(self, key: MigrationKey) -> bool:
        return key in self.tree.migrations and bool(self.tree.migrations[key].ghosts)

    def counts(self, key: MigrationKey, rows: Keys) -> bool:
        """Whether Django counts it as applied."""
        return rows.issuperset(self.targets(key))

    def standing(self, rows: Keys) -> RecordedNodes:
        """The nodes of the tree that the ledger describes: one node for each piece of work that was or was not done."""
        nodes, partial = set(self.tree.migrations), set[MigrationKey]()
        for key in sorted(self.tree.migrations):
            if not self.is_replacer(key):
                continue
            targets = self.targets(key)
            some = rows.intersection(targets)
            if key in rows or len(some) in (0, len(set(targets))):
                nodes.difference_update(self.tree.migrations[key].ghosts)
                nodes.difference_update(targets)
            elif all(target in self.tree.migrations for target in targets):
                nodes.discard(key)
            else:
                partial.add(key)
        made = frozenset(key for key in nodes - partial if key in rows or self.counts(key, rows))
        return RecordedNodes(frozenset(nodes), made, frozenset(partial))


@dataclass(frozen=True, slots=True)
class RecordedNodes:
    """`nodes`: squashes, or the migrations that they replace if the ledger has some of those. `made`: nodes recorded as applied. `partial`: squashes of
    which only a part is recorded and whose targets' files are gone (FACTS F6): the applied part is not known."""

    nodes: Keys
    made: Keys
    partial: Keys


class Order:
    """Selected nodes in an order in which they can run; the dependencies of an unselected node replace it."""

    def __init__(self, accounts: RecorderRules, chosen: Keys) -> None:
        self.accounts = accounts
        self.chosen = chosen
        self.replacer_of = {
            target: key
            for key in sorted(chosen, reverse=True)
            if accounts.is_replacer(key)
            for target in (*accounts.targets(key), *accounts.tree.migrations[key].ghosts)
        }

    def sorted(self) -> tuple[MigrationKey, ...]:
        """The nodes in Django's order, dependencies first. Iterative, because histories are long."""
        place = self.accounts.place.__getitem__
        found: dict[MigrationKey, None] = {}
        for start in sorted(self.chosen, key=place):
            stack = [(start, iter(sorted(self.above(start), key=place)))]
            entered = {start}
            while stack:
                key, parents = stack[-1]
                following = next((p for p in parents if p not in found and p not in entered), None)
                if following is None:
                    found[key] = None
                    stack.pop()
                elif following in self.chosen:
                    entered.add(following)
                    stack.append((following, iter(sorted(self.above(following), key=place))))
        return tuple(found)

    def above(self, key: MigrationKey) -> set[MigrationKey]:
        """The selected nodes that the node depends on directly, or only through unselected ones."""
        found: set[MigrationKey] = set()
        seen: set[MigrationKey] = {key}
        queue = list(self._parents(key))
        while queue:
            parent = queue.pop()
            if parent in seen:
                continue
            seen.add(parent)
            if parent in self.chosen:
                found.add(parent)
            elif parent in self.replacer_of:
                found.add(self.replacer_of[parent])
            else:
                queue.extend(self._parents(parent))
        return found - {key}

    def _parents(self, key: MigrationKey) -> set[MigrationKey]:
        """The dependencies named in the files, including replaced files; a name without a file is resolved to its squash."""
        tree = self.accounts.tree
        if key not in tree.migrations:
            return set(tree.replacers.get(key, ()))
        migration = tree.migrations[key]
        found = {*self.accounts.graph.parents(key), *migration.parents}
        for ghost in migration.ghosts:
            if ghost in tree.migrations:
                found |= {ghost, *self.accounts.graph.parents(ghost)}
        return found - {key}


def renames(accounts: RecorderRules, rows: Keys, histories: Sequence[Tree]) -> tuple[RenameRow, ...]:
    """For each row that only a past tree has: the one migration that has the same operations under another name and has no row. None if there are
    several such migrations."""
    unknown = sorted(rows - accounts.named)
    candidates = {key: _successors(key, accounts, rows, histories) for key in unknown}
    taken = [key for found in candidates.values() for key in found]
    return tuple(
        RenameRow(
            old, found[0], f"{old} is called {found[0]} now, with the same operations, so its row is renamed"
        )
        for old, found in candidates.items()
        if len(found) == 1 and taken.count(found[0]) == 1
    )


def _successors(
    old: MigrationKey, accounts: RecorderRules, rows: Keys, histories: Sequence[Tree]
) -> tuple[MigrationKey, ...]:
    pasts = [tree for tree in histories if old in tree.migrations]
    found = {key for tree in pasts for key in _same_elsewhere(tree.migrations[old], tree, accounts, rows)}
    if not found or any(
        set(_same_elsewhere(tree.migrations[old], tree, accounts, rows)) != found for tree in pasts
    ):
        return ()
    return tuple(sorted(found))


def _same_elsewhere(
    old: Migration, past: Tree, accounts: RecorderRules, rows: Keys
) -> Iterator[MigrationKey]:
    """Migrations that the past tree lacks and that have the same operations: in the same app under another name, or under the same name in an app
    with another label (that the past tree lacks too)."""
    for key in sorted(accounts.tree.migrations):
        other = accounts.tree.migrations[key]
        renamed = key.app == old.key.app and key not in past.migrations
        relabelled = (
            key.name == old.key.name and key.app not in _labels(past) and old.key.app not in accounts.apps
        )
        if (renamed or relabelled) and key not in rows and not other.ghosts and same_work(old, other):
            yield key


def _labels(tree: Tree) -> set[str]:
    return {key.app for key in tree.migrations}


def same_work(one: Migration, other: Migration) -> bool:
    """Whether both have the same operations; never if one could not be read or has nothing to compare."""
    if one.opaques or other.opaques or not one.operations:
        return False
    if one.blob and one.blob == other.blob:
        return True
    label = (f"'{one.key.app}.", f"'{other.key.app}.")
    return [_text(item).replace(*label) for item in one.operations] == [
        _text(item) for item in other.operations
    ]


def _text(operation: object) -> str:
    """The operation as text. References to the app's own models ('shop.item') contain a placeholder for its label."""
    assert not isinstance(operation, Opaque), "asked for before"
    return str(operation)


@dataclass(frozen=True, slots=True)
class UnrecordedMigration:
    """`key` was applied, although no row counts for it. `because`: the rows that prove it; `reason`: a description.

    `certain`: the rows alone prove it. Otherwise a database may have these rows without having run it (FACTS F28), unless the tree could not have
    recorded them so.
    """

    key: MigrationKey
    because: tuple[MigrationKey, ...]
    reason: str
    certain: bool


def hidden(accounts: RecorderRules, rows: Keys) -> tuple[UnrecordedMigration, ...]:
    """All unrecorded migrations, sorted by key: own rows of squashes, manual inserts, squashes that lost their `replaces`."""
    found = [*_replacers_of_their_own(accounts, rows)]
    for origin in stitched(accounts.tree):
        if accounts.counts(origin.key, rows) or origin.key in rows:
            continue
        found.extend(_stitched_elsewhere(origin, rows))
        found.extend(_stood_for(origin, rows))
    best: dict[MigrationKey, UnrecordedMigration] = {}
    for one in sorted(found, key=lambda hidden: (hidden.key, not hidden.certain)):
        best.setdefault(one.key, one)
    nodes = accounts.standing(rows).nodes
    return tuple(one for one in best.values() if one.key in nodes)


def _replacers_of_their_own(accounts: RecorderRules, rows: Keys) -> list[UnrecordedMigration]:
    """FACTS F7, F8: an applied migration got `replaces` later; Django would run it again."""
    return [
        UnrecordedMigration(
            key,
            (key,),
            f"{key} is applied, but Django checks what it replaces instead and would run it again (FACTS F7, F8)",
            certain=True,
        )
        for key in sorted(rows & frozenset(accounts.tree.migrations))
        if accounts.is_replacer(key) and not accounts.counts(key, rows)
    ]


def _stitched_elsewhere(each: StitchedMigration, rows: Keys) -> list[UnrecordedMigration]:
    """FACTS F12: before the stitch, mainline migrations created what the stitched one creates now."""
    if not each.takes_over or not rows.issuperset(each.takes_over):
        return []
    names = " and ".join(map(str, each.takes_over))
    reason = f"{names} already created here what {each.key} creates, which replaces {each.label}"
    return [UnrecordedMigration(each.key, each.takes_over, reason, certain=False)]


def _stood_for(each: StitchedMigration, rows: Keys) -> list[UnrecordedMigration]:
    """FACTS F22: `replaces` is gone, the row of the replaced migration remains."""
    if not each.stands_for or not rows.issuperset(each.stands_for):
        return []
    reason = f"{each.label} is applied, and {each.key} no longer has it in `replaces` (FACTS F22)"
    return [UnrecordedMigration(each.key, each.stands_for, reason, certain=True)]
