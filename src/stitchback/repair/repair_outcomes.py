"""The outcome of a repair: proved edits, or the reason why there are none."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.engine import SymbolicDatabase
from stitchback.model.ledger import Ledger
from stitchback.model.physical import PhysicalSchema
from stitchback.model.plans import Failure
from stitchback.repair.half_done_migrations import HalfDone
from stitchback.repair.ledger_edits import LedgerEdit


@dataclass(frozen=True, slots=True)
class Repair:
    """`edits` take `ledger` to `after`; empty if no repair is needed. `proved` is the database that passed every rollout; `end` is its final schema,
    which no row changes; `found` is the same database with the rows that were read. `remarks` are for the user; `mismatches` are names that the
    ledger promises and the database lacks, or the reverse, in tables that no edit affects."""

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
    """No edit of the rows could be proved. `found` is the known part of the database. `code`: SB612 the edits that were tried fail, SB613 the schema
    must be read first, SB614 ledger and schema contradict each other, SB615 the user must say where an app's tables are. `half_done`: the migration
    that was killed while it ran and prevents the repair."""

    ledger: Ledger
    code: str
    message: str
    hint: str = ""
    evidence: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    found: SymbolicDatabase | None = None
    half_done: HalfDone | None = None


RepairOutcome = Repair | Unrepairable
