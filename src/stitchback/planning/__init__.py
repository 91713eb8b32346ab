"""Ask the strategies, prove, rank."""

from stitchback.planning.plan import Planned, Unproved, plan, price_of
from stitchback.planning.prices import Price, price
from stitchback.planning.reports import Coverage, PlanReport, Status, coverage

__all__ = [
    "Coverage",
    "PlanReport",
    "Planned",
    "Price",
    "Status",
    "Unproved",
    "coverage",
    "plan",
    "price",
    "price_of",
]
