"""The option that selects a plan."""

from __future__ import annotations

from stitchback.matching.case import Case
from stitchback.model.plans import Candidate
from stitchback.strategies import ALL, compose
from stitchback.strategies.choices import Choice, WantedStrategies, written
from stitchback.strategies.search import mixtures, uniform


def selecting(candidate: Candidate, case: Case) -> str | None:
    """The value with which `--strategy` gives exactly this plan: "diamond", or "shop=diamond,billing=merge"; None if there is none."""
    free = WantedStrategies()
    choices = (*uniform(case, ALL, free), *(mixtures(case, ALL, free) or ()))
    texts = (written(choice) for choice in choices if _may_lead_to(choice, candidate))
    return next((text for text in texts if _leads_to(text, candidate, case)), None)


def _may_lead_to(choice: Choice, candidate: Candidate) -> bool:
    used = {app: joined.split("+") for app, joined in candidate.strategies.items()}
    if len(set(choice.values())) == 1:
        return any(strategy.name in used.get(app, ()) for app, strategy in choice.items())
    return all(choice[app].name in names for app, names in used.items() if app in choice)


def _leads_to(text: str, candidate: Candidate, case: Case) -> bool:
    return any(composed.edits == candidate.edits for composed in compose(case, ALL, text))
