"""`plan --out`: the runbook and the SQL as files beside the tree, never in it."""

from __future__ import annotations

from pathlib import Path

from stitchback.errors import EnvironmentProblem
from stitchback.model.ledger import Ledger
from stitchback.planning import Planned, PlanReport
from stitchback.repair.planned import plan_edits
from stitchback.repair.sql import render_script
from stitchback.runbook.render import render_runbook
from stitchback.runbook.values import RunbookSql

VENDORS = ("sqlite", "postgresql", "mysql", "oracle")


def runbook_files(report: PlanReport) -> dict[str, str]:
    """Name -> text: `runbook.md`, and where a population needs a hand the repair and its undo for each engine."""
    if not isinstance(report.outcome, Planned):
        return {}
    safe, situation = report.outcome.chosen, report.status.case.situation
    edits = plan_edits(safe.candidate)
    sql: list[RunbookSql] = []
    files: dict[str, str] = {}
    for vendor in VENDORS if edits else ():
        script = render_script(edits, vendor, Ledger("every database that the plan is for", ()))
        repair, undo = f"repair.{vendor}.sql", f"undo.{vendor}.sql"
        files |= {repair: script.text, undo: script.undo}
        sql.append(RunbookSql(vendor, script.text, script.undo, "\n".join(script.probe), repair, undo))
    patches = tuple(patch.tree.ref for patch in situation.patches)
    text = render_runbook(safe.candidate, safe.proof, patches=patches, onto=situation.mainline.ref, sql=sql)
    return {"runbook.md": text, **files}


def write_out(report: PlanReport, folder: Path) -> tuple[Path, ...]:
    """Writes the runbook's files. Raises EnvironmentProblem (SB517) where the folder cannot be written."""
    files = runbook_files(report)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise EnvironmentProblem("SB517", f"{folder} cannot be written: {error.strerror}") from error
    return tuple(folder / name for name in files)
