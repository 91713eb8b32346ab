"""Every ref of every fixture is a real Django project: it migrates a fresh database, and its models fit its migrations."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fixture_repos import build_repository, case_names

# Both commands in one process: starting Django is most of the time.
CHECK = """
import os, sys
sys.path.insert(0, os.getcwd())
import django
from django.core.management import call_command
django.setup()
call_command("migrate", verbosity=0)
call_command("makemigrations", check_changes=True, dry_run=True, interactive=False)
"""


def checked(project: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "STITCHBACK_DATABASE": str(project.parent / f"{project.name}.sqlite3"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = (sys.executable, "-W", "ignore", "-c", CHECK)
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def checked_out(repository: Path, commit: str, destination: Path) -> Path:
    destination.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=repository, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(destination)], input=archive.stdout, check=True)
    return destination


@pytest.mark.parametrize("name", case_names())
def test_each_ref_migrates_and_its_models_fit(name: str, tmp_path: Path) -> None:
    """A branch that the story calls broken must be so at its tip, and may be well before."""
    built = build_repository(name, tmp_path / "repository")
    tips = {commit.branch: commit.id for commit in built.case.commits}
    for commit in built.case.commits:
        done = checked(checked_out(built.path, built.commits[commit.id], tmp_path / commit.id))
        if commit.branch not in built.case.judge.broken:
            assert done.returncode == 0, f"{name}, {commit.id}: {done.stdout}{done.stderr}"
        elif commit.id == tips[commit.branch]:
            assert done.returncode != 0, f"{name}: {commit.branch} is well"
