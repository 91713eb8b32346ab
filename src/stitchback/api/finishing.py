"""Whether a database that no rows make right can finish the release that it is running first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stitchback.api.before_stitch import commit_before
from stitchback.api.project import Project
from stitchback.engine import Engine
from stitchback.matching.provenance import stitched_for
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree
from stitchback.model.plans import FinishFirst
from stitchback.repair.planner import RepairContext, RepairPlanner
from stitchback.repair.repair_outcomes import Repair


def finish_first(
    project: Project, ledger: Ledger, deriver: RepairPlanner, around: RepairContext
) -> FinishFirst | None:
    """The step: the database is right for the tree that it is running, that tree migrates it to its end, and its rows can be repaired then. None
    where no known tree does that."""
    for running in _may_be_running(project, ledger, deriver.accounts.tree, around):
        old = RepairPlanner(running, memory=deriver.memory).derive(ledger, around)
        if not isinstance(old, Repair) or old.edits or old.mismatches:
            continue
        run = Engine(running, memory=deriver.memory).migrate(old.proved)
        ran = [key for key in run.final.ledger if key not in ledger.keys]
        after = replace(around, visible=None, histories=(running, *around.histories))
        if (
            run.error is None
            and ran
            and isinstance(deriver.derive(Ledger.of(*run.final.ledger, source=ledger.source), after), Repair)
        ):
            return FinishFirst(running.ref, tuple({key.app: key for key in ran}.values()))
    return None


def _may_be_running(project: Project, ledger: Ledger, tree: Tree, around: RepairContext) -> Iterator[Tree]:
    """Mainline before it got the stitched migrations of which the database has no row, then the branches that know its rows."""
    missing = frozenset[MigrationKey](
        key
        for migration in tree.migrations.values()
        if migration.key not in ledger.keys
        for key in (*stitched_for(migration.provenance), *migration.ghosts)
        if key not in ledger.keys and (key not in tree.migrations or key == migration.key)
    )
    commit = commit_before(project, tree, dict.fromkeys(missing, "")) if missing else None
    if commit is not None:
        yield project.tree(f"commit {commit[:12]}", commit)
    yield from around.histories
