"""`graph --format html` and `plan --html`: the data of the pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stitchback.model.findings import Finding
from stitchback.model.plans import PopulationOutcome, Proof, SafePlan
from stitchback.planning.graph_picture import GraphPicture, picture_of_side
from stitchback.planning.outcomes import Planned
from stitchback.planning.plan_picture import PlanPicture, picture_of_plan
from stitchback.planning.prices import price_of
from stitchback.planning.reports import PlanReport
from stitchback.reporting.document import edit_document
from stitchback.reporting.grouping import rows
from stitchback.reporting.html_graph import picture_data
from stitchback.reporting.html_page import page
from stitchback.reporting.plan_text import cost, outcome_lines, strategies
from stitchback.reporting.population_groups import PopulationGroup, groups
from stitchback.reporting.status_text import counted, coverage_lines
from stitchback.reporting.strategy_names import selecting
from stitchback.reporting.style import Line

Data = dict[str, Any]


def graph_page(picture: GraphPicture) -> str:
    """The page of `graph`."""
    data = picture_data(PlanPicture(picture))
    read = _plain(coverage_lines(picture.coverage))
    return page({"title": data["head"], "subtitle": read, "pictures": [data]})


def plan_page(report: PlanReport, diffs: Sequence[str], runbook: Mapping[str, str]) -> str:
    """The page of `plan`. `diffs`: unified diffs of the files. `runbook`: name -> text of the files of `plan --out`."""
    case = report.status.case
    situation, outcome = case.situation, report.outcome
    patches = ", ".join(patch.tree.ref for patch in situation.patches)
    data: Data = {
        "title": f"{patches} into {situation.mainline.ref}",
        "subtitle": _plain(coverage_lines(report.status.coverage)),
        "sides": list(_sides(report)),
        "findings": [_finding(each) for each in (*report.status.findings, *report.findings)] or None,
    }
    if not isinstance(outcome, Planned):
        pictures = [PlanPicture(picture_of_side(side, case.mainline)) for side in case.sides]
        lines = ["No plan could be proved, so nothing can be written."]
        data["summary"] = {
            "title": "Refused",
            "lines": lines,
            "report": _plain(outcome_lines(report, verbose=False)),
        }
    else:
        chosen = outcome.chosen
        pictures = [picture_of_plan(side, case.mainline, chosen.candidate) for side in case.sides]
        data |= _planned(report, chosen, diffs, runbook)
        data["others"] = [
            (
                f"--strategy {choice}"
                if (choice := selecting(other.candidate, case))
                else strategies(other.candidate),
                cost(price_of(other)),
            )
            for other in outcome.others
        ] or None
    data["pictures"] = [picture_data(picture) for picture in pictures]
    return page(data)


def _planned(report: PlanReport, chosen: SafePlan, diffs: Sequence[str], runbook: Mapping[str, str]) -> Data:
    candidate, proof = chosen.candidate, chosen.proof
    before = report.status.case.situation.mainline
    names = strategies(candidate)
    price = f"{cost(price_of(chosen))}{f' ({names})' if names else ''}."
    summary = (
        {"title": "Plan", "lines": [price]}
        if report.would_change
        else {
            "title": "Nothing to write",
            "lines": [],
            "report": _plain(outcome_lines(report, verbose=False)),
        }
    )
    return {
        "summary": summary,
        "files": [edit_document(edit, before) for edit in candidate.edits],
        "notes": [remark.text for remark in candidate.remarks],
        "diffs": [{"path": _path_of(text), "text": text} for text in diffs if text],
        "proof": _proof(proof),
        "steps": [_step(group) for group in groups(proof.outcomes) if group.needs_manual_step],
        "runbook": sorted(runbook.items()),
    }


def _path_of(diff: str) -> str:
    """The path in the head of a unified diff, without `a/` or `b/`."""
    old, new = diff.split("\n", 2)[:2]
    return (old if new == "+++ /dev/null" else new)[len("+++ b/") :].rstrip("\t")


def _sides(report: PlanReport) -> Iterator[Data]:
    situation = report.status.case.situation
    for patch, matches in zip(situation.patches, situation.matches, strict=True):
        has = f"{patch.tree.ref} has {counted(len(patch.migrations), 'migration')} since the fork point"
        yield {
            "title": f"{has}: {', '.join(str(each.key) for each in patch.migrations)}"
            if patch.migrations
            else has,
            "fork": f"Fork point {patch.fork.commit[:12]}: both sides share its {counted(len(patch.fork.migrations), 'migration')}.",
            "matches": [
                {
                    "verdict": row.verdict.value,
                    "changes": list(row.words),
                    "patch": list(map(str, row.patch)),
                    "mainline": list(map(str, row.mainline)),
                    "differences": list(row.differences),
                }
                for row in rows(matches)
            ],
        }


def _finding(finding: Finding) -> Data:
    where = f"{finding.span.path}:{finding.span.line}" if finding.span else ""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "hint": finding.hint,
        "where": " ".join(filter(None, (finding.ref, where))),
    }


def _proof(proof: Proof) -> Data:
    lines = [
        f"With Django {proof.django}'s own loader and executor: {counted(len(proof.outcomes), 'kind')} of database, "
        f"{counted(proof.simulated_runs, 'run')} of `migrate`, no failure.",
    ]
    if proof.rehearsal is not None:
        done = proof.rehearsal
        lines.append(
            f"Rehearsed by Django {done.django} on SQLite: {done.rehearsed} of {counted(done.total, 'kind')} of database, no failure."
        )
    return {
        "lines": lines,
        "populations": [
            {
                "name": outcome.population.name,
                "step": "; then ".join(_before_deploy(outcome)),
                "runs": list(map(str, outcome.will_run)),
                "rollouts": str(outcome.rollouts),
            }
            for outcome in proof.outcomes
        ],
        "notes": [
            *(
                f"Left out: {each}. This happens on mainline even without this plan."
                for each in proof.broken_on_mainline
            ),
            *(f"Declared in the configuration: {each}" for each in proof.agreed),
            *(f"Not tried: {each}" for each in proof.bounded),
            *(
                f"Not exactly rehearsed: {each}"
                for each in (proof.rehearsal.aside if proof.rehearsal else ())
            ),
        ],
    }


def _before_deploy(outcome: PopulationOutcome | PopulationGroup) -> Iterator[str]:
    if outcome.finish is not None:
        target = ", ".join(map(str, outcome.finish.target))
        yield f"finish first: run `migrate` with the code of {outcome.finish.ref}, without this plan, up to {target}"
    if outcome.inserts:
        yield f"insert into django_migrations: {', '.join(map(str, outcome.inserts))}"


def _step(group: PopulationGroup) -> Data:
    return {
        "title": f"{group.title} ({counted(group.kinds, 'kind')} of database)",
        "does": list(_before_deploy(group)),
        "forgotten": list(map(str, group.forgotten)),
    }


def _plain(lines: Iterable[Line] | Iterator[Line]) -> str:
    return "\n".join("".join(text.plain for text in line) for line in lines).strip()
