"""What comes of looking for a repair: edits that were proved, or the reason why there are none."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.engine import SymbolicDatabase
from stitchback.model.ledger import Ledger
from stitchback.model.physical import PhysicalSchema
from stitchback.model.plans import Failure
from stitchback.repair.edits import LedgerEdit
from stitchback.repair.half_done import HalfDone


@dataclass(frozen=True, slots=True)
class Repair:
    """`edits` take `ledger` to `after`; none where nothing has to be done. `proved` is the database that was taken through every
    rollout; `end` is the schema that it comes to, which no row changes; `found` is the same database with its rows as they were read. `remarks` are worth knowing; `mismatches` are names that the ledger promises and the database lacks, or the other
    way round, in tables that no edit has to do with."""

    ledger: Ledger
    edits: tuple[LedgerEdit, ...]
    after: Ledger
    proved: SymbolicDatabase
    found: SymbolicDatabase
    end: PhysicalSchema | None = None
    remarks: tuple[str, ...] = ()
    mismatches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unrepairable:
    """No edit of the rows could be proved. `found` is the database as far as it is known. `code`: SB612 what was tried fails, SB613 the schema has to be looked at first,
    SB614 ledger and schema contradict each other, SB615 a person has to say where an app's tables are. `half_done`: the migration that was killed within, and is in the way."""

    ledger: Ledger
    code: str
    message: str
    hint: str = ""
    evidence: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    found: SymbolicDatabase | None = None
    half_done: HalfDone | None = None


RepairOutcome = Repair | Unrepairable
