"""SB643: a django_migrations that cannot take a new row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stitchback.model.findings import Finding, Severity
from stitchback.model.ledger import Ledger
from stitchback.repair.defects.defect import Examined
from stitchback.repair.ledger_edits import GiveId
from stitchback.repair.repair_outcomes import Repair, RepairOutcome, Unrepairable

USED_UP = "Allow the sequence higher values (ALTER SEQUENCE … MAXVALUE …), and give `id` the type bigint if it has a smaller one."
BY_HAND = {
    "mysql": "ALTER TABLE django_migrations MODIFY id bigint NOT NULL AUTO_INCREMENT;",
    "sqlite": "Recreate the table with `id integer NOT NULL PRIMARY KEY AUTOINCREMENT` and copy the rows.",
}


class NoNewId:
    """The database does not give a new row of `django_migrations` a free id."""

    code = "SB643"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        words = new_id_problem(examined.ledger)
        if words:
            yield examined.finding(self, None, words, hint(examined.outcome, examined.engine))


def new_id_problem(ledger: Ledger) -> str:
    return ledger.new_id.problem if ledger.new_id else ""


def hint(outcome: RepairOutcome, engine: str) -> str:
    new_id = outcome.ledger.new_id
    if new_id is not None and new_id.is_used_up:
        return USED_UP
    if isinstance(outcome, Repair) and any(isinstance(edit, GiveId) for edit in outcome.edits):
        return "`stitchback repair` prints the SQL that corrects it (`--apply` runs it)."
    return BY_HAND.get(engine, "Restore the default of the column `id`.")


def with_ids(outcome: RepairOutcome, engine: str) -> RepairOutcome:
    """Adds the edit that lets the table take new rows; a refusal if no statement within a transaction can do that."""
    words = new_id_problem(outcome.ledger)
    if not words or isinstance(outcome, Unrepairable):
        return outcome
    if engine == "postgresql" and not (outcome.ledger.new_id and outcome.ledger.new_id.is_used_up):
        return replace(outcome, edits=(GiveId(words), *outcome.edits))
    return Unrepairable(outcome.ledger, NoNewId.code, words, hint(outcome, engine), found=outcome.found)
