"""bridge: one more migration at the leaf that checks the database and creates what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stitchback.matching.case import Unit
from stitchback.model.atoms import (
    Added,
    Altered,
    Atom,
    DataRun,
    Removed,
    Renamed,
    SchemaObject,
    SchemaObjectKind,
    Shape,
    UnreadChange,
)
from stitchback.model.edits import Insert
from stitchback.model.matches import Match, Verdict
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import Call, Constant, Items, Value, text
from stitchback.schema.labels import key_of
from stitchback.schema.references import LABELS
from stitchback.strategies.before_use import (
    OVER_COLUMNS,
    RENAMES,
    EarlierOperations,
    column_objects,
    dropped_with_its_column,
    known_before_rebuild,
    made_before_use,
    named_as_before,
    removal,
    rename_again,
    under_mainlines_names,
    with_inserts,
)
from stitchback.strategies.draft import Draft, FileDraft
from stitchback.strategies.file_names import leaf_key, path_for
from stitchback.strategies.leaves import leaves
from stitchback.strategies.parents import has_applicable_dependencies, parent_below
from stitchback.strategies.remaining_operations import ending
from stitchback.strategies.reparent import reparented
from stitchback.strategies.written_operations import (
    conditional,
    create_model,
    may_be_altered_again,
    operation,
    row_default,
    shape_value,
    state_only,
    with_row_default,
    writable,
)

REMOVALS = {
    SchemaObjectKind.COLUMN: "RemoveField",
    SchemaObjectKind.INDEX: "RemoveIndex",
    SchemaObjectKind.CONSTRAINT: "RemoveConstraint",
}


class Bridge:
    """For the same name with other schema (FACTS F17), which no migration will ever mend, and for changes of the patch that
    mainline's tree has no place for any more. What a database has is left as it is; what it lacks is made."""

    name = "bridge"
    summary = "One more migration creates what a database lacks, and leaves unchanged what it has."
    conditional = True

    def propose(self, draft: Draft, unit: Unit) -> Draft | None:
        if unit.duplicated and not unit.twin:
            return None  # mainline would still make those again
        wanted = _missing_on_one_side(draft, unit)
        if wanted is None or not wanted.any:
            return None
        if unit.twin and not has_applicable_dependencies(draft, unit):
            # Else Django stops on databases of the patch branch before it runs anything.
            loosened = reparented(draft, unit, unit.twin)
            if loosened is None:
                return None
            draft = loosened
        draft = with_inserts(draft, unit, wanted.before)
        if not wanted.at_the_leaf:
            replacement = unit.key if unit.twin else parent_below(draft, unit)
            return replacement and draft.with_replacement(unit.key, replacement).with_strategy(
                unit.key.app, self.name
            )
        key = leaf_key(draft, unit.key.app, f"bridge_{unit.key.name}")
        operations = tuple(Insert(item) for item in wanted.at_the_leaf)
        file = FileDraft(
            key,
            path_for(draft, key, unit.migration.path),
            None,
            leaves(draft.result, unit.key.app),
            (),
            operations,
        ).with_comment(
            f"Bridge between {unit.label} and mainline: creates what a database lacks, and leaves unchanged what it has.",
            *(
                ("It removes what only one of the two files of that name removes.",)
                if any(item.kind in REMOVALS.values() for item in wanted.at_the_leaf)
                else ()
            ),
            provenance=(f"covers {unit.label}",),
        )
        replacement = unit.key if unit.twin else key
        return (
            draft.with_file(file)
            .with_replacement(unit.key, replacement)
            .with_strategy(unit.key.app, self.name)
        )


@dataclass(frozen=True, slots=True)
class BridgeOperations:
    """Operations that are right on every database: those of the bridge, and those that come earlier."""

    at_the_leaf: tuple[Operation, ...]
    before: tuple[EarlierOperations, ...]

    @property
    def any(self) -> bool:
        return bool(self.at_the_leaf or self.before)


def _missing_on_one_side(draft: Draft, unit: Unit) -> BridgeOperations | None:
    """None where something cannot be bridged (data, removals)."""
    found: list[Operation] = []
    before: list[EarlierOperations] = []
    for match in (*unit.touching, *_only_mainline(unit)):
        earlier = _earlier(draft, unit, match)
        if earlier is not None:
            before.append(earlier)
            renamed = _rename_alone(unit, match)
            if renamed is not None:
                found.append(conditional(renamed))
                continue
            if not _is_for_the_leaf_too(match):
                continue
        made = _bridged(unit, match)
        if made is None:
            return None
        found.extend(made)
    return BridgeOperations(_ordered(found), tuple(dict.fromkeys(before)))


