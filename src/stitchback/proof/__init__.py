"""No proof, no plan: candidates judged by Django itself over every population and rollout."""

from stitchback.proof.proving import Prover, prove

__all__ = ["Prover", "prove"]
