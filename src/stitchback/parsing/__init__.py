"""Bytes of migration files -> values of the model, never running or importing what is read."""
