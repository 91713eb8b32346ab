"""A backport before real Django: the release's databases at the release's new tip, and every database of both branches on mainline."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from backport_cases import RELEASE
from databases.small_projects import SmallProject
from fixture_repos import BuiltRepository
from harness import court, git, repair_by

from stitchback.adapters.fixture_case import CaseCommit, Expectation, FixtureCase, JudgeHints
from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api import Project
from stitchback.api.verification.real_differences import schema_differences
from stitchback.api.verification.worktrees import Worktrees
from stitchback.graph import MigrationGraph
from stitchback.model.verify_reports import EngineReport

LINEAGES = frozenset({"fork", "patched", "mainline"})


def judged_on_mainline(project: SmallProject, finish_first: tuple[str, ...] = ()) -> EngineReport:
    """The working tree, against the databases of each commit of both branches. `finish_first`: lineages, as in a fixture."""
    with court(_built(project, "main", RELEASE, finish_first=finish_first)) as bench:
        return bench.judge(repair_by(project.path), lineages=LINEAGES)


def judged_on_release(project: SmallProject, before: str, release: str = RELEASE) -> list[str]:
    """What goes wrong where the databases that the release made up to each of its migrations, each with a row, migrate to its new tip."""
    with Project.open(project.path) as opened:
        order = MigrationGraph.raw(opened.tree(before)).order()
    wrong: list[str] = []
    with scratch_databases("sqlite:///") as scratch, Worktrees(project.path) as trees:
        old, new = (trees.at(git(project.path, "rev-parse", ref)) for ref in (before, release))
        fresh = scratch.create()
        assert new.migrate(fresh).went_well
        for count in range(len(order) + 1):
            made = scratch.create()
            for key in order[:count]:
                assert old.migrate(made, key.app, key.name).went_well
            rows = _with_a_row(made)
            for first in ((), *((app,) for app in ("people", "shop"))):
                url, name = scratch.copy(made), f"{', '.join(map(str, order[:count]))}: {first}"
                for target in (first, ()):
                    done = new.migrate(url, *target)
                    wrong += [] if done.went_well else [f"{name}: {done.error_message}"]
                schemas = schema_differences(new.snapshot(url).schema, new.snapshot(fresh).schema)
                wrong += [f"{name}: {each}" for each in schemas]
                wrong += [] if set(new.ledger(url)) == set(new.ledger(fresh)) else [f"{name}: other rows"]
                wrong += [] if len(new.snapshot(url).rows["shop_item"]) == rows else [f"{name}: lost rows"]
    return wrong


def _with_a_row(url: str) -> int:
    with closing(sqlite3.connect(DatabaseUrl.parse(url).name)) as connection, connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'shop_item'").fetchall():
            return 0
        connection.execute("INSERT INTO shop_item (title) VALUES ('tent')")
        return 1


def _built(
    project: SmallProject, onto: str, *patches: str, finish_first: tuple[str, ...] = ()
) -> BuiltRepository:
    """The repository as the harness knows fixtures: each commit of each branch, oldest first."""
    root = git(project.path, "rev-list", "--max-parents=0", onto)
    own = {
        branch: git(project.path, "rev-list", "--reverse", "--first-parent", f"{root}..{branch}").split()
        for branch in (onto, *patches)
    }
    commits = [CaseCommit(root, onto, (), "")]
    for branch, shas in own.items():
        for index, sha in enumerate(shas):
            start = root if branch != onto and not index else None
            commits.append(CaseCommit(sha, branch, (), "", start=start))
    case = FixtureCase(
        "backport",
        project.path,
        "",
        "",
        patches,
        onto,
        (),
        tuple(commits),
        Expectation(0, {}, finish_first=finish_first),
        JudgeHints(("shop", "people")),
    )
    return BuiltRepository(project.path, {commit.id: commit.id for commit in commits}, case)
