"""Patch to mainline: which change is which."""

from stitchback.matching.case import Case, Side, Unit
from stitchback.matching.match import Comparison, compare, edited_since, fold, origins
from stitchback.matching.sides import Sides, covered, sides

__all__ = [
    "Case",
    "Comparison",
    "Side",
    "Sides",
    "Unit",
    "compare",
    "covered",
    "edited_since",
    "fold",
    "origins",
    "sides",
]
