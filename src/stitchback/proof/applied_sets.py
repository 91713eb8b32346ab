"""Which of a branch's migrations a database may have: sets that hold, with each migration, all that it depends on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey

Keys = frozenset[MigrationKey]
MOST_SETS = 64
MOST_BETWEEN = 32


@dataclass(frozen=True, slots=True)
class AppliedSet:
    """A set, and how to get it: the smaller set and the migration that is applied to it. Some sets are only steps to others."""

    keys: Keys
    smaller: Keys
    last: MigrationKey
    matters: bool = True


@dataclass(frozen=True, slots=True)
class AppliedSets:
    """`applied_set` in an order that builds each on one before it, without the empty set. `all`: whether none is left out."""

    applied_set: tuple[AppliedSet, ...]
    all: bool


def closed_sets(
    order: tuple[MigrationKey, ...],
    parents: Mapping[MigrationKey, Keys],
    most: int = MOST_SETS,
    matters: Keys | None = None,
) -> AppliedSets:
    """All ancestor-closed sets of the keys, or, where there are more than `most`, the prefixes of the order and of the
    orders in which one app goes first. `parents` are those among the keys. `matters`: where it is said, then only apps of
    those go first, and only the prefixes that end with one of them, or right before one, are more than steps, and of the
    order itself some more, MOST_BETWEEN at the most, at even distances."""
    found: dict[Keys, AppliedSet | None] = {frozenset(): None}
    waiting: list[Keys] = [frozenset()]
    for keys in waiting:
        for key in order:
            larger = keys | {key}
            if key not in keys and parents[key] <= keys and larger not in found:
                found[larger] = AppliedSet(larger, keys, key)
                waiting.append(larger)
        if len(found) > most + 1:
            return AppliedSets(tuple(prefixes(order, parents, matters)), all=False)
    return AppliedSets(tuple(applied_set for applied_set in found.values() if applied_set), all=True)


def prefixes(
    order: tuple[MigrationKey, ...], parents: Mapping[MigrationKey, Keys], matters: Keys | None
) -> Iterator[AppliedSet]:
    seen: set[Keys] = set()
    first = {key.app for key in order if matters is None or key in matters}
    spread = -(-len(order) // MOST_BETWEEN)
    for app in (None, *sorted(first)):
        smaller: Keys = frozenset()
        keys = app_first(order, parents, app)
        for number, (key, following) in enumerate(zip(keys, (*keys[1:], None), strict=True), 1):
            larger = smaller | {key}
            if larger not in seen:
                seen.add(larger)
                beside = matters is None or following is None or key in matters or following in matters
                yield AppliedSet(larger, smaller, key, beside or (app is None and number % spread == 0))
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
