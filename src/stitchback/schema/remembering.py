"""Answers about values that live long: a model's fields stay the same objects from state to state, thousands of times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
R = TypeVar("R")

MOST = 100_000  # answers that are kept; then they are forgotten, all at once


def by_identity(function: Callable[[T], R]) -> Callable[[T], R]:
    """The function of one value that does not change, worked out once for each object (which is kept, so that its id stays its own)."""
    known: dict[int, tuple[T, R]] = {}

    def answer(value: T) -> R:
        found = known.get(id(value))
        if found is None:
            if len(known) >= MOST:
                known.clear()
            found = known[id(value)] = (value, function(value))
        return found[1]

    return answer


def by_identities(function: Callable[[T, A, B], R]) -> Callable[[T, A, B], R]:
    """As `by_identity`, of three values. What raises is asked again."""
    known: dict[tuple[int, int, int], tuple[T, A, B, R]] = {}

    def answer(value: T, second: A, third: B) -> R:
        ids = (id(value), id(second), id(third))
        found = known.get(ids)
        if found is None:
            if len(known) >= MOST:
                known.clear()
            found = known[ids] = (value, second, third, function(value, second, third))
        return found[3]

    return answer
