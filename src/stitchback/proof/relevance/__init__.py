"""Reduces the graph of a proof to the relevant migrations."""

from stitchback.proof.relevance.base import SliceBase
from stitchback.proof.relevance.cut import sliced
from stitchback.proof.relevance.slice import Slice, whole

__all__ = ["Slice", "SliceBase", "sliced", "whole"]
