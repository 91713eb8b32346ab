"""What a migration graph of Django's names when its loader refuses it: the same walks, which return names instead of a message.

Source: `MigrationLoader.check_consistent_history`, `MigrationGraph.ensure_not_cyclic`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from stitchback.model.keys import MigrationKey


def applied_too_early(loader: Any, applied: Collection[tuple[str, str]]) -> tuple[MigrationKey, ...]:
    """The first applied migration that has an unapplied dependency, and that dependency; empty if there is none."""
    for name in applied:
        if name not in loader.graph.nodes:
            continue
        for parent in loader.graph.node_map[name].parents:
            replaces = loader.replacements[parent.key].replaces if parent.key in loader.replacements else ()
            if parent.key not in applied and not (replaces and all(each in applied for each in replaces)):
                return MigrationKey(*name), MigrationKey(*parent.key)
    return ()


def cycle_in(graph: Any) -> tuple[MigrationKey, ...]:
    """The first cycle by name, from its smallest name on; empty if there is none. Django starts anywhere."""
    todo = set(graph.nodes)
    for start in sorted(graph.nodes):
        stack = [start] if start in todo else []
        todo.discard(start)
        while stack:
            children = sorted(child.key for child in graph.node_map[stack[-1]].children)
            closing = next((name for name in children if name in stack), None)
            if closing is not None:
                names = stack[stack.index(closing) :]
                first = names.index(min(names))
                return tuple(MigrationKey(*name) for name in (*names[first:], *names[:first]))
            following = next((name for name in children if name in todo), None)
            if following is None:
                stack.pop()
            else:
                todo.discard(following)
                stack.append(following)
    return ()
