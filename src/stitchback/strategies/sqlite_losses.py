"""What SQLite loses: it alters a table by recreating it from what the state knows, so a column that the state does not know yet goes,
and its values with it (as FACTS F31)."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Unit
from stitchback.model.atoms import Added, Atom, DataRun, Origin, SchemaObjectKind, UnreadChange
from stitchback.model.keys import ModelKey
from stitchback.model.state import Field
from stitchback.model.values import NONE, TRUE


def remade_before(unit: Unit) -> tuple[Origin, ...]:
    """Mainline's operations that recreate a table on SQLite while a patched database has a column there which mainline's state knows
    only later: from the operation that makes it on mainline too."""
    order = {migration.key: place for place, migration in enumerate(unit.side.sides.mainline)}
    known_from: dict[ModelKey, tuple[int, int]] = {}
    for model, atom in _duplicated_columns(unit):
        moment = (order.get(atom.origin.migration, len(order)), atom.origin.index)
        known_from[model] = max(known_from.get(model, moment), moment)
    return tuple(
        dict.fromkeys(
            atom.origin
            for atom in unit.side.comparison.mainline_atoms
            if not isinstance(atom, DataRun | UnreadChange)
            and rebuilds(atom)
            and atom.schema_object.model in known_from
            and (order.get(atom.origin.migration, 0), atom.origin.index)
            < known_from[atom.schema_object.model]
        )
    )


def _duplicated_columns(unit: Unit) -> Iterator[tuple[ModelKey, Added]]:
    for match in unit.duplicated:
        for atom in match.given:
            if isinstance(atom, Added) and atom.schema_object.kind is SchemaObjectKind.COLUMN:
                yield atom.schema_object.model, atom


def rebuilds(atom: Atom) -> bool:
    """Whether SQLite's schema editor recreates the table for it. `AddField` of a column that may be null and has no default is a plain
    ALTER TABLE, and so are indexes and whole tables (django.db.backends.sqlite3.schema)."""
    if isinstance(atom, DataRun | UnreadChange) or not atom.database:
        return False
    if atom.schema_object.kind in (SchemaObjectKind.TABLE, SchemaObjectKind.INDEX, SchemaObjectKind.OPTIONS):
        return False
    if isinstance(atom, Added) and isinstance(atom.shape, Field):
        return atom.shape.argument("null") != TRUE or atom.shape.argument("default") not in (None, NONE)
    return True
