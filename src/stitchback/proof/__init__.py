"""The proof that every plan needs: Django's loader and executor run each candidate over every population and rollout."""

from stitchback.proof.proving import Prover, prove, prove_beside, reach

__all__ = ["Prover", "prove", "prove_beside", "reach"]
