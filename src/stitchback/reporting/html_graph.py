"""A picture of migration graphs as the data of a page: nodes with their place and operations, edges, matches. Each app has
columns beside each other, and a migration is above those that it depends on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from stitchback.model.edits import FileEdit
from stitchback.model.migrations import Migration
from stitchback.planning.graph_picture import DrawnMigration, GraphPicture, Node
from stitchback.planning.plan_picture import PLAN, PlanPicture
from stitchback.reporting.edit_words import migration_effects, operation_words, verb
from stitchback.reporting.graph_marks import head, links_of, marks, match_mark, name
from stitchback.reporting.graph_text import near_the_sides

MOST_OPERATIONS = 200  # shown of one migration
Data = dict[str, Any]


class Place(NamedTuple):
    row: int
    column: int


def places(parents: Mapping[Node, Sequence[Node]]) -> dict[Node, Place]:
    """`parents`: newest first, each node before those that it depends on. The row is the longest way to the node, counted from the bottom; an edge that
    leads upwards, which occurs in a cycle, counts for nothing. A line to the same app's migration crosses no other migration."""
    rows = _rows(parents)
    found: dict[Node, Place] = {}
    left = 0
    for app in sorted({node.app for node in parents}):
        mine = {node: rows[node] for node in parents if node.app == app}
        columns = _columns(mine, parents)
        found |= {node: Place(mine[node], left + column) for node, column in columns.items()}
        left += max(columns.values()) + 1
    return found


def _rows(parents: Mapping[Node, Sequence[Node]]) -> dict[Node, int]:
    """0 is the top."""
    depths: dict[Node, int] = {}
    for node in reversed(tuple(parents)):
        depths[node] = 1 + max((depths[parent] for parent in parents[node] if parent in depths), default=-1)
    deepest = max(depths.values(), default=0)
    return {node: deepest - depth for node, depth in depths.items()}


def _columns(rows: Mapping[Node, int], parents: Mapping[Node, Sequence[Node]]) -> dict[Node, int]:
    """A node stands below the first of those that depend on it, or in the first column that is free down to what it depends on."""
    taken: set[tuple[int, int]] = set()
    columns: dict[Node, int] = {}
    reserved: dict[Node, int] = {}
    for node, row in rows.items():
        below = next((parent for parent in parents[node] if rows.get(parent, -1) > row), None)
        inherits = below is not None and below not in reserved and below not in columns
        end = row if below is None else rows[below] if inherits else rows[below] - 1
        column = reserved.get(node)
        if column is None:
            column = _free(taken, range(row, end + 1))
        columns[node] = column
        taken.update((column, each) for each in range(row, end + 1))
        if inherits and below is not None:
            reserved[below] = column
    return columns


def _free(taken: set[tuple[int, int]], rows: Iterable[int]) -> int:
    column = 0
    while any((column, row) in taken for row in rows):
        column += 1
    return column


def picture_data(plan: PlanPicture) -> Data:
    """One picture, with the plan's new nodes and edges if there is a plan."""
    picture = plan.picture
    ids = {drawn.node: f"n{number}" for number, drawn in enumerate(picture.migrations)}
    edits: dict[Node, FileEdit] = dict(plan.edits)
    return {
        "title": picture.trees[0].ref,
        "two": picture.fork_commit is not None,
        "apps": sorted({node.app for node in ids}),
        "migrations": list(_migrations(plan, ids, edits)),
        "edges": list(_edges(plan, ids)),
        "links": list(_links(picture, ids)),
        "legend": list(_legend(picture, has_plan=plan.result is not None)),
        "head": "".join(text.plain for text in head(picture)),
    }


def _migrations(plan: PlanPicture, ids: Mapping[Node, str], edits: Mapping[Node, FileEdit]) -> Iterator[Data]:
    picture, links = plan.picture, links_of(plan.picture)
    placed = places(_all_parents(plan))
    near = _near(plan, edits)
    for drawn in picture.migrations:
        node, edit = drawn.node, edits.get(drawn.node)
        matches = links.get(node.key, ()) if picture.is_of_patch(node) else ()
        migration = _migration(plan, node)
        yield {
            "id": ids[node],
            "app": node.app,
            "name": "".join(text.plain for text in name(drawn)),
            "ref": node.ref,
            "row": placed[node].row,
            "column": placed[node].column,
            "near": node in near,
            "side": _side(picture, node),
            "planned": edit is not None,
            "dashed": drawn.counts is False or bool(drawn.replaced_by),
            "marks": [mark.plain for mark in marks(picture, drawn, verbose=True)],
            "matches": [match_mark(row).plain for row in matches],
            "packages": list(map(str, drawn.packages)),
            "plan": []
            if edit is None
            else [verb(edit, picture.trees[-1]), *migration_effects(edit, picture.trees[-1])],
            "path": migration.path if migration else "",
            "operations": list(_operations(migration)) if migration else [],
        }


