"""Mainline's alterations of what no database sees do not take back the shape that the patch gave the column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stitchback.matching.case import Case, Side
from stitchback.matching.leaf_models import patch_alone_seen
from stitchback.model.atoms import Altered, DataRun, SchemaObjectKind
from stitchback.model.edits import KeepOperation
from stitchback.model.matches import Match
from stitchback.model.operations import Operation
from stitchback.model.state import Field
from stitchback.schema.comparing import differences
from stitchback.strategies.draft import Draft

# No query and no data operation asks for them.
FOR_PEOPLE = frozenset(
    {
        "blank",
        "choices",
        "editable",
        "error_messages",
        "help_text",
        "limit_choices_to",
        "validators",
        "verbose_name",
    }
)


def with_patch_shapes(draft: Draft, case: Case) -> Draft:
    """The draft without mainline's AlterFields of which a database sees nothing, where the patch branch altered the column: an AlterField
    says all of a field, so it would take the column back on databases that have the patch's. What it changed in the models is
    given to a migration at the leaf (`carrying`)."""
    for side in case.sides:
        for match in side.comparison.matches:
            if patch_alone_seen(match):
                for atom in taking_back(side, match):
                    draft = without(draft, atom)
    return draft


def taking_back(side: Side, match: Match) -> Iterator[Altered]:
    """Mainline's alterations of such a column that may wait: no data operation of mainline's needs them."""
    data = any(isinstance(atom, DataRun) for atom in side.comparison.mainline_atoms)
    for atom in match.mainline:
        column = isinstance(atom, Altered) and atom.schema_object.kind is SchemaObjectKind.COLUMN
        if isinstance(atom, Altered) and column and (not data or is_for_people(atom)):
            yield atom


def is_for_people(atom: Altered) -> bool:
    before, after = atom.before, atom.after
    if not isinstance(before, Field) or not isinstance(after, Field):
        return False
    changed = {text.partition(":")[0] for text in differences(before, after, visible_only=False)}
    return changed <= FOR_PEOPLE


def without(draft: Draft, atom: Altered) -> Draft:
    key, index = atom.origin.migration, atom.origin.index
    if not draft.has_file(key):
        return draft
    file = draft.get_file(key)
    whole = file.original.operations[index] if file.original else None
    if (
        not isinstance(whole, Operation)
        or whole.kind != "AlterField"
        or KeepOperation(index) not in file.operations
    ):
        return draft
    left = tuple(edit for edit in file.operations if edit != KeepOperation(index))
    comment = "Its change of a field that the patch altered moves to the leaf node; no database changes."
    return draft.with_file(replace(file, operations=left).with_comment(comment))
