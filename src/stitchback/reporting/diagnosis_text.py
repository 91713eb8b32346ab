"""The diagnosis of a database: text for users, a document for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from stitchback.repair.defects import MigrateFails, NextReleaseFails
from stitchback.repair.diagnosis import Diagnosis, Ghost, Lineage
from stitchback.repair.forecasting import Forecast
from stitchback.repair.ledger_edits import InsertRow, LedgerEdit
from stitchback.repair.repair_outcomes import Repair, Unrepairable
from stitchback.reporting.document import Document, finding_document
from stitchback.reporting.finding_text import finding_lines
from stitchback.reporting.layout import (
    BLANK,
    Line,
    bold,
    cyan,
    dim,
    green,
    listed,
    plain,
    red,
    wrapped,
    yellow,
)
from stitchback.reporting.next_steps import repair_command, step_lines
from stitchback.reporting.status_text import counted
from stitchback.upgrades.next_release import EMPTY_NAME

LABELS = 13  # the width of the label column
MOST_LINEAGES = 3
MOST_TABLES = 3  # number of tables that are named


def diagnosis_document(diagnosis: Diagnosis) -> Document:
    return {
        "source": diagnosis.ledger.source,
        "rows": len(diagnosis.ledger.rows),
        "lineages": [
            {
                "ref": lineage.ref,
                "stands": str(lineage),
                "explains": lineage.explains,
                "pending": len(lineage.pending),
            }
            for lineage in diagnosis.lineages
        ],
        "ghosts": [
            {"row": str(ghost.key), "by": [str(key) for key in ghost.by], "label": ghost.label}
            for ghost in diagnosis.ghosts
        ],
        "unknown": [{"row": str(key), "refs": list(refs)} for key, refs in diagnosis.unknown],
        "elsewhere": dict(diagnosis.elsewhere),
        "findings": [finding_document(finding) for finding in diagnosis.findings],
        "now": _forecast_document(diagnosis.now),
        "next_release": _forecast_document(diagnosis.following),
        "edits": len(diagnosis.outcome.edits) if isinstance(diagnosis.outcome, Repair) else None,
        "needs_a_hand": diagnosis.needs_manual_step,
    }


def _forecast_document(forecast: Forecast | None) -> Document | None:
    return (
        None
        if forecast is None
        else {
            "runs": [str(key) for key in forecast.runs],
            "error": forecast.error,
            "at": str(forecast.at) if forecast.at else None,
            "loses": list(forecast.harms),
            "doubts": [{"at": str(key), "reason": words} for key, words in forecast.doubts],
            "assumed": list(forecast.assumed),
            "by": "schema" if forecast.looked else "rows",
        }
    )


def diagnosis_lines(diagnosis: Diagnosis) -> Iterator[Line]:
    rows = counted(len(diagnosis.ledger.rows), "row")
    source = diagnosis.ledger.source or "the ledger"
    yield from wrapped((bold(source), dim(f"  {rows} in django_migrations")), 0, 2)
    yield BLANK
    yield from ledger_lines(diagnosis)


def ledger_lines(diagnosis: Diagnosis) -> Iterator[Line]:
    """The diagnosis without the name of the ledger."""
    yield from _lineage_lines(diagnosis.lineages)
    yield from _labelled(dim("no file for"), map(_ghost, diagnosis.ghosts))
    elsewhere = ", ".join(f"{app} {count}" for app, count in diagnosis.elsewhere)
    yield from _labelled(dim("of other apps"), [plain(elsewhere)] if elsewhere else [])
    codes = {finding.code for finding in diagnosis.findings}
    now = _forecast(diagnosis.now, MigrateFails.code if MigrateFails.code in codes else "")
    yield from _labelled(dim("migrate now"), [now])
    yield from _labelled(dim("next release"), [_following(diagnosis, codes)])
    yield from _labelled(dim("based on"), _known_by(diagnosis.now))
    yield BLANK
    yield from finding_lines(diagnosis.findings)
    yield from _verdict_lines(diagnosis)


def _labelled(label: Text, items: Iterable[Text]) -> Iterator[Line]:
    yield from listed(label, items, 2, LABELS)


def _lineage_lines(lineages: Sequence[Lineage]) -> Iterator[Line]:
    """The refs that explain the rows; if none does, the nearest one."""
    explaining = [lineage for lineage in lineages if lineage.explains][:MOST_LINEAGES]
    if explaining:
        yield from _labelled(green("matches"), (plain(str(lineage)) for lineage in explaining))
    else:
        yield from _labelled(yellow("closest to"), (plain(str(lineage)) for lineage in lineages[:1]))


def _ghost(ghost: Ghost) -> Text:
    by = ", ".join(map(str, ghost.by))
    name = ghost.label or str(ghost.key)
    return plain(f"{name}: replaced by {by}" if by else f"{name}: nothing replaces it")


def _following(diagnosis: Diagnosis, codes: set[str]) -> Text:
    now, following = diagnosis.now, diagnosis.following
    if now and following and now.error and (now.error, now.at) == (following.error, following.at):
        return red("fails in the same way")
    return _forecast(following, NextReleaseFails.code if NextReleaseFails.code in codes else "")


def _forecast(forecast: Forecast | None, code: str) -> Text:
    """`code`: of the finding that has the error's message, if there is one."""
    if forecast is None:
        return dim("not known without the schema")
    runs = [str(key) for key in forecast.runs if key.name != EMPTY_NAME]
    if forecast.error:
        first = f"runs {', '.join(runs)}, then " if runs else ""
        at = f" at {forecast.at}" if forecast.at and forecast.at.name != EMPTY_NAME else ""
        return red(f"{first}fails{at}: {f'see {code} below' if code else ' '.join(forecast.error.split())}")
    if len(runs) < len(forecast.runs):
        runs.append("its own migrations")
    said = f"runs {', '.join(runs) or 'nothing'}"
    return red(f"{said}, and loses values") if forecast.harms else plain(said)


