"""Each backport, judged by real Django: the release's databases migrate to its new tip, and every database of both branches on mainline."""

from __future__ import annotations

from pathlib import Path

import pytest
from backport_cases import CASES, RELEASE
from backport_judge import judged_on_mainline, judged_on_release
from harness import git


@pytest.mark.parametrize("name", CASES)
def test_every_database_of_both_branches_migrates(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    project = case.build(tmp_path / "project")
    project.git("branch", "before", RELEASE)
    said = project.say("backport", *case.migrations, "--to", RELEASE, "--yes")
    assert said.exit_code == 0, said.err + said.out
    added = git(project.path, "diff", "--name-only", "--diff-filter=A", "before", RELEASE).split()
    assert tuple(path.replace("/migrations/", ".").removesuffix(".py") for path in added) == case.files

    assert judged_on_release(project, "before") == []
    on_mainline = judged_on_mainline(project, case.finish_first)
    assert "\n".join(map(str, on_mainline.differences)) == ""
    assert {population.lineage for population in on_mainline.populations} >= {"patched", "mainline"}

    project.commit("Stitch")
    again = project.say("backport", *case.migrations, "--to", RELEASE, "--yes")
    assert (again.exit_code, "error[SB536]" in again.err) == (2, True), again.err + again.out
    plan = project.say("plan", RELEASE)
    assert plan.exit_code == 0, plan.out
