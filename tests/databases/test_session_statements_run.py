"""A statement of the session stays where it stands: PostgreSQL alters no table while events of its triggers are pending (FACTS F35)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import stitchback
from databases.conftest import Place
from databases.servers import execute
from fixture_repos import build_repository

SET = "        migrations.RunSQL('SET CONSTRAINTS ALL IMMEDIATE', migrations.RunSQL.noop),\n"
CURRENCY = "        migrations.AddField('till', 'currency', models.CharField(max_length=3, null=True)),\n"
INITIAL = """
        migrations.CreateModel('Branch', [('id', models.BigAutoField(primary_key=True))]),
        migrations.CreateModel('Till', [
            ('id', models.BigAutoField(primary_key=True)),
            ('branch', models.ForeignKey('market.Branch', models.CASCADE)),
        ]),
"""
MOVE = """
def open_branches(apps, schema_editor):
    for till in apps.get_model("market", "Till").objects.all():
        till.branch = apps.get_model("market", "Branch").objects.create()
        till.save()
"""
RUN = "        migrations.RunPython(open_branches, migrations.RunPython.noop),\n"
DRAWER = "        migrations.AddField('till', 'drawer', models.IntegerField(null=True)),\n"
CASE = """
title = "tills"
story = "Both sides give tills a currency; mainline opens branches first, in the same transaction."
patches = ["release/1"]
onto = "main"
options = []
[[commits]]
id = "fork"
branch = "main"
trees = ["base"]
message = "base"
[[commits]]
id = "hotfix"
branch = "release/1"
from = "fork"
trees = ["base", "hotfix"]
message = "hotfix"
[[commits]]
id = "feature"
branch = "main"
trees = ["base", "mainline"]
message = "feature"
[expect]
exit = 1
strategies = {}
verdicts = []
manual_steps = []
findings = []
[judge]
apps = ["market"]
"""


def write_case(folder: Path) -> Path:
    def migration(tree: str, name: str, parent: str, operations: str, before: str = "") -> None:
        parents = f"('market', '{parent}')" if parent else ""
        path = folder / tree / "market" / "migrations" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"from django.db import migrations, models\n{before}\n\nclass Migration(migrations.Migration):\n"
            f"    dependencies = [{parents}]\n    operations = [\n{operations}    ]\n"
        )

    migration("base", "0001_initial", "", INITIAL)
    migration("hotfix", "0002_till_currency", "0001_initial", SET + CURRENCY)
    migration("mainline", "0002_branches", "0001_initial", RUN + SET + CURRENCY + DRAWER, MOVE)
    for path in ("base/market/__init__.py", "base/market/models.py", "base/market/migrations/__init__.py"):
        (folder / path).write_text("")
    (folder / "base" / "project").mkdir()
    (folder / "base" / "project" / "apps.txt").write_text("market\n")
    (folder / "case.toml").write_text(CASE)
    return folder


def migrate(repository: Path, url: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--skip-checks", *arguments],
        cwd=repository,
        env={**os.environ, "STITCHBACK_DATABASE": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("strategy", ["diamond", "guard"])
def test_the_statement_stays_before_the_table_is_altered(
    postgresql: Place, tmp_path: Path, strategy: str
) -> None:
    repository = build_repository(write_case(tmp_path / "case"), tmp_path / "repository").path
    fork = subprocess.check_output(
        ["git", "merge-base", "main", "release/1"], cwd=repository, text=True
    ).strip()
    subprocess.run(["git", "checkout", "-q", fork], cwd=repository, check=True)
    migrate(repository, str(postgresql.url))
    execute(
        postgresql.url,
        "INSERT INTO market_branch DEFAULT VALUES",
        "INSERT INTO market_till (branch_id) SELECT id FROM market_branch",
    )
    subprocess.run(["git", "checkout", "-q", "main"], cwd=repository, check=True)
    said = stitchback(repository, "apply", "release/1", "--yes", "--strategy", strategy)
    assert said.exit_code == 0, said
    migrate(repository, str(postgresql.url))
