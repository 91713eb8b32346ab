"""One situation's rehearsals: what its trees are is sent once, and databases that old trees made are kept for every plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stitchback.model.migrations import Tree
from stitchback.rehearsal.process import TooSlow, exchange
from stitchback.rehearsal.requests import RehearsalAnswer, Request
from stitchback.rehearsal.serialization import TreeSerializer

Number = Callable[[Tree], int]
WALL = 10  # seconds that pass, for one of the processor: on a busy machine it is the processor that counts


@dataclass(slots=True, eq=False)
class RehearsalSession:
    """`bases`: what custom field classes extend."""

    bases: Mapping[str, str]
    _shipping: TreeSerializer | None = None

    def rehearse(self, request_for: Callable[[TreeSerializer], Request]) -> RehearsalAnswer:
        """Asks for a request, with numbers for its trees, and has it rehearsed: an answer without a rehearsed database where none came in
        the time that it may take. Raises RehearsalEnded."""
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
