"""One situation's rehearsals: what its trees are is sent once, and databases that old trees made are kept for every plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stitchback.model.migrations import Tree
from stitchback.rehearsal.process import TooSlow, exchange
from stitchback.rehearsal.requests import Answer, Request
from stitchback.rehearsal.shipping import Shipping

Number = Callable[[Tree], int]


@dataclass(slots=True, eq=False)
class Session:
    """`bases`: what custom field classes extend."""

    bases: Mapping[str, str]
    _shipping: Shipping | None = None

    def rehearse(self, request_for: Callable[[Shipping], Request]) -> Answer:
        """Asks for a request, with numbers for its trees, and has it rehearsed: an answer without a rehearsed database where Django is too
        slow for all of them. Raises RehearsalEnded."""
        with exchange(self) as (process, is_held):
            if not is_held or self._shipping is None:
                self._shipping = Shipping(self.bases)
                process.ask("open", None)
            request = request_for(self._shipping)
            try:
                process.ask("take", self._shipping.parcel())
                answer = process.ask("rehearse", request)
            except TooSlow as error:
                import django

                many = len(request.databases)
                return Answer(
                    django.get_version(), "", 0, many, remarks=(f"the project is too large: {error.message}",)
                )
        assert isinstance(answer, Answer)
        return answer
