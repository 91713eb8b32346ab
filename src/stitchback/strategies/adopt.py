"""adopt: mainline's own migration says that it replaces the patch's."""

from __future__ import annotations

from dataclasses import replace

from stitchback.matching.case import Unit
from stitchback.model.keys import MigrationKey
from stitchback.strategies.draft import Draft


class Adopt:
    """`replaces = [p]` in `m`, in place, where `m` makes just what p made (FACTS F1).

    Right only where m's parents are applied wherever p is (F2, F3): the proof looks.
    """

    name = "adopt"
    summary = "Mainline's migration that makes the same changes replaces the patch migration."
    conditional = False

    def propose(self, draft: Draft, unit: Unit) -> Draft | None:
        if unit.twin or draft.has_file(unit.key) or unit.remainder or not unit.duplicated:
            return None
        givers = {atom.origin.migration for match in unit.duplicated for atom in match.given}
        if len(givers) != 1:
            return None
        (giver,) = givers
        file = draft.get_file(giver)
        if file.replaces:
            return self._into_squash(draft, unit, giver)
        if not _makes_the_same(unit, draft, giver):
            return None
        people = f"Replaces {unit.label}: databases that have applied that migration do not run this one."
        file = replace(file, replaces=(unit.key,)).with_comment(
            people, provenance=(f"replaces {unit.label}",)
        )
        adopted = draft.with_file(file).with_replacement(unit.key, giver)
        return adopted.with_manual_insert(unit.key, (giver,)).with_strategy(unit.key.app, self.name)

    def _into_squash(self, draft: Draft, unit: Unit, squash: MigrationKey) -> Draft | None:
        """A squash that swallowed mainline's migration of the same change, its file deleted: the patch's name takes the place of
        that one in `replaces`. A database that has applied that one gets the patch's row."""
        file, shared = draft.get_file(squash), unit.side.patch.fork.migrations
        swallowed = tuple(
            ghost for ghost in file.replaces if ghost not in shared and not draft.has_file(ghost)
        )
        if len(swallowed) != 1 or not _makes_the_same(unit, draft, squash):
            return None
        replaces = tuple(unit.key if ghost == swallowed[0] else ghost for ghost in file.replaces)
        people = f"Replaces {unit.label}, as {swallowed[0]} did, whose file is gone."
        provenance = (f"replaces {unit.label}", f"takes operations from {swallowed[0]}")
        adopted = draft.with_file(
            replace(file, replaces=replaces).with_comment(people, provenance=provenance)
        )
        adopted = adopted.with_replacement(unit.key, squash).with_manual_insert(unit.key, swallowed)
        return adopted.with_strategy(unit.key.app, self.name)


def _makes_the_same(unit: Unit, draft: Draft, giver: MigrationKey) -> bool:
    """Whether all that the mainline migration does is given to this unit, and no other unit has a part in it."""
    comparison = unit.side.comparison
    theirs = [atom for atom in comparison.mainline_atoms if atom.origin.migration == giver]
    given = {atom for match in unit.duplicated for atom in match.given}
    ours = {atom.origin.migration for match in unit.duplicated for atom in match.patch}
    exact = all(match.verdict.value in ("identical", "same schema", "evolved") for match in unit.duplicated)
    return exact and ours == {unit.key} and all(atom in given for atom in theirs)
