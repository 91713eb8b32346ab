"""SB641 and SB642: columns and tables that no model has."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined, checkout
from stitchback.repair.leftovers import Leftover


class RequiredLeftover:
    """A column that no model of this tree has is NOT NULL and has no default."""

    code = "SB641"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        for leftover in examined.leftovers:
            if leftover.required and not leftover.by_sql:
                said = f"{leftover.name} is NOT NULL without a default, and no model has it: every INSERT into the table fails"
                yield examined.finding(
                    self, None, f"{said}{_by(leftover)}", _ways_out(leftover, examined.engine)
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
                    self, None, f"no model has {leftover.name}{sql}{_by(leftover)}", _back(leftover)
                )


def _by(leftover: Leftover) -> str:
    return f" (created by {leftover.origin.key}, of {leftover.origin.ref})" if leftover.origin else ""


def _back(leftover: Leftover) -> str:
    origin = leftover.origin
    if origin is None:
        return ""
    return f"`{checkout(origin.commit, origin.span.path)}` restores its migration"


def _ways_out(leftover: Leftover, engine: str) -> str:
    quote = "`" if engine == "mysql" else '"'
    table, column = (f"{quote}{name}{quote}" for name in (leftover.name.table, leftover.name.column))
    drop = f"ALTER TABLE {table} DROP COLUMN {column};"
    null = f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL;"
    ways = [_back(leftover), drop, null if engine == "postgresql" else ""]
    return ", or: ".join(way for way in ways if way)