def _ordered(found: Iterable[Operation]) -> tuple[Operation, ...]:
    """SQLite recreates a table to alter a column, from a state that knows all columns: those that are missing come before. So does a new name
    of a table or a column; but the new name of a model recreates the tables that refer to it, and their columns come before it."""
    items = tuple(dict.fromkeys(found))
    models = {text(item.argument("new_name")) for item in items if item.kind == "RenameModel"}

    def rank(item: Operation) -> int:
        match item.kind if item.conditional else "":
            case "RenameModel":
                return 1
            case "RenameField":
                return 2
            case "AddField" if models and not _is_on(item, models):
                return 0
            case "CreateModel" | "AddField":
                return 3
            case _:
                return 4

    return tuple(sorted(items, key=rank))


def _is_on(added: Operation, models: Iterable[str | None]) -> bool:
    """Whether the field is of one of the models, or refers to another model: the table of that may have its old name still."""
    field, names = added.argument("field"), {name.lower() for name in models if name}
    refers = isinstance(field, Call) and (field.kwarg("to") is not None or bool(field.args))
    return refers or text(added.argument("model_name")) in names


def _earlier(draft: Draft, unit: Unit, match: Match) -> EarlierOperations | None:
    """What cannot wait for the leaf (see `before_use`)."""
    first = (match.patch or match.mainline)[0]
    if not isinstance(first, Added | Renamed) or not first.database:
        return None
    if not match.patch:
        return None if _with_its_table(unit, first) else made_before_use(draft, unit, first)
    if isinstance(first, Renamed):
        return _named_as_before(draft, unit, match, first)
    if _is_for_the_leaf_too(match):
        return known_before_rebuild(draft, unit, first) if unit.twin else None
    if match.verdict is Verdict.PATCH_ONLY and first.schema_object.kind in OVER_COLUMNS:
        removed = next(
            (r for _, t in column_objects(unit, first) if (r := removal(unit, t)) is not None), None
        )
        return None if removed is None else dropped_with_its_column(unit, first, removed)
    return None


def _is_for_the_leaf_too(match: Match) -> bool:
    """A column of the patch branch's alone: databases that are past mainline's operation lack it."""
    first = match.patch[0] if match.patch else None
    return (
        match.verdict is Verdict.PATCH_ONLY
        and isinstance(first, Added)
        and first.schema_object.kind is SchemaObjectKind.COLUMN
    )


def _named_as_before(draft: Draft, unit: Unit, match: Match, first: Renamed) -> EarlierOperations | None:
    renamed = _rename_alone(unit, match)
    return None if renamed is None else named_as_before(draft, unit, first, renamed)


def _rename_alone(unit: Unit, match: Match) -> Operation | None:
    """The rename, if that is all that the patch branch does to what mainline still has under the old name."""
    if match.verdict is not Verdict.PATCH_ONLY or len(match.patch) != 1 or unit.twin:
        return None
    (atom,) = match.patch
    if not isinstance(atom, Renamed):
        return None
    owner = _model_now(unit, unit.side.comparison.mainline_end, atom.schema_object)
    whole = unit.migration.operations[atom.origin.index]
    if owner is None or owner.key != atom.schema_object.model or isinstance(whole, Opaque):
        return None
    return whole if whole.kind in RENAMES else None


def _only_mainline(unit: Unit) -> tuple[Match, ...]:
    """What mainline's migration of the same name does and the patch's does not."""
    if unit.twin is None:
        return ()
    theirs = unit.side.only_mainline(unit.key)
    return tuple(Match((), (atom,), Verdict.DIFFERENT, taken=1) for atom in theirs)


