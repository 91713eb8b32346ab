"""The reconciler for Django migrations that were made in parallel on two branches."""

__version__ = "0.1.0"
