"""The sets of a branch's migrations that a database may have applied: each contains all dependencies of its members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey

Keys = frozenset[MigrationKey]
MOST_SETS = 64
MOST_BETWEEN = 32


@dataclass(frozen=True, slots=True)
class AppliedSet:
    """A set and its construction: a smaller set and the migration applied to it. Some sets are only steps to others."""

    keys: Keys
    smaller: Keys
    last: MigrationKey
    matters: bool = True


@dataclass(frozen=True, slots=True)
class AppliedSets:
    """`applied_set`: ordered so that each set is built from an earlier one, without the empty set. `all`: whether the list is complete."""

    applied_set: tuple[AppliedSet, ...]
    all: bool


def closed_sets(
    order: tuple[MigrationKey, ...],
    parents: Mapping[MigrationKey, Keys],
    most: int = MOST_SETS,
    matters: Keys | None = None,
) -> AppliedSets:
    """All ancestor-closed sets of the keys. If there are more than `most`: the prefixes of the order and of the orders in which one app goes first.
    `parents`: the dependencies among the keys. `matters`: if given, only apps of those go first, and only the prefixes that end with one of them or
    directly before one are more than steps, and additionally up to MOST_BETWEEN prefixes of the order at even distances."""
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
    """The order with the app's migrations and their dependencies first."""
    needed: set[MigrationKey] = set()
    for key in reversed(order):
        if key.app == app or key in needed:
            needed |= {key, *parents[key]}
    return (*(key for key in order if key in needed), *(key for key in order if key not in needed))


def topmost(keys: Keys, parents: Mapping[MigrationKey, Keys]) -> tuple[MigrationKey, ...]:
    """The keys that no other key of the set depends on, sorted."""
    below = {parent for key in keys for parent in parents[key]}
    return tuple(sorted(keys - below))
