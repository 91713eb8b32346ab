"""Databases that are migrated to the end with the code that they are running, before the deploy of a plan that fails for them as they are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from stitchback.engine import DatabaseId, Engine
from stitchback.model.plans import LEDGER, MAINLINE, PATCHED, FinishFirst, Population
from stitchback.proof.context import ProofContext
from stitchback.proof.populations import SimulatedDatabases
from stitchback.proof.trees import loadable


class UnfinishedDatabases:
    """What finishing does to a database: the code that it runs may be mainline's before the plan, or its patch branch's."""

    def __init__(self, proof_context: ProofContext, known: SimulatedDatabases) -> None:
        self._proof_context = proof_context
        self._databases = known
        self._known = {kind.database for kind in known.kinds}

    def finished(self, population: Population, start: DatabaseId) -> tuple[FinishFirst, DatabaseId] | None:
        """The step and the database after it: one that the branch's history has anyway. None where there is no such step, or nothing to finish."""
        for ref, engine in self._running(population):
            finish = engine.way(start).finish
            if finish.error is None and finish.end != start and finish.end in self._known:
                ran, _ = engine.full(start)
                return FinishFirst(ref, tuple({key.app: key for key in ran}.values())), finish.end
        return None

    def _running(self, population: Population) -> Iterator[tuple[str, Engine]]:
        if population.lineage in (MAINLINE, LEDGER):
            yield from self._deployed
        if population.lineage in (PATCHED, LEDGER):
            yield from (
                (ref, engine)
                for ref, engine in self._released
                if population.lineage == LEDGER or ref == population.ref
            )

    @cached_property
    def _deployed(self) -> tuple[tuple[str, Engine], ...]:
        context = self._proof_context
        mainline = context.situation.mainline
        return tuple(
            (
                mainline.ref if tree is mainline else f"{mainline.ref} before git's merge",
                Engine(tree, memory=context.memory),
            )
            for tree in self._databases.deployed
        )

    @cached_property
    def _released(self) -> tuple[tuple[str, Engine], ...]:
        context = self._proof_context
        trees = (loadable(patch.tree)[0] for patch in context.situation.patches)
        return tuple((tree.ref, Engine(tree, memory=context.memory)) for tree in trees)
