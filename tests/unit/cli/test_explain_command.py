"""`stitchback explain`."""

from __future__ import annotations

import json
from pathlib import Path

from commands import Commands


def test_a_page(commands: Commands, tmp_path: Path) -> None:
    done = commands.run(tmp_path, "explain", "SB201")
    assert done.code == 0
    assert done.stdout.startswith("SB201  same name, other schema  (error)\n\n  Both branches")


def test_small_letters_and_the_number_alone_will_do(commands: Commands, tmp_path: Path) -> None:
    whole = commands.run(tmp_path, "explain", "SB201")
    assert commands.run(tmp_path, "explain", "sb201") == whole
    assert commands.run(tmp_path, "explain", "201") == whole


def test_all_codes(commands: Commands, tmp_path: Path) -> None:
    done = commands.run(tmp_path, "explain")
    assert done.code == 0
    assert "Reading migrations\n  SB101  error    a migration file cannot be read" in done.stdout


def test_an_unknown_code_is_told_with_near_ones(commands: Commands, tmp_path: Path) -> None:
    done = commands.run(tmp_path, "explain", "SB211")
    assert (done.code, done.stdout) == (2, "")
    assert "SB21" in done.stderr


def test_as_json(commands: Commands, tmp_path: Path) -> None:
    page = json.loads(commands.run(tmp_path, "explain", "SB201", "--format", "json").stdout)
    assert (page["schema"], page["code"], page["severity"]) == (1, "SB201", "error")
    assert len(json.loads(commands.run(tmp_path, "explain", "--format", "json").stdout)["pages"]) > 20
