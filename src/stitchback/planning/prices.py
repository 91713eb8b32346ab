"""The cost of a candidate for the user: the ranking of DESIGN, Planning."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.model.edits import DeleteFile, FileEdit, Insert, MakeConditional, SetOperations
from stitchback.model.operations import Operation
from stitchback.model.plans import Candidate, Proof, SafePlan


@dataclass(frozen=True, slots=True, order=True)
class Price:
    """Lower is better, in this order: released databases left out, damage if a manual step is forgotten, whether a file is written, whether a database
    finishes first, conditional operations in migrations, manual steps, edited files.

    `left_out`: fork points whose databases fail to migrate, or end with another schema, with or without the plan. `damages`: 1 if `migrate` without
    the manual step destroys values or runs data operations again without an error (FACTS F36); 0 before the proof. `writes`: 0 if the tree works as it is: a second plan has nothing to add to the first, which had
    accepted what has to finish first. `finishing`: 1 if databases are
    migrated to the end with their old code first; 0 before the proof. `manual_steps`: the number of
    manual inserts before the proof, of populations that need a manual step after it.
    """

    left_out: int
    damages: int
    writes: int
    finishing: int
    conditional: int
    manual_steps: int
    files: int

    def __str__(self) -> str:
        said = [f"{self.files} file{'' if self.files == 1 else 's'}"]
        said.append(
            "no manual step"
            if not self.manual_steps
            else f"{self.manual_steps} manual step{'' if self.manual_steps == 1 else 's'}"
        )
        if self.conditional:
            said.append(f"{self.conditional} conditional operation{'' if self.conditional == 1 else 's'}")
        return ", ".join(said)


def price(candidate: Candidate, proof: Proof | None = None) -> Price:
    """The candidate's price, before its proof or after."""
    conditional = sum(_conditional(edit) for edit in candidate.edits)
    writes = int(bool(candidate.edits))
    if proof is None:
        return Price(0, 0, writes, 0, conditional, len(candidate.manual_inserts), len(candidate.edits))
    left_out, damages, finishing = proof.left_out_released, int(proof.damages), int(proof.finishes_first)
    return Price(left_out, damages, writes, finishing, conditional, proof.manual_steps, len(candidate.edits))


def _conditional(edit: FileEdit) -> int:
    if isinstance(edit, DeleteFile):
        return 0
    found = 0
    for change in edit.changes:
        if isinstance(change, SetOperations):
            found += sum(isinstance(item, MakeConditional) for item in change.operations)
            found += sum(
                isinstance(item, Insert) and _is_conditional(item.operation) for item in change.operations
            )
    return found


def _is_conditional(operation: Operation) -> bool:
    return operation.conditional


def price_of(plan: SafePlan) -> Price:
    """The price of a proved plan, with the manual steps that its proof counted."""
    return price(plan.candidate, plan.proof)
