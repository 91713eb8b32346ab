"""Which of a branch's migrations `status` names: those that matter, and of the others as many as there is room for."""

from __future__ import annotations

from stitchback.model.keys import MigrationKey
from stitchback.reporting.status_text import limited_names

KEYS = [MigrationKey("shop", f"{number:04d}_x") for number in range(5)]


def test_what_there_is_room_for() -> None:
    assert limited_names(KEYS, set(), 5) == [key.name for key in KEYS]
    assert limited_names(KEYS, set(), 3) == ["0000_x", "0001_x", "0002_x", "and 2 more"]


def test_what_matters_is_named_in_any_case() -> None:
    assert limited_names(KEYS, {KEYS[4]}, 3) == ["0000_x", "0001_x", "0004_x", "and 2 more"]


def test_none_is_left_out_where_all_matter() -> None:
    assert limited_names(KEYS, set(KEYS), 3) == [key.name for key in KEYS]
