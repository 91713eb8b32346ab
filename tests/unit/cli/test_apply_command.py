"""What `apply` asks, prints and names in what it writes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from commands import Commands
from fixture_repos import build_repository

from stitchback.cli.group import cli


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def merge_release(folder: Path) -> None:
    """Merges the release's migration, with mainline's models."""
    git(folder, "merge", "-q", "--no-commit", "-s", "ours", "release/2.4")
    git(folder, "checkout", "release/2.4", "--", "shop/migrations/0003_item_colour.py")
    git(folder, "commit", "-qm", "merge")


def test_no_is_an_answer(shop: Path) -> None:
    done = CliRunner().invoke(
        cli, ["-C", str(shop), "apply", "release/2.4"], input="n\n", standalone_mode=False
    )
    assert done.return_value == 1
    assert done.output.splitlines()[-1].endswith("Nothing was written.")
    assert git(shop, "status", "--porcelain") == ""


def test_the_commit_and_the_databases_with_a_manual_step_come_next(commands: Commands, shop: Path) -> None:
    done = commands.run(shop, "apply", "release/2.4", "--yes")
    assert (
        "git add -- :/shop/migrations && git commit -m 'Stitch the migrations of release/2.4'" in done.stderr
    )
    assert "main with shop.0004_catalogue_colours applied: a row for shop.0003_item_colour" in done.stderr
    assert done.stdout.splitlines()[0] == "Wrote 2 files to the working tree:"
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr.startswith("\nNext\n")


def test_no_manual_step_is_named_where_there_is_none(commands: Commands, shop: Path) -> None:
    done = commands.run(shop, "apply", "release/2.4", "--yes", "--zero-touch", "--branch", "stitched")
    assert "git merge stitched" in done.stderr
    assert "repair" not in done.stderr


def test_a_second_apply_to_a_branch_names_the_first_commit(commands: Commands, shop: Path) -> None:
    again = ("apply", "release/2.4", "--yes", "--branch", "stitched")
    assert commands.run(shop, *again).code == 0
    first = git(shop, "rev-parse", "--short=12", "stitched").strip()
    done = commands.run(shop, *again)
    assert done.code == 2
    assert (
        f"stitched already has the commit of an earlier `apply`: {first} Stitch the migrations of"
        in done.stderr
    )
    assert "\n  git merge stitched\n  git branch -D stitched\n" in done.stderr
    git(shop, "update-ref", "refs/heads/stitched", "release/2.4")
    assert "It was moved meanwhile" in commands.run(shop, *again).stderr


@pytest.mark.parametrize("keeps_branch", [True, False])
def test_a_lasting_name_is_written_for_an_expression(
    commands: Commands, shop: Path, keeps_branch: bool
) -> None:
    merge_release(shop)
    name = "release/2.4"
    if not keeps_branch:
        name = git(shop, "rev-parse", "--short=12", "release/2.4").strip()
        git(shop, "branch", "-D", "release/2.4")
    done = commands.run(shop, "apply", "HEAD^2", "--yes", "--branch", "stitched", "--onto", "HEAD^0")
    assert done.code == 0
    written = git(shop, "show", "stitched")
    assert "HEAD^2" not in written
    assert f"Stitch the migrations of {name}\n" in written
    assert f"of {name} " in written.partition("+++")[2]


def test_a_strategy_with_a_typing_error_is_a_usage_error(commands: Commands, shop: Path) -> None:
    done = commands.run(shop, "plan", "release/2.4", "--strategy", "dimond")
    assert done.code == 2
    assert "Did you mean diamond?" in done.stderr


def test_another_django_is_reported(commands: Commands, shop: Path) -> None:
    (shop / "requirements.txt").write_text("Django==1.11.29\n")
    done = commands.run(shop, "plan", "release/2.4")
    assert "requirements.txt requires Django==1.11.29, and the proof ran on Django" in done.stderr
    (shop / "requirements.txt").write_text("Django\n")
    assert "requires" not in commands.run(shop, "plan", "release/2.4").stderr


def test_nothing_to_write_is_no_success_where_plan_has_findings(commands: Commands, tmp_path: Path) -> None:
    """Django does not load the release branch: `plan` exits 1, and so does `apply`."""
    folder = build_repository("copied-file-whose-dependency-was-exchanged", tmp_path / "tickets").path
    for command in (("plan",), ("apply", "--yes")):
        done = commands.run(folder, *command, "release/2.4")
        assert done.code == 1
        assert "Nothing to write. Django does not load release/2.4 (SB301 above)" in done.stdout
    assert git(folder, "status", "--porcelain") == ""
