"""Checks that the models at mainline's leaf nodes after reconciling are the three-way merge of both branches (`schema.three_way`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stitchback.matching.three_way import BranchSides, Merge, MergedPart, merge
from stitchback.schema.model_parts import Absence, Part


def models_changed(sides: Sequence[BranchSides]) -> Iterator[str]:
    """The parts of the models that the reconciled tree lost or changed compared with the merge of both branches."""
    merged = merge(sides)
    gone = {part.model for part, each in merged.items() if part.kind == "model" and is_absent(each.result)}
    for part, each in sorted(merged.items()):
        if each.result == each.expected or (part.model in gone and part.kind != "model"):
            continue
        if not is_elsewhere(part, each, merged):
            yield in_words(part, each)


def is_absent(value: object) -> bool:
    return isinstance(value, Absence)


def is_elsewhere(part: Part, each: MergedPart, merged: Merge) -> bool:
    """Whether a patch branch has that part on a model of another name: a squash on mainline does not show renames."""
    if each.mainline is not Absence.GONE or is_absent(each.result):
        return False
    return any(
        twin.model != part.model
        and (twin.kind, twin.name, twin.argument) == (part.kind, part.name, part.argument)
        and any(ask.patch == each.result for ask in other.asks)
        for twin, other in merged.items()
    )


def in_words(part: Part, each: MergedPart) -> str:
    refs = joined(ask.ref for ask in each.open_asks)
    if is_absent(each.expected) and not refs:
        return f"{part} is on neither branch"
    if refs and is_absent(each.expected):
        return f"{part} still exists, although {refs} removed it"
    if refs:
        return f"{part}: the change of {refs} is lost"
    return f"{part} of mainline is lost" if is_absent(each.result) else f"{part} differs from mainline"


def joined(refs: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(refs))
