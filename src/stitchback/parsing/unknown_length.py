"""Parts of a list of which not even the number of items is known."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.model.source import Opaque
from stitchback.model.values import Value


@dataclass(frozen=True, slots=True)
class UnknownLength(Opaque):
    """Stands in a list for any number of items, none included. To everybody else it is an Opaque."""

    @classmethod
    def of(cls, opaque: Opaque) -> UnknownLength:
        return cls(opaque.reason, opaque.source, opaque.span)


def has_gap(items: tuple[Value, ...]) -> bool:
    return any(isinstance(item, UnknownLength) for item in items)


def position(items: tuple[Value, ...], index: int) -> int | None:
    """Where the item of that index stands, counted from the nearer end; None where a gap lies between, or there is none."""
    if 0 <= index < len(items) and not has_gap(items[: index + 1]):
        return index
    if -len(items) <= index < 0 and not has_gap(items[index:]):
        return len(items) + index
    return None
