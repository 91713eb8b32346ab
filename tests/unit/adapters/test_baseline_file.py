"""The baseline file of a repository that is not to be trusted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stitchback.adapters.baseline_file import configured_baseline, read_baseline, write_baseline
from stitchback.errors import EnvironmentProblem


@pytest.mark.parametrize("name", ["../victim", "link/victim", "linked"])
def test_a_configured_path_that_leads_out_of_the_tree_is_refused(name: str, tmp_path: Path) -> None:
    top, outside = tmp_path / "tree", tmp_path / "outside"
    top.mkdir()
    outside.mkdir()
    (top / "link").symlink_to(outside)
    (top / "linked").symlink_to(outside / "victim")
    with pytest.raises(EnvironmentProblem, match="outside the working tree"):
        configured_baseline(top, name)


def test_near_miss_a_path_in_the_tree(tmp_path: Path) -> None:
    (tmp_path / "ci").mkdir()
    assert configured_baseline(tmp_path, "ci/known.json") == tmp_path / "ci/known.json"


def test_writing_follows_no_symlink_and_leaves_nothing_beside(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    for name in ("known.json", "known.json.new"):
        (tmp_path / name).symlink_to(victim)
    write_baseline(tmp_path / "known.json", ())
    assert victim.read_text() == "kept"
    assert read_baseline(tmp_path / "known.json") == frozenset()
    assert {each.name for each in tmp_path.iterdir()} == {"known.json", "known.json.new", "victim"}


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(EnvironmentProblem, match="is no file"):
        read_baseline(tmp_path / "pipe")
