"""One database's repair: the document for programs, and the remarks for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stitchback.repair.faking import FakeTrial
from stitchback.repair.repair_outcomes import Repair
from stitchback.repair.sql import Script
from stitchback.reporting.document import Document, dump
from stitchback.reporting.fleet_text import edits_document
from stitchback.reporting.layout import Line, columns, page, plain, wrapped

WIDTH = 80  # of remarks, which are for stderr
COMMAND = "    "  # a remark that begins with this is a command, and is not wrapped


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


def fake_words(trial: FakeTrial | None) -> Iterator[str]:
    """`migrate --fake` as an alternative to the SQL, one remark a line: offered if a trial had the same result, otherwise the reason (FACTS F10).
    Empty without a trial."""
    if trial is None:
        return
    if not trial.commands:
        yield f"`migrate --fake` cannot be used here: {trial.reason}"
        return
    yield "Instead of the SQL, you can run this after the reconciled code is deployed, and before any other `migrate`:"
    for command in trial.commands:
        yield f"    python manage.py {command}"


def render_remarks(remarks: Iterable[str]) -> str:
    """The remarks, each on lines of its own."""
    with columns(WIDTH):
        return page(_lines(remarks))


def _lines(remarks: Iterable[str]) -> Iterator[Line]:
    for remark in remarks:
        yield from ((plain(remark),),) if remark.startswith(COMMAND) else wrapped((plain(remark),))
