"""Where the migrations of a picture stand: each app in columns beside each other, a migration above those that it depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from stitchback.planning.graph_picture import Node


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
