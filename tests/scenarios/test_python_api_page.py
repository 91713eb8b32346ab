"""The examples of docs/python-api.md, run in order."""

from __future__ import annotations

import doctest
import shutil
from pathlib import Path

import backport_cases
import pytest
from databases.small_projects import SmallProject, add, create, small_project
from fixture_repos import build_repository

from stitchback.adapters.projects import ProjectSession

PAGE = Path(__file__).parents[2] / "docs" / "python-api.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the page says is there: the repository of the demo, a database of mainline, a fleet, a ledger, a merge with two leaf nodes,
    a release that lacks a migration, and a line of migrations."""
    repository = build_repository("same-column-mid-chain", tmp_path / "shop").path
    database = tmp_path / "acme.sqlite3"
    database.touch()
    with ProjectSession(repository) as session:
        assert session.migrate(f"sqlite:///{database}").went_well
    (tmp_path / "fleet.txt").write_text("sqlite:///acme.sqlite3\n")
    (tmp_path / "plan.txt").write_text("[X]  shop.0001_initial\n")
    twins = small_project(tmp_path / "twins", "shop")
    twins.migration("shop.0001_initial", "", create("Item"))
    twins.commit()
    twins.git("checkout", "-qb", "other")
    twins.migration("shop.0002_b", "shop.0001_initial", add("item", "b"))
    twins.commit()
    twins.git("checkout", "-q", "main")
    twins.migration("shop.0002_a", "shop.0001_initial", add("item", "a"))
    twins.commit()
    twins.git("merge", "-q", "other")
    release = backport_cases.base(tmp_path / "backports")
    release.migration("shop.0003_weight", "shop.0002_item_code", add("item", "weight"))
    release.commit()
    line(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


LINE = """
from django.db import models


class Item(models.Model):
    width = models.IntegerField(null=True)
"""


def line(folder: Path) -> None:
    """A project whose models fit its three migrations; in its copy they are squashed, and `line.sqlite3` was migrated with that."""
    project = small_project(folder / "line", "shop")
    project.write({"shop/models.py": LINE})
    number = (
        "('id', models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID'))"
    )
    project.migration("shop.0001_initial", "", f"migrations.CreateModel('Item', [{number}])")
    project.migration("shop.0002_size", "shop.0001_initial", add("item", "size"))
    rename = "migrations.RenameField('item', 'size', 'width')"
    project.migration("shop.0003_width", "shop.0002_size", rename)
    project.commit()
    squashed = SmallProject(Path(shutil.copytree(project.path, folder / "squashed")))
    assert squashed.say("squash", "stitch", "shop", "--yes").exit_code == 0
    squashed.commit()
    database = folder / "line.sqlite3"
    database.touch()
    with ProjectSession(squashed.path) as session:
        assert session.migrate(f"sqlite:///{database}").went_well


def test_the_examples(folder: Path) -> None:
    text = PAGE.read_text(encoding="utf-8").replace("\n```", "\n\n```")  # the end of a block ends the output
    test = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF).run(test, out=report.append)
    assert result.attempted
    assert result.failed == 0, "".join(report)
