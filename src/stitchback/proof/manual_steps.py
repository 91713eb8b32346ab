"""The manual step that some databases need before the deploy."""

from __future__ import annotations

from collections.abc import Iterable

from stitchback.engine import DatabaseId, EngineCache
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import ManualInsert


class ManualSteps:
    """A plan's manual inserts, for ledgers as bit sets."""

    def __init__(self, manual_inserts: Iterable[ManualInsert], memory: EngineCache) -> None:
        self.memory = memory
        self._each = [
            (each.insert, self.bits((each.insert,)), self.bits(each.applied)) for each in manual_inserts
        ]

    def rows_for(self, place: DatabaseId) -> tuple[MigrationKey, ...]:
        """The rows that the database gets: for each manual insert whose `applied` rows are all present and whose `insert` is not."""
        rows = place.rows
        wanted = (key for key, own, applied in self._each if not rows & own and rows & applied == applied)
        return tuple(dict.fromkeys(wanted))

    def with_rows(self, place: DatabaseId, rows: Iterable[MigrationKey]) -> DatabaseId:
        return self.memory.place(place.rows | self.bits(rows), place.schema, place.data)

    def bits(self, keys: Iterable[MigrationKey]) -> int:
        return self.memory.bits_of((key.app, key.name) for key in keys)
