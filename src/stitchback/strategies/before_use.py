"""Where a bridge at the leaf comes too late: what has to be there, or to be gone, before an operation of mainline's.

A column that a database lacks must be made before mainline's next operation that supposes it: SQLite recreates a table from the model and
fills such a column with its own name (FACTS F34), an index needs its columns, and a query of a data operation needs all columns of the model. An index or constraint of the patch branch goes before
the column that mainline removes: SQLite refuses to drop a column that an index holds, and no model has the field that would make it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from stitchback.graph import MigrationGraph
from stitchback.matching.case import Unit
from stitchback.model.atoms import (
    Added,
    Atom,
    DataRun,
    Origin,
    Removed,
    Renamed,
    SchemaObject,
    SchemaObjectKind,
    UnreadChange,
)
from stitchback.model.data_reach import words_of
from stitchback.model.edits import Insert, KeepOperation, OperationEdit
from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import Field
from stitchback.model.values import Call, Constant, Items, Value
from stitchback.operations.data_needs import may_query_any_model, queries_by_sql
from stitchback.operations.row_operations import reach_of, row_operations
from stitchback.schema.expressions import NAMES_OF_FIELDS, with_field_names
from stitchback.schema.needs import names_in, resolved_by
from stitchback.schema.tables import column_name, table_name
from stitchback.strategies.draft import Draft
from stitchback.strategies.remaining_operations import model_name
from stitchback.strategies.sqlite_losses import rebuilds
from stitchback.strategies.written_operations import (
    conditional,
    database_only,
    operation,
    shape_value,
    writable,
)

OVER_COLUMNS = (
    SchemaObjectKind.INDEX,
    SchemaObjectKind.CONSTRAINT,
    SchemaObjectKind.UNIQUE_TOGETHER,
    SchemaObjectKind.INDEX_TOGETHER,
)
RENAMES = ("RenameField", "RenameModel")
MAKERS = ("AddField", "CreateModel", "AddIndex", "AddConstraint")


@dataclass(frozen=True, slots=True)
class EarlierOperations:
    """Conditional operations, the operations of mainline's in front of which they go, and why, in words about some databases. `covers`: whether they
    do what the patch migration has done."""

    operations: tuple[Operation, ...]
    origins: tuple[Origin, ...]
    reason: str
    covers: bool = True


def made_before_use(draft: Draft, unit: Unit, atom: Added | Renamed) -> EarlierOperations | None:
    """What mainline's migration of the same name makes or renames and the patch branch's does not, in front of the first operations of
    mainline's later migrations that suppose it. None where there are none."""
    origins = _first_uses(draft, unit, atom)
    if not origins:
        return None
    if isinstance(atom, Renamed):
        made, name = rename_again(unit, atom), atom.after
    else:
        made, name = _made_again(unit, atom), atom.name
    return (
        None
        if made is None
        else EarlierOperations((conditional(made),), origins, f"lack {name}, which this operation needs")
    )


def rename_again(unit: Unit, atom: Renamed) -> Operation | None:
    """The rename of mainline's migration of the same name; None where it is a part of another operation."""
    assert unit.twin is not None
    whole = unit.twin.operations[atom.origin.index]
    return whole if isinstance(whole, Operation) and whole.kind in RENAMES else None


def named_as_before(draft: Draft, unit: Unit, atom: Renamed, whole: Operation) -> EarlierOperations | None:
    """The old name of what the patch branch has renamed, in front of the first operations of mainline's that use it under that name. None where there
    are none, and where one is in another app's file, which cannot rename it."""
    origins = _first_uses(draft, unit, atom)
    if not origins or any(origin.migration.app != unit.key.app for origin in origins):
        return None
    model = Constant(atom.schema_object.model.model) if whole.kind == "RenameField" else None
    back = operation(
        whole.kind, model_name=model, old_name=Constant(atom.after), new_name=Constant(atom.before)
    )
    return EarlierOperations(
        (database_only(conditional(back)),),
        origins,
        f"have {atom.after}, which this operation knows as {atom.before}",
        covers=False,
    )


def _first_uses(
    draft: Draft, unit: Unit, atom: Added | Renamed, counts: Callable[[Origin], bool] = lambda _: True
) -> tuple[Origin, ...]:
    """Of the migrations that come after it: the first operation that requires the schema object, in each one that no other such one precedes.
    Only those that count."""
    found: dict[MigrationKey, Origin] = {}
    graph = MigrationGraph.raw(draft.mainline)
    for other in unit.side.comparison.mainline_atoms:
        key = other.origin.migration
        if (
            key != unit.key
            and _supposes(draft, unit, other, atom)
            and (unit.twin is None or unit.key in graph.ancestors(key))
            and counts(other.origin)
        ):
            found[key] = min(found.get(key, other.origin), other.origin, key=lambda origin: origin.index)
    return tuple(
        origin for key, origin in found.items() if (found.keys() - {key}).isdisjoint(graph.ancestors(key))
    )


