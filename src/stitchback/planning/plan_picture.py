"""The picture of a patch branch, of mainline, and of what a plan makes of mainline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from stitchback.graph import MigrationGraph, newest_first
from stitchback.matching.case import Side
from stitchback.model.edits import FileEdit
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.plans import Candidate
from stitchback.planning.graph_picture import DrawnMigration, GraphPicture, Node, picture_of_side

PLAN = "the plan"  # in place of a ref: no ref has a space
Edge = tuple[Node, Node]  # a migration and one that it depends on


@dataclass(frozen=True, slots=True)
class PlanPicture:
    """`picture`: the nodes and edges before the plan, and its new nodes. `edits`: what the plan does with a node's file. `added` and
    `removed`: edges that only the tree with the plan has, or only mainline before it."""

    picture: GraphPicture
    result: Tree | None = None
    edits: tuple[tuple[Node, FileEdit], ...] = ()
    added: frozenset[Edge] = frozenset()
    removed: frozenset[Edge] = frozenset()


def picture_of_plan(side: Side, mainline: Tree, plan: Candidate) -> PlanPicture:
    """A file that the plan copies from the patch branch keeps the patch branch's node."""
    before = picture_of_side(side, mainline)
    drawn = {each.node: each for each in before.migrations}
    patch_ref = side.patch.tree.ref

    def node_of(key: MigrationKey) -> Node:
        places = (Node(*key), Node(*key, mainline.ref), Node(*key, patch_ref))
        return next((node for node in places if node in drawn), Node(*key, PLAN))

    keys = {edit.key: edit for edit in plan.edits}
    old, new = set(_edges(mainline, node_of)), set(_edges(plan.result, node_of))
    for key in plan.result.migrations:
        if node_of(key) not in drawn:
            drawn[node_of(key)] = _new(plan.result, key, node_of(key))
    known = {(child, parent) for child, each in drawn.items() for parent in each.parents}
    parents = {node: list(each.parents) for node, each in drawn.items()}
    added = frozenset(new - known)
    for child, parent in added:
        parents[child].append(parent)
    picture = replace(before, migrations=tuple(drawn[node] for node in newest_first(parents)))
    edits = tuple((node_of(key), edit) for key, edit in keys.items())
    gone = {edge for edge in old - new if edge[0].key in keys}
    return PlanPicture(picture, plan.result, edits, added, frozenset(gone))


def _edges(tree: Tree, node_of: Callable[[MigrationKey], Node]) -> Iterator[Edge]:
    graph = MigrationGraph.raw(tree)
    for key in tree.migrations:
        yield from ((node_of(key), node_of(parent)) for parent in graph.parents(key))


def _new(tree: Tree, key: MigrationKey, node: Node) -> DrawnMigration:
    """A migration that only the plan has; its edges are among the added ones."""
    replaced = tree.migrations[key].ghosts
    return DrawnMigration(
        node,
        squashes=tuple(name for name in replaced if name in tree.migrations),
        ghosts=tuple(name for name in replaced if name not in tree.migrations),
    )
