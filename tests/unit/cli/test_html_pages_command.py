"""`status --html`, `plan --html`, `plan --out`, `verify --html` and `graph --format html`: the files, and what the pages hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commands import Commands
from fixture_repos import build_repository
from html_pages import ReadPage


def plan_data(commands: Commands, repository: Path, file: Path, code: int = 1) -> dict[str, Any]:
    done = commands.run(repository, "plan", "release/2.4", "--onto", "main", "--html", str(file))
    assert done.code == code, done.stderr
    assert f"wrote {file}" in done.stderr
    read = ReadPage(file.read_text(encoding="utf-8"))
    read.check()
    return read.data


def test_the_page_of_a_plan(commands: Commands, shop: Path, tmp_path: Path) -> None:
    data = plan_data(commands, shop, tmp_path / "new" / "plan.html")
    assert data["summary"]["lines"] == ["2 files, 3 kinds of database need a manual step (diamond)."]
    assert data["sides"][0]["matches"][0]["verdict"] == "identical"
    assert [each["path"] for each in data["diffs"]] == [each["path"] for each in data["files"]]
    assert [name for name, _ in data["runbook"] if name.endswith(".md")] == ["runbook.md"]
    assert len(data["proof"]["populations"]) == 7
    assert data["steps"][0]["does"] == ["insert into django_migrations: shop.0003_item_colour"]
    (picture,) = data["pictures"]
    names = {each["id"]: each["name"] for each in picture["migrations"]}
    assert [each["name"] for each in picture["migrations"] if each["side"] == "plan"] == [
        "0003_stitched_item_colour"
    ]
    assert {(names[e["child"]], names[e["parent"]]) for e in picture["edges"] if e["plan"] == "added"} == {
        ("0003_stitched_item_colour", "0002_item_is_visible"),
        ("0004_catalogue_colours", "0003_stitched_item_colour"),
    }


def test_a_copied_file_is_the_patch_branch_s_node(commands: Commands, tmp_path: Path) -> None:
    built = build_repository("same-name-missing-column", tmp_path / "club")
    (picture,) = plan_data(commands, built.path, tmp_path / "plan.html")["pictures"]
    keys = [(each["app"], each["name"], each["ref"]) for each in picture["migrations"]]
    assert len(set(keys)) == len(keys)
    assert any(each["planned"] for each in picture["migrations"])


def test_the_page_of_a_refusal(commands: Commands, tmp_path: Path) -> None:
    built = build_repository("contrary-removed-and-altered", tmp_path / "refused")
    data = plan_data(commands, built.path, tmp_path / "plan.html", code=3)
    assert data["summary"]["title"] == "Refused"
    assert "\x1b" not in data["summary"]["report"]
    assert "files" not in data
    assert data["pictures"]


def test_the_folder_has_the_page_and_the_terminal_no_diff(
    commands: Commands, shop: Path, tmp_path: Path
) -> None:
    done = commands.run(shop, "plan", "release/2.4", "--onto", "main", "--out", str(tmp_path / "out"))
    assert "+++ b/" not in done.stdout
    assert {"runbook.md", "report.html"} <= {path.name for path in (tmp_path / "out").iterdir()}
    ReadPage((tmp_path / "out" / "report.html").read_text(encoding="utf-8")).check()


def test_a_place_that_cannot_be_written(commands: Commands, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = commands.run(
        shop, "plan", "release/2.4", "--onto", "main", "--html", str(tmp_path / "file" / "x.html")
    )
    assert done.code == 2
    assert "SB517" in done.stderr


@pytest.mark.parametrize("refs", [("main",), ("release/2.4", "main")], ids=["one", "two"])
def test_the_page_of_a_graph(commands: Commands, shop: Path, refs: tuple[str, ...]) -> None:
    read = ReadPage(commands.run(shop, "graph", *refs, "--format", "html").stdout)
    read.check()
    (picture,) = read.data["pictures"]
    assert picture["two"] == (len(refs) == 2)
    assert [each["name"] for each in picture["migrations"] if not each["near"]] == ["0001_initial"] * (
        len(refs) - 1
    )
    assert [each["verdict"] for each in picture["links"]] == ["identical"] * (len(refs) - 1)
    assert ["AddField item.colour"] in [each["operations"] for each in picture["migrations"]]


def test_the_page_of_the_release_branches(commands: Commands, shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "status.html"
    done = commands.run(shop, "status", "--onto", "main", "--html", str(file))
    assert done.code == 1
    assert f"wrote {file}" in done.stderr
    (table,) = ReadPage(file.read_text(encoding="utf-8")).data["tables"]
    (row,) = table["rows"]
    assert row == [
        "release/2.4",
        {"text": "to reconcile", "tone": "warn"},
        "1 migration in shop",
        {"code": "stitchback plan release/2.4 --onto main"},
    ]


def test_the_page_of_a_named_branch(commands: Commands, shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "status.html"
    assert commands.run(shop, "status", "release/2.4", "--onto", "main", "--html", str(file)).code == 1
    read = ReadPage(file.read_text(encoding="utf-8"))
    read.check()
    assert read.data["sides"][0]["matches"][0]["verdict"] == "identical"
    (picture,) = read.data["pictures"]
    assert not [each for each in picture["migrations"] if each["side"] == "plan"]


def test_the_page_of_verify(commands: Commands, shop: Path, tmp_path: Path) -> None:
    """That of the plan, and what was done to real databases."""
    file = tmp_path / "verify.html"
    done = commands.run(shop, "verify", "release/2.4", "--onto", "main", "--html", str(file))
    assert done.code == 0, done.stderr
    data = ReadPage(file.read_text(encoding="utf-8")).data
    assert data["files"]
    (table,) = data["tables"]
    assert table["title"] == "Verified on sqlite"
    assert table["lines"][0] == "No error, no difference, no lost value."
    patched = next(row for row in table["rows"] if row[0].startswith("release/2.4 up to"))
    assert "shop.0003_item_colour" not in patched[2]
    assert patched[4] == {"text": "equal to a fresh install", "tone": "good"}
    assert {row[1]["text"] for row in table["rows"]} == {"nothing", "repaired"}


def test_the_page_of_verify_without_a_plan(commands: Commands, tmp_path: Path) -> None:
    built = build_repository("contrary-removed-and-altered", tmp_path / "refused")
    file = tmp_path / "verify.html"
    done = commands.run(built.path, "verify", "release/2.4", "--onto", "main", "--html", str(file))
    assert done.code == 3
    data = ReadPage(file.read_text(encoding="utf-8")).data
    assert data["summary"]["title"] == "Refused"
    assert "tables" not in data


def test_the_page_of_a_deploy(commands: Commands, shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "deploy.html"
    done = commands.run(shop, "verify", "--rolling", "release/2.4..main", "--html", str(file))
    assert done.code == 1, done.stderr
    data = ReadPage(file.read_text(encoding="utf-8")).data
    assert data["title"] == "Deploy from release/2.4 to main"
    (table,) = data["tables"]
    assert table["rows"][0] == ["before the first migration", "33", {"text": "nothing", "tone": "good"}]
    assert any("shop.Item" in each for each in table["rows"][2][2])