def _bridged(unit: Unit, match: Match) -> tuple[Operation, ...] | None:
    atoms: tuple[Atom, ...] = match.patch or match.mainline
    if not any(not isinstance(atom, DataRun | UnreadChange) and atom.database for atom in atoms):
        return (
            ()
            if unit.twin or not any(isinstance(atom, DataRun) and not atom.empty for atom in atoms)
            else None
        )
    if match.verdict in (Verdict.IDENTICAL, Verdict.SAME_SCHEMA) or (
        match.verdict is Verdict.EVOLVED and unit.twin
    ):
        return ()
    patch_alone = match.verdict is Verdict.PATCH_ONLY and bool(match.patch)
    if unit.twin and all(isinstance(atom, Altered) for atom in atoms) and (unit.is_edited or not patch_alone):
        return _to_mainline_shape(unit, match)
    if unit.is_edited and match.verdict is Verdict.PATCH_ONLY:
        return None  # mainline has taken it out of the file: nobody makes it again, and nobody may drop it unasked
    if (
        match.verdict is Verdict.PATCH_ONLY
        and match.patch
        and all(isinstance(each, Altered) for each in atoms)
    ):
        return _to_patch_shape(unit, match)
    if match.verdict is Verdict.PATCH_ONLY or not match.patch:
        return _made_where_missing(unit, atoms, in_patch=bool(match.patch))
    if match.verdict is Verdict.DIFFERENT and unit.twin:
        return _to_mainline_shape(unit, match)
    return None


def _made_where_missing(unit: Unit, atoms: Sequence[Atom], *, in_patch: bool) -> tuple[Operation, ...] | None:
    first = atoms[0]
    if isinstance(first, Renamed) and not in_patch:
        return _renamed_where_needed(unit, atoms)
    if not isinstance(first, Added):
        return _removed_where_present(unit, atoms[-1], in_patch=in_patch)
    comparison = unit.side.comparison
    state = comparison.patch_end if in_patch else comparison.mainline_end
    model = _model_now(unit, state, first.schema_object)
    if model is None:
        return None
    here = Constant(model.name.lower())
    if first.schema_object.kind in OVER_COLUMNS and any(
        removal(unit, t) for _, t in column_objects(unit, first)
    ):
        return None  # nothing can make it again
    match first.schema_object.kind:
        case SchemaObjectKind.TABLE:
            made = create_model(model)
            return None if made is None else (conditional(made),)
        case SchemaObjectKind.COLUMN:
            if _with_its_table(unit, first):
                return ()
            return _add_field(state, first, here, row_default(unit, atoms, in_patch=in_patch))
        case SchemaObjectKind.INDEX:
            value = _named_as_now(unit, first)
            return (
                None if value is None else (conditional(operation("AddIndex", model_name=here, index=value)),)
            )
        case SchemaObjectKind.CONSTRAINT:
            value = _named_as_now(unit, first)
            return (
                None
                if value is None
                else (conditional(operation("AddConstraint", model_name=here, constraint=value)),)
            )
        case SchemaObjectKind.UNIQUE_TOGETHER:
            together = {*model.unique_together, *(_unique_in_patch(unit, first) if in_patch else ())}
            value = Items("set", tuple(_names(names) for names in sorted(together)))
            return (conditional(operation("AlterUniqueTogether", name=here, unique_together=value)),)
        case _:
            return ()


def _removed_where_present(unit: Unit, last: Atom, *, in_patch: bool) -> tuple[Operation, ...] | None:
    """What one of the two migrations of the name removes and the other does not."""
    if not isinstance(last, Removed) or unit.twin is None or last.schema_object.kind not in REMOVALS:
        return None
    comparison = unit.side.comparison
    owner = _model_now(unit, comparison.mainline_end, last.schema_object)
    if owner is None:
        return None  # its table is gone too
    name = comparison.mainline_identity.current_name(last.schema_object)
    made = {*(field for field, _ in owner.fields), *dict(owner.indexes), *dict(owner.constraints)}
    if not in_patch and name in made:
        return None  # mainline has made another one of that name since
    kind = REMOVALS[last.schema_object.kind]
    return (conditional(operation(kind, model_name=Constant(owner.name.lower()), name=Constant(name))),)


def _renamed_where_needed(unit: Unit, atoms: Sequence[Atom]) -> tuple[Operation, ...] | None:
    """Renames of mainline's migration of that name. The state has the new names already; the databases of the patch branch have the old ones."""
    renames = [rename_again(unit, atom) for atom in atoms if isinstance(atom, Renamed)]
    if len(renames) < len(atoms) or None in renames:
        return None
    return tuple(conditional(each) for each in renames if each is not None)


def _unique_in_patch(unit: Unit, atom: Added) -> Iterator[tuple[str, ...]]:
    """What the patch branch has made unique together in the atom's model, with its fields called as on mainline."""
    comparison = unit.side.comparison
    key = comparison.patch_identity.current_model(atom.schema_object.model)
    ours, start = comparison.patch_end.models[key], comparison.start.models.get(atom.schema_object.model)
    known = start.unique_together if start is not None else frozenset()
    for names in ours.unique_together - known:
        columns = (
            comparison.patch_identity.schema_object(SchemaObjectKind.COLUMN, key, name) for name in names
        )
        yield tuple(map(comparison.mainline_identity.current_name, columns))


