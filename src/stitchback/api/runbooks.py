"""`plan --out` and `--html`: the runbook, the SQL and the pages as files beside the tree, never in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from stitchback.engine import EngineCache
from stitchback.errors import EnvironmentProblem
from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree
from stitchback.model.plans import Population, SafePlan, Situation
from stitchback.model.verify_reports import EngineReport
from stitchback.planning.outcomes import Planned
from stitchback.planning.reports import PlanReport
from stitchback.repair.faking import FakeTrial
from stitchback.repair.plan_script import plan_script
from stitchback.repair.planner import RepairContext, RepairPlanner
from stitchback.repair.repair_outcomes import Unrepairable
from stitchback.reporting import render_plan_page
from stitchback.runbook import FakeAdvice, RunbookSql, render_runbook

PAGE = "report.html"
VENDORS = ("sqlite", "postgresql", "mysql", "oracle")


def runbook_files(report: PlanReport) -> dict[str, str]:
    """Name -> text: `runbook.md`, and if a population needs a manual step, the repair and its undo for each engine."""
    if not isinstance(report.outcome, Planned):
        return {}
    safe, situation = report.outcome.chosen, report.status.case.situation
    sql: list[RunbookSql] = []
    files: dict[str, str] = {}
    for vendor in VENDORS if safe.candidate.manual_inserts else ():
        script = plan_script(safe.candidate, vendor, safe.proof.outcomes)
        repair, undo = f"repair.{vendor}.sql", f"undo.{vendor}.sql"
        files |= {repair: script.text, undo: script.undo}
        sql.append(RunbookSql(vendor, script.text, script.undo, "\n".join(script.probe), repair, undo))
    text = render_runbook(
        safe.candidate,
        safe.proof,
        patches=tuple(patch.tree.ref for patch in situation.patches),
        onto=situation.mainline.ref,
        sql=sql,
        fakes=fake_advice(safe, situation),
    )
    return {"runbook.md": text, **files}


def fake_advice(safe: SafePlan, situation: Situation) -> tuple[FakeAdvice, ...]:
    """Whether `migrate --fake` would do instead of the SQL, tried on each population that needs a manual step; alike ones together."""
    found: dict[tuple[tuple[MigrationKey, ...], FakeTrial], list[str]] = {}
    for population, inserts, trial in _trials(safe, situation):
        found.setdefault((inserts, trial), []).append(population)
    return tuple(
        FakeAdvice(tuple(names), inserts, trial.commands, trial.reason)
        for (inserts, trial), names in found.items()
    )


def _trials(
    safe: SafePlan, situation: Situation
) -> Iterator[tuple[str, tuple[MigrationKey, ...], FakeTrial]]:
    needy = [outcome for outcome in safe.proof.outcomes if outcome.inserts and outcome.finish is None]
    if not needy:
        return
    deriver = RepairPlanner(safe.candidate.result, memory=EngineCache(sqlite=situation.policy.sqlite))
    around = RepairContext(_old_trees(situation))
    for outcome in needy:
        name = outcome.population.name
        repair = deriver.derive(Ledger.of(*whole_ledger(outcome.population, situation), source=name), around)
        if isinstance(repair, Unrepairable):  # its rows alone do not tell the schema
            trial = FakeTrial(reason=f"it could not be tried: {repair.message}")
        else:
            trial = deriver.try_fake(repair)
        yield name, outcome.inserts, trial


def whole_ledger(population: Population, situation: Situation) -> tuple[MigrationKey, ...]:
    """The population's rows, and those of the migrations below them in its tree that the proof leaves out because the plan does not concern them."""
    rows = dict.fromkeys(population.ledger)
    for tree in _old_trees(situation):
        if tree.ref == population.ref:
            graph = MigrationGraph.raw(tree)
            rows |= dict.fromkeys(each for key in rows if key in graph.nodes for each in graph.ancestors(key))
    return tuple(rows)


def _old_trees(situation: Situation) -> tuple[Tree, ...]:
    return (
        situation.mainline,
        *(tree for patch in situation.patches for tree in (patch.tree, patch.fork)),
    )


def write_out(report: PlanReport, folder: Path, diffs: Sequence[str] = ()) -> tuple[Path, ...]:
    """Writes the runbook's files and the page. `diffs`: of the plan's files. Raises EnvironmentProblem (SB517) where the folder cannot be written."""
    files = runbook_files(report)
    return _write(folder, {**files, PAGE: render_plan_page(report, diffs, files)})


def plan_page(report: PlanReport, diffs: Sequence[str], verified: Sequence[EngineReport] = ()) -> str:
    """The page of `plan`, and of `verify` with its results."""
    return render_plan_page(report, diffs, runbook_files(report), verified)


def write_page(file: Path, html: str) -> Path:
    """Writes a page alone. Raises EnvironmentProblem (SB517) where the file cannot be written."""
    (written,) = _write(file.parent, {file.name: html})
    return written


def _write(folder: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise EnvironmentProblem("SB517", f"{folder} cannot be written: {error.strerror}") from error
    return tuple(folder / name for name in files)
