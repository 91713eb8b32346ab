"""Which of a branch's migrations a database may have: sets that hold, with each migration, all that it depends on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey

Keys = frozenset[MigrationKey]
MOST_SETS = 64


@dataclass(frozen=True, slots=True)
class Grown:
    """A set, and how to get it: the smaller set and the migration that is applied to it."""

    keys: Keys
    smaller: Keys
    last: MigrationKey


@dataclass(frozen=True, slots=True)
class ClosedSets:
    """`grown` in an order that builds each on one before it, without the empty set. `all`: whether none is left out."""

    grown: tuple[Grown, ...]
    all: bool


def closed_sets(
    order: tuple[MigrationKey, ...], parents: Mapping[MigrationKey, Keys], most: int = MOST_SETS
) -> ClosedSets:
    """All ancestor-closed sets of the keys, or, where there are more than `most`, the prefixes of the order and of the
    orders in which one app goes first. `parents` are those among the keys."""
    found: dict[Keys, Grown | None] = {frozenset(): None}
    waiting: list[Keys] = [frozenset()]
    for keys in waiting:
        for key in order:
            larger = keys | {key}
            if key not in keys and parents[key] <= keys and larger not in found:
                found[larger] = Grown(larger, keys, key)
                waiting.append(larger)
        if len(found) > most + 1:
            return ClosedSets(tuple(prefixes(order, parents)), all=False)
    return ClosedSets(tuple(grown for grown in found.values() if grown), all=True)


def prefixes(order: tuple[MigrationKey, ...], parents: Mapping[MigrationKey, Keys]) -> Iterator[Grown]:
    seen: set[Keys] = set()
    for app in (None, *sorted({key.app for key in order})):
        smaller: Keys = frozenset()
        for key in app_first(order, parents, app):
            larger = smaller | {key}
            if larger not in seen:
                seen.add(larger)
                yield Grown(larger, smaller, key)
            smaller = larger


def app_first(
    order: tuple[MigrationKey, ...], parents: Mapping[MigrationKey, Keys], app: str | None
) -> tuple[MigrationKey, ...]:
    """The order with the app's migrations, and what they need, in front."""
    needed: set[MigrationKey] = set()
    for key in reversed(order):
        if key.app == app or key in needed:
            needed |= {key, *parents[key]}
    return (*(key for key in order if key in needed), *(key for key in order if key not in needed))


def topmost(keys: Keys, parents: Mapping[MigrationKey, Keys]) -> tuple[MigrationKey, ...]:
    """Those that no other one of the set depends on, sorted."""
    below = {parent for key in keys for parent in parents[key]}
    return tuple(sorted(keys - below))
