"""The use cases: ports in, values out. Each is imported when it is asked for: `status` needs neither LibCST nor a proof."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stitchback.api.applying import Prepared, Written, contents_of, diffs_of, prepare, write
    from stitchback.api.comparing import PlanRequest, read_case, status
    from stitchback.api.planning import django_remark, make_plan
    from stitchback.api.project import Project

_WHERE = {
    "Prepared": "applying",
    "Project": "project",
    "PlanRequest": "comparing",
    "Written": "applying",
    "contents_of": "applying",
    "diffs_of": "applying",
    "django_remark": "planning",
    "make_plan": "planning",
    "prepare": "applying",
    "read_case": "comparing",
    "status": "comparing",
    "write": "applying",
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
