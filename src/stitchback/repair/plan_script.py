"""The repair that a whole plan relies on: one script for every database, which checks whether it is needed."""

from __future__ import annotations

from stitchback.engine import EngineCache
from stitchback.model.ledger import Ledger
from stitchback.model.plans import Candidate
from stitchback.repair.ledger_edits import EditGuard, InsertRow
from stitchback.repair.recorder_rules import RecorderRules
from stitchback.repair.schema_of_applied import AppliedSchema, SchemaOfApplied
from stitchback.repair.sql import Script, render_script


def plan_script(candidate: Candidate, vendor: str, memory: EngineCache | None = None) -> Script:
    """The script for the runbook. It and its undo script may run on every database of that engine before any migrate."""
    edits = plan_edits(candidate, memory)
    given = sorted({key for edit in edits for key in edit.guard.given})
    ledger = Ledger.of(*given, source="all databases (one that does not need a row stays unchanged)")
    return render_script(edits, vendor, ledger, shared=True)


def plan_edits(candidate: Candidate, memory: EngineCache | None = None) -> tuple[InsertRow, ...]:
    """An insert for each manual row of the plan, guarded: the rows that it depends on are present, and the names that its migration creates exist."""
    accounts = RecorderRules(candidate.result)
    player = SchemaOfApplied(accounts, memory or EngineCache())
    whole = player.play(accounts.standing(frozenset()).nodes)
    names = whole.names if isinstance(whole, AppliedSchema) else frozenset()
    edits = []
    for handover in sorted(candidate.manual_inserts):
        makers = [key for key in accounts.tree.migrations if handover.insert in accounts.targets(key)]
        # A squash that depends on it creates more names, which a database in the middle of mainline does not have yet.
        made = [{name for name in player.footprint(key) if not name.trait} for key in makers]
        seen = frozenset.intersection(*map(frozenset, made), names) if made else frozenset()
        given = " and ".join(map(str, handover.applied))
        reason = f"{given} already created here what {handover.insert} creates"
        edits.append(
            InsertRow(handover.insert, reason, EditGuard(handover.applied, seen=tuple(sorted(seen))))
        )
    return tuple(edits)
