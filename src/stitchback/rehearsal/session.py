"""The rehearsals of one situation: its trees are sent once, and databases that old trees created are kept for every plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stitchback.model.migrations import Migration, Tree
from stitchback.rehearsal.process import TooSlow, exchange
from stitchback.rehearsal.requests import OptimizeRequest, RehearsalAnswer, Request
from stitchback.rehearsal.serialization import TreeSerializer

Number = Callable[[Tree], int]
WALL = 10  # seconds of wall time for one of processor time: on a busy machine processor time is the limit


@dataclass(slots=True, eq=False)
class RehearsalSession:
    """The rehearsals of one situation. `bases`: the classes that custom field classes extend."""

    bases: Mapping[str, str]
    _shipping: TreeSerializer | None = None

    def rehearse(self, request_for: Callable[[TreeSerializer], Request]) -> RehearsalAnswer:
        """Builds a request with the numbers of its trees and has it rehearsed. The answer has no rehearsed database if the time limit is reached.
        Raises RehearsalEnded."""
        with exchange(self) as (process, is_held):
            if not is_held or self._shipping is None:
                self._shipping = TreeSerializer(self.bases)
                process.ask("open", None)
            request = request_for(self._shipping)
            try:
                process.ask("take", self._shipping.parcel())
                answer = process.ask("rehearse", request, WALL * request.bounds.most_seconds)
            except TooSlow:
                missed = tuple(each.name for each in request.databases if each.is_first)
                return RehearsalAnswer("", "", 0, len(request.databases), missed=missed)
        assert isinstance(answer, RehearsalAnswer)
        return answer

    def optimized(self, runs: Sequence[Sequence[Migration]], settings: Mapping[str, str]) -> tuple[int, ...]:
        """How many operations Django's optimizer leaves of the operations of each run. Raises RehearsalEnded."""
        with exchange(self) as (process, _):
            shipping = self._shipping = TreeSerializer(self.bases)
            process.ask("open", None)
            numbered = tuple((run[0].key.app, tuple(map(shipping.migration, run))) for run in runs)
            process.ask("take", shipping.parcel())
            answer: tuple[int, ...] = process.ask("optimize", OptimizeRequest(numbered, dict(settings)))
        return answer
