"""`inspect` and `repair` for a fleet, as typed: real databases of one project, told in groups, repaired by a script for each."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from command_line import stitchback
from databases.conftest import Place
from databases.servers import Sqlite, execute
from fixture_repos import build_repository

from stitchback.adapters.git import Repository
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.verification.worktrees import Worktrees

USAGE = 2


@dataclass(frozen=True, slots=True)
class Fleet:
    """`databases`: what they are -> their URLs."""

    repository: Path
    databases: Mapping[str, str]


def fleet_in(folder: Path, databases: Mapping[str, str]) -> Fleet:
    """Databases at those URLs, each made by the old tree that its name begins with; the plan is applied."""
    built = build_repository("same-column-mid-chain", folder / "repository")
    with Repository.open(built.path) as repository:
        tips = {"mainline": repository.resolve("main"), "patched": repository.resolve("release/2.4")}
    with Worktrees(built.path) as shop:
        for name, url in databases.items():
            assert shop.at(tips[name.split()[0]]).migrate(url).went_well
    assert stitchback(built.path, "apply", *built.case.patches, "--yes").exit_code == 0
    return Fleet(built.path, databases)


@pytest.fixture
def files(tmp_path: Path) -> Fleet:
    names = ("mainline one", "mainline two", "patched")
    urls = {name: f"sqlite:///{tmp_path}/{name.replace(' ', '_')}.sqlite3" for name in names}
    for url in urls.values():
        Path(url.removeprefix("sqlite:///")).touch()
    return fleet_in(tmp_path, urls)


def listed(fleet: Fleet, folder: Path, *more: str) -> str:
    path = folder / "fleet.txt"
    path.write_text("\n".join(["# tenants", *fleet.databases.values(), *more]) + "\n")
    return str(path)


def test_alike_databases_are_told_once(files: Fleet, tmp_path: Path) -> None:
    said = stitchback(files.repository, "inspect", "--fleet", listed(files, tmp_path))
    assert said.exit_code == 1
    assert "2 databases on sqlite" in said.out
    assert "1 database on sqlite" in said.out
    assert "This database needs a manual step" in said.out
    assert "This database needs no manual step" in said.out
    document = json.loads(
        stitchback(files.repository, "inspect", "--fleet", listed(files, tmp_path), "--format", "json").out
    )
    assert (document["schema"], document["databases"]) == (1, 3)
    assert [(len(group["databases"]), group["needs_a_hand"]) for group in document["groups"]] == [
        (2, True),
        (1, False),
    ]


def test_a_dead_one_is_told_and_not_in_the_way(files: Fleet, tmp_path: Path) -> None:
    dead = "postgresql://somebody:hush@127.0.0.1:1/nothing"
    for command in ("inspect", "repair"):
        said = stitchback(files.repository, command, "--fleet", listed(files, tmp_path, dead))
        assert said.exit_code == USAGE
        assert "not read" in said.out
        assert "2 databases on sqlite" in said.out
        assert "hush" not in said.out + said.err
        assert said.out.count("127.0.0.1:1/nothing") == 1


def test_reading_many_at_once_is_quiet(files: Fleet, tmp_path: Path) -> None:
    """Django is set up once, before the first of the threads asks anything."""
    more = [f"sqlite:///{tmp_path}/copy{at}.sqlite3" for at in range(20)]
    for url in more:
        shutil.copyfile(files.databases["patched"].removeprefix("sqlite:///"), url.removeprefix("sqlite:///"))
    command = [sys.executable, "-m", "stitchback", "-C", str(files.repository), "repair", "--fleet"]
    done = subprocess.run(
        [*command, listed(files, tmp_path, *more)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == ""


def test_a_script_for_each_group(files: Fleet, tmp_path: Path) -> None:
    arguments = ("repair", "--fleet", listed(files, tmp_path), "--out", str(tmp_path / "out"))
    said = stitchback(files.repository, *arguments, "--format", "json")
    assert said.exit_code == 1
    document = json.loads(said.out)
    assert (document["databases"], document["need_a_hand"], document["refused"]) == (3, 2, 0)
    (needy,) = (group for group in document["groups"] if group["edits"])
    (edit,) = needy["edits"]
    assert (edit["kind"], edit["rows"]) == ("InsertRow", ["shop.0003_item_colour"])
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["group1.sqlite.repair.sql", "group1.sqlite.tenants.txt", "group1.sqlite.undo.sql"]
    script = (tmp_path / "out" / "group1.sqlite.repair.sql").read_text()
    assert script == needy["script"]
    for url in files.databases.values():  # the patched one too: it is left as it is
        Sqlite().client(DatabaseUrl.parse(url), script)
    again = stitchback(files.repository, *arguments)
    assert again.exit_code == 0
    assert "no manual step is needed" in again.out


def test_schemas_of_one_database(postgresql: Place, tmp_path: Path) -> None:
    base = postgresql.url
    secret = f":{base.password}" if base.password else ""
    address = f"postgresql://{base.user}{secret}@{base.host}:{base.port}/{base.name}"
    names = ("mainline one", "mainline two", "patched")
    execute(base, *(f'CREATE SCHEMA "{name.replace(" ", "_")}"' for name in names))
    search = {name: quote(f"-c search_path={name.replace(' ', '_')}") for name in names}
    fleet = fleet_in(tmp_path, {name: f"{address}?options={search[name]}" for name in names})
    inspected = stitchback(fleet.repository, "inspect", "--schemas", address)
    assert inspected.exit_code == 1
    assert "2 databases on postgresql" in inspected.out
    arguments = ("repair", "--schemas", address, "--out", str(tmp_path / "out"))
    assert stitchback(fleet.repository, *arguments).exit_code == 1
    postgresql.server.client(base, (tmp_path / "out" / "group1.postgresql.repair.sql").read_text())
    assert stitchback(fleet.repository, *arguments).exit_code == 0
    assert stitchback(fleet.repository, "inspect", "--schemas", address).exit_code == 0


@pytest.mark.parametrize("option", [("--apply",), ("--undo", "x.sql"), ("--vendor", "mysql"), ("--yes",)])
def test_options_of_one_database_are_no_options_of_a_fleet(option: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "fleet.txt").write_text("sqlite:////nowhere/x.sqlite3\n")
    said = stitchback(tmp_path, "repair", "--fleet", str(tmp_path / "fleet.txt"), *option)
    assert said.exit_code == USAGE
    assert f"{option[0]} is for one database" in said.err
