"""Statements of which only one part runs, and it is not known which: what they agree on stays, the rest is opaque."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from stitchback.model.source import Opaque
from stitchback.model.values import Items, Value
from stitchback.parsing.interpreter import execute
from stitchback.parsing.scopes import DEFINITIONS, Binding, Class, Scope, SharedBinding
from stitchback.parsing.unknown_values import UnknownLength

_State = tuple[list[tuple[Scope, dict[str, SharedBinding]]], dict[SharedBinding, Binding]]


def either(
    branches: Sequence[Sequence[ast.stmt]],
    why: ast.expr | ast.stmt,
    scope: Scope,
    reason: str = "set under a condition that is not known",
) -> None:
    """Read each branch from the same start, then put together what they leave."""
    start = _state(scope)
    problem = scope.opaque(reason, why)
    ends: list[_State] = []
    for branch in [one for one in branches if not _always_raises(one)] or branches:
        _restore(start)
        execute(branch, scope)
        ends.append(_state(scope))
    merged = ends[0]
    for end in ends[1:]:
        merged = _merged(merged, end, problem)
    _restore(merged)


def _always_raises(branch: Sequence[ast.stmt]) -> bool:
    """Whether the file cannot be imported where this branch runs."""
    return bool(branch) and isinstance(branch[-1], ast.Raise)


def _state(scope: Scope) -> _State:
    """All names in sight and what their boxes hold."""
    scopes = list(dict.fromkeys(_scopes(scope)))
    names = [(one, dict(one.names)) for one in scopes]
    boxes = {box: box.binding for one in scopes for box in one.names.values()}
    return names, boxes


def _scopes(scope: Scope | None) -> Iterator[Scope]:
    while scope is not None:
        yield scope
        for box in scope.names.values():
            if isinstance(box.binding, Class) and box.binding.body is not None:
                yield box.binding.body
        scope = scope.outer


def _restore(state: _State) -> None:
    names, boxes = state
    for scope, held in names:
        scope.names.clear()
        scope.names.update(held)
    for box, binding in boxes.items():
        box.put(binding)


def _merged(first: _State, second: _State, problem: Opaque) -> _State:
    boxes: dict[SharedBinding, Binding] = {}
    for box in (*first[1], *second[1]):
        one, other = first[1].get(box), second[1].get(box)
        if one is None or other is None:
            boxes[box] = one if one is not None else other  # type: ignore[assignment]
        else:
            boxes[box] = _agreed(one, other, problem)
    second_names = dict(second[0])
    names: list[tuple[Scope, dict[str, SharedBinding]]] = []
    for scope, held in first[0]:
        others = second_names.get(scope, {})
        names.append((scope, _merged_names(held, others, boxes, problem)))
    known = {scope for scope, _ in first[0]}
    names.extend((scope, held) for scope, held in second[0] if scope not in known)
    return names, boxes


def _merged_names(
    first: dict[str, SharedBinding],
    second: dict[str, SharedBinding],
    boxes: dict[SharedBinding, Binding],
    problem: Opaque,
) -> dict[str, SharedBinding]:
    """A name that only one branch binds is not known afterwards."""
    merged: dict[str, SharedBinding] = {}
    for name in dict.fromkeys((*first, *second)):
        one, other = first.get(name), second.get(name)
        if one is other and one is not None:
            merged[name] = one
            continue
        binding: Binding = problem
        if one is not None and other is not None:
            binding = _agreed(boxes[one], boxes[other], problem)
        merged[name] = SharedBinding(binding)
        boxes[merged[name]] = binding
    return merged


def _agreed(one: Binding, other: Binding, problem: Opaque) -> Binding:
    """What both are; of lists, what they begin and end with, the rest between as a gap."""
    if one is other:
        return one
    if isinstance(one, DEFINITIONS) or isinstance(other, DEFINITIONS):
        return problem
    if isinstance(one, Items) and isinstance(other, Items) and one.kind == other.kind == "list":
        return Items("list", _agreed_items(one.items, other.items, problem))
    return one if one == other else problem


def _agreed_items(one: tuple[Value, ...], other: tuple[Value, ...], problem: Opaque) -> tuple[Value, ...]:
    if one == other:
        return one
    shorter = min(len(one), len(other))
    begin = next((i for i in range(shorter) if one[i] != other[i]), shorter)
    rest = shorter - begin
    end = next((i for i in range(rest) if one[-1 - i] != other[-1 - i]), rest)
    return (*one[:begin], UnknownLength.of(problem), *(one[len(one) - end :] if end else ()))
