"""The manual steps that some databases need before the deploy: rows of the ledger, or a full migrate with the code that they are running."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from stitchback.engine import DatabaseId, Engine, EngineCache
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import MAINLINE, PATCHED, FinishFirst, ManualInsert, Population
from stitchback.proof.populations import SimulatedDatabases
from stitchback.proof.trees import loadable
from stitchback.upgrades.histories import runs_code_of


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


class UnfinishedDatabases:
    """What finishing does to a database: the code that it runs may be mainline's before the plan, or its patch branch's."""

    def __init__(self, databases: SimulatedDatabases) -> None:
        self._databases = databases
        self._known = {kind.database for kind in databases.kinds}

    def finished(self, population: Population, start: DatabaseId) -> tuple[FinishFirst, DatabaseId] | None:
        """The step and the database after it: one that the branch's history has anyway. None where there is no such step, or nothing to finish."""
        for ref, engine in self._running(population):
            finish = engine.way(start).finish
            if finish.error is None and finish.end != start and finish.end in self._known:
                ran, _ = engine.full(start)
                return FinishFirst(ref, tuple({key.app: key for key in ran}.values())), finish.end
        return None

    def _running(self, population: Population) -> Iterator[tuple[str, Engine]]:
        for lineage, ref, engine in (*self._deployed, *self._released):
            if runs_code_of(population, lineage, ref):
                yield ref, engine

    @cached_property
    def _deployed(self) -> tuple[tuple[str, str, Engine], ...]:
        mainline = self._databases.situation.mainline
        return tuple(
            (
                MAINLINE,
                mainline.ref if tree is mainline else f"{mainline.ref} before git's merge",
                Engine(tree, memory=self._databases.memory),
            )
            for tree in self._databases.deployed
        )

    @cached_property
    def _released(self) -> tuple[tuple[str, str, Engine], ...]:
        trees = (loadable(patch.tree)[0] for patch in self._databases.situation.patches)
        return tuple((PATCHED, tree.ref, Engine(tree, memory=self._databases.memory)) for tree in trees)
