"""Squashes: which migrations can be replaced by one, and what a squash and its end consist of. Values in, values out."""
