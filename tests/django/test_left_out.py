"""What a plan leaves out because mainline does not serve it: real Django fails there in the very same way with mainline untouched, and
serves everything else."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from command_line import stitchback
from fixture_repos import build_repository, case_names, read_case
from harness import court, git, repair_by
from mirror import Mirror

from stitchback.api.project import Project
from stitchback.api.verification.report import Difference

LEFT_OUT = tuple(name for name in case_names() if read_case(name).expect.left_out)


@pytest.mark.parametrize("name", LEFT_OUT)
def test_mainline_untouched_fails_there_too(name: str, tmp_path: Path) -> None:
    built = build_repository(name, tmp_path / "repository")
    untouched = tmp_path / "untouched"
    git(tmp_path, "clone", "--quiet", str(built.path), str(untouched))
    assert stitchback(built.path, "apply", *built.case.patches, *built.case.options, "--yes").exit_code == 0
    with Project.open(built.path) as project:
        reading = project.reading
    with court(built, bench=partial(Mirror, reading=reading)) as bench:
        reconciled = bench.judge(repair_by(built.path))
        alone = bench.judge(lambda url: "", tree=untouched)
    assert isinstance(bench.bench, Mirror)
    assert "\n".join(bench.bench.disagreements) == ""
    lineages = {each.name: each.lineage for each in (*reconciled.populations, *alone.populations)}
    before = {without_repair(each, lineages) for each in alone.differences}
    now = {without_repair(each, lineages) for each in reconciled.differences}
    assert now <= before
    at_once = {each.split(": left out, mainline fails there")[0] for each in reconciled.remarks}
    told = {each.population for each in reconciled.differences} | at_once
    assert told >= set(built.case.expect.left_out)


def without_repair(difference: Difference, lineages: dict[str, str]) -> tuple[str, str, str]:
    """Where it is, after what, and what it is. Patched databases are compared with unpatched ones: with mainline untouched they have their own
    trouble before they come to this one."""
    name = "" if lineages[difference.population] == "patched" else difference.population
    return name, difference.rollout, difference.what
