"""The lines to the left of a graph's nodes, as `git log --graph` draws them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T", bound=Hashable)
NODE = "*"


class Lanes(NamedTuple):
    """Of one node: the lines above its own, what its own line begins with, what a further line of its text begins with, and the
    lines below."""

    above: tuple[str, ...]
    at: str
    beside: str
    below: tuple[str, ...]


def lanes(parents: Mapping[T, Sequence[T]]) -> Iterator[Lanes]:
    """Of each node of the mapping, in its order: each node before its parents. Parents that are not in the mapping have no line, nor has an
    edge that leads upwards, which occurs in a cycle."""
    columns: list[T | None] = []  # in each the node to which the line leads; None: no line
    drawn: set[T] = set()
    ended: int | None = None  # the column of the node before, if no line leads down from it
    for node, above in parents.items():
        drawn.add(node)
        gap: list[str] = []
        mine = [column for column, waiting in enumerate(columns) if waiting == node]
        if not mine:
            mine = [columns.index(None) if None in columns else len(columns)]
            columns[mine[0] : mine[0] + 1] = [node]
            if mine[0] == ended:  # without this line the two nodes would seem to be connected
                columns[ended] = None
                gap = ["".join(_bars(columns)).rstrip()]
                columns[ended] = node
        place, *others = mine
        joining = gap
        for other in reversed(others):
            joining.append(_join(columns, place, other))
            del columns[other]
        waiting = [parent for parent in above if parent in parents and parent not in drawn]
        at = _bars(columns)
        at[2 * place] = NODE
        columns[place] = waiting[0] if waiting else None
        ended = None if waiting else place
        beside, splitting = "".join(_bars(columns)), []
        for parent in reversed(waiting[1:]):
            splitting.append(_split(columns, place))
            columns.insert(place + 1, parent)
        while columns and columns[-1] is None:
            columns.pop()
        yield Lanes(tuple(joining), "".join(at), beside, tuple(splitting))


def _bars(columns: Sequence[object]) -> list[str]:
    return list(" ".join(" " if waiting is None else "|" for waiting in columns))


def _join(columns: Sequence[object], place: int, other: int) -> str:
    """The line in which one column ends in another to its left; those to its right move to the left."""
    line = _bars(columns)
    for column in range(other, len(columns)):
        if columns[column] is not None:
            line[2 * column - 1 : 2 * column + 1] = "/", " "
    for between in range(2 * place + 1, 2 * other - 1, 2):
        line[between] = "_"
    return "".join(line).rstrip()


def _split(columns: Sequence[object], place: int) -> str:
    """The line in which a column begins to the right of another; those further to the right move to the right."""
    line = [*_bars(columns), " "]
    line[2 * place + 1] = "\\"
    for column in range(place + 1, len(columns)):
        if columns[column] is not None:
            line[2 * column : 2 * column + 2] = " ", "\\"
    return "".join(line).rstrip()
