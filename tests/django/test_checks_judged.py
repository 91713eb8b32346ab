"""What `check` finds in its own fixtures, held against real Django: databases that each release made are migrated with the tree that is checked.

A case names in `left_out` the releases whose databases cannot be upgraded, by a full `migrate` or by one of another app first.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from fixture_repos import CHECKS, build_repository, case_names

from stitchback.adapters.git import Repository
from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import ProjectSession
from stitchback.adapters.scratch_databases import ScratchDatabases, scratch_databases
from stitchback.api.verification.worktrees import Worktrees

OTHER_APP = "people"
FIRST = ((None,), (OTHER_APP, None))  # what is migrated, one call after the other; None: everything


@pytest.mark.parametrize("case", case_names(CHECKS))
def test_the_databases_that_break_are_those_of_the_case(case: str, tmp_path: Path) -> None:
    built = build_repository(CHECKS / case, tmp_path / "repository")
    refs = built.case.patches or ("v2.4",)
    with (
        Repository.open(built.path) as repository,
        scratch_databases("sqlite:///") as scratch,
        Worktrees(built.path) as trees,
    ):
        new = trees.at(repository.resolve(built.case.onto))
        broken = [
            ref
            for ref in refs
            if any(not upgrades(trees.at(repository.resolve(ref)), new, apps, scratch) for apps in FIRST)
        ]
    assert tuple(broken) == built.case.expect.left_out


def upgrades(
    old: ProjectSession, new: ProjectSession, apps: tuple[str | None, ...], scratch: ScratchDatabases
) -> bool:
    """Whether a database of the old tree gets the schema of a fresh install of the new one."""
    url, fresh = scratch.create(), scratch.create()
    assert old.migrate(url).went_well
    try:
        done = [new.migrate(fresh), *(new.migrate(url, app) for app in apps)]
    except Raised:
        return False
    same = columns(new, url) == columns(new, fresh)
    return same and all(outcome.went_well for outcome in done) and not new.standing(url).unapplied


def columns(session: ProjectSession, url: str) -> dict[str, frozenset[str]]:
    """Table -> its columns: their order differs with the history."""
    tables = session.snapshot(url).schema.tables
    return {name: frozenset(table["columns"]) for name, table in tables.items()}
