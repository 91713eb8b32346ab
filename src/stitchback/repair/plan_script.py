"""The repair that a whole plan relies on: one script for every database, which checks whether it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stitchback.engine import EngineCache
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.plans import Candidate
from stitchback.repair.edits import EditGuard, InsertRow, Presence
from stitchback.repair.recorder_rules import RecorderRules
from stitchback.repair.schema_of_applied import AppliedSchema, SchemaOfApplied
from stitchback.repair.sql import Script, render_script
from stitchback.repair.visible_schema import Names
from stitchback.schema.effects import DropColumn, DropTable, RenameColumn, RenameTable


def plan_script(candidate: Candidate, vendor: str, memory: EngineCache | None = None) -> Script:
    """The script for the runbook. It and its undo script may run on every database of that engine before any migrate."""
    edits = plan_edits(candidate, memory)
    given = sorted({key for edit in edits for key in edit.guard.given})
    ledger = Ledger.of(*given, source="all databases (one that does not need a row stays unchanged)")
    return render_script(edits, vendor, ledger, shared=True)


def plan_edits(candidate: Candidate, memory: EngineCache | None = None) -> tuple[InsertRow, ...]:
    """An insert for each manual row of the plan, guarded: the rows that it depends on are present, the schema objects that its migration creates
    exist, and those that it removes do not. A database with a migration of the same name and other content is left as it is."""
    accounts = RecorderRules(candidate.result)
    player = SchemaOfApplied(accounts, memory or EngineCache())
    whole = player.play(accounts.standing(frozenset()).nodes)
    names = whole.names if isinstance(whole, AppliedSchema) else frozenset()
    edits = []
    for handover in sorted(candidate.manual_inserts):
        makers = [key for key in accounts.tree.migrations if handover.insert in accounts.targets(key)]
        given = " and ".join(map(str, handover.applied))
        reason = f"{given} already created here what {handover.insert} creates"
        guard = EditGuard(
            handover.applied, seen=_seen(makers, player, names), gone=_gone(makers, player, names)
        )
        edits.append(InsertRow(handover.insert, reason, guard))
    return tuple(edits)


def _seen(makers: Sequence[MigrationKey], player: SchemaOfApplied, names: Names) -> tuple[Presence, ...]:
    """What all of them create and the whole tree has, and the traits to which they alter columns that exist before."""
    # A squash that depends on it creates more names, which a database in the middle of mainline does not have yet.
    made = _in_all([player.footprint(key) - _removed(key, player) for key in makers])
    tables = _in_all([frozenset(map(_table, _removed(key, player))) for key in makers]) & names
    found = {name for name in made & names if not (name.trait and replace(name, trait="") in made)}
    return tuple(sorted(found | tables))


def _gone(makers: Sequence[MigrationKey], player: SchemaOfApplied, names: Names) -> tuple[Presence, ...]:
    """What all of them remove and nothing creates again; a column only if its table has kept its name."""
    removed = _in_all([_removed(key, player) for key in makers]) - names
    return tuple(sorted(name for name in removed if not name.column or _table(name) in names))


def _removed(key: MigrationKey, player: SchemaOfApplied) -> Names:
    found: set[Presence] = set()
    for effect in player.effects.get(key, ()):
        match effect:
            case DropColumn(table=table, column=column) | RenameColumn(table=table, before=column):
                found.add(Presence(table.lower(), column.lower()))
            case DropTable(name=table) | RenameTable(before=table):
                found.add(Presence(table.lower()))
    return frozenset(found)


def _table(name: Presence) -> Presence:
    return Presence(name.table)


def _in_all(sets: Sequence[Names]) -> Names:
    return frozenset.intersection(*sets) if sets else frozenset()
