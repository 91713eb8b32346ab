"""Databases that are migrated to the end with the code that they are running, before the deploy of a plan that fails for them as they are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from stitchback.engine import DatabaseId, Engine
from stitchback.model.migrations import Tree
from stitchback.model.plans import FinishFirst, Population
from stitchback.proof.context import ProofContext
from stitchback.proof.populations import LEDGER, MAINLINE, PATCHED, SimulatedDatabases, deployed_mainlines
from stitchback.proof.trees import loadable


class UnfinishedDatabases:
    """What finishing does to a database: the code that it runs may be mainline's before the plan, or its patch branch's."""

    def __init__(self, proof_context: ProofContext, known: SimulatedDatabases) -> None:
        self._proof_context = proof_context
        self._known = {each.place for each in known.inhabitants}
        self._engines: dict[int, Engine] = {}

    def finished(self, population: Population, start: DatabaseId) -> tuple[FinishFirst, DatabaseId] | None:
        """The step and the database after it: one that the branch's history has anyway. None where there is no such step, or nothing to finish."""
        for tree in self._trees(population):
            engine = self._engines.setdefault(id(tree), Engine(tree, memory=self._proof_context.memory))
            finish = engine.way(start).finish
            if finish.error is None and finish.end != start and finish.end in self._known:
                ran, _ = engine.full(start)
                return FinishFirst(tree.ref, tuple({key.app: key for key in ran}.values())), finish.end
        return None

    def _trees(self, population: Population) -> Iterator[Tree]:
        if population.lineage in (MAINLINE, LEDGER):
            yield from self._deployed
        if population.lineage in (PATCHED, LEDGER):
            released = (
                tree for tree in self._released if population.lineage == LEDGER or tree.ref == population.ref
            )
            yield from released

    @cached_property
    def _deployed(self) -> tuple[Tree, ...]:
        return deployed_mainlines(self._proof_context.situation, self._proof_context.memory)

    @cached_property
    def _released(self) -> tuple[Tree, ...]:
        return tuple(loadable(patch.tree)[0] for patch in self._proof_context.situation.patches)
