"""Answers that are worked out once a command. They belong to a `CommandCache`, which ends with the command: a program that uses the package
keeps nothing of it. Without one every answer is worked out again."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")

MOST = 100_000  # answers of one function that are kept; then they are forgotten, all at once


class CommandCache:
    """A context manager: what is asked within it is remembered until its end, in this thread. A Project is one."""

    __slots__ = ("_answers", "_outer", "_remembering")

    def __init__(self) -> None:
        self._answers: dict[Callable[..., Any], dict[Any, Any]] = {}
        self._remembering: dict[Callable[..., Any], Callable[..., Any]] = {}
        self._outer: Token[CommandCache | None] | None = None

    def __enter__(self) -> CommandCache:
        self._outer = _CURRENT.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._outer is not None, "it was entered"
        _CURRENT.reset(self._outer)
        self._answers.clear()
        self._remembering.clear()

    def remembering(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with answers by the values."""
        found = self._remembering.get(function)
        if found is None:
            found = self._remembering[function] = lru_cache(maxsize=MOST)(function)
        return found

    def of(self, function: Callable[..., Any]) -> dict[Any, Any]:
        """The answers of one function that are known."""
        known = self._answers.get(function)
        if known is None or len(known) >= MOST:
            known = self._answers[function] = {}
        return known


_CURRENT: ContextVar[CommandCache | None] = ContextVar("command_cache", default=None)


def by_value(function: Callable[P, R]) -> Callable[P, R]:
    """The function of small values, worked out once for equal ones."""

    @wraps(function)
    def answer(*values: P.args, **named: P.kwargs) -> R:
        cache = _CURRENT.get()
        if cache is None:
            return function(*values, **named)
        found: R = cache.remembering(function)(*values, **named)
        return found

    return answer


def by_identity(function: Callable[[T], R]) -> Callable[[T], R]:
    """The function of one value that does not change, worked out once for each object (which is kept, so that its id stays its own)."""

    @wraps(function)
    def answer(value: T) -> R:
        cache = _CURRENT.get()
        if cache is None:
            return function(value)
        known: dict[int, tuple[T, R]] = cache.of(function)
        found = known.get(id(value))
        if found is None:
            found = known[id(value)] = (value, function(value))
        return found[1]

    return answer


def by_identities(function: Callable[P, R]) -> Callable[P, R]:
    """As `by_identity`, of several values, which are given by their places. What raises is asked again."""

    @wraps(function)
    def answer(*values: P.args, **named: P.kwargs) -> R:
        assert not named, "by their places"
        cache = _CURRENT.get()
        if cache is None:
            return function(*values, **named)
        known: dict[tuple[int, ...], tuple[object, R]] = cache.of(function)
        ids = tuple(map(id, values))
        found = known.get(ids)
        if found is None:
            found = known[ids] = (values, function(*values, **named))
        return found[1]

    return answer
