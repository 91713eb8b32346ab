"""Checks on the ledger itself whether `migrate --fake` has the same result as the SQL (FACTS F10)."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stitchback.engine import Engine, MigrateOptions, SymbolicDatabase
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import Failure
from stitchback.repair.ledger_edits import GiveId, InsertRow, LedgerEdit
from stitchback.repair.recorder_rules import RecorderRules

FAKE = MigrateOptions(fake=True, exact=True)


@dataclass(frozen=True, slots=True)
class FakeTrial:
    """`commands` (without "python manage.py") have the same result, in this order; otherwise the list is empty and `reason` explains why."""

    commands: tuple[str, ...] = ()
    reason: str = ""


def try_fake(
    accounts: RecorderRules,
    engine: Engine,
    prove: Callable[[SymbolicDatabase], Sequence[Failure]],
    database: SymbolicDatabase,
    edits: Sequence[LedgerEdit],
) -> FakeTrial:
    """Fakes the migration for each row that would be inserted, on the database as it is, and checks the result."""
    if any(isinstance(edit, GiveId) for edit in edits):
        return FakeTrial(reason="a fake inserts a row too, and the database gives it no free id")
    inserts = [edit for edit in edits if isinstance(edit, InsertRow)]
    if len(inserts) < len(edits):
        return FakeTrial(reason="a fake neither deletes nor renames a row")
    commands = []
    for edit in inserts:
        maker = _maker(edit.key, accounts, database)
        if maker is None:
            continue  # an earlier fake has recorded it
        run = engine.migrate(database, (maker.app, maker.name), FAKE)
        if run.error is not None:
            return FakeTrial(reason=f"`migrate --fake {maker.app} {maker.name}` fails: {run.error.message}")
        others = sorted(set(run.ran) - {maker})
        if others:
            names = ", ".join(map(str, others))
            return FakeTrial(
                reason=f"`migrate --fake {maker.app} {maker.name}` would fake {names} too, which has not run"
            )
        database = run.final
        commands.append(shlex.join(("migrate", "--fake", maker.app, maker.name)))
    return _judged(database, tuple(commands), prove)


def _maker(row: MigrationKey, accounts: RecorderRules, database: SymbolicDatabase) -> MigrationKey | None:
    """The migration whose fake records the row (FACTS F29: a ghost itself cannot be faked)."""
    if row in database.rows:
        return None
    makers = (key for key in sorted(accounts.tree.migrations) if row in accounts.targets(key))
    return next(makers, None)


def _judged(
    database: SymbolicDatabase,
    commands: tuple[str, ...],
    prove: Callable[[SymbolicDatabase], Sequence[Failure]],
) -> FakeTrial:
    doubled = sorted({row for row in database.ledger if database.ledger.count(row) > 1})
    if doubled:
        return FakeTrial(reason=f"it leaves {', '.join(map(str, doubled))} in the ledger twice")
    failures = prove(database)
    if failures:
        return FakeTrial(reason=f"afterwards {failures[0].rollout} fails: {failures[0].message}")
    return FakeTrial(commands)
