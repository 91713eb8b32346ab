"""The Python API, and what the commands call: refs, URLs and ledgers in, values out. docs/python-api.md describes every name of `__all__`.

These names, their parameters and the attributes that the page lists follow semantic versioning; other modules and names of the package do not.
Each is imported when it is asked for: `status` needs neither LibCST nor a proof.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stitchback.api.backporting import (
        BackportRequest,
        backport,
        diffs_of_backport,
        prepare_backport,
        write_backport,
    )
    from stitchback.api.checking import CheckRequest, RollingRequest, check
    from stitchback.api.documents import to_json
    from stitchback.api.fleets import inspect_fleet, repair_fleet, tenants_of, write_scripts
    from stitchback.api.graphing import graph
    from stitchback.api.planning import django_remark, make_plan
    from stitchback.api.project import Project
    from stitchback.api.reading_cases import PlanRequest, status
    from stitchback.api.repairing import (
        LedgerSource,
        apply_repair,
        inspect,
        read_ledgers,
        repair_ledger,
        write_undo,
    )
    from stitchback.api.resolving import ResolveRequest, resolve, write_resolution
    from stitchback.api.schema import compare_schemas, read_schema
    from stitchback.api.squash_candidates import find_squash_candidates
    from stitchback.api.squashing import (
        FinishRequest,
        StitchRequest,
        finish,
        prepare_finish,
        prepare_stitch,
        stitch,
    )
    from stitchback.api.verifying import VerifyRequest, verify, verify_rolling
    from stitchback.api.writing_plans import Prepared, Written, diffs_of, prepare, write
    from stitchback.errors import EnvironmentProblem, Refusal, StitchbackError
    from stitchback.reporting.pages import explain

_WHERE = {
    "BackportRequest": "api.backporting",
    "CheckRequest": "api.checking",
    "EnvironmentProblem": "errors",
    "FinishRequest": "api.squashing",
    "LedgerSource": "api.repairing",
    "PlanRequest": "api.reading_cases",
    "Prepared": "api.writing_plans",
    "Project": "api.project",
    "Refusal": "errors",
    "ResolveRequest": "api.resolving",
    "RollingRequest": "api.checking",
    "StitchRequest": "api.squashing",
    "StitchbackError": "errors",
    "VerifyRequest": "api.verifying",
    "Written": "api.writing_plans",
    "apply_repair": "api.repairing",
    "backport": "api.backporting",
    "check": "api.checking",
    "compare_schemas": "api.schema",
    "diffs_of": "api.writing_plans",
    "diffs_of_backport": "api.backporting",
    "django_remark": "api.planning",
    "explain": "reporting.pages",
    "find_squash_candidates": "api.squash_candidates",
    "finish": "api.squashing",
    "graph": "api.graphing",
    "inspect": "api.repairing",
    "inspect_fleet": "api.fleets",
    "make_plan": "api.planning",
    "prepare": "api.writing_plans",
    "prepare_backport": "api.backporting",
    "prepare_finish": "api.squashing",
    "prepare_stitch": "api.squashing",
    "read_ledgers": "api.repairing",
    "read_schema": "api.schema",
    "repair_fleet": "api.fleets",
    "repair_ledger": "api.repairing",
    "resolve": "api.resolving",
    "status": "api.reading_cases",
    "stitch": "api.squashing",
    "tenants_of": "api.fleets",
    "to_json": "api.documents",
    "verify": "api.verifying",
    "verify_rolling": "api.verifying",
    "write": "api.writing_plans",
    "write_backport": "api.backporting",
    "write_resolution": "api.resolving",
    "write_scripts": "api.fleets",
    "write_undo": "api.repairing",
}

__all__ = [
    "BackportRequest",
    "CheckRequest",
    "EnvironmentProblem",
    "FinishRequest",
    "LedgerSource",
    "PlanRequest",
    "Prepared",
    "Project",
    "Refusal",
    "ResolveRequest",
    "RollingRequest",
    "StitchRequest",
    "StitchbackError",
    "VerifyRequest",
    "Written",
    "apply_repair",
    "backport",
    "check",
    "compare_schemas",
    "diffs_of",
    "diffs_of_backport",
    "django_remark",
    "explain",
    "find_squash_candidates",
    "finish",
    "graph",
    "inspect",
    "inspect_fleet",
    "make_plan",
    "prepare",
    "prepare_backport",
    "prepare_finish",
    "prepare_stitch",
    "read_ledgers",
    "read_schema",
    "repair_fleet",
    "repair_ledger",
    "resolve",
    "status",
    "stitch",
    "tenants_of",
    "to_json",
    "verify",
    "verify_rolling",
    "write",
    "write_backport",
    "write_resolution",
    "write_scripts",
    "write_undo",
]


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"stitchback.{_WHERE[name]}"), name)