def _known_by(forecast: Forecast | None) -> Iterator[Text]:
    """The limits of the forecast's reliability, if there are any."""
    if forecast is None:
        return
    if not forecast.looked:
        yield plain("the rows only: a file does not contain the schema")
    if forecast.assumed:
        more = (
            f" and {len(forecast.assumed) - MOST_TABLES} more" if len(forecast.assumed) > MOST_TABLES else ""
        )
        tables = ", ".join(forecast.assumed[:MOST_TABLES])
        yield yellow(
            f"the rows only for {tables}{more}: not checked (another schema or database, or no permission)"
        )
    for key, words in forecast.doubts:
        yield yellow(f"{key} may fail: {words}")


def _verdict_lines(diagnosis: Diagnosis) -> Iterator[Line]:
    outcome = diagnosis.outcome
    if isinstance(outcome, Unrepairable):
        yield from wrapped((red(f"No repair could be proved [{outcome.code}]: "), plain(outcome.message)))
        if outcome.hint:
            yield from wrapped((cyan("hint "), plain(outcome.hint)), 2, 5)
    elif outcome.edits:
        yield from wrapped((yellow("This database needs a manual step: "), plain(_edits(outcome.edits))))
        yield from step_lines([(repair_command(diagnosis.ledger), "print the SQL")])
    elif diagnosis.needs_manual_step:
        yield (red("This database needs a manual step."),)
    else:
        yield (green("This database needs no manual step."),)


def _edits(edits: Sequence[LedgerEdit]) -> str:
    them = "it" if len(edits) == 1 else "them"
    what = "row" if all(isinstance(edit, InsertRow) for edit in edits) else "change"
    return f"{counted(len(edits), what)} in django_migrations before the deploy. Proved: `migrate` succeeds with {them}."
