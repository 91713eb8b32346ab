"""Reduces the graph of a proof to the relevant migrations."""

from stitchback.proof.slicing.base import SliceBase
from stitchback.proof.slicing.cut import sliced
from stitchback.proof.slicing.slice import Slice, whole

__all__ = ["Slice", "SliceBase", "sliced", "whole"]
