"""Databases as numbers, so that the proof can compare hundreds of thousands of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class DatabaseId:
    """What Django's loader sees of a database, and its content, as numbers of one `EngineCache`: the rows
    (bits), the schema (`EngineCache.schemas_by_number`) and the data operations that ran, sorted.

    Only `EngineCache.place` creates one, once per content: databases with an equal `canonical` get the same
    object, compared and hashed by identity. Never changed. It is not frozen because creating a frozen one
    takes three times as long.
    """

    rows: int
    schema: int
    data: tuple[str, ...]
