"""Repositories that mean harm: `build.HOSTILES`."""
