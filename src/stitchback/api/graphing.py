"""The use case `graph`: one ref in, the graph of its migrations out; two refs in, both graphs in one picture."""

from __future__ import annotations

from collections.abc import Sequence

from stitchback.adapters.databases import read_database
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.project import Project, refuse_nothing_read
from stitchback.api.reading_cases import PlanRequest, read_case
from stitchback.api.schema import require_apps
from stitchback.planning.graph_picture import GraphPicture, picture_of, picture_of_side


def graph(
    project: Project, refs: Sequence[str], apps: Sequence[str] = (), database: DatabaseUrl | str | None = None
) -> GraphPicture:
    """`refs`: none for the working tree, one, or the patch branch and mainline. `database`: its URL. Raises EnvironmentProblem: as `read_case`
    does, no such app (SB531), a database that cannot be read."""
    ledger = None if database is None else read_database(DatabaseUrl.of(database)).ledger
    if len(refs) < 2:
        tree = project.tree(*refs or ("HEAD",))
        refuse_nothing_read(project, (tree,))
        picture = picture_of(tree, ledger)
    else:
        patch, onto = refs
        case = read_case(project, PlanRequest((patch,), onto))
        picture = picture_of_side(case.sides[0], case.mainline, ledger)
    require_apps(apps, *picture.trees)
    return picture.limited_to(apps)
