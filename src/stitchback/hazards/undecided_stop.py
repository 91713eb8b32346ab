"""SB329."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from stitchback.hazards.rolling_case import Break, RollingCase
from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import render
from stitchback.schema.compatibility import Undecided

if TYPE_CHECKING:
    from stitchback.engine import RunError

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
                yield self._unknown(case, each, each.found)
        for key in self._keys(case):
            for operation in case.new.migrations[key].operations:
                yield from self._unread(case, key, operation)

    def _unknown(self, case: RollingCase, found: Break, undecided: Undecided) -> Finding:
        """A note where only arguments differ: most of them make no other column."""
        usage, before, after = undecided.usage, undecided.before, undecided.after
        reason = f"{before} was altered to {after}" if before != after else f"{before} has other arguments"
        message = (
            f"{found.at}: whether the code of {case.code_ref} can still write {usage} is unknown: {reason}"
        )
        span = case.span(found.at, usage.field, usage.label)
        finding = self._finding(case, span, message)
        return finding if before != after else replace(finding, severity=Severity.NOTE)

    def _failures(self, case: RollingCase) -> Iterator[Finding]:
        errors: dict[tuple[RunError, bool], list[str]] = {}
        for engine, path in case.paths.items():
            if path.error is not None:
                errors.setdefault((path.error, path.has_start), []).append(engine)
        for (error, has_start), engines in errors.items():
            migration = case.new.migrations.get(error.at) if error.at else None
            span = Span(migration.path) if migration else None
            where = f"{error.at or 'the first migration'} on {', '.join(engines)}: {error.message}"
            if has_start:
                message = (
                    f"a database of {case.old.ref} does not get to {case.new.ref}, `migrate` fails at {where}"
                )
                hint = "`stitchback plan` shows why, and what helps."
                yield Finding(self.code, Severity.ERROR, case.old.ref, span, message, hint)
                continue
            is_elsewhere = any(path.has_start for path in case.paths.values())
            severity = Severity.NOTE if is_elsewhere else Severity.ERROR
            message = f"{case.old.ref} cannot create its own database, `migrate` fails at {where}"
            used = ", ".join(f'"{engine}"' for engine, path in case.paths.items() if path.has_start)
            hint = (
                f"Name the engines that the project uses in [tool.stitchback]: engines = [{used}]."
                if is_elsewhere
                else "Choose another release as OLD."
            )
            yield Finding(self.code, severity, case.old.ref, span, message, hint)

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
