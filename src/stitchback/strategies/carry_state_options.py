"""What no database sees and would be lost at mainline's leaves is given to a migration there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from stitchback.matching.case import Case
from stitchback.matching.leaf_models import sides_of
from stitchback.matching.three_way import (
    BranchSides,
    Merge,
    merge,
    model_of,
)
from stitchback.model.atoms import SchemaObjectKind
from stitchback.model.edits import Insert
from stitchback.model.operations import Operation
from stitchback.model.state import Field, ModelState
from stitchback.model.values import Constant, Dictionary, Items, Value
from stitchback.operations.model_options import ALTER_OPTION_KEYS
from stitchback.schema.identity import Identity
from stitchback.schema.model_parts import Part, is_invisible
from stitchback.strategies.draft import Draft, FileDraft
from stitchback.strategies.file_names import leaf_key, path_for
from stitchback.strategies.leaves import leaves
from stitchback.strategies.written_operations import operation, shape_value, writable

MOST_IN_A_NAME = 2  # operations whose names a new migration's name is made of, as `makemigrations` does it


def carried(draft: Draft, case: Case) -> Draft:
    """The draft with an AlterField, AlterModelOptions or AlterModelManagers at the leaf for each part of the models that the merge of
    both branches (`schema.three_way`) has otherwise than the drafted tree. What cannot be written into another file stays as it is:
    then the proof refuses."""
    sides = sides_of(case, draft.result)
    if not sides:
        return draft
    wanted = merge(sides)
    for app in sorted({part.model.app for part in wanted}):
        operations = tuple(carrying(app, wanted, sides))
        if operations:
            draft = at_the_leaf(draft, app, operations, [side.ref for side in sides])
    return draft


def carrying(app: str, wanted: Merge, sides: Sequence[BranchSides]) -> Iterator[Operation]:
    """The operations that turn the drafted tree's models of the app into the merged ones."""
    lost = [
        part
        for part, each in sorted(wanted.items())
        if part.model.app == app and is_invisible(part) and each.result != each.expected
    ]
    for model in dict.fromkeys(part.model for part in lost):
        mine = [part for part in lost if part.model == model]
        found = next(
            (each.result.state.models[model] for each in sides if model in each.result.state.models), None
        )
        if found is not None:
            yield from of_fields(found, mine, wanted, sides)
            yield from of_options(found, mine, wanted, sides)
            yield from of_managers(found, mine, wanted, sides)


def of_fields(
    model: ModelState, lost: Iterable[Part], wanted: Merge, sides: Sequence[BranchSides]
) -> Iterator[Operation]:
    parts = [part for part in lost if part.kind == "field"]
    for name in dict.fromkeys(part.name for part in parts):
        field = model.field(name)
        if not isinstance(field, Field):
            continue
        for part in parts:
            if part.name == name:
                field = field.with_argument(part.argument, as_written(part, wanted, sides))
        value = shape_value(field)
        if value is not None:
            yield operation(
                "AlterField", model_name=Constant(model.name.lower()), name=Constant(name), field=value
            )


def of_options(
    model: ModelState, lost: Iterable[Part], wanted: Merge, sides: Sequence[BranchSides]
) -> Iterator[Operation]:
    parts = [part for part in lost if part.kind == "option" and part.name in ALTER_OPTION_KEYS]
    if not parts:
        return
    options = {name: value for name, value in model.options if name in ALTER_OPTION_KEYS}
    for part in parts:
        value = as_written(part, wanted, sides)
        if value is None:
            options.pop(part.name, None)
        else:
            options[part.name] = value
    if all(map(writable, options.values())):
        pairs = tuple((Constant(name), value) for name, value in sorted(options.items()))
        yield operation("AlterModelOptions", name=Constant(model.name.lower()), options=Dictionary(pairs))


def of_managers(
    model: ModelState, lost: Iterable[Part], wanted: Merge, sides: Sequence[BranchSides]
) -> Iterator[Operation]:
    for part in lost:
        if part.kind == "managers":
            value = as_written(part, wanted, sides)
            managers = Items("list", ()) if value is None else value
            if writable(managers):
                yield operation("AlterModelManagers", name=Constant(model.name.lower()), managers=managers)


def as_written(part: Part, wanted: Merge, sides: Sequence[BranchSides]) -> Value | None:
    """The merged value of the part as the branch wrote it that has the last word."""
    asked = wanted[part].open_asks
    patches = [(each, each.patch) for each in sides if asked and each.ref == asked[-1].ref]
    for each, branch in patches or [(each, each.mainline) for each in sides]:
        identity = each.result.identity
        model = model_of(branch, identity.model(part.model))
        if model is not None:
            return written_in(model, part, branch.identity, identity)
    return None


def written_in(model: ModelState, part: Part, own: Identity, result: Identity) -> Value | None:
    match part.kind:
        case "field":
            name = result.name(SchemaObjectKind.COLUMN, part.model, part.name)
            field = model.field(own.now(SchemaObjectKind.COLUMN, own.model(model.key), name))
            return field.argument(part.argument) if isinstance(field, Field) else None
        case "managers":
            pairs = tuple(Items("tuple", (Constant(name), value)) for name, value in model.managers)
            return Items("list", pairs) if pairs else None
        case _:
            return model.option(part.name)


def at_the_leaf(draft: Draft, app: str, operations: tuple[Operation, ...], refs: Sequence[str]) -> Draft:
    """In the merge migration that the draft makes, else in a new migration after the leaf."""
    found = leaves(draft.result, app)
    if not found:  # a circle: the proof refuses the draft for it
        return draft
    inserts = tuple(map(Insert, operations))
    file = draft.files.get(found[0]) if len(found) == 1 else None
    if file is None or file.original is not None or file.operations or file.replaces:
        key = leaf_key(draft, app, words(operations))
        like = draft.result.migrations[found[0]].path
        file = FileDraft(key, path_for(draft, key, like), None, found)
    named = " and ".join(dict.fromkeys(refs))
    comment = f"Combines what {named} and mainline changed in the models; no database changes."
    return draft.with_file(replace(file, operations=inserts).with_comment(comment))


def words(operations: Sequence[Operation]) -> str:
    """As `Operation.migration_name_fragment`, joined: "alter_item_tag"."""
    named = [fragment(each) for each in operations[:MOST_IN_A_NAME]]
    return "_".join(named) + ("_and_more" if len(operations) > MOST_IN_A_NAME else "")


def fragment(each: Operation) -> str:
    values = {name: value.value for name, value in each.arguments if isinstance(value, Constant)}
    match each.kind:
        case "AlterField":
            return f"alter_{values['model_name']}_{values['name']}"
        case "AlterModelManagers":
            return f"alter_{values['name']}_managers"
        case _:
            return f"alter_{values['name']}_options"
