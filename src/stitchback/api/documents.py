"""Results as the JSON documents that the commands print."""

from __future__ import annotations

from typing import assert_never

from stitchback.api.schema import SchemaDifference, SchemaRead
from stitchback.planning.graph_picture import GraphPicture
from stitchback.planning.reports import (
    BackportReport,
    CheckReport,
    PlanReport,
    ResolvedLeaves,
    Status,
)
from stitchback.planning.squash_reports import CandidatesReport, FinishReport, SquashReport
from stitchback.repair.diagnosis import Diagnosis
from stitchback.reporting import (
    render_backport,
    render_candidates,
    render_check,
    render_diagnosis,
    render_finish,
    render_graph,
    render_plan,
    render_resolution,
    render_schema,
    render_schema_difference,
    render_squash,
    render_status,
)

JSON = "json"
Result = (
    Status
    | PlanReport
    | CheckReport
    | ResolvedLeaves
    | Diagnosis
    | GraphPicture
    | SchemaRead
    | SchemaDifference
    | BackportReport
    | CandidatesReport
    | SquashReport
    | FinishReport
)


def to_json(result: Result) -> str:
    """The document that the command prints with `--format json`: `"schema": 1`, sorted keys, the same bytes for the same input."""
    match result:
        case Status():
            return render_status(result, JSON)
        case PlanReport():
            return render_plan(result, JSON)
        case CheckReport():
            return render_check(result, JSON)
        case ResolvedLeaves():
            return render_resolution(result, JSON)
        case Diagnosis():
            return render_diagnosis(result, JSON)
        case GraphPicture():
            return render_graph(result, JSON)
        case SchemaRead(ref, commit, models, opaque):
            return render_schema(ref, commit, models, opaque, JSON)
        case SchemaDifference(ref, other, differences, opaque):
            return render_schema_difference(ref, other, differences, opaque, JSON)
        case BackportReport():
            return render_backport(result, JSON)
        case CandidatesReport():
            return render_candidates(result, JSON)
        case SquashReport():
            return render_squash(result, JSON)
        case FinishReport():
            return render_finish(result, JSON)
        case _:
            assert_never(result)
