"""`--format json`: one JSON document on stdout, whatever happens. `Commands.run` holds each against the JSON Schema of the package."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import json_documents
import pytest
from commands import Commands, Done

from stitchback.cli import boundary
from stitchback.cli.group import cli
from stitchback.engine import state_cache
from stitchback.errors import EnvironmentProblem, Refusal

JSON = ("--format", "json")
BASE = ("customers.0001_initial", "shop.0001_initial", "shop.0002_item_is_visible")


def document(done: Done) -> dict[str, Any]:
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.fixture
def stitched(shop: Path, commands: Commands) -> Path:
    done = commands.run(shop, "apply", "release/2.4", "--yes", *JSON)
    assert done.code == 0
    assert document(done)["written"]
    return shop


def ledger(folder: Path, *rows: str) -> str:
    file = folder / "ledger.csv"
    file.write_text("".join(f"{row.replace('.', ',')}\n" for row in ("app.name", *rows)))
    return str(file)


def database(folder: Path, *rows: str) -> str:
    path = folder / f"{len(rows)}.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TABLE django_migrations (id integer PRIMARY KEY, app text, name text, applied text)"
        )
        for row in rows:
            values = (*row.split("."), "2024-01-01")
            connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, ?)", values)
        connection.commit()
    return f"sqlite:///{path}"


# --- repair ---------------------------------------------------------------------------------------------------------


def test_repair_with_nothing_to_do(stitched: Path, tmp_path: Path, commands: Commands) -> None:
    file = ledger(tmp_path, *BASE, "shop.0003_item_colour")
    done = commands.run(stitched, "repair", "--ledger", file, "--vendor", "sqlite", *JSON)
    found = document(done)
    assert (done.code, found["edits"], found["script"], found["applied"]) == (0, [], None, False)


def test_repair_with_edits(stitched: Path, tmp_path: Path, commands: Commands) -> None:
    mainline = ("customers.0002_customer_phone", "shop.0003_item_supplier", "shop.0004_catalogue_colours")
    file = ledger(tmp_path, *BASE, *mainline)
    done = commands.run(stitched, "repair", "--ledger", file, "--vendor", "sqlite", *JSON)
    found = document(done)
    assert (done.code, found["vendor"], found["applied"]) == (1, "sqlite", False)
    assert [(edit["kind"], edit["rows"]) for edit in found["edits"]] == [
        ("InsertRow", ["shop.0003_item_colour"])
    ]
    assert "INSERT INTO django_migrations" in found["script"]
    assert "DELETE FROM django_migrations" in found["undo"]


def test_repair_refused(stitched: Path, tmp_path: Path, commands: Commands) -> None:
    file = ledger(tmp_path, "shop.0006_item_discontinued_at")
    done = commands.run(stitched, "repair", "--ledger", file, "--vendor", "sqlite", *JSON)
    found = document(done)
    assert (done.code, found["exit"]) == (3, 3)
    assert found["error"]["code"].startswith("SB61")
    assert f"error[{found['error']['code']}]" in done.stderr


def test_repair_without_a_table(stitched: Path, tmp_path: Path, commands: Commands) -> None:
    path = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE invoices (id integer)")
    done = commands.run(stitched, "repair", "--database", f"sqlite:///{path}", *JSON)
    assert (done.code, document(done)["error"]["code"]) == (3, "SB107")


@pytest.mark.parametrize("command", ["inspect", "repair"])
def test_a_fleet(command: str, stitched: Path, tmp_path: Path, commands: Commands) -> None:
    urls = [database(tmp_path, *BASE), database(tmp_path, "blog.0001_initial"), f"sqlite:///{tmp_path}/gone"]
    fleet = tmp_path / "fleet.txt"
    fleet.write_text("\n".join(urls))
    found = document(commands.run(stitched, command, "--fleet", str(fleet), *JSON))
    assert found["databases"] == 3
    assert [each["code"] for each in found["unreached"]] == ["SB603"]


@pytest.mark.parametrize("command", ["inspect", "repair"])
def test_a_fleet_that_cannot_be_read(command: str, shop: Path, tmp_path: Path, commands: Commands) -> None:
    fleet = tmp_path / "fleet.txt"
    fleet.write_text("no url\n")
    done = commands.run(shop, command, "--fleet", str(fleet), *JSON)
    assert (done.code, document(done)["error"]["code"]) == (2, "SB609")


# --- plan -----------------------------------------------------------------------------------------------------------


def test_plan_refused_for_too_many_states(
    shop: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_cache, "MOST_STATES", 1)
    done = commands.run(shop, "plan", "release/2.4", *JSON)
    assert (done.code, document(done)["error"]["code"]) == (3, "SB407")


@pytest.mark.parametrize("code", ["SB405", "SB406", "SB407"])
def test_a_refusal(code: str, shop: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    raising(Refusal(code, "no", hint="do this", evidence=("a",), example=("b",)), monkeypatch)
    done = commands.run(shop, "plan", "release/2.4", *JSON)
    assert document(done) == {
        "schema": 1,
        "exit": 3,
        "error": {"code": code, "message": "no", "hint": "do this", "evidence": ["a"], "example": ["b"]},
    }


# --- whatever happens -----------------------------------------------------------------------------------------------


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def main(**_: object) -> int:
        print('{"half of": ' + 1000 * "[")
        raise error

    monkeypatch.setattr(cli, "main", main)


@pytest.mark.parametrize(
    ("error", "code"),
    [(EnvironmentProblem("SB504", "no"), 2), (KeyboardInterrupt(), 130), (ZeroDivisionError("a bug"), 4)],
)
def test_errors(
    error: BaseException, code: int, shop: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was printed before is left out: it would be half a document, or one of two."""
    raising(error, monkeypatch)
    done = commands.run(shop, "status", "release/2.4", *JSON)
    assert (done.code, document(done)["exit"]) == (code, code)


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", *JSON),
        ("demo", *JSON),
        ("no-such-command", *JSON),
        ("inspect", "--database", "x", "--ledger", "/no/such/file", "--format=json"),
        ("repair", "--ledger", "{ledger}", "--apply", *JSON),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], shop: Path, tmp_path: Path, commands: Commands) -> None:
    said = [each.replace("{ledger}", ledger(tmp_path)) for each in arguments]
    done = commands.run(shop, *said)
    assert done.code == 2
    assert document(done)["error"]["message"]
    assert done.stderr


def test_without_json_there_is_no_document(shop: Path, commands: Commands) -> None:
    done = commands.run(shop, "plan", "no-such-branch")
    assert (done.code, done.stdout) == (2, "")
    assert not boundary.wants_json(["plan", "--format", "text", "json"])


def test_the_schema_takes_no_other_members() -> None:
    """A document with a new member fails the tests until the schema names it."""
    objects = list(objects_in(json_documents.validator().schema))
    assert len(objects) > 20
    assert all("additionalProperties" in each for each in objects if "properties" in each)


def objects_in(schema: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, Mapping):
        if schema.get("type") == "object":
            yield schema
        for each in schema.values():
            yield from objects_in(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from objects_in(each)