def _near(plan: PlanPicture, edits: Mapping[Node, FileEdit]) -> set[Node]:
    """The migrations that `graph` shows of two refs as text, and those of the plan; all of one ref."""
    picture = plan.picture
    if picture.fork_commit is None:
        return {drawn.node for drawn in picture.migrations}
    by_app: dict[str, list[DrawnMigration]] = {}
    for drawn in picture.migrations:
        by_app.setdefault(drawn.node.app, []).append(drawn)
    near = {drawn.node for every in by_app.values() for drawn in near_the_sides(every)}
    return near.union(edits, *(edge for edge in plan.added))


def _all_parents(plan: PlanPicture) -> dict[Node, list[Node]]:
    found = {drawn.node: list(drawn.parents) for drawn in plan.picture.migrations}
    for child, parent in sorted(plan.added):
        found[child].append(parent)
    return found


def _migration(plan: PlanPicture, node: Node) -> Migration | None:
    """As the ref has it; mainline's of one that both have."""
    trees = [tree for tree in reversed(plan.picture.trees) if not node.ref or tree.ref == node.ref]
    if plan.result is not None and node.ref == PLAN:
        trees = [plan.result]
    return next((tree.migrations[node.key] for tree in trees if node.key in tree.migrations), None)


def _operations(migration: Migration) -> Iterator[str]:
    yield from map(operation_words, migration.operations[:MOST_OPERATIONS])
    if len(migration.operations) > MOST_OPERATIONS:
        yield f"{len(migration.operations) - MOST_OPERATIONS} more operations"


def _edges(plan: PlanPicture, ids: Mapping[Node, str]) -> Iterator[Data]:
    """`plan`: "added" or "removed" by the plan, else empty."""
    for drawn in plan.picture.migrations:
        for parent in drawn.parents:
            if parent in ids:
                edge = drawn.node, parent
                yield _edge(ids, *edge, "removed" if edge in plan.removed else "")
    for child, parent in sorted(plan.added):
        yield _edge(ids, child, parent, "added")


def _edge(ids: Mapping[Node, str], child: Node, parent: Node, plan: str) -> Data:
    return {
        "child": ids[child],
        "parent": ids[parent],
        "elsewhere": child.app != parent.app,
        "plan": plan,
    }


def _links(picture: GraphPicture, ids: Mapping[Node, str]) -> Iterator[Data]:
    links = links_of(picture)
    for node in filter(picture.is_of_patch, ids):
        for row in links.get(node.key, ()):
            words = {"verdict": row.verdict.value, "changes": ", ".join(row.words)}
            for key in row.mainline:
                targets = (Node(*key), Node(*key, picture.trees[-1].ref))
                yield from (
                    {"patch": ids[node], "mainline": ids[target], **words}
                    for target in targets
                    if target in ids
                )


def _side(picture: GraphPicture, node: Node) -> str:
    if picture.fork_commit is None or not node.ref:
        return ""
    if node.ref == PLAN:
        return "plan"
    return "patch" if picture.is_of_patch(node) else "mainline"


def _legend(picture: GraphPicture, *, has_plan: bool) -> Iterable[tuple[str, str]]:
    yield "", "migration of both" if picture.fork_commit is not None else "migration"
    if picture.fork_commit is not None:
        yield "patch", f"only on {picture.trees[0].ref}"
        yield "mainline", f"only on {picture.trees[-1].ref}"
        yield "match", "the same change, or a conflicting one"
    if has_plan:
        yield "plan", "written by the plan; a thick border: file changed by the plan"
    if any(drawn.counts is False or drawn.replaced_by for drawn in picture.migrations):
        yield "dashed", "replaced" if picture.database is None else "replaced, or not applied in the database"
