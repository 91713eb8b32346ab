"""The use cases: ports in, values out. Each is imported when it is asked for: `status` needs neither LibCST nor a proof."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stitchback.api.planning import django_remark, make_plan
    from stitchback.api.project import Project
    from stitchback.api.reading_cases import PlanRequest, read_case, status
    from stitchback.api.writing_plans import Prepared, Written, contents_of, diffs_of, prepare, write

_WHERE = {
    "Prepared": "writing_plans",
    "Project": "project",
    "PlanRequest": "reading_cases",
    "Written": "writing_plans",
    "contents_of": "writing_plans",
    "diffs_of": "writing_plans",
    "django_remark": "planning",
    "make_plan": "planning",
    "prepare": "writing_plans",
    "read_case": "reading_cases",
    "status": "reading_cases",
    "write": "writing_plans",
}

__all__ = [
    "PlanRequest",
    "Prepared",
    "Project",
    "Written",
    "contents_of",
    "diffs_of",
    "django_remark",
    "make_plan",
    "prepare",
    "read_case",
    "status",
    "write",
]


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"stitchback.api.{_WHERE[name]}"), name)
