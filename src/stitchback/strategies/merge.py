"""merge: the patch migration's file, byte for byte, and an empty merge migration where there would be two leaves."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Unit, is_repeatable
from stitchback.model.atoms import DataRun, WorkInTree
from stitchback.model.matches import Match, Verdict
from stitchback.model.plans import Remark
from stitchback.strategies.copy_file import brought
from stitchback.strategies.draft import Draft
from stitchback.strategies.parents import has_applicable_dependencies


class Merge:
    """Where mainline makes nothing that the patch migration makes, or only alterations that may run twice: the recipe that
    works for every database without a manual step (FACTS F16)."""

    name = "merge"
    summary = "The patch migration is copied; an empty merge migration joins two leaf nodes."
    conditional = False

    def propose(self, draft: Draft, unit: Unit) -> Draft | None:
        if unit.twin:
            return _same_file(draft, unit, self.name)
        if any(_doubled(match) for match in unit.duplicated):
            return None
        file = brought(draft, unit)
        if file is None:
            return None
        merged = (
            draft.with_file(file).with_replacement(unit.key, unit.key).with_strategy(unit.key.app, self.name)
        )
        return merged.with_remark(*(Remark(unit.key, text) for text in _remarks(unit)))


def _doubled(match: Match) -> bool:
    """Whether making it on both sides would make it twice."""
    repeatable = all(is_repeatable(atom) for atom in (*match.patch, *match.given))
    return not (repeatable and match.verdict in (Verdict.IDENTICAL, Verdict.SAME_SCHEMA))


def _same_file(draft: Draft, unit: Unit, name: str) -> Draft | None:
    twin = unit.twin
    if (
        twin is None
        or twin.operations != unit.migration.operations
        or not has_applicable_dependencies(draft, unit)
    ):
        return None
    return draft.with_replacement(unit.key, twin.key).with_strategy(unit.key.app, name)


def _remarks(unit: Unit) -> list[str]:
    """A data operation is never run twice and never dropped in silence: say where it will run."""
    data = [atom for match in unit.remainder for atom in match.patch if isinstance(atom, DataRun)]
    where = "fresh databases, those at the fork point and mainline's"
    reasons = [
        f"{unit.key}: {atom.label} will run on {where}; databases of the patch branch have run it."
        for atom in data
    ]
    return reasons + [text for atom in data for text in _must_be_copied_too(unit, atom)]


def _must_be_copied_too(unit: Unit, atom: DataRun) -> Iterator[str]:
    """The file alone does the branch's work only with the branch's version of what it reaches."""
    if not isinstance(atom.work, WorkInTree) or atom.work.tree.on_mainline is None:
        return
    tree, there = atom.work.tree, atom.work.tree.on_mainline
    reached = {**there.followed.reached, **tree.followed.reached}
    unlike = {reached[name].path: None for name in tree.unlike(there)}
    if unlike:
        ref = unit.side.patch.tree.ref
        yield f"{unit.key}: {atom.label} runs code that differs on {ref}: merge {', '.join(sorted(unlike))} of {ref} too."
