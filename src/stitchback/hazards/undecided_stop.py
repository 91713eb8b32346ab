"""SB329."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stitchback.hazards.rolling_case import RollingCase
from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import render
from stitchback.schema.compatibility import Undecided

_CHANGES_SCHEMA = re.compile(
    r"\b(?:ALTER|CREATE|DROP|RENAME)\s+(?:UNIQUE\s+)?(?:TABLE|INDEX|COLUMN|CONSTRAINT)\b", re.IGNORECASE
)


class UndecidedStop:
    """Whether the running code works there cannot be decided: an operation that cannot be read, SQL that changes the schema, a field class of which it is unknown
    which column it makes; or the upgrade itself fails."""

    code = "SB329"
    severity = Severity.WARNING
    remedy = ""

    def find(self, case: RollingCase) -> Iterator[Finding]:
        yield from self._failures(case)
        for each in case.breaks:
            if isinstance(each.found, Undecided):
                usage = each.found.usage
                message = f"{each.at}: whether {case.code_ref} can still write {usage} is unknown: {each.found.reason}"
                yield self._finding(case, case.span(each.at, usage.field, usage.label), message)
        for key in self._keys(case):
            for operation in case.new.migrations[key].operations:
                yield from self._unread(case, key, operation)

    def _failures(self, case: RollingCase) -> Iterator[Finding]:
        errors = {path.error: engine for engine, path in case.paths.items() if path.error is not None}
        for error, engine in errors.items():
            at = error.at or "the first migration"
            migration = case.new.migrations.get(error.at) if error.at else None
            span = Span(migration.path) if migration else None
            message = f"a database of {case.old.ref} does not get to {case.new.ref}, `migrate` fails at {at} on {engine}: {error.message}"
            yield Finding(
                self.code,
                Severity.ERROR,
                case.old.ref,
                span,
                message,
                "`stitchback plan` shows why, and what helps.",
            )

    def _keys(self, case: RollingCase) -> tuple[MigrationKey, ...]:
        stops = (stop.key for path in case.paths.values() for stop in path.stops)
        return tuple(dict.fromkeys(stops))

    def _unread(
        self, case: RollingCase, key: MigrationKey, operation: Operation | Opaque
    ) -> Iterator[Finding]:
        if isinstance(operation, Opaque):
            message = f"{key}: an operation cannot be read: {operation.reason}"
            yield self._finding(case, operation.span, message)
        elif operation.kind == "RunSQL" and not operation.state:
            sql = operation.argument("sql")
            if sql is not None and _CHANGES_SCHEMA.search(render(sql)):
                message = f"{key}: RunSQL changes the schema, and stitchback does not read SQL"
                yield self._finding(case, operation.span, message)
        for inner in getattr(operation, "database", ()):
            yield from self._unread(case, key, inner)

    def _finding(self, case: RollingCase, span: Span, message: str) -> Finding:
        hint = f"Try it: `stitchback verify --rolling {case.refs}`."
        return Finding(self.code, self.severity, case.code_ref, span, message, hint)
