"""The repair that a whole plan relies on: one script for every database, which checks whether it is needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from stitchback.engine import EngineCache
from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.plans import Candidate, ManualInsert, PopulationOutcome
from stitchback.repair.ledger_edits import EditGuard, InsertRow, Presence
from stitchback.repair.recorder_rules import RecorderRules
from stitchback.repair.schema_of_applied import AppliedSchema, SchemaOfApplied
from stitchback.repair.sql import Script, render_script
from stitchback.repair.visible_schema import Names
from stitchback.schema.effects import DropColumn, DropTable, RenameColumn, RenameTable


def plan_script(candidate: Candidate, vendor: str, outcomes: Sequence[PopulationOutcome] = ()) -> Script:
    """The script for the runbook. It and its undo script may run on every database of that engine before any migrate."""
    edits = plan_edits(candidate, outcomes)
    given = sorted({key for edit in edits for key in edit.guard.given})
    ledger = Ledger.of(*given, source="all databases (one that does not need a row stays unchanged)")
    return render_script(edits, vendor, ledger, shared=True)


def plan_edits(candidate: Candidate, outcomes: Sequence[PopulationOutcome] = ()) -> tuple[InsertRow, ...]:
    """An insert for each manual row of the plan, guarded: the rows that it depends on are present, the schema objects that its migration creates
    exist, and those that it removes do not. A database with a migration of the same name and other content is left as it is. `outcomes`: the proof's,
    for the dependencies that all databases that get the row have applied."""
    accounts = RecorderRules(candidate.result)
    player = SchemaOfApplied(accounts, EngineCache())
    whole = player.play(accounts.standing(frozenset()).nodes)
    names = whole.names if isinstance(whole, AppliedSchema) else frozenset()
    makers_of = {
        each: tuple(key for key in candidate.result.migrations if each.insert in accounts.targets(key))
        for each in candidate.manual_inserts
    }
    inserted = frozenset(maker for makers in makers_of.values() for maker in makers)
    edits = []
    for handover in sorted(candidate.manual_inserts):
        makers = makers_of[handover]
        given = " and ".join(map(str, handover.applied))
        reason = f"{given} already created here what {handover.insert} creates"
        parents = _parents(handover, makers, inserted, MigrationGraph.of(candidate.result), outcomes)
        later = _touched_later(makers, player)
        guard = EditGuard(
            (*handover.applied, *parents),
            seen=_lasting(_seen(makers, player, names), later),
            gone=_lasting(_gone(makers, player, names), later),
        )
        edits.append(InsertRow(handover.insert, reason, guard))
    return tuple(edits)


def _parents(
    handover: ManualInsert,
    makers: Iterable[MigrationKey],
    inserted: Collection[MigrationKey],
    graph: MigrationGraph,
    outcomes: Iterable[PopulationOutcome],
) -> tuple[MigrationKey, ...]:
    """The dependencies of the row's migration that `applied` does not bring along. On a database without them that row makes Django stop
    (InconsistentMigrationHistory); it is one that finishes with its old code first."""
    served = [each for each in outcomes if handover.insert in each.inserts and each.finish is None]
    ledgers = [set(each.population.ledger) for each in served]
    if not ledgers:
        return ()
    open_nodes = [key for key in map(graph.resolve, handover.applied) if key in graph.nodes]
    known = set(open_nodes)
    while open_nodes:  # ancestors, but not through an inserted row: there the plan's edges begin
        fresh = set(graph.parents(open_nodes.pop())) - known - set(inserted)
        known |= fresh
        open_nodes += fresh
    parents = {parent for maker in makers for parent in graph.parents(maker)}
    return tuple(sorted((parents - known).intersection(*ledgers)))


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


def _touched_later(makers: Sequence[MigrationKey], player: SchemaOfApplied) -> Names:
    """The names that a migration changes which a database may have applied after the row's."""
    tree, graph = player.accounts.tree, MigrationGraph.raw(player.accounts.tree)
    before = {each for maker in makers for each in graph.ancestors(maker)}
    same_work = {key for key, migration in tree.migrations.items() if not before.isdisjoint(migration.ghosts)}
    return frozenset(
        name for key in tree.migrations.keys() - before - same_work for name in player.footprint(key)
    )


def _lasting(names: Iterable[Presence], later: Names) -> tuple[Presence, ...]:
    """Those that are so on every database that gets the row, however far it is: a column that is renamed and added again later is missing between."""
    return tuple(
        name
        for name in names
        if later.isdisjoint({name, replace(name, trait=""), replace(name, column="", trait="")})
    )


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
