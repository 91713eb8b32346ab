"""`verify --replay GLOB`: releases by their tags, installed and upgraded along their history; those that cannot be run are told."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from command_line import stitchback
from fixture_repos import build_repository

from stitchback.adapters.git import Repository
from stitchback.api.verifying import PatchCommits, release_lines

USAGE = 2


def git(repository: Path, *arguments: str) -> str:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    return subprocess.run(
        ["git", *who, *arguments], cwd=repository, capture_output=True, text=True, check=True
    ).stdout.strip()


def tagged(folder: Path) -> Path:
    """v2.4 at the fork point, v2.4.1 with the hotfix, v2.5 on mainline, and on it a broken v2.6 and v2.7."""
    built = build_repository("same-column-leaf", folder)
    git(built.path, "tag", "-f", "v2.4", built.commits["fork"])
    git(built.path, "tag", "v2.4.1", built.case.patches[0])
    git(built.path, "tag", "v2.5", "main")
    settings = built.path / "project" / "settings.py"
    text = settings.read_text()
    settings.write_text(f"import a_package_that_is_gone\n{text}")
    git(built.path, "commit", "-qam", "needs a package")
    git(built.path, "tag", "v2.6")
    settings.write_text(text)
    git(built.path, "commit", "-qam", "does not any more")
    git(built.path, "tag", "v2.7")
    return built.path


def test_lines_follow_the_history_and_know_their_lineage(tmp_path: Path) -> None:
    path = tagged(tmp_path / "repository")
    with Repository.open(path) as repository:
        tip, main = repository.resolve("release/2.4"), repository.resolve("main")
        patch = PatchCommits("release/2.4", tip, repository.merge_base(tip, main))
        lines = release_lines(repository, "v*", (patch,))
    assert [[tag.ref for tag in line] for line in lines] == [
        ["v2.4", "v2.4.1"],
        ["v2.4", "v2.5", "v2.6", "v2.7"],
    ]
    lineages = {tag.ref: tag.lineage for line in lines for tag in line}
    assert lineages["v2.4.1"] == "patched"
    assert {lineages["v2.5"], lineages["v2.7"]} == {"mainline"}


def test_releases_are_replayed_and_one_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    path = tagged(tmp_path / "repository")
    said = stitchback(path, "-q", "verify", "release/2.4", "--replay", "v2.*", "--format", "json")
    assert said.exit_code == 0, said.out
    (engine,) = json.loads(said.out)["engines"]
    also = {name for each in engine["populations"] for name in each["also"]}
    assert also == {"v2.4, installed", "v2.4.1, installed", "v2.5, installed", "v2.7, installed"}
    (remark,) = engine["remarks"]
    assert remark.startswith("v2.6 is not replayed, its project cannot be started here: ")
    assert "a_package_that_is_gone" in remark


def test_a_glob_that_fits_no_tag_is_no_success(tmp_path: Path) -> None:
    path = tagged(tmp_path / "repository")
    said = stitchback(path, "-q", "verify", "release/2.4", "--replay", "release-*")
    assert said.exit_code == USAGE
    assert "SB526" in said.err
    assert "v2.7" in said.err
