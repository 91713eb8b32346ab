"""The JSON form of the reports: `"schema": 1`, keys sorted, the same bytes for the same input."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, assert_never

from stitchback.errors import StitchbackError
from stitchback.matching.case import Case
from stitchback.model.edits import FileEdit
from stitchback.model.findings import Finding
from stitchback.model.matches import Match
from stitchback.model.migrations import Tree
from stitchback.model.plans import (
    CandidateReach,
    Damages,
    FinishFirst,
    Forgotten,
    Harmless,
    Leaves,
    Patch,
    Proof,
    Refuted,
    SafePlan,
    Stops,
)
from stitchback.planning.graph_picture import DrawnMigration, GraphPicture, Node
from stitchback.planning.outcomes import DISAGREEMENT, NO_TIME, Planned, Unproved
from stitchback.planning.prices import price_of
from stitchback.planning.reports import (
    BackportReport,
    CheckReport,
    Coverage,
    Overview,
    PlanReport,
    ResolvedLeaves,
    Status,
)
from stitchback.reporting.edit_words import migration_effects, reasons, verb
from stitchback.reporting.escaping import harmless_in_json
from stitchback.reporting.grouping import origins, schema_object_of
from stitchback.reporting.strategy_names import selecting

Document = dict[str, Any]


def dump(document: Document) -> str:
    """One JSON document, ending without a newline."""
    return as_json({"schema": 1, **document})


def as_json(document: Document) -> str:
    """ASCII only, also without DEL: no character that a terminal or a CI runner interprets (`escaping.harmless`). Any byte of any path is kept."""
    text = json.dumps(document, sort_keys=True, indent=2)
    return harmless_in_json(text.replace("\x7f", "\\u007f"))


def error_document(error: BaseException, exit_code: int) -> Document:
    """The document of a command that failed: a refusal, a usage error (code null), an interrupt, or a bug."""
    known = error if isinstance(error, StitchbackError) else None
    message = str(getattr(error, "message", error)) or type(error).__name__
    return {
        "error": {
            "code": known.code if known else None,
            "message": message,
            "hint": known.hint if known else "",
            "evidence": list(known.evidence) if known else [],
            "example": list(known.example) if known else [],
        },
        "exit": exit_code,
    }


def status_document(status: Status) -> Document:
    situation = status.case.situation
    return {
        "mainline": {"ref": situation.mainline.ref, "commit": situation.mainline.commit},
        "patches": [
            _patch(patch, matches)
            for patch, matches in zip(situation.patches, situation.matches, strict=True)
        ],
        "findings": [finding_document(finding) for finding in status.findings],
        "read": read_document(status.coverage),
    }


def check_document(report: CheckReport) -> Document:
    situation = report.case.situation
    return {
        "checked": {"ref": situation.mainline.ref, "commit": situation.mainline.commit},
        "base": {"ref": report.base.ref, "commit": report.base.commit},
        "releases": [
            {"ref": patch.tree.ref, "commit": patch.tree.commit, "fork_point": patch.fork.commit}
            for patch in situation.patches[1:]
        ],
        "findings": [finding_document(finding) for finding in report.findings],
        "in_baseline": report.in_baseline,
        "outdated_in_baseline": report.outdated,
        "read": read_document(report.coverage),
        "exit": report.exit_code,
    }


def graph_document(picture: GraphPicture) -> Document:
    return {
        "refs": [{"ref": tree.ref, "commit": tree.commit} for tree in picture.trees],
        "fork_point": picture.fork_commit,
        "database": picture.database,
        "migrations": [_drawn(drawn) for drawn in picture.migrations],
        "matches": [_match(match) for match in picture.links],
        "rows_without_file": list(map(str, picture.rows_without_file)),
        "read": read_document(picture.coverage),
    }


def _drawn(drawn: DrawnMigration) -> Document:
    return {
        **_node(drawn.node),
        "depends_on": list(map(_node, drawn.parents)),
        "packages": list(map(str, drawn.packages)),
        "missing": list(map(str, drawn.missing)),
        "leaf_on": list(drawn.leaf_on),
        "squashes": list(map(str, drawn.squashes)),
        "ghosts": list(map(str, drawn.ghosts)),
        "replaced_by": list(map(str, drawn.replaced_by)),
        "fork_point": drawn.is_fork_point,
        "reconciled": drawn.is_reconciled,
        "in_cycle": drawn.in_cycle,
        "applied": drawn.counts,
        "recorded": drawn.is_recorded,
        "recorded_ghosts": list(map(str, drawn.recorded_ghosts)),
    }


def _node(node: Node) -> Document:
    """`ref`: the only ref that has it with this content; null if all have."""
    return {"migration": str(node.key), "ref": node.ref or None}


def read_document(coverage: Coverage) -> Document:
    return {
        "migrations": coverage.migrations,
        "operations": coverage.operations,
        "opaque": coverage.opaque,
        "unreadable": coverage.unreadable,
    }


def _patch(patch: Patch, matches: Iterable[Match]) -> Document:
    return {
        "ref": patch.tree.ref,
        "commit": patch.tree.commit,
        "fork_point": patch.fork.commit,
        "merged": patch.merged,
        "migrations": [str(migration.key) for migration in patch.migrations],
        "matches": [_match(match) for match in matches],
    }


def _match(match: Match) -> Document:
    return {
        "verdict": match.verdict.value,
        "thing": schema_object_of(match),
        "patch": list(origins(match.patch)),
        "mainline": list(origins(match.mainline)),
        "differences": list(match.differences),
    }


def finding_document(finding: Finding) -> Document:
    span = finding.span
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "ref": finding.ref,
        "path": span.path if span else None,
        "line": span.line if span else None,
        "message": finding.message,
        "hint": finding.hint,
        **({"recipe": list(finding.recipe)} if finding.recipe else {}),
    }


def plan_document(report: PlanReport) -> Document:
    outcome = report.outcome
    document = {
        "status": status_document(report.status),
        "findings": [finding_document(finding) for finding in report.findings],
        "exit": report.exit_code,
    }
    match outcome:
        case Planned():
            document["plan"] = plan_part(outcome.chosen, report.status.case.situation.mainline)
            document["others"] = [_other(plan, report.status.case) for plan in outcome.others]
            document["refused"] = [refused_document(refuted) for refuted in outcome.refuted]
        case Unproved():
            document["plan"] = None
            document["refused"] = [refused_document(refuted) for refuted in outcome.refuted]
            document["blocking"] = [_match(match) for match in outcome.blocking]
            document["unplaced"] = list(map(str, outcome.unplaced))
            document["code"] = outcome.code
            document["best"] = None if outcome.best is None else reach_document(outcome.best)
    return document


def reach_document(reach: CandidateReach) -> Document:
    """The best of the refused plans; without strategies, mainline as it is."""
    return {
        "strategies": dict(reach.candidate.strategies),
        "works_for": [population.name for population in reach.works],
        "fails_for": [population.name for population in reach.fails],
    }


def overview_document(found: Overview) -> Document:
    return {
        "mainline": {"ref": found.mainline.ref, "commit": found.mainline.commit},
        "branches": [
            {
                "ref": branch.ref,
                "commit": branch.commit,
                "state": branch.state.value,
                "reason": branch.reason,
                "next": branch.next_command,
            }
            for branch in found.branches
        ],
        "leaves": {app: [leaf.name for leaf in leaves] for app, leaves in found.leaves.items()},
        "exit": found.exit_code,
    }


def resolve_document(found: ResolvedLeaves, written: Iterable[str], diffs: Iterable[str]) -> Document:
    """`plan` as of `plan_document`, null where there is nothing to resolve."""
    return {
        "leaves": {app: [leaf.name for leaf in leaves] for app, leaves in found.leaves.items()},
        "origin": found.origin or None,
        "others": list(found.others),
        "onto": found.onto,
        "renumbered": list(map(str, found.renumbered)),
        "evidence": [{"migration": str(key), "where": where} for key, where in found.evidence],
        "searched": found.searched,
        "settled": list(found.report.settled) if found.report else [],
        "unsettled": list(found.unsettled),
        "order_matters": [
            [
                {"ref": ref, "migration": str(migration.key)}
                for ref, migration in ((pair[0], pair[1]), pair[2:])
            ]
            for pair in found.pairs
        ],
        "mentions": list(found.mentions),
        "plan": plan_document(found.report) if found.report else None,
        "diffs": list(diffs),
        "written": list(written),
        "exit": 0 if written else found.exit_code,
    }


def backport_document(report: BackportReport, written: Sequence[str], diffs: Iterable[str] = ()) -> Document:
    """`written`: the branch and its new commit, then the paths in the working tree; empty before. `plan` as of `plan_document`, null where the
    release itself could not be proved."""
    proof = report.proof
    return {
        "release": report.release,
        "mainline": report.mainline,
        "files": [
            {
                "migration": str(file.original),
                "as": str(file.key),
                "path": file.path,
                "depends_on": list(map(str, file.dependencies)),
                "copy": file.is_copy,
            }
            for file in report.files
        ],
        "release_proof": None
        if isinstance(proof, Refuted)
        else {"django": proof.django, "runs": proof.simulated_runs, "populations": len(proof.outcomes)},
        "release_refused": refused_document(proof) if isinstance(proof, Refuted) else None,
        "needed": list(map(str, report.needed)),
        "models": list(report.models),
        "plan": plan_document(report.stitched) if report.stitched else None,
        "diffs": list(diffs),
        "branch": written[0] if written else None,
        "commit": written[1] if written else None,
        "written": list(written[2:]),
        "exit": 0 if written else report.exit_code,
    }


def plan_part(plan: SafePlan, before: Tree) -> Document:
    candidate, proof = plan.candidate, plan.proof
    return {
        "strategies": dict(candidate.strategies),
        "files": [edit_document(edit, before) for edit in candidate.edits],
        "handovers": [
            {"insert": str(handover.insert), "applied": [str(key) for key in handover.applied]}
            for handover in candidate.manual_inserts
        ],
        "remarks": [remark.text for remark in candidate.remarks],
        "proof": {
            "django": proof.django,
            "runs": proof.simulated_runs,
            "graph": proof.sliced_to,
            "left_out": proof.left_out,
            "bounded": list(proof.bounded),
            "unserved": list(map(str, proof.broken_on_mainline)),
            "agreed": list(proof.agreed),
            "rehearsal": _rehearsal(proof),
            "populations": [
                {
                    "name": outcome.population.name,
                    "lineage": outcome.population.lineage,
                    "finish_first": finish_document(outcome.finish),
                    "inserts": [str(key) for key in outcome.inserts],
                    "will_run": [str(key) for key in outcome.will_run],
                    "rollouts": outcome.rollouts,
                    "forgotten": forgotten_document(outcome.forgotten),
                }
                for outcome in proof.outcomes
            ],
        },
    }


def finish_document(finish: FinishFirst | None) -> Document | None:
    """What the database is migrated to with the code that it is running, before the deploy; null if nothing."""
    return None if finish is None else {"ref": finish.ref, "target": [str(key) for key in finish.target]}


def forgotten_document(forgotten: Forgotten | None) -> Document | None:
    """What happens if the manual step is forgotten; null if the database needs none."""
    match forgotten:
        case None:
            return None
        case Stops():
            return {"outcome": "stops", **_stops(forgotten)}
        case Damages():
            return {
                "outcome": "damages",
                "resets": list(forgotten.resets),
                "loses": list(forgotten.loses),
                "reruns": list(forgotten.reruns),
                "other_databases": None if forgotten.elsewhere is None else _stops(forgotten.elsewhere),
                "next_release": forgotten.next_release,
            }
        case Leaves():
            return {
                "outcome": "leaves",
                "differences": "; ".join(map(str, forgotten.differences)),
                "missing": list(forgotten.missing),
                "next_release": forgotten.next_release,
            }
        case Harmless():
            return {"outcome": "harmless"}
        case _:
            assert_never(forgotten)


def _stops(stops: Stops) -> Document:
    return {
        "at": None if stops.at is None else str(stops.at),
        "message": stops.message,
        "next_release": stops.next_release,
    }


def _rehearsal(proof: Proof) -> Document | None:
    done = proof.rehearsal
    if done is None:
        return None
    return {
        "django": done.django,
        "rehearsed": done.rehearsed,
        "total": done.total,
        "aside": list(done.aside),
    }


def edit_document(edit: FileEdit, before: Tree) -> Document:
    return {
        "path": edit.path,
        "migration": str(edit.key),
        "does": verb(edit, before),
        "details": list(migration_effects(edit, before)),
        "reasons": list(reasons(edit)),
    }


def _other(plan: SafePlan, case: Case) -> Document:
    """One alternative plan. `choose`: the value for `--strategy`; null if none selects it."""
    cost = price_of(plan)
    return {
        "choose": selecting(plan.candidate, case),
        "strategies": dict(plan.candidate.strategies),
        "files": cost.files,
        "hands": cost.manual_steps,
        "conditional": cost.conditional,
        "damages_if_forgotten": bool(cost.damages),
    }


def refused_document(refuted: Refuted) -> Document:
    return {
        "strategies": dict(refuted.candidate.strategies),
        "code": DISAGREEMENT if refuted.contradicted else NO_TIME if refuted.missed else None,
        "failures": [
            {
                "population": failure.population,
                "rollout": failure.rollout,
                "step": str(failure.step),
                "message": failure.message,
            }
            for failure in dict.fromkeys(refuted.failures)
        ],
    }