def _supposes(draft: Draft, unit: Unit, other: Atom, atom: Added | Renamed) -> bool:
    """Whether the operation works on the schema object, refers to it, or works on its table in a way that needs all columns of the model."""
    if isinstance(other, DataRun):
        return atom.schema_object.kind in (SchemaObjectKind.TABLE, SchemaObjectKind.COLUMN) and any(
            _queries(unit, each, other.app, atom)
            for each in row_operations(
                (draft.mainline.migrations[other.origin.migration].operations[other.origin.index],)
            )
        )
    if isinstance(other, UnreadChange) or not other.database:
        return False
    if atom.schema_object.kind is SchemaObjectKind.TABLE:
        return other.schema_object.model == atom.schema_object.model or _refers(
            other, atom.schema_object.model
        )
    if other.schema_object.model != atom.schema_object.model:
        return False
    if other.schema_object == atom.schema_object or (
        isinstance(other, Renamed) and other.schema_object.kind is SchemaObjectKind.TABLE
    ):
        return True
    return atom.schema_object.kind is SchemaObjectKind.COLUMN and (
        rebuilds(other) or other.schema_object.kind in OVER_COLUMNS
    )


def _queries(unit: Unit, other: Operation | Opaque, app: str, atom: Added | Renamed) -> bool:
    """Whether the data operation may query the table: by Python with all columns, by SQL with this one. SQL that cannot be read is no query."""
    if isinstance(other, Opaque) or other.kind not in ("RunPython", "RunSQL"):
        return False
    comparison, reach = unit.side.comparison, reach_of(other, app)
    now = comparison.mainline_identity.current_model(atom.schema_object.model)
    if may_query_any_model(other, reach):
        return True
    if not {str(atom.schema_object.model), str(now)}.isdisjoint(reach.models or ()):
        return True
    if not queries_by_sql(other, reach):
        return False
    model = comparison.mainline_end.models.get(now)
    table = f"{now.app}_{now.model}" if model is None else table_name(model)
    made = atom if isinstance(atom, Added) else None
    column = column_name(made.name, made.shape) if made and isinstance(made.shape, Field) else None
    return set(words_of(table)) <= reach.words and (column is None or column in reach.words)


def _refers(other: Atom, model: ModelKey) -> bool:
    shape = other.shape if isinstance(other, Added) else None
    return isinstance(shape, Field) and Constant(str(model)) in (
        shape.argument("to"),
        shape.argument("through"),
    )


def known_before_rebuild(draft: Draft, unit: Unit, atom: Added) -> EarlierOperations | None:
    """A column of the patch branch's alone, in front of the first operations of mainline's that recreate its table on SQLite: else they lose
    it (FACTS F31). Databases that are past those still need it at the leaf. None where there are none, and for a column of an earlier migration of the
    branch."""
    if atom.origin.migration != unit.key:
        return None
    whole = unit.migration.operations[atom.origin.index]
    if isinstance(whole, Opaque) or whole.kind != "AddField":
        return None
    if not all(writable(value) for _, value in whole.arguments):
        return None
    model = atom.schema_object.model
    origins = _first_uses(draft, unit, atom, lambda origin: _rebuilt_by(unit, origin, model))
    reason = f"have {atom.name}, which SQLite would lose here"
    return EarlierOperations((conditional(whole),), origins, reason) if origins else None


def _rebuilt_by(unit: Unit, origin: Origin, model: ModelKey) -> bool:
    """Whether the operation, or a later one of its migration, recreates the table."""
    atoms = (
        each for each in unit.side.comparison.mainline_atoms if not isinstance(each, DataRun | UnreadChange)
    )
    return any(
        each.schema_object.model == model and rebuilds(each)
        for each in atoms
        if each.origin.migration == origin.migration and each.origin.index >= origin.index
    )


def _made_again(unit: Unit, atom: Added) -> Operation | None:
    """The operation that creates the schema object alone; None where it cannot be written."""
    assert unit.twin is not None
    whole = unit.twin.operations[atom.origin.index]
    if not isinstance(whole, Operation) or whole.kind not in MAKERS:
        return None
    if whole.kind != "CreateModel" or atom.schema_object.kind is SchemaObjectKind.TABLE:
        return whole if all(writable(value) for _, value in whole.arguments) else None
    value = shape_value(atom.shape)
    model = Constant(model_name(whole))
    match atom.schema_object.kind:
        case _ if value is None:
            return None
        case SchemaObjectKind.COLUMN:
            return operation("AddField", model_name=model, name=Constant(atom.name), field=value)
        case SchemaObjectKind.INDEX:
            return operation("AddIndex", model_name=model, index=value)
        case SchemaObjectKind.CONSTRAINT:
            return operation("AddConstraint", model_name=model, constraint=value)
        case _:
            return None


