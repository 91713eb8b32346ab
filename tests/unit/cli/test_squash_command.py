"""`stitchback squash`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from commands import Commands
from fixture_repos import FIXTURES, build_repository


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return build_repository(FIXTURES / "squashes" / "shop-and-people", tmp_path / "shop").path


def squash(commands: Commands, folder: Path, *arguments: str, code: int) -> Any:
    done = commands.run(folder, "squash", *arguments, "--format", "json")
    assert done.code == code, done.stderr
    return json.loads(done.stdout)


def status(folder: Path) -> list[str]:
    command = ["git", "status", "--porcelain", "--untracked-files=all"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if "__pycache__" not in line]


def test_candidates(commands: Commands, shop: Path) -> None:
    (run,) = squash(commands, shop, "candidates", code=0)["candidates"]
    assert run["arguments"] == ["squashmigrations", "shop", "0003_item_width"]
    assert (run["operations"], run["optimized"], run["files_saved"]) == (5, 2, 2)
    assert [(end["neighbour"], end["obstacle"]) for end in run["after"]] == [("shop.0004_categories", "data")]


def test_candidates_of_one_app_at_a_ref(commands: Commands, shop: Path) -> None:
    document = squash(commands, shop, "candidates", "v2.10", "--app", "people", code=0)
    assert document["candidates"] == []
    assert {each["migration"].partition(".")[0] for each in document["alone"]} == {"people"}


def test_an_unknown_app(commands: Commands, shop: Path) -> None:
    assert squash(commands, shop, "candidates", "--app", "shpo", code=2)["error"]["code"] == "SB531"


def test_dry_run_writes_nothing(commands: Commands, shop: Path) -> None:
    document = squash(commands, shop, "stitch", "shop", "--at", "v2.10", "--dry-run", code=1)
    assert [edit["migration"] for edit in document["plan"]["files"]] == ["shop.0001_squashed_0004"]
    assert len(document["diffs"]) == 1
    assert status(shop) == []


def test_stitch_writes_and_finish_ends_it(commands: Commands, shop: Path) -> None:
    """A second stitch is refused while the squash is there."""
    document = squash(commands, shop, "stitch", "shop", "--at", "v2.10", "--yes", code=0)
    assert document["written"] == ["shop/migrations/0001_squashed_0004.py"]
    assert status(shop) == ["?? shop/migrations/0001_squashed_0004.py"]
    refused = squash(commands, shop, "stitch", "shop", "--at", "v2.10", "--yes", code=3)["error"]
    assert (refused["code"], refused["hint"]) == ("SB701", "Finish it first: stitchback squash finish shop")


def test_models_that_have_changed(commands: Commands, shop: Path) -> None:
    models = shop / "people" / "models.py"
    models.write_text(models.read_text() + "    age = models.IntegerField(null=True)\n")
    subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qam", "x"], cwd=shop, check=True
    )
    error = squash(commands, shop, "stitch", "people", "--yes", code=3)["error"]
    assert error["code"] == "SB702"
    assert any("age" in line for line in error["evidence"])


def test_finish_asks_which_databases_are_there(commands: Commands, shop: Path) -> None:
    done = commands.run(shop, "squash", "finish", "shop")
    assert done.code == 2
    assert "--released-before DATE|REF" in done.stderr


def test_a_project_that_cannot_be_run(commands: Commands, shop: Path) -> None:
    error = squash(commands, shop, "stitch", "shop", "--settings", "nowhere", "--yes", code=3)["error"]
    assert error["code"] == "SB703"


def test_both_ways_are_built_and_compared(commands: Commands, shop: Path) -> None:
    document = squash(
        commands, shop, "stitch", "shop", "--at", "v2.10", "--database", "sqlite:///", "--dry-run", code=1
    )
    (built,) = document["built"]
    assert built["engine"] == "sqlite"
    assert min(built["old_seconds"], built["new_seconds"]) > 0


def test_near_miss_a_table_that_only_a_signal_creates(commands: Commands, shop: Path) -> None:
    """The proof sees migrations alone; the databases differ all the same, so nothing is written."""
    signal = (
        "\n\ndef more(plan, using, **kwargs):\n    from django.db import connections\n\n"
        "    if any(migration.name == '0002_item_size' for migration, _ in plan):\n"
        "        connections[using].cursor().execute('CREATE TABLE IF NOT EXISTS extra (id integer)')\n\n\n"
        "from django.db.models.signals import post_migrate\n\npost_migrate.connect(more)\n"
    )
    models = shop / "people" / "models.py"
    models.write_text(models.read_text() + signal)
    subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qam", "x"], cwd=shop, check=True
    )
    arguments = ("stitch", "shop", "--at", "v2.10", "--database", "sqlite:///", "--yes")
    error = squash(commands, shop, *arguments, code=3)["error"]
    assert (error["code"], error["evidence"]) == ("SB711", ["table extra is missing"])
    assert status(shop) == []


def test_finish_is_proved_for_databases_between_the_release_and_now(commands: Commands, shop: Path) -> None:
    squash(commands, shop, "stitch", "shop", "--at", "v2.10", "--yes", code=0)
    for command in (("add", "shop"), ("commit", "-qm", "squash"), ("tag", "v2.11")):
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *command], cwd=shop, check=True)
    last = shop / "shop" / "migrations" / "0005_item_barcode.py"
    text = last.read_text().replace("0004_categories", "0005_item_barcode").replace('barcode",', 'code",')
    (last.parent / "0006_item_code.py").write_text(text)
    document = squash(commands, shop, "finish", "shop", "--released-before", "v2.11", "--dry-run", code=1)
    populations = document["result"]["plan"]["proof"]["populations"]
    assert {each["lineage"] for each in populations} == {"fresh", "fork point", "mainline"}
    assert all(not each["inserts"] and each["finish_first"] is None for each in populations)
