"""The use case `demo`."""
