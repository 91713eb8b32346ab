"""One database's repair as a document for programs."""

from __future__ import annotations

from collections.abc import Sequence

from stitchback.repair.faking import FakeTrial
from stitchback.repair.repair_outcomes import Repair
from stitchback.repair.sql import Script
from stitchback.reporting.document import Document, dump
from stitchback.reporting.fleet_text import edits_document


def render_repair(
    repair: Repair, script: Script | None, fake: FakeTrial | None, remarks: Sequence[str], *, applied: bool
) -> str:
    """The document. `script`: None if no repair is needed. `applied`: the script was run and the result was read back."""
    return dump(repair_document(repair, script, fake, remarks, applied=applied))


def repair_document(
    repair: Repair, script: Script | None, fake: FakeTrial | None, remarks: Sequence[str], *, applied: bool
) -> Document:
    return {
        "source": repair.ledger.source,
        "vendor": script.vendor if script else None,
        "edits": edits_document(repair.edits),
        "script": script.text if script else None,
        "undo": script.undo if script else None,
        "undo_is_whole": script.undo_is_whole if script else None,
        "fake": None if fake is None else {"commands": list(fake.commands), "reason": fake.reason},
        "remarks": list(remarks),
        "applied": applied,
    }
