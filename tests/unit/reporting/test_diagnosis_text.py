"""What `inspect` says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Commands
from fixture_repos import build_repository

ROWS = ("customers,0001_initial", "shop,0001_initial", "shop,0002_item_is_visible")
MAINLINE = ("customers,0002_customer_phone", "shop,0003_item_supplier", "shop,0004_catalogue_colours")


@pytest.fixture
def commands(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture
def stitched(tmp_path: Path, commands: Commands) -> Path:
    shop = build_repository("same-column-mid-chain", tmp_path / "shop").path
    assert commands.run(shop, "apply", "release/2.4", "--yes").code == 0
    return shop


def ledger(tmp_path: Path, *rows: str) -> str:
    file = tmp_path / "ledger.csv"
    file.write_text("\n".join(("app,name", *rows)) + "\n")
    return str(file)


def test_a_database_that_needs_nothing(stitched: Path, tmp_path: Path, commands: Commands) -> None:
    file = ledger(tmp_path, *ROWS, "shop,0003_item_colour")
    done = commands.run(stitched, "inspect", "--ledger", file)
    assert done.code == 0
    assert "  no file for     shop.0003_item_colour of release/2.4 (commit " in done.stdout
    assert ": replaced by\n                  shop.0003_stitched_item_colour\n" in done.stdout
    assert (
        "  next release    runs its own migrations\n" in done.stdout or "its own migrations\n" in done.stdout
    )
    assert done.stdout.endswith("\nThis database needs no manual step.\n")


def test_a_database_that_needs_a_row(stitched: Path, tmp_path: Path, commands: Commands) -> None:
    file = ledger(tmp_path, *ROWS, *MAINLINE)
    done = commands.run(stitched, "inspect", "--ledger", file)
    assert done.code == 1
    assert (
        "  migrate now     fails: see SB627 below\n  next release    fails in the same way\n" in done.stdout
    )
    assert done.stdout.count("Migration shop.0004_catalogue_colours is applied before its") == 1
    needs = "This database needs a manual step: 1 row in django_migrations before the deploy."
    assert f"\n{needs} Proved: `migrate`\nsucceeds with it.\n" in done.stdout
    assert f"  stitchback repair --ledger {file} --vendor VENDOR" in done.stdout


def test_as_json(stitched: Path, tmp_path: Path, commands: Commands) -> None:
    file = ledger(tmp_path, *ROWS, *MAINLINE)
    document = json.loads(commands.run(stitched, "inspect", "--ledger", file, "--format", "json").stdout)
    assert (document["schema"], document["needs_a_hand"], document["edits"]) == (1, True, 1)
    assert document["now"]["error"]


def test_rows_that_the_tree_does_not_know(stitched: Path, tmp_path: Path, commands: Commands) -> None:
    file = ledger(tmp_path, *ROWS, "shop,0009_from_nowhere", "auth,0001_initial")
    done = commands.run(stitched, "inspect", "--ledger", file)
    assert "shop.0009_from_nowhere" in done.stdout
    assert "  of other apps   auth 1\n" in done.stdout
