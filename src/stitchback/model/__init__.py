"""Frozen values that several layers name."""
