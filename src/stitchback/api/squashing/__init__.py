"""The use cases of `squash`: candidates, stitch, finish."""
