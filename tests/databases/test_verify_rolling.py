"""`stitchback verify --rolling`: the report of a deploy that was tried, on every engine that is there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from command_line import stitchback
from databases.servers import Server
from databases.small_projects import SmallProject, add, create, small_project

NAME = "('name', models.CharField(max_length=20))"
MODELS = "from django.db import models\n\n\nclass Item(models.Model):\n    id = models.AutoField(primary_key=True)\n"
OLD, NEW = "    name = models.CharField(max_length=20)\n", "    title = models.CharField(max_length=20)\n"
RENAME = "migrations.RenameField('item', 'name', 'title')"


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    """v1 has Item.name; main adds a nullable column, then renames it."""
    made = small_project(tmp_path / "p", "shop")
    made.write({"shop/models.py": MODELS + OLD})
    made.migration("shop.0001_initial", "", create("Item", NAME))
    made.commit()
    made.git("tag", "v1")
    made.migration("shop.0002_note", "shop.0001_initial", add("item", "note"))
    made.migration("shop.0003_title", "shop.0002_note", RENAME)
    made.write({"shop/models.py": MODELS + NEW + "    note = models.IntegerField(null=True)\n"})
    made.commit()
    return made


def url_of(server: Server) -> list[str]:
    return ["--database", os.environ[server.variable]] if server.variable else []


def test_the_stop_at_which_old_models_fail(server: Server, project: SmallProject) -> None:
    done = stitchback(project.path, "verify", "--rolling", "v1..main", *url_of(server), "--format", "json")
    assert done.exit_code == 1, done.err
    (run,) = json.loads(done.out)["engines"]
    assert (run["vendor"], run["code"], run["error"], run["left_out"]) == (server.vendor, "v1", "", [])
    stops = {stop["migration"]: {each["query"] for each in stop["failures"]} for stop in run["stops"]}
    assert stops[None] == stops["shop.0002_note"] == set()
    assert {"select", "insert"} <= stops["shop.0003_title"]


def test_new_models_before_their_migrations(project: SmallProject) -> None:
    done = stitchback(project.path, "verify", "--rolling", "v1..", "--code-first")
    assert done.exit_code == 1
    assert "1 model of HEAD at 3 stops" in done.out
    assert "  ✗ before the first migration" in done.out
    assert "fails  shop.Item: select: OperationalError: no such column: shop_item.title" in done.out
    assert "  ✓ after shop.0003_title" in done.out


def test_near_miss_a_deploy_that_works(project: SmallProject) -> None:
    project.git("checkout", "-q", "v1")
    project.migration("shop.0002_note", "shop.0001_initial", add("item", "note"))
    project.commit()
    done = stitchback(project.path, "verify", "--rolling", "v1..")
    assert (done.exit_code, done.out.splitlines()[-1]) == (0, "Every query works at every stop.")


def test_uncommitted_migrations_are_tried_too(project: SmallProject) -> None:
    project.migration("shop.0004_drop", "shop.0003_title", "migrations.DeleteModel('Item')")
    done = stitchback(project.path, "verify", "--rolling", "v1..", "--format", "json")
    assert json.loads(done.out)["engines"][0]["stops"][-1]["migration"] == "shop.0004_drop"


def test_a_release_that_cannot_create_its_database(project: SmallProject) -> None:
    project.migration("shop.0002_note", "shop.0001_initial", "migrations.RunSQL('SELECT * FROM nowhere')")
    project.commit()
    done = stitchback(project.path, "verify", "--rolling", "main..main")
    assert done.exit_code == 2
    assert "SB552" in done.err
