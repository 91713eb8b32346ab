"""Rows that no branch and no tag knows any more: the history does, and `repair` takes them out where nothing is left of what they made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from command_line import Said, stitchback
from databases.servers import Server, execute
from fixture_repos import build_repository

from stitchback.adapters.projects import ProjectSession
from stitchback.adapters.urls import DatabaseUrl

GONE = "shop.0007_item_colour"
FILE = "0007_item_colour.py"
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0006_item_discontinued_at")]
    operations = [migrations.AddField("item", "shade", models.CharField(default="", max_length=9))]
"""


def git(repository: Path, *arguments: str) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(["git", *who, *arguments], cwd=repository, capture_output=True, check=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """On mainline a migration came and went."""
    path = build_repository("same-column-mid-chain", tmp_path / "repository").path
    file = path / "shop" / "migrations" / FILE
    file.write_text(MIGRATION)
    git(path, "add", "-A")
    git(path, "commit", "-qm", "a shade")
    file.unlink()
    git(path, "commit", "-qam", "no shade")
    return path


@pytest.fixture
def address(repository: Path, server: Server, url: DatabaseUrl) -> str:
    """A database of mainline with that row."""
    secret = f":{url.password}" if url.password else ""
    place = f"{url.user}{secret}@{url.host}:{url.port}/{url.name}" if url.host else f"/{url.name}"
    address = f"{url.vendor}://{place}"
    with ProjectSession(repository) as session:
        assert session.migrate(address).went_well
    now = {"sqlite": "datetime('now')"}.get(server.vendor, "now()")
    execute(
        url,
        f"INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '{FILE[:-3]}', {now})",
    )
    return address


def say(repository: Path, command: str, address: str, *more: str) -> Said:
    return stitchback(repository, command, "--database", address, *more)


def test_inspect_says_where_it_was(repository: Path, address: str) -> None:
    said = say(repository, "inspect", address)
    words = " ".join(said.out.split())
    assert GONE in words
    assert "main at " in words


def test_where_nothing_is_left_of_it_the_row_goes(repository: Path, address: str) -> None:
    said = say(repository, "repair", address)
    assert said.exit_code == 1
    assert f"no ref has {GONE} any more" in said.out
    assert say(repository, "repair", address, "--apply", "--yes").exit_code == 0
    assert say(repository, "repair", address).exit_code == 0


def test_where_its_column_is_there_the_row_stays(repository: Path, address: str, url: DatabaseUrl) -> None:
    execute(url, "ALTER TABLE shop_item ADD COLUMN shade varchar(9)")
    said = say(repository, "repair", address)
    assert said.exit_code == 0
    assert said.out == ""
    assert f"The tree does not have {GONE}; its row stays." in " ".join(said.err.split())


def test_where_a_tag_has_it_the_row_stays(repository: Path, address: str) -> None:
    git(repository, "tag", "v3.0-beta", "HEAD~1")
    said = say(repository, "repair", address)
    assert said.out == ""
    assert "v3.0-beta" in say(repository, "inspect", address).out
