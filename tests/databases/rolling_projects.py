"""A project with one app for each kind of change: the old release and the new one as commits."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from databases.rolling_kinds import HEAD, Kind
from databases.small_projects import MIGRATION, SmallProject, small_project

from stitchback.adapters.projects import ProjectSession

OLD, NEW, FIRST = "v1", "main", "0001_initial"


def rolling_project(path: Path, kinds: Sequence[Kind]) -> SmallProject:
    """Tag v1: the old models with their first migrations; branch main: the new models and the steps."""
    project = small_project(path, *(kind.label for kind in kinds))
    project.write({f"{kind.label}/models.py": HEAD + (kind.first or kind.old) for kind in kinds})
    with ProjectSession(path) as session:
        session.manage(f"sqlite:///{path}/none.sqlite3", "makemigrations", verbosity=0)
    (path / "none.sqlite3").unlink(missing_ok=True)
    for kind in kinds:
        if kind.released:
            write_step(project, kind, FIRST, 2, kind.released)
    project.write({f"{kind.label}/models.py": HEAD + kind.old for kind in kinds})
    project.commit("old")
    subprocess.run(["git", "tag", OLD], cwd=path, check=True)
    for kind in kinds:
        parent = "0002_step" if kind.released else FIRST
        for number, operations in enumerate(kind.steps, start=3 if kind.released else 2):
            parent = write_step(project, kind, parent, number, operations)
    project.write({f"{kind.label}/models.py": HEAD + kind.new for kind in kinds})
    project.commit("new")
    return project


def write_step(project: SmallProject, kind: Kind, parent: str, number: int, operations: Sequence[str]) -> str:
    """One more migration of the kind's app; its name."""
    name = f"{number:04}_step"
    text = MIGRATION.format(after=f"('{kind.label}', '{parent}')", operations=", ".join(operations))
    project.write({f"{kind.label}/migrations/{name}.py": text})
    return name
