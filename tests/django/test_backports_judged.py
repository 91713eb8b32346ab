"""Each backport, judged by real Django: the release's databases migrate to its new tip, and every database of both branches on mainline."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from backport_cases import CASES, RELEASE, name_taken
from backport_judge import judged_on_mainline, judged_on_release
from databases.small_projects import SmallProject
from harness import git


def backported(project: SmallProject, *migrations: str) -> tuple[str, ...]:
    """What the release gets. `before` is a branch at its old tip."""
    project.git("branch", "before", RELEASE)
    said = project.say("backport", *migrations, "--to", RELEASE, "--yes")
    assert said.exit_code == 0, said.err + said.out
    added = git(project.path, "diff", "--name-only", "--diff-filter=A", "before", RELEASE).split()
    return tuple(path.replace("/migrations/", ".").removesuffix(".py") for path in added)


@pytest.mark.parametrize("name", CASES)
def test_every_database_of_both_branches_migrates(name: str, tmp_path: Path) -> None:
    """And a second time there is nothing to do."""
    case = CASES[name]
    project = case.build(tmp_path / "project")
    assert backported(project, *case.migrations) == case.files
    assert judged_on_release(project, "before") == []
    on_mainline = judged_on_mainline(project)
    assert "\n".join(map(str, on_mainline.differences)) == ""
    assert {population.lineage for population in on_mainline.populations} >= {"patched", "mainline"}

    project.commit("Stitch")
    again = project.say("backport", *case.migrations, "--to", RELEASE, "--yes")
    assert (again.exit_code, "error[SB536]" in again.err) == (2, True), again.err + again.out
    plan = project.say("plan", RELEASE)
    assert plan.exit_code == 0, plan.out


def test_a_name_that_the_release_uses_for_another_change(tmp_path: Path) -> None:
    """The release gets the next number. Half-way, its databases have the rows of a mainline database that needs one more, and another schema
    (FACTS F28): they finish first, and that row's SQL leaves them unchanged, because they lack the column."""
    project = name_taken(tmp_path / "project")
    half = tmp_path / "half.sqlite3"
    project.git("checkout", "-q", RELEASE)
    assert project.migrate(f"sqlite:///{half}") == ""
    project.git("checkout", "-q", "main")
    main = f"sqlite:///{tmp_path / 'main.sqlite3'}"
    assert project.migrate(main, "shop", "0003_item_colour") == ""

    assert backported(project, "shop.0003_item_colour") == ("shop.0004_item_colour",)
    assert judged_on_release(project, "before") == []
    differences = list(map(str, judged_on_mainline(project, ("patched",)).differences))
    assert [text for text in differences if "repair: same ledger as main up to" not in text] == []

    script = project.say("repair", "--database", main)
    assert "INSERT INTO django_migrations" in script.out
    with closing(sqlite3.connect(half)) as connection:
        before = connection.execute("SELECT * FROM django_migrations").fetchall()
        connection.executescript(script.out)
        assert connection.execute("SELECT * FROM django_migrations").fetchall() == before
