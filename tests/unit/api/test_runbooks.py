"""`plan --out`: what lies beside the runbook is for every database, and what the runbook says of `--fake` was tried."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import django
import pytest
from fixture_repos import build_repository
from migration_values import key, keys
from plans_by_hand import MAIN

from stitchback.api import PlanRequest, Project, make_plan
from stitchback.api.runbooks import runbook_files, whole_ledger
from stitchback.model.plans import Population

TABLE = (
    "CREATE TABLE django_migrations (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, app varchar(255) NOT NULL,"
    " name varchar(255) NOT NULL, applied datetime NOT NULL); CREATE TABLE shop_item (id integer, colour text);"
)


def files_of(name: str, folder: Path) -> dict[str, str]:
    built = build_repository(name, folder / "repository")
    with Project.open(built.path) as project:
        return runbook_files(make_plan(project, PlanRequest(built.case.patches, built.case.onto)))


def run(rows: list[tuple[str, str]], *scripts: str) -> set[tuple[str, str]]:
    """The rows after the scripts; each was written a minute after the one before it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(TABLE)
        for at, row in enumerate(rows):
            values = (*row, f"2024-01-01 00:{at:02}:00.000000")
            connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, ?)", values)
        connection.commit()
        for script in scripts:
            connection.executescript(script)
        return set(connection.execute("SELECT app, name FROM django_migrations"))


FORK = [("shop", "0001_initial"), ("shop", "0002_item_is_visible")]
HOTFIX = ("shop", "0003_item_colour")
MAINLINE = ("shop", "0004_catalogue_colours")


def test_the_scripts_may_be_run_on_every_database(tmp_path: Path) -> None:
    files = files_of("same-column-mid-chain", tmp_path)
    repair, undo = files["repair.sqlite.sql"], files["undo.sqlite.sql"]
    assert run([*FORK, MAINLINE], repair) == {*FORK, MAINLINE, HOTFIX}
    assert run([*FORK, MAINLINE], repair, repair, undo) == {*FORK, MAINLINE}
    assert run(FORK, repair, undo) == set(FORK)
    assert run([*FORK, HOTFIX], repair, undo) == {*FORK, HOTFIX}, "the release's own row"
    assert run([*FORK, HOTFIX, MAINLINE], repair, undo) == {*FORK, HOTFIX, MAINLINE}


def test_the_look_afterwards_tells_what_the_script_does(tmp_path: Path) -> None:
    text = files_of("same-column-mid-chain", tmp_path)["runbook.md"]
    assert "0 AS rows_before, 1 AS rows_after" in text
    assert "0 AS rows_after" not in text


def test_a_fake_is_offered_where_it_works_and_refused_with_the_reason_where_not(tmp_path: Path) -> None:
    refused = files_of("same-column-mid-chain", tmp_path / "one")["runbook.md"]
    assert "`migrate --fake` cannot be used for main up to shop.0004" in refused
    assert "is applied before its dependency" in refused
    assert "manage.py migrate --fake" not in refused
    adopted = files_of("renamed-on-mainline", tmp_path / "two")["runbook.md"]
    if django.VERSION < (6,):
        assert "python manage.py migrate --fake garden 0002_plot_soil" in adopted
    else:
        assert "in the ledger twice" in adopted


@pytest.mark.parametrize("name", ["patch-only"])
def test_where_nobody_needs_a_hand_there_is_neither(name: str, tmp_path: Path) -> None:
    files = files_of(name, tmp_path)
    assert list(files) == ["runbook.md"]
    assert "--fake" not in files["runbook.md"]


def test_rows_that_the_proof_leaves_out() -> None:
    """The row of 0003_x belongs to the database too; without it 0004_m would stand there without its dependency."""
    rows = keys("shop.0001_initial shop.0002_base shop.0004_m")
    population = Population("main up to shop.0004_m", "mainline", MAIN.mainline.ref, rows)
    assert set(whole_ledger(population, MAIN)) == {*rows, key("shop.0003_x")}
