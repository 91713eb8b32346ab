"""SB215 and SB216: parts of the models that both branches, or two patch branches, changed in different ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from stitchback.matching.case import Case, Side
from stitchback.matching.leaf_models import sides_of
from stitchback.matching.three_way import MergedPart, merge
from stitchback.model.atoms import DataRun, SchemaObjectKind, UnreadChange
from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.source import Span
from stitchback.schema.atoms_between import MANAGERS
from stitchback.schema.model_parts import Absence, Part, is_invisible

Thing = tuple[str, str, str]  # model, kind, name
KINDS = {SchemaObjectKind.COLUMN: "field", SchemaObjectKind.OPTIONS: "option"}
Refs = Callable[[MergedPart], tuple[str, ...]]


class ChangedOnBoth:
    """Both branches changed something of a model that no database stores (`help_text`, `on_delete`,
    `related_name`, an option, managers), each in a different way.
    """

    code = "SB215"
    severity = Severity.NOTE
    remedy = "Check that mainline's value is right."

    def find(self, case: Case) -> Iterator[Finding]:
        onto = case.situation.mainline.ref
        for schema_object, words, refs in _named(case, lambda merged: merged.contradicted):
            where = _place(case, schema_object, refs)
            if where is None:
                continue  # a migration with the same name on both branches: reported as SB204
            side, span = where
            message = (
                f"{words} on {' and '.join(refs)} differs from {onto}, which changed it too: {onto}'s is kept"
            )
            yield Finding(self.code, self.severity, side.patch.tree.ref, span, message)


class ChangedOnTwoPatches:
    """Two patch branches changed something of a model that no database stores, each in a different way, and
    mainline did not change it.
    """

    code = "SB216"
    severity = Severity.WARNING
    remedy = "Name the branch whose value is right as the last one."

    def find(self, case: Case) -> Iterator[Finding]:
        for schema_object, words, refs in _named(case, lambda merged: merged.disputed):
            where = _place(case, schema_object, refs[-1:])
            if where is not None:
                side, span = where
                message = (
                    f"{words} differs on {' and '.join(refs)}: the value of {refs[-1]}, named last, is kept"
                )
                yield Finding(self.code, self.severity, side.patch.tree.ref, span, message)


def _named(case: Case, of: Refs) -> Iterator[tuple[Thing, str, tuple[str, ...]]]:
    """(what, in words, the patch branches) for each field, option or set of managers with such parts."""
    sides = sides_of(case, case.mainline)
    found: dict[tuple[Thing, tuple[str, ...]], list[Part]] = {}
    for part, merged in sorted(merge(sides).items()):
        refs = of(merged)
        if refs and is_invisible(part) and merged.mainline is not Absence.GONE:
            found.setdefault(((str(part.model), part.kind, part.name), refs), []).append(part)
    for (schema_object, refs), parts in found.items():
        yield schema_object, _words(parts), refs


def _words(parts: list[Part]) -> str:
    first = parts[0]
    if first.kind != "field":
        return str(first)
    return f"{', '.join(part.argument for part in parts)} of field {first.model}.{first.name}"


def _place(case: Case, schema_object: Thing, refs: tuple[str, ...]) -> tuple[Side, Span] | None:
    """The patch migration that changed it last; None where mainline has one of that name."""
    for side in reversed(case.sides):
        key = _last_changes(side).get(schema_object) if side.patch.tree.ref in refs else None
        if key is not None and side.sides.twin(key) is None:
            return side, Span(side.patch.tree.migrations[key].path)
    return None


def _last_changes(side: Side) -> Mapping[Thing, MigrationKey]:
    identity, found = side.comparison.mainline_identity, dict[Thing, MigrationKey]()
    for atom in side.comparison.patch_atoms:
        if isinstance(atom, DataRun | UnreadChange) or atom.schema_object.kind not in KINDS:
            continue
        model, name, kind = (
            identity.current_model(atom.schema_object.model),
            atom.schema_object.name,
            KINDS[atom.schema_object.kind],
        )
        if kind == "field":
            name = identity.now(SchemaObjectKind.COLUMN, atom.schema_object.model, name)
        elif name == MANAGERS:
            kind, name = MANAGERS, ""
        found[str(model), kind, name] = atom.origin.migration
    return found
