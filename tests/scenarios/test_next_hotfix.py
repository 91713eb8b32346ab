"""After a plan was applied, the release branch gets another hotfix on top of what mainline has reconciled."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import stitchback
from fixture_repos import build_repository
from git_places import git
from test_second_run import AUTHOR, apply

HOTFIX = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("{app}", "{parent}")]
    operations = [
        migrations.CreateModel("HotfixNote", [("id", models.AutoField(primary_key=True, serialize=False))]),
    ]
"""


@pytest.mark.parametrize(
    ("name", "app", "parent"),
    [
        (
            "one-patch-several-mainline",
            "museum",
            "0003_exhibit_loan",
        ),  # covered: no file and no row on mainline
        ("merged-leaves-of-the-patch-guarded", "archive", "0003_record_year_index"),
        ("same-column-mid-chain", "shop", "0003_item_colour"),  # a ghost that a stitched migration replaces
        ("manual-step-below-a-squash", "depot", "0002_fill"),  # replaced by a squash, and not its last
    ],
)
def test_a_hotfix_on_a_reconciled_one_comes_as_it_is(
    name: str, app: str, parent: str, tmp_path: Path
) -> None:
    built = build_repository(name, tmp_path / "repository")
    apply(built)
    git(built.path, "add", "--all")
    git(built.path, *AUTHOR, "commit", "-m", "Reconcile")
    branch = tmp_path / "branch"
    git(built.path, "worktree", "add", "-b", "next-hotfix", str(branch), built.case.patches[0])
    (branch / app / "migrations" / "0099_hotfix_note.py").write_text(HOTFIX.format(app=app, parent=parent))
    git(branch, "add", "--all")
    git(branch, *AUTHOR, "commit", "-m", "Another hotfix")
    said = stitchback(built.path, "plan", "next-hotfix")
    assert said.exit_code == 1, said.out + said.err
    assert f"{app}/migrations/0099_hotfix_note.py" in said.out
    assert "Proved with" in said.out
