"""A fixed range of random pairs taken through `resolve`; `python tests/random --resolve` takes as many as are wanted.

STITCHBACK_RANDOM_SEEDS="FIRST-LAST" takes another range.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from resolve_trial import WAYS, ResolveTrial
from trial import sound_pair

FIRST, LAST = 1, 20
HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """In a process of its own: it forks one for each pair."""
    file = tmp_path_factory.mktemp("random") / "figures.json"
    first, _, last = os.environ.get("STITCHBACK_RANDOM_SEEDS", f"{FIRST}-{LAST}").partition("-")
    pairs = int(last or first) - int(first) + 1
    command = [sys.executable, str(HERE), "--resolve", f"--seed={first}", f"--pairs={pairs}", "--workers=1"]
    subprocess.run([*command, f"--json={file}"], check=False)
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert found["pairs"] == pairs
    return found


def test_nothing_is_unsafe_and_a_second_run_has_nothing_to_do(figures: dict[str, Any]) -> None:
    assert (figures["unsafe"], figures["crashes"], figures["again"]) == ({}, {}, {})


def test_most_pairs_are_resolved(figures: dict[str, Any]) -> None:
    counts = figures["counts"]
    assert counts.get("planned", 0) + counts.get("nothing", 0) >= figures["pairs"] * 0.4
    assert counts.get("usage", 0) == 0


def test_the_seeds_take_every_way(tmp_path: Path) -> None:
    pair, populations, _ = sound_pair(1)
    ways = set()
    for seed in range(1, 60):
        ways.add(ResolveTrial(replace(pair, seed=seed), populations, tmp_path).way)
    assert ways == set(WAYS)