def column_objects(unit: Unit, atom: Added) -> tuple[tuple[str, SchemaObject], ...]:
    """The columns of the fork point's that an index, a constraint or a together of the patch branch names, each with its name there."""
    identity = unit.side.comparison.patch_identity
    own = {each.schema_object for each in unit.side.comparison.patch_atoms if isinstance(each, Added)}
    model = identity.current_model(atom.schema_object.model)
    names = atom.name.split(",") if atom.schema_object.kind not in DEFINED else sorted(names_in(_value(atom)))
    schema_objects = ((name, identity.schema_object(SchemaObjectKind.COLUMN, model, name)) for name in names)
    return tuple((name, schema_object) for name, schema_object in schema_objects if schema_object not in own)


DEFINED = (SchemaObjectKind.INDEX, SchemaObjectKind.CONSTRAINT)


def _value(atom: Added) -> Value:
    assert not isinstance(atom.shape, Field | tuple), "an index's or constraint's shape is a value"
    return atom.shape


def removal(unit: Unit, schema_object: SchemaObject) -> Removed | None:
    """Mainline's last change of the schema object, if that removes it."""
    atoms = (
        each for each in unit.side.comparison.mainline_atoms if not isinstance(each, DataRun | UnreadChange)
    )
    last = [each for each in atoms if each.schema_object == schema_object][-1:]
    return last[0] if last and isinstance(last[0], Removed) else None


def dropped_with_its_column(unit: Unit, atom: Added, removed: Removed) -> EarlierOperations | None:
    """The patch branch's index or constraint is dropped where mainline removes a column of it. None where that cannot be written."""
    migration = next(each for each in unit.side.sides.mainline if each.key == removed.origin.migration)
    whole = migration.operations[removed.origin.index]
    if isinstance(whole, Opaque) or whole.kind != "RemoveField":
        return None
    model = Constant(model_name(whole))
    match atom.schema_object.kind:
        case SchemaObjectKind.INDEX:
            made = operation("RemoveIndex", model_name=model, name=Constant(atom.name))
        case SchemaObjectKind.CONSTRAINT:
            made = operation("RemoveConstraint", model_name=model, name=Constant(atom.name))
        case SchemaObjectKind.UNIQUE_TOGETHER:
            again = _same_together(unit, atom)
            if again is None:
                return None
            made = operation("AlterUniqueTogether", name=model, unique_together=again)
        case _:
            return None
    return EarlierOperations(
        (conditional(made),), (removed.origin,), f"have {atom.name}, which goes before its column does"
    )


def _same_together(unit: Unit, atom: Added) -> Value | None:
    """What mainline's model says all along; None where mainline has changed it."""
    comparison = unit.side.comparison
    was = comparison.start.models.get(atom.schema_object.model)
    now = comparison.mainline_end.models.get(
        comparison.mainline_identity.current_model(atom.schema_object.model)
    )
    if was is None or now is None or was.unique_together != now.unique_together:
        return None
    rows = (Items("tuple", tuple(map(Constant, names))) for names in sorted(now.unique_together))
    return Items("set", tuple(rows))


def under_mainlines_names(unit: Unit, atom: Added) -> Value | None:
    """The index or constraint with its fields called as on mainline; None where a condition or an expression would have to change."""
    value = _value(atom)
    identity = unit.side.comparison.mainline_identity
    now = {name: identity.current_name(schema_object) for name, schema_object in column_objects(unit, atom)}
    renamed = {name: other for name, other in now.items() if name != other}
    if not renamed:
        return value
    if not isinstance(value, Call) or not _expressed(value).isdisjoint(renamed):
        return None
    return with_field_names(value, renamed)


def _expressed(value: Call) -> frozenset[str]:
    """The fields that it names anywhere but in `fields` and `include`."""
    rest = tuple(pair for pair in value.kwargs if pair[0] not in NAMES_OF_FIELDS)
    return resolved_by(replace(value, kwargs=rest))


def with_inserts(draft: Draft, unit: Unit, wanted: Iterable[EarlierOperations]) -> Draft:
    """The draft with these operations in mainline's files."""
    for before in wanted:
        for origin in before.origins:
            file = draft.get_file(origin.migration)
            operations = tuple(_inserted(file.operations, origin.index, before.operations))
            comment = f"Databases of {unit.label} {before.reason}."
            provenance = (f"covers {unit.label}",) if before.covers else ()
            file = replace(file, operations=operations).with_comment(comment, provenance=provenance)
            draft = draft.with_file(file)
    return draft


def _inserted(
    operations: tuple[OperationEdit, ...], index: int, more: tuple[Operation, ...]
) -> Iterator[OperationEdit]:
    new = [Insert(each) for each in more if Insert(each) not in operations]
    if KeepOperation(index) not in operations:
        yield from new
    for edit in operations:
        if edit == KeepOperation(index):
            yield from new
        yield edit
