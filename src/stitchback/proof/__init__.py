"""No proof, no plan: candidates judged by Django itself over every population and rollout."""

from stitchback.proof.proving import Prover, prove, prove_beside

__all__ = ["Prover", "prove", "prove_beside"]
