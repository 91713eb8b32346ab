"""Patch to mainline: which change is which."""
