"""A fixed range of random pairs in the ordinary suite; `make fuzz` runs as many as are wanted.

STITCHBACK_RANDOM_SEEDS="FIRST-LAST" runs another range.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pairs import random_pair
from trial import sound_pair

FIRST, LAST = 1, 40
HERE = Path(__file__).resolve().parent


def seeds() -> range:
    first, _, last = os.environ.get("STITCHBACK_RANDOM_SEEDS", f"{FIRST}-{LAST}").partition("-")
    return range(int(first), int(last or first) + 1)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """In a process of its own: it forks one for each pair."""
    file = tmp_path_factory.mktemp("random") / "figures.json"
    some = seeds()
    command = [sys.executable, str(HERE), f"--seed={some.start}", f"--pairs={len(some)}", "--workers=1"]
    subprocess.run([*command, f"--json={file}"], check=False)
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert found["pairs"] == len(some)
    return found


def test_no_plan_is_unsafe(figures: dict[str, Any]) -> None:
    assert figures["unsafe"] == {}


def test_nothing_crashes(figures: dict[str, Any]) -> None:
    assert figures["crashes"] == {}


def test_a_second_run_changes_nothing(figures: dict[str, Any]) -> None:
    assert figures["again"] == {}


def test_most_pairs_are_planned(figures: dict[str, Any]) -> None:
    """Truth is not bought by refusing everything."""
    counts = figures["counts"]
    assert counts.get("planned", 0) + counts.get("nothing", 0) >= figures["pairs"] * 0.4
    assert counts.get("usage", 0) == 0


def test_a_seed_gives_the_same_pair() -> None:
    assert random_pair(7) == random_pair(7)
    assert random_pair(7) != random_pair(8)


def test_most_pairs_are_sound() -> None:
    """A pair is discarded where real Django does not install a branch on its own: that must stay the exception."""
    assert sum(sound_pair(seed)[2] for seed in range(1, 21)) <= 4
