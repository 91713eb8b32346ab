"""The inputs of a runbook besides the plan and its proof."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.model.keys import MigrationKey


@dataclass(frozen=True, slots=True)
class RunbookSql:
    """The plan's repair for one engine. `file` and `undo_file`: the names of the scripts next to the runbook, "" if they are not written; `script`,
    `undo` and `probe`: their text. The script may run on every database: it checks first."""

    vendor: str
    script: str
    undo: str
    probe: str
    file: str = ""
    undo_file: str = ""


@dataclass(frozen=True, slots=True)
class FakeAdvice:
    """Whether `migrate --fake` has the same result as the SQL for these databases. `commands` had it on each of them when tried; without commands,
    `reason` names the failure."""

    populations: tuple[str, ...]
    inserts: tuple[MigrationKey, ...]
    commands: tuple[str, ...] = ()
    reason: str = ""
