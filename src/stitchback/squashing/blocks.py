"""Cuts the migrations of a range into blocks that one new migration each can replace.

With the old files in place, Django gives a squash all the dependencies and dependents of what it replaces (`MigrationGraph.remove_replaced_nodes`).
So a block is as long as it can be without two of them depending on each other: two apps that take turns need several blocks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey

LONGEST = 120  # characters of a name; the column of django_migrations holds 255


@dataclass(frozen=True, slots=True)
class Block:
    """Migrations of one app, in Django's order, that one new migration replaces."""

    migrations: tuple[MigrationKey, ...]

    @property
    def app(self) -> str:
        return self.migrations[0].app


def blocks_of(graph: MigrationGraph, wanted: Collection[MigrationKey]) -> tuple[Block, ...]:
    """The blocks of the `wanted` migrations, each after those that it depends on."""
    cutting = _Cutting(graph, frozenset(wanted))
    for key in graph.order():
        cutting.add(key)
    return cutting.blocks


class _Cutting:
    """`home`: migration -> the number of its block; a migration that is not wanted has one of its own. `below`: number -> all that it depends on."""

    def __init__(self, graph: MigrationGraph, wanted: frozenset[MigrationKey]) -> None:
        self.graph = graph
        self.wanted = wanted
        self.home: dict[MigrationKey, int] = {}
        self.parents: list[set[int]] = []
        self.members: list[list[MigrationKey]] = []
        self.last: dict[str, int] = {}

    def add(self, key: MigrationKey) -> None:
        above = {self.home[parent] for parent in self.graph.parents(key)}
        number = self.last.get(key.app) if key in self.wanted else None
        if number is None or any(self._needs(parent, number) for parent in above - {number}):
            number = len(self.members)
            self.members.append([])
            self.parents.append(set())
            if key in self.wanted:
                self.last[key.app] = number
        self.home[key] = number
        self.members[number].append(key)
        self.parents[number] |= above - {number}

    def _needs(self, number: int, wanted: int) -> bool:
        """Whether one block depends on another, directly or not."""
        waiting, seen = [number], {number}
        while waiting:
            current = waiting.pop()
            if current == wanted:
                return True
            more = self.parents[current] - seen
            seen |= more
            waiting.extend(more)
        return False

    @property
    def blocks(self) -> tuple[Block, ...]:
        found = {
            number: Block(tuple(keys)) for number, keys in enumerate(self.members) if keys[0] in self.wanted
        }
        order = {number: place for place, number in enumerate(self._order())}
        return tuple(found[number] for number in sorted(found, key=order.__getitem__))

    def _order(self) -> list[int]:
        order: list[int] = []
        done: set[int] = set()
        for start in range(len(self.members)):
            waiting = [start]
            while waiting:
                number = waiting[-1]
                open_parents = sorted(self.parents[number] - done)
                if open_parents:
                    waiting.append(open_parents[0])
                    continue
                waiting.pop()
                if number not in done:
                    done.add(number)
                    order.append(number)
        return order


def dependencies_between(
    graph: MigrationGraph, blocks: tuple[Block, ...]
) -> Mapping[Block, tuple[frozenset[Block], frozenset[MigrationKey]]]:
    """What each block depends on: other blocks, and migrations that are in none."""
    home = {key: block for block in blocks for key in block.migrations}
    found: dict[Block, tuple[frozenset[Block], frozenset[MigrationKey]]] = {}
    for block in blocks:
        above = {parent for key in block.migrations for parent in graph.parents(key)}
        inside = frozenset(home[parent] for parent in above if parent in home) - {block}
        outside = frozenset(parent for parent in above if parent not in home)
        packages = frozenset(parent for child, parent in graph.external if child in block.migrations)
        found[block] = inside, outside | packages
    return found


def squash_key(block: Block, taken: Collection[MigrationKey]) -> MigrationKey:
    """`0001_squashed_0046` by the numbers of the first and last migration, `0001_squashed` if there is only one; with `_2` and so on if the name is taken."""
    numbers = [_number(key.name) for key in block.migrations]
    first, last = min(numbers), max(numbers)
    wanted = f"{first}_squashed_{last}" if len(numbers) > 1 and first != last else f"{first}_squashed"
    name, count = wanted, 1
    while MigrationKey(block.app, name) in taken:
        count += 1
        name = f"{wanted}_{count}"
    return MigrationKey(block.app, name)


def _number(name: str) -> str:
    """The digits in front of the name, else the name."""
    found = re.match(r"\d+", name)
    return found[0] if found else name[: LONGEST // 2]
