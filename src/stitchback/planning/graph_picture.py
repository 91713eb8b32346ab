"""What `graph` gives back: the migration graph of one ref, or of a patch branch and mainline in one picture."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from stitchback.graph import MigrationGraph, newest_first
from stitchback.matching.case import Side
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.matches import Match
from stitchback.model.migrations import Tree
from stitchback.planning.reports import Coverage, coverage_of
from stitchback.repair.recorder_rules import RecorderRules

Keys = tuple[MigrationKey, ...]


class Node(NamedTuple):
    """A migration in the picture. `ref`: the ref that has it if only one has, or if both have another one of that name; "" otherwise."""

    app: str
    name: str
    ref: str = ""

    @property
    def key(self) -> MigrationKey:
        return MigrationKey(self.app, self.name)


@dataclass(frozen=True, slots=True)
class DrawnMigration:
    """A node with its marks.

    `parents`: the nodes that it depends on; `packages`: dependencies on installed packages; `missing`: dependencies without a file.
    `leaf_on`: the refs on which Django's graph has it as a leaf node. `squashes`: the names in `replaces` that have files,
    `ghosts`: those that have none. `replaced_by`: the migrations that name it in `replaces`. `is_fork_point`: whether it was a leaf node at
    the fork point. `is_reconciled`: whether it is the patch branch's and mainline replaces it already. `in_cycle`: whether it
    depends on itself, through others. `counts`: whether Django counts it as applied; `is_recorded`: whether it has a row of its own; both
    None without a database. `recorded_ghosts`: those of `ghosts` that have a row.
    """

    node: Node
    parents: tuple[Node, ...] = ()
    packages: Keys = ()
    missing: Keys = ()
    leaf_on: tuple[str, ...] = ()
    squashes: Keys = ()
    ghosts: Keys = ()
    replaced_by: Keys = ()
    is_fork_point: bool = False
    is_reconciled: bool = False
    in_cycle: bool = False
    counts: bool | None = None
    is_recorded: bool | None = None
    recorded_ghosts: Keys = ()

    @property
    def own_parents(self) -> tuple[Node, ...]:
        """Those in its own app."""
        return tuple(parent for parent in self.parents if parent.app == self.node.app)

    @property
    def is_merge(self) -> bool:
        return len(self.own_parents) > 1


@dataclass(frozen=True, slots=True)
class GraphPicture:
    """`trees`: of the ref, or of the patch branch and mainline. `fork_commit`: None for one ref. `migrations`: newest first, each before those
    that it depends on. `links`: the matches. `database`: the ledger's source, None without one; `rows_without_file`: its rows, in apps of
    the refs, that name neither a file nor a name in `replaces`."""

    trees: tuple[Tree, ...]
    migrations: tuple[DrawnMigration, ...]
    coverage: Coverage
    fork_commit: str | None = None
    links: tuple[Match, ...] = ()
    database: str | None = None
    rows_without_file: Keys = ()

    @property
    def apps(self) -> tuple[str, ...]:
        apps = {drawn.node.app for drawn in self.migrations}
        return tuple(sorted(apps.union(key.app for key in self.rows_without_file)))

    def is_of_patch(self, node: Node) -> bool:
        """Whether only the patch branch has it: the refs have different names."""
        return self.fork_commit is not None and node.ref == self.trees[0].ref

    def of_app(self, app: str) -> tuple[DrawnMigration, ...]:
        return tuple(drawn for drawn in self.migrations if drawn.node.app == app)

    def limited_to(self, apps: Collection[str]) -> GraphPicture:
        """The picture of these apps only; of all if there are none."""
        if not apps:
            return self
        return replace(
            self,
            migrations=tuple(drawn for drawn in self.migrations if drawn.node.app in apps),
            links=tuple(match for match in self.links if match.patch[0].origin.migration.app in apps),
            rows_without_file=tuple(key for key in self.rows_without_file if key.app in apps),
        )


def picture_of(tree: Tree, ledger: Ledger | None = None) -> GraphPicture:
    """The graph of one ref."""
    return _picture([(tree, {key: Node(*key) for key in tree.migrations})], ledger)


def picture_of_side(side: Side, mainline: Tree, ledger: Ledger | None = None) -> GraphPicture:
    """The graphs of a patch branch and of mainline in one picture. A migration that both have is one node, unless both made it, or mainline
    edited it, with other content: as `status` compares them."""
    patch, sides = side.patch.tree, side.sides
    two = {
        here.key for here, there in sides.twins if here.blob != there.blob and here.key in patch.migrations
    }
    own = {each.key for each in sides.patch_all} - {here.key for here, _ in sides.twins}
    own -= side.patch.fork.migrations.keys()

    def nodes(tree: Tree, other: Tree) -> dict[MigrationKey, Node]:
        return {
            key: Node(*key, patch.ref if key in own and key not in two else tree.ref)
            if key in two or key in own or key not in other.migrations
            else Node(*key)
            for key in tree.migrations
        }

    found = _picture([(patch, nodes(patch, mainline)), (mainline, nodes(mainline, patch))], ledger)
    leaves = set(MigrationGraph.of(side.patch.fork).leaves())
    migrations = tuple(
        replace(
            drawn,
            is_fork_point=not drawn.node.ref and drawn.node.key in leaves,
            is_reconciled=drawn.node.ref == patch.ref and drawn.node.key in sides.known,
        )
        for drawn in found.migrations
    )
    fork = side.patch.fork.commit
    return replace(found, migrations=migrations, fork_commit=fork, links=tuple(side.comparison.matches))


Nodes = Mapping[MigrationKey, Node]


def _picture(parts: Sequence[tuple[Tree, Nodes]], ledger: Ledger | None) -> GraphPicture:
    """`parts`: the trees with their nodes; mainline last, whose answers about the migrations that both have count."""
    replaced = _replacers(tree for tree, _ in parts)
    drawn: dict[Node, DrawnMigration] = {}
    for tree, nodes in parts:
        for each in _drawn(tree, nodes, replaced, ledger):
            other = drawn.get(each.node)
            drawn[each.node] = each if other is None else _merged(other, each)
    order = newest_first({node: each.parents for node, each in drawn.items()})
    return GraphPicture(
        tuple(tree for tree, _ in parts),
        tuple(drawn[node] for node in order),
        coverage_of(tuple(tree for tree, _ in parts)),
        database=None if ledger is None else ledger.source,
        rows_without_file=() if ledger is None else _unknown(ledger, [tree for tree, _ in parts]),
    )


def _drawn(
    tree: Tree, nodes: Nodes, replaced: Mapping[MigrationKey, Keys], ledger: Ledger | None
) -> Iterator[DrawnMigration]:
    raw, leaves = MigrationGraph.raw(tree), set(MigrationGraph.of(tree).leaves())
    cycles = {key for cycle in raw.cycles for key in cycle}
    rules, rows = RecorderRules(tree), frozenset[MigrationKey]() if ledger is None else ledger.keys
    packages, missing = _by_first(raw.external), _by_first(raw.missing)
    for key, node in nodes.items():
        ghosts = tuple(name for name in tree.migrations[key].ghosts if name not in tree.migrations)
        yield DrawnMigration(
            node,
            tuple(nodes[parent] for parent in raw.parents(key)),
            packages.get(key, ()),
            missing.get(key, ()),
            (tree.ref,) if key in leaves else (),
            tuple(name for name in tree.migrations[key].ghosts if name in tree.migrations),
            ghosts,
            replaced.get(key, ()),
            in_cycle=key in cycles,
            counts=None if ledger is None else rules.counts(key, rows),
            is_recorded=None if ledger is None else key in rows,
            recorded_ghosts=tuple(name for name in ghosts if name in rows),
        )


def _merged(one: DrawnMigration, other: DrawnMigration) -> DrawnMigration:
    """The node of a migration that both refs have."""
    return replace(
        other,
        parents=tuple(sorted({*one.parents, *other.parents})),
        leaf_on=(*one.leaf_on, *other.leaf_on),
        in_cycle=one.in_cycle or other.in_cycle,
    )


def _by_first(pairs: Iterable[tuple[MigrationKey, MigrationKey]]) -> dict[MigrationKey, Keys]:
    found: dict[MigrationKey, Keys] = {}
    for first, second in pairs:
        found[first] = (*found.get(first, ()), second)
    return found


def _replacers(trees: Iterable[Tree]) -> dict[MigrationKey, Keys]:
    found: dict[MigrationKey, set[MigrationKey]] = {}
    for tree in trees:
        for name, by in tree.replacers.items():
            found.setdefault(name, set()).update(by)
    return {name: tuple(sorted(by)) for name, by in found.items()}


def _unknown(ledger: Ledger, trees: Sequence[Tree]) -> Keys:
    """Rows in apps of the trees that no tree knows; rows of installed packages are others' affair."""
    rules = [RecorderRules(tree) for tree in trees]
    apps = {app for each in rules for app in each.apps}
    named = {key for each in rules for key in each.named}
    return tuple(sorted(key for key in ledger.keys if key.app in apps and key not in named))
