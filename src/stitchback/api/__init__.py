"""The use cases: ports in, values out."""

from stitchback.api.applying import Prepared, Written, contents_of, diffs_of, prepare, write
from stitchback.api.comparing import Wish, read_case
from stitchback.api.planning import make_plan, status
from stitchback.api.project import Project

__all__ = [
    "Prepared",
    "Project",
    "Wish",
    "Written",
    "contents_of",
    "diffs_of",
    "make_plan",
    "prepare",
    "read_case",
    "status",
    "write",
]
