"""Databases in numbers: what the proof compares by the hundred thousand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class DatabaseId:
    """All of a database that Django's loader looks at, and what it holds, in numbers of one Memory: which rows there are
    (bits), which schema (`Memory.schemas_by_number`), which data operations ran, sorted.

    Made by `Memory.place` alone, one for each content: databases with an equal `canonical` are the same Place, and are
    compared and hashed by identity. Never changed; not frozen, for that would triple the cost of making one.
    """

    rows: int
    schema: int
    data: tuple[str, ...]
