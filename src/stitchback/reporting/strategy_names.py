"""The names that select a plan."""

from __future__ import annotations

from stitchback.matching.case import Case
from stitchback.model.plans import Candidate
from stitchback.strategies import ALL, compose


def leading_name(candidate: Candidate, case: Case) -> str | None:
    """The NAME for which `--strategy NAME` gives exactly this plan; None if only a mixture of strategies does."""
    used = {name for joined in candidate.strategies.values() for name in joined.split("+")}
    for strategy in ALL:
        if strategy.name in used and _leads_to(strategy.name, candidate, case):
            return strategy.name
    return None


def _leads_to(name: str, candidate: Candidate, case: Case) -> bool:
    return any(composed.edits == candidate.edits for composed in compose(case, ALL, name))
