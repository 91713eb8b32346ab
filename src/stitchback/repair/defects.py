"""The defects of a ledger: one class for each, and one tuple with all of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger, NoTable
from stitchback.model.migrations import Tree
from stitchback.model.source import Span
from stitchback.repair.forecasting import Forecast
from stitchback.repair.ledger_edits import GiveId, rows_of
from stitchback.repair.leftovers import Leftover
from stitchback.repair.recorder_rules import Order, RecordedNodes, RecorderRules, UnrecordedMigration
from stitchback.repair.repair_outcomes import Repair, RepairOutcome, Unrepairable
from stitchback.repair.schema_search import NodeRelatives


@dataclass(frozen=True, slots=True)
class Examined:
    """One ledger compared with one tree. `unknown`: rows that the tree does not have, with the refs that have them. `now` and `following`: the
    forecast of a migrate now and with the next release, None if it cannot be made. `engine`: Django's vendor, or "". `histories`: the trees that have
    the unknown rows."""

    ledger: Ledger
    accounts: RecorderRules
    standing: RecordedNodes
    hidden: tuple[UnrecordedMigration, ...]
    unknown: Mapping[MigrationKey, tuple[str, ...]]
    outcome: RepairOutcome
    now: Forecast | None
    following: Forecast | None
    leftovers: tuple[Leftover, ...] = ()
    engine: str = ""
    histories: tuple[Tree, ...] = ()

    def span(self, key: MigrationKey) -> Span | None:
        migration = self.accounts.tree.migrations.get(key)
        return Span(migration.path) if migration else None

    def finding(self, defect: Defect, key: MigrationKey | None, message: str, hint: str = "") -> Finding:
        span = self.span(key) if key else None
        return Finding(defect.code, defect.severity, self.accounts.tree.ref, span, message, hint)


def checkout(commit: str, path: str) -> str:
    """The command that restores a file of a commit, from any folder of the repository."""
    return f"git checkout {commit[:12]} -- {shlex.quote(f':/{path}')}"


class Defect(Protocol):
    """`code` is stable. `reporting/explanations/CODE.md` is its page."""

    code: str
    severity: Severity

    def find(self, examined: Examined) -> Iterator[Finding]: ...


_MOST_NAMED = 5  # tables or apps in a message
EMPTY = "The database is empty: it has no django_migrations and no other table"
TAKEN = "django_migrations is not an ordinary table (a view, for example): Django reads no rows from it, and `migrate` fails when it creates the table"
TAKEN_HINT = "Give a table that has the rows the name django_migrations."
CHECK_URL = "Check the URL: the database's name, the user, and on PostgreSQL the search_path (--schemas reads every schema)."


class NoMigrationsTable:
    """The database has no table django_migrations."""

    code = "SB107"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        absent = examined.ledger.no_table
        if absent is None:
            return
        ref = examined.accounts.tree.ref
        if absent.is_empty:
            yield Finding(self.code, Severity.NOTE, ref, None, EMPTY)
        else:
            yield Finding(self.code, self.severity, ref, None, without_table(absent), hint_for(absent))


def hint_for(absent: NoTable) -> str:
    return TAKEN_HINT if absent.is_taken else CHECK_URL


def without_table(absent: NoTable) -> str:
    """Describes the other contents of the database."""
    if absent.is_taken:
        return TAKEN
    names = absent.relations
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    tables = f"; it has {', '.join(names[:_MOST_NAMED])}{more}" if names else ""
    schemas = f"; one is in the schema {', '.join(absent.schemas[:_MOST_NAMED])}" if absent.schemas else ""
    return f"the database has no django_migrations that this connection can see{schemas}{tables}"


DJANGOS = frozenset(
    {"admin", "auth", "contenttypes", "flatpages", "postgres", "redirects", "sessions", "sites"}
)


class OtherProject:
    """No row of `django_migrations` belongs to an app of this tree."""

    code = "SB644"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        apps = {key.app for key in examined.ledger.keys}
        foreign = sorted(apps - examined.accounts.apps - DJANGOS)
        if examined.accounts.tree.migrations and foreign and not apps & examined.accounts.apps:
            more = f" and {len(foreign) - _MOST_NAMED} more" if len(foreign) > _MOST_NAMED else ""
            message = f"no row belongs to an app of {examined.accounts.tree.ref}; the rows belong to {', '.join(foreign[:_MOST_NAMED])}{more}"
            yield examined.finding(self, None, message, "Check the name of the database in the URL.")


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
            yield examined.finding(self, None, words, _new_id_hint(examined.outcome, examined.engine))


def new_id_problem(ledger: Ledger) -> str:
    return ledger.new_id.problem if ledger.new_id else ""


def _new_id_hint(outcome: RepairOutcome, engine: str) -> str:
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
    return Unrepairable(
        outcome.ledger, NoNewId.code, words, _new_id_hint(outcome, engine), found=outcome.found
    )


class DuplicateRow:
    """A migration has more than one row in `django_migrations` (FACTS F5)."""

    code = "SB620"
    severity = Severity.WARNING

    def find(self, examined: Examined) -> Iterator[Finding]:
        for key in examined.ledger.duplicates:
            count = len(rows_of(examined.ledger, key))
            yield examined.finding(
                self,
                key,
                f"{key} has {count} rows",
                "`stitchback repair` prints the SQL that keeps only the oldest row (`--apply` runs it).",
            )


class UnknownRow:
    """A row names a migration of this project's apps that the tree does not have, neither as a file nor in a
    `replaces`.
    """

    code = "SB621"
    severity = Severity.WARNING

    def find(self, examined: Examined) -> Iterator[Finding]:
        for key, refs in sorted(examined.unknown.items()):
            where = f": it is in {', '.join(refs[:3])}" if refs else " and no ref that was searched has it"
            yield examined.finding(
                self,
                None,
                f"{examined.accounts.tree.ref} does not have {key}{where}",
                _unknown_row_hint(examined, key),
            )


def _unknown_row_hint(examined: Examined, key: MigrationKey) -> str:
    """The command that adds the migration: a plan if a branch or tag has it; for a commit in the history, only the file."""
    tree = next((tree for tree in examined.histories if key in tree.migrations), None)
    if tree is None:
        return ""
    if " " not in tree.ref:
        return f"`stitchback plan {tree.ref}` shows how to merge it"
    return f"`{checkout(tree.commit, tree.migrations[key].path)}` restores it"


class MissingParentRow:
    """A migration is not applied, and a migration that depends on it is."""

    code = "SB622"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        standing = examined.standing
        lineage = NodeRelatives(Order(examined.accounts, standing.nodes))
        claimed = {claim.key for claim in examined.hidden}
        for key in sorted(standing.made):
            for parent in sorted(lineage.parents[key] - standing.made - claimed):
                yield examined.finding(self, key, f"{key} is applied, and its dependency {parent} is not")


class RunsAgain:
    """A migration was applied, and Django will run it again: now, or with the next release (FACTS F7, F8,
    F22). Where only its name was applied, and the database lacks what it does, it has to run.
    """

    code = "SB623"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        for claim in examined.hidden:
            if claim.certain and not has_to_run(claim, examined):
                yield examined.finding(
                    self,
                    claim.key,
                    claim.reason,
                    "`stitchback repair` prints the SQL that inserts the missing row (`--apply` runs it).",
                )


def has_to_run(claim: UnrecordedMigration, examined: Examined) -> bool:
    """Whether the proved outcome gives the database no row for it: `migrate` runs it, and ends right."""
    outcome = examined.outcome
    return isinstance(outcome, Repair) and not examined.accounts.counts(claim.key, outcome.after.keys)


class MissingStitchedRow:
    """On this database a mainline migration created what a stitched migration creates now, and the row that
    records it is missing (FACTS F9, F12).
    """

    code = "SB624"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        for claim in examined.hidden:
            if not claim.certain:
                yield examined.finding(
                    self,
                    claim.key,
                    claim.reason,
                    "`stitchback repair` prints the SQL that inserts the row (`--apply` runs it). Insert it before the deploy.",
                )


class PartiallyAppliedSquash:
    """Some of the migrations that a migration replaces are applied, and the files of the others are gone
    (FACTS F6).
    """

    code = "SB625"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        for key in sorted(examined.standing.partial):
            there = [
                str(target) for target in examined.accounts.targets(key) if target in examined.ledger.keys
            ]
            lost = [
                str(target) for target in examined.accounts.targets(key) if target not in examined.ledger.keys
            ]
            yield examined.finding(
                self, key, f"{key} replaces {', '.join(there)}, applied, and {', '.join(lost)}, not applied"
            )


class SchemaDiffers:
    """The database lacks something that its applied migrations create, or has something that none of them
    creates.
    """

    code = "SB626"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        outcome = examined.outcome
        for text in outcome.mismatches if isinstance(outcome, Repair) else ():
            yield examined.finding(self, None, text)


class StoppedHalfWay:
    """A `migrate` was killed within a migration, on an engine that commits each DDL statement on its own."""

    code = "SB629"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        outcome = examined.outcome
        half = outcome.half_done if isinstance(outcome, Unrepairable) else None
        if half is not None:
            yield examined.finding(self, half.key, str(half), half.hint)


class RequiredLeftover:
    """A column that no model of this tree has is NOT NULL and has no default."""

    code = "SB641"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        for leftover in examined.leftovers:
            if leftover.required and not leftover.by_sql:
                said = f"{leftover.name} is NOT NULL without a default, and no model has it: every INSERT into the table fails"
                yield examined.finding(
                    self, None, f"{said}{_made_by(leftover)}", _ways_out(leftover, examined.engine)
                )


class Leftovers:
    """The database has a column or a table that no model of this tree has."""

    code = "SB642"
    severity = Severity.WARNING

    def find(self, examined: Examined) -> Iterator[Finding]:
        for leftover in examined.leftovers:
            if not leftover.required or leftover.by_sql:
                sql = ", unless custom SQL of the app created it" if leftover.by_sql else ""
                yield examined.finding(
                    self,
                    None,
                    f"no model has {leftover.name}{sql}{_made_by(leftover)}",
                    _taken_back(leftover),
                )


def _made_by(leftover: Leftover) -> str:
    return f" (created by {leftover.origin.key}, of {leftover.origin.ref})" if leftover.origin else ""


def _taken_back(leftover: Leftover) -> str:
    origin = leftover.origin
    if origin is None:
        return ""
    return f"`{checkout(origin.commit, origin.span.path)}` restores its migration"


def _ways_out(leftover: Leftover, engine: str) -> str:
    quote = "`" if engine == "mysql" else '"'
    table, column = (f"{quote}{name}{quote}" for name in (leftover.name.table, leftover.name.column))
    drop = f"ALTER TABLE {table} DROP COLUMN {column};"
    null = f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL;"
    ways = [_taken_back(leftover), drop, null if engine == "postgresql" else ""]
    return ", or: ".join(way for way in ways if way)


class MigrateFails:
    """`migrate` with this tree will fail on this database in its present state."""

    code = "SB627"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        now = examined.now
        if now is not None and now.error:
            at = f" at {now.at}" if now.at else ""
            yield examined.finding(self, None, f"migrate will fail{at}: {now.error}")


class MigrateLoses:
    """`migrate` with this tree will succeed on this database, and lose values without an error."""

    code = "SB640"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        for harm in dict.fromkeys(examined.now.harms if examined.now else ()):
            yield examined.finding(self, None, f"migrate will succeed, and lose values: {harm}")


class NextReleaseFails:
    """This deploy will succeed, and the next release's will fail (FACTS F3, F7)."""

    code = "SB628"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        now, following = examined.now, examined.following
        if following is not None and following.error and now is not None and not now.error:
            yield examined.finding(self, None, f"the next release's migrate will fail: {following.error}")


ALL: tuple[Defect, ...] = (
    NoMigrationsTable(),
    OtherProject(),
    NoNewId(),
    DuplicateRow(),
    UnknownRow(),
    MissingParentRow(),
    RunsAgain(),
    MissingStitchedRow(),
    PartiallyAppliedSquash(),
    SchemaDiffers(),
    StoppedHalfWay(),
    RequiredLeftover(),
    Leftovers(),
    MigrateFails(),
    MigrateLoses(),
    NextReleaseFails(),
)
