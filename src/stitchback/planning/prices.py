"""What a candidate costs people: the ranking of DESIGN, Planning."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.model.edits import DeleteFile, FileEdit, Insert, MakeConditional, SetOperations
from stitchback.model.operations import Operation
from stitchback.model.plans import Candidate, Proof, SafePlan


@dataclass(frozen=True, slots=True, order=True)
class Price:
    """Lower is better, in this order: released databases left out, conditions on the database in migrations, hands, files edited.

    `hands` counts the handovers before the proof, the populations that need a hand after it. `left_out`: fork points whose databases a plain
    migrate fails for, or leaves with another schema, as it does without the plan.
    """

    left_out: int
    conditional: int
    hands: int
    files: int

    def __str__(self) -> str:
        said = [f"{self.files} file{'' if self.files == 1 else 's'}"]
        said.append("no hands" if not self.hands else f"{self.hands} hand{'' if self.hands == 1 else 's'}")
        if self.conditional:
            said.append(f"{self.conditional} conditional operation{'' if self.conditional == 1 else 's'}")
        return ", ".join(said)


def price(candidate: Candidate, proof: Proof | None = None) -> Price:
    """The candidate's price, before its proof or after."""
    conditional = sum(_conditional(edit) for edit in candidate.edits)
    hands = len(candidate.handovers) if proof is None else proof.hands
    return Price(0 if proof is None else proof.left_out_released, conditional, hands, len(candidate.edits))


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
    """The price of a proved plan: with the hands that its proof counted."""
    return price(plan.candidate, plan.proof)
