"""Only the migrations that matter are put into the graph of a proof."""

from stitchback.proof.slicing.base import SliceBase
from stitchback.proof.slicing.cut import sliced
from stitchback.proof.slicing.slice import Slice, whole

__all__ = ["Slice", "SliceBase", "sliced", "whole"]
