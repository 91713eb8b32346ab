"""Answers about values that live long: a model's fields stay the same objects from state to state, thousands of times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
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
