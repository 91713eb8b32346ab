"""Answers about values that live long: a model's fields stay the same objects from state to state, thousands of times."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")
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


def by_identities(function: Callable[P, R]) -> Callable[P, R]:
    """As `by_identity`, of several values, which are given by their places. What raises is asked again."""
    known: dict[tuple[int, ...], tuple[object, R]] = {}

    def answer(*values: P.args, **named: P.kwargs) -> R:
        assert not named, "by their places"
        ids = tuple(map(id, values))
        found = known.get(ids)
        if found is None:
            if len(known) >= MOST:
                known.clear()
            found = known[ids] = (values, function(*values, **named))
        return found[1]

    return answer
