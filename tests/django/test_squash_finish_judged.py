"""`squash finish` held against real Django: it is refused exactly where a database would run the squash again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from databases.small_projects import SmallProject
from squash_judge import stitched
from squash_projects import circular, one_app, seeds

from stitchback.adapters.git import Repository
from stitchback.adapters.projects import ProjectSession
from stitchback.adapters.scratch_databases import ScratchDatabases, scratch_databases
from stitchback.api.verification.differences import schema_differences
from stitchback.api.verification.worktrees import Worktrees

NOT_YET, WRITTEN = 1, 0
CASES = [(one_app, ("shop",)), (circular, ("shop", "people")), (seeds, ("shop",))]


def squashed(project: SmallProject, *apps: str) -> None:
    """The squash is released: tag v2; the release before it is v1."""
    project.git("tag", "v1")
    stitched(project, *apps)
    project.commit("squash")
    project.git("tag", "v2")


def at_tag(project: SmallProject, trees: Worktrees, tag: str) -> ProjectSession:
    with Repository.open(project.path) as repository:
        return trees.at(repository.resolve(tag))


def unlike_fresh(session: ProjectSession, scratch: ScratchDatabases, url: str) -> tuple[str, ...]:
    """How the database differs from a fresh install, after a full migrate."""
    fresh = scratch.create()
    for each in (fresh, url):
        done = session.migrate(each)
        if not done.went_well:
            return (done.error_message,)
    return schema_differences(session.snapshot(url).schema, session.snapshot(fresh).schema)


@pytest.mark.parametrize(("make", "apps"), CASES, ids=lambda value: getattr(value, "__name__", None))
def test_a_database_that_has_recorded_the_squash(
    make: Callable[[Path], SmallProject], apps: tuple[str, ...], tmp_path: Path
) -> None:
    project = make(tmp_path)
    squashed(project, *apps)
    with scratch_databases("sqlite:///") as scratch, Worktrees(tmp_path) as trees:
        old, new = (at_tag(project, trees, tag) for tag in ("v1", "v2"))
        upgraded, behind = scratch.create(), scratch.create()
        assert old.migrate(upgraded).went_well
        assert old.migrate(behind).went_well
        assert new.migrate(upgraded).went_well
        said = project.say(
            "squash",
            "finish",
            *apps,
            "--database",
            behind,
            "--database",
            upgraded,
            "--yes",
            "--format",
            "json",
        )
        document = json.loads(said.out)
        assert (said.exit_code, len(document["not_there"])) == (NOT_YET, 1)
        assert document["not_there"][0]["database"] == behind
        assert project.say("squash", "finish", *apps, "--database", upgraded, "--yes").exit_code == WRITTEN
        with ProjectSession(tmp_path) as finished:
            assert unlike_fresh(finished, scratch, upgraded) == ()
            assert not finished.graph(scratch.create()).replaces
            assert unlike_fresh(finished, scratch, behind) != (), "the near miss: it has only the old rows"


def test_released_before(tmp_path: Path) -> None:
    project = one_app(tmp_path)
    squashed(project, "shop")
    assert project.say("squash", "finish", "shop", "--released-before", "v1", "--yes").exit_code == NOT_YET
    assert project.say("squash", "finish", "shop", "--released-before", "2000-01-01", "--yes").exit_code == 2
    assert project.say("squash", "finish", "shop", "--released-before", "v2", "--yes").exit_code == WRITTEN
    files = {path.name for path in (tmp_path / "shop/migrations").glob("0*.py")}
    assert files == {"0001_squashed_0005.py"}
    assert "0001_squashed_0005" in (tmp_path / "billing/migrations/0001_initial.py").read_text()


def test_nothing_to_finish(tmp_path: Path) -> None:
    said = one_app(tmp_path).say("squash", "finish", "shop", "--released-before", "HEAD")
    assert (said.exit_code, said.out) == (
        0,
        "Nothing to finish: these apps have no migration with `replaces`.\n",
    )


def test_a_fresh_database_is_there(tmp_path: Path) -> None:
    project = one_app(tmp_path)
    squashed(project, "shop")
    with scratch_databases("sqlite:///") as scratch:
        url = scratch.create()
        assert project.say("squash", "finish", "shop", "--database", url, "--yes").exit_code == WRITTEN
        with ProjectSession(tmp_path) as finished:
            assert unlike_fresh(finished, scratch, url) == ()
