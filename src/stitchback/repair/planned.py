"""The repair that a whole plan relies on: one script for every database, which looks whether it is needed."""

from __future__ import annotations

from stitchback.engine import Memory
from stitchback.model.ledger import Ledger
from stitchback.model.plans import Candidate
from stitchback.repair.accounts import Accounts
from stitchback.repair.edits import Guard, InsertRow
from stitchback.repair.playing import Played, Player
from stitchback.repair.sql import Script, render_script


def plan_script(candidate: Candidate, vendor: str, memory: Memory | None = None) -> Script:
    """For the runbook: may be run on every database of that engine, and so may its undo script, before anything is migrated."""
    edits = plan_edits(candidate, memory)
    given = sorted({key for edit in edits for key in edit.guard.given})
    ledger = Ledger.of(*given, source="every database: where a row is not needed nothing is done")
    return render_script(edits, vendor, ledger, shared=True)


def plan_edits(candidate: Candidate, memory: Memory | None = None) -> tuple[InsertRow, ...]:
    """A row for each handover, to be put in only where its ground is applied and what it makes is there."""
    accounts = Accounts(candidate.result)
    player = Player(accounts, memory or Memory())
    whole = player.play(accounts.standing(frozenset()).nodes)
    names = whole.names if isinstance(whole, Played) else frozenset()
    edits = []
    for handover in sorted(candidate.handovers):
        own = handover.insert in accounts.tree.migrations  # a squash of it makes more than it does
        makers = [
            key
            for key in accounts.tree.migrations
            if (key == handover.insert if own else handover.insert in accounts.targets(key))
        ]
        seen = {name for key in makers for name in player.footprint(key) if not name.trait} & names
        given = " and ".join(map(str, handover.applied))
        reason = f"{given} made here, before the stitch, what {handover.insert} makes now"
        edits.append(InsertRow(handover.insert, reason, Guard(handover.applied, seen=tuple(sorted(seen)))))
    return tuple(edits)
