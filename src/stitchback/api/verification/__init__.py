"""Trying a plan out on real databases: populations made by the old trees, every rollout on each, compared with a fresh install.

The real counterpart of `stitchback.proof`: the same populations, the same rollouts, with the project's own code.
"""
