"""The schema of a fresh install, by its state."""

from __future__ import annotations

from stitchback.model.physical import PhysicalSchema, Table
from stitchback.model.state import SchemaState
from stitchback.schema.tables import tables_of


def physical_of(state: SchemaState) -> PhysicalSchema:
    """The tables that the state's models have. Extensions and collations are not in a state, so they are not here."""
    tables: dict[str, Table] = {}
    for key in sorted(state.models):
        tables.update(tables_of(state, state.models[key]).all)
    return PhysicalSchema(dict(sorted(tables.items())))