def _named_as_now(unit: Unit, atom: Added) -> Value | None:
    """The index or constraint as it can be written now; mainline may have renamed its fields."""
    value = under_mainlines_names(unit, atom)
    return value if value is not None and writable(value) else None


def _names(names: tuple[str, ...]) -> Items:
    return Items("tuple", tuple(map(Constant, names)))


def _with_its_table(unit: Unit, column: Added | Renamed) -> bool:
    """Whether the same operation makes the column's table, and only one side does: then the bridge makes the table whole."""
    if column.schema_object.kind is SchemaObjectKind.TABLE:
        return False
    comparison = unit.side.comparison
    on_both = {atom for match in comparison.matches if match.given for atom in (*match.patch, *match.given)}
    return any(
        isinstance(atom, Added)
        and atom.schema_object.kind is SchemaObjectKind.TABLE
        and (atom.origin, atom.schema_object.model) == (column.origin, column.schema_object.model)
        and atom not in on_both
        for atom in (*comparison.patch_atoms, *comparison.mainline_atoms)
    )


def _model_now(unit: Unit, state: SchemaState, schema_object: SchemaObject) -> ModelState | None:
    """The model as mainline's leaves have it, whatever it is called there; as the patch has it where only the patch has it."""
    comparison = unit.side.comparison
    now = comparison.mainline_identity.current_model(schema_object.model)
    return comparison.mainline_end.models.get(now) or state.models.get(schema_object.model)


def _add_field(
    state: SchemaState, atom: Added, model: Constant, default: Value | None
) -> tuple[Operation, ...] | None:
    owner = state.models.get(atom.schema_object.model)
    field = owner.field(atom.name) if owner else None
    if not isinstance(field, Field):
        return None
    added = with_row_default("AddField", model, Constant(atom.name), field, default)
    return None if added is None else (conditional(added),)


def _to_patch_shape(unit: Unit, match: Match) -> tuple[Operation, ...] | None:
    """The patch's alteration of a column, under the names that mainline has for the column and its model now."""
    last, shape = match.patch[-1], ending(match).shape
    comparison = unit.side.comparison
    if (
        not isinstance(last, Altered)
        or last.schema_object.kind is not SchemaObjectKind.COLUMN
        or not isinstance(shape, Field)
    ):
        return None
    owner = _model_now(unit, comparison.mainline_end, last.schema_object)
    now = comparison.mainline_identity.current_name(last.schema_object)
    if owner is None or owner.field(now) is None:
        return None
    for label in LABELS:
        key = key_of(shape.argument(label))
        if key is not None:
            named = comparison.mainline_identity.current_model(key)
            shape = shape.with_argument(label, Constant(str(named)))
    default = row_default(unit, match.patch, in_patch=True)
    altered = with_row_default("AlterField", Constant(owner.name.lower()), Constant(now), shape, default)
    return None if altered is None else (conditional(altered),)


def _to_mainline_shape(unit: Unit, match: Match) -> tuple[Operation, ...] | None:
    """The state gets the shape that databases of the patch branch have, then the column is altered to mainline's for real: on databases
    that have mainline's shape already that changes nothing."""
    last = match.given[-1] if match.given else match.patch[-1]
    shape = _patched_shape(match)
    if (
        not isinstance(last, Added | Altered)
        or last.schema_object.kind is not SchemaObjectKind.COLUMN
        or shape is None
    ):
        return None
    owner = _model_now(unit, unit.side.comparison.mainline_end, last.schema_object)
    field = owner.field(last.name) if owner else None
    theirs = shape_value(shape)
    if not isinstance(field, Field) or theirs is None or owner is None:
        return None
    name_now = last.name
    model, name = Constant(owner.name.lower()), Constant(name_now)
    default = row_default(unit, match.given or match.mainline, in_patch=False)
    ours = with_row_default("AlterField", model, name, field, default)
    if ours is None:
        return None
    if not may_be_altered_again(name_now, shape, field):
        return (conditional(ours),)
    to_patch = operation("AlterField", model_name=model, name=name, field=theirs)
    return (state_only(to_patch), ours)


def _patched_shape(match: Match) -> Shape | None:
    """The shape with which databases of the patch branch come: where only mainline alters it, that from which it does."""
    if match.patch:
        return ending(match).shape
    first = match.mainline[0]
    return first.before if isinstance(first, Altered) else None
