"""`graph --format html` and `status --html`, `plan --html`, `verify --html`: the data of the pages, and one self-contained HTML page from the templates of
`html/`. The data is one JSON block, and the page's Content-Security-Policy allows no network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from stitchback.model.findings import Finding
from stitchback.model.plans import PopulationOutcome, Proof, SafePlan
from stitchback.model.verify_reports import EngineReport, PopulationReport, RollingRun, StopAnswers
from stitchback.planning.graph_picture import GraphPicture, picture_of_side
from stitchback.planning.outcomes import Planned
from stitchback.planning.plan_picture import PlanPicture, picture_of_plan
from stitchback.planning.prices import price_of
from stitchback.planning.reports import Overview, PlanReport, State, Status, coverage_of
from stitchback.reporting.document import edit_document
from stitchback.reporting.escaping import harmless_in_json, visible
from stitchback.reporting.grouping import rows
from stitchback.reporting.html_graph import picture_data
from stitchback.reporting.layout import Line
from stitchback.reporting.plan_text import cost, outcome_lines, strategies
from stitchback.reporting.population_groups import PopulationGroup, groups
from stitchback.reporting.status_text import counted, coverage_lines
from stitchback.reporting.strategy_names import selecting
from stitchback.reporting.verify_text import counted_otherwise

DRAWN = "The picture is drawn by Cytoscape.js {}, © The Cytoscape Consortium, MIT license (its text is in this file). "
HTML = files("stitchback.reporting") / "html"
_IN_A_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\x7f": "\\u007f"}
_LINE = re.compile(r"[^\n\t]+")
_PLACEHOLDER = re.compile(r"{{(\w+)}}")
_VERSION = re.compile(r'\.version="([\d.]+)"')

Data = dict[str, Any]
TONES = {
    State.RECONCILED: "good",
    State.TO_RECONCILE: "warn",
    State.IN_CONFLICT: "bad",
    State.NOT_READ: "bad",
}


def page(data: Mapping[str, object]) -> str:
    """The page. Of `data`, `title` and `subtitle` are its head; each other key is a section (`page.js`). Without pictures it needs no library."""
    style = _read("page.css")
    library = _read("library/cytoscape.min.js") if data.get("pictures") else ""
    code = f"{_read('graph.js')}\n{_read('page.js')}"
    scripts = (*([library] if library else []), code)
    version = _VERSION.search(library)
    parts = {
        "policy": policy(style, *scripts),
        "style": style,
        "scripts": "\n".join(f"<script>{script}</script>" for script in scripts),
        "drawn": DRAWN.format(version[1]) if version else "",
        "data": block(data),
    }
    return _PLACEHOLDER.sub(lambda match: parts[match[1]], _read("page.html"))


def policy(style: str, *scripts: str) -> str:
    """Nothing is loaded, and only these texts are executed (https://www.w3.org/TR/CSP3/): an inline script that is not among them does not run."""
    return (
        f"default-src 'none'; style-src {_digest(style)}; script-src {' '.join(map(_digest, scripts))}; "
        "base-uri 'none'; form-action 'none'"
    )


def block(data: Mapping[str, object]) -> str:
    """JSON in ASCII in which no text ends the script element or begins a comment
    (https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements). Characters that are not shown, or that
    change the direction of writing, are spelled out."""
    text = json.dumps(_visible(data), sort_keys=True, separators=(",", ":"))
    for character, escaped in _IN_A_SCRIPT.items():
        text = text.replace(character, escaped)
    return harmless_in_json(text)


def _visible(value: object) -> object:
    match value:
        case str():
            return _LINE.sub(lambda match: visible(match[0]), value)
        case Mapping():
            return {key: _visible(part) for key, part in value.items()}
        case list() | tuple():
            return [_visible(part) for part in value]
    return value


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _read(name: str) -> str:
    """Line breaks as a browser reads them: the policy's hashes are of that text."""
    return (HTML / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def graph_page(picture: GraphPicture) -> str:
    """The page of `graph`."""
    data = picture_data(PlanPicture(picture))
    read = _plain(coverage_lines(picture.coverage))
    return page({"title": data["head"], "subtitle": read, "pictures": [data]})


def overview_page(found: Overview) -> str:
    """The page of `status` without arguments: one row a release branch."""
    numbers = Counter(branch.state for branch in found.branches)
    counts = ", ".join(f"{numbers[state]} {state.value}" for state in State if numbers[state])
    patterns = ", ".join(found.patterns)
    branches = _table(
        "branches",
        "Release branches",
        [counts or f"No branch looks like a release ({patterns}).", *_others(found)],
        ["branch", "state", "why", "next command"],
        [
            [branch.ref, _toned(branch.state.value, TONES[branch.state]), branch.reason, _code(branch.next_command)]
            for branch in found.branches
        ],
    )  # fmt: skip
    leaves = _table(
        "leaves",
        "Several leaf nodes",
        ["`stitchback resolve` brings them together."],
        ["app", "leaf nodes"],
        [[app, [leaf.name for leaf in each]] for app, each in found.leaves.items()],
    )
    return page(
        {
            "title": f"Release branches, compared with {found.mainline.ref}",
            "subtitle": _plain(coverage_lines(coverage_of((found.mainline,)))),
            "tables": [
                {**branches, "filter": 1 if len(numbers) > 1 else None},
                *([leaves] if found.leaves else []),
            ],
        }
    )


def _others(found: Overview) -> Iterator[str]:
    if found.others:
        yield f"Other branches: {', '.join(found.others)}. Next: `{found.next_command}`"


def status_page(status: Status) -> str:
    """The page of `status` for named branches."""
    situation = status.case.situation
    pictures = [picture_of_side(side, situation.mainline) for side in status.case.sides]
    data = _compared(status, status.findings)
    return page({**data, "pictures": [picture_data(PlanPicture(picture)) for picture in pictures]})


def plan_page(
    report: PlanReport,
    diffs: Sequence[str],
    runbook: Mapping[str, str],
    verified: Sequence[EngineReport] = (),
) -> str:
    """The page of `plan`, and with `verified`, of `verify`. `diffs`: unified diffs of the files. `runbook`: name -> text of the files of
    `plan --out`."""
    case = report.status.case
    outcome = report.outcome
    data = _compared(report.status, (*report.status.findings, *report.findings))
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
        planned = len(chosen.proof.outcomes)
        data["tables"] = [
            engine_table(engine, place, planned) for place, engine in enumerate(verified)
        ] or None
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


def rolling_page(old: str, new: str, runs: Sequence[RollingRun]) -> str:
    """The page of `verify --rolling`."""
    return page(
        {
            "title": f"Deploy from {old} to {new}",
            "subtitle": f"The models of {runs[0].code} query a database after each migration."
            if runs
            else "",
            "tables": [_run(run, place) for place, run in enumerate(runs)],
        }
    )


def _compared(status: Status, findings: Sequence[Finding]) -> Data:
    """The head of a page, what the sides have, and the findings."""
    situation = status.case.situation
    patches = ", ".join(patch.tree.ref for patch in situation.patches)
    return {
        "title": f"{patches} into {situation.mainline.ref}",
        "subtitle": _plain(coverage_lines(status.coverage)),
        "sides": list(_sides(status)),
        "findings": [_finding(each) for each in findings] or None,
    }


def _table(name: str, title: str, lines: Sequence[str], heads: Sequence[str], rows: Sequence[object]) -> Data:
    """A section with one table. A cell is a text, a list of texts, `_toned` or `_code`."""
    return {
        "id": name,
        "title": title,
        "lines": lines,
        "heads": heads,
        "rows": rows,
        "notes": [],
        "filter": None,
    }


def _toned(text: str, tone: str) -> Data:
    """`tone`: good, warn or bad, its colour."""
    return {"text": text, "tone": tone}


def _code(text: str) -> Data | str:
    return {"code": text} if text else ""


def engine_table(engine: EngineReport, place: int, planned: int) -> Data:
    """The section of one engine in the page of `verify`. `planned`: the number of kinds of database in the plan's proof."""
    calls = f"Django {engine.django}: {engine.migrations:,} calls of `migrate` on real databases."
    found = len(engine.differences)
    result = f"{counted(found, 'difference')}." if found else "No error, no difference, no lost value."
    of_databases = {str(each) for population in engine.populations for each in population.differences}
    made = _table(
        f"verified-{place}",
        f"Verified on {engine.vendor}",
        [result, calls, *counted_otherwise(len(engine.populations), planned)],
        ["database", "before the deploy", "what migrate ran", "upgrade paths", "result"],
        [_population(each) for each in engine.populations],
    )
    differences = [f"Differs: {text}" for text in map(str, engine.differences) if text not in of_databases]
    return {**made, "notes": [*differences, *engine.remarks], "tone": "bad" if found else "good"}


def _population(each: PopulationReport) -> list[object]:
    steps = ("migrated to the end of its old code", each.finished_first), ("repaired", bool(each.repair))
    manual = ", ".join(text for text, done in steps if done)
    differences = list(map(str, each.differences))
    result = differences or _toned("equal to a fresh install", "good")
    name = "; ".join((each.name, *(f"also {other}" for other in each.also)))
    ran = list(map(str, sorted(each.ran))) or "nothing"
    return [name, _toned(manual or "nothing", "warn" if manual else "good"), ran, str(each.rollouts), result]


def _run(run: RollingRun, place: int) -> Data:
    failures = sum(len(stop.failures) for stop in run.stops)
    result = f"{counted(failures, 'failure')}." if failures else "Every query works at every stop."
    made = _table(
        f"rolling-{place}",
        f"On {run.vendor}",
        [f"migrate fails: {run.error}" if run.error else result, f"Django {run.django}."],
        ["stop", "queries", "what fails"],
        [_stop(stop) for stop in run.stops],
    )
    notes = [
        *(f"No rows in {text}" for text in run.unfilled),
        *(
            f"{each} is left out: it fails on the schema of {run.code} too: {each.error or each.reason}"
            for each in run.left_out
        ),
    ]
    return {**made, "notes": notes, "tone": "bad" if failures or run.error else "good"}


def _stop(stop: StopAnswers) -> list[object]:
    failures = [f"{each}: {each.error}" for each in stop.failures]
    name = str(stop.key) if stop.key else "before the first migration"
    return [name, str(len(stop.answers)), failures or _toned("nothing", "good")]


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


def _sides(status: Status) -> Iterator[Data]:
    situation = status.case.situation
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
