"""What a runbook is made of beside the plan and its proof."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.model.keys import MigrationKey


@dataclass(frozen=True, slots=True)
class RunbookSql:
    """The plan's repair for one engine. `file` and `undo_file` are the names under which the scripts lie beside the runbook, "" where
    they do not; `script`, `undo` and `probe` are the texts. The script may be run on every database: it looks first."""

    vendor: str
    script: str
    undo: str
    probe: str
    file: str = ""
    undo_file: str = ""


@dataclass(frozen=True, slots=True)
class FakeAdvice:
    """Whether `migrate --fake` does for these databases what the SQL does. `commands` did, when tried on each of them; where they are
    none, `reason` says what went wrong."""

    populations: tuple[str, ...]
    inserts: tuple[MigrationKey, ...]
    commands: tuple[str, ...] = ()
    reason: str = ""
