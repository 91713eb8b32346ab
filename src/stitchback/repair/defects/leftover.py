"""SB641 and SB642: what no model has."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined, checkout
from stitchback.repair.leftovers import Leftover


class RequiredLeftover:
    """A column that no model of this tree has is NOT NULL and has no default.

    Django names the columns of its models in every INSERT, and no others: each INSERT of the application into that table fails (`NOT NULL
    constraint failed`, `Field doesn't have a default value`). It is what a migration leaves that was applied here and whose file was taken
    out of the tree: a reverted commit, another branch. Bring the migration back, drop the column, or let it be NULL.
    """

    code = "SB641"
    severity = Severity.ERROR
    title = "a column without a default that no model fills"

    def find(self, examined: Examined) -> Iterator[Finding]:
        for leftover in examined.leftovers:
            if leftover.required and not leftover.by_sql:
                said = f"{leftover.name} is NOT NULL without a default, and no model has it: every INSERT into the table fails"
                yield examined.finding(
                    self, None, f"{said}{_by(leftover)}", _ways_out(leftover, examined.engine)
                )


class Leftovers:
    """A column or a table is in the database, and no model of this tree has it.

    Nothing fails because of it. It keeps its values until SQLite recreates the table from the model, and a new migration that makes the same
    column or table fails. A migration whose file was taken out of the tree left it, or somebody made it by hand.
    """

    code = "SB642"
    severity = Severity.WARNING
    title = "a column or table that no model has"

    def find(self, examined: Examined) -> Iterator[Finding]:
        for leftover in examined.leftovers:
            if not leftover.required or leftover.by_sql:
                sql = ", unless SQL of the app's own made it" if leftover.by_sql else ""
                yield examined.finding(
                    self, None, f"no model has {leftover.name}{sql}{_by(leftover)}", _back(leftover)
                )


def _by(leftover: Leftover) -> str:
    return f" (made by {leftover.origin.key}, of {leftover.origin.ref})" if leftover.origin else ""


def _back(leftover: Leftover) -> str:
    origin = leftover.origin
    if origin is None:
        return ""
    return f"`{checkout(origin.commit, origin.span.path)}` brings its migration back"


def _ways_out(leftover: Leftover, engine: str) -> str:
    quote = "`" if engine == "mysql" else '"'
    table, column = (f"{quote}{name}{quote}" for name in (leftover.name.table, leftover.name.column))
    drop = f"ALTER TABLE {table} DROP COLUMN {column};"
    null = f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL;"
    ways = [_back(leftover), drop, null if engine == "postgresql" else ""]
    return ", or: ".join(way for way in ways if way)
