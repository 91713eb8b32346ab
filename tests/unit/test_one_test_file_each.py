"""Each hazard and each strategy has a test file of its own: `hazards/cycle.py` has `hazards/test_cycle_hazard.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from stitchback import hazards, strategies

UNIT = Path(__file__).parent
FAMILIES = [
    ("hazards", "hazard", (*hazards.ALL, *hazards.OF_PROOF)),
    ("strategies", "strategy", strategies.ALL),
]
MEMBERS = [(folder, word, type(member)) for folder, word, members in FAMILIES for member in members]


def file_of(folder: str, word: str, member: type) -> Path:
    return UNIT / folder / f"test_{member.__module__.rpartition('.')[2]}_{word}.py"


@pytest.mark.parametrize(
    ("folder", "word", "member"), MEMBERS, ids=[member.__name__ for _, _, member in MEMBERS]
)
def test_its_file_tests_it_with_a_near_miss(folder: str, word: str, member: type) -> None:
    file = file_of(folder, word, member)
    assert file.is_file(), f"{member.__name__} needs {file.name}"
    content = file.read_text(encoding="utf-8")
    assert f"{member.__name__}()" in content, f"{file.name} does not test {member.__name__}"
    assert "def test_near_miss_" in content, f"{file.name} has no near miss"


@pytest.mark.parametrize(("folder", "word", "members"), FAMILIES, ids=[folder for folder, *_ in FAMILIES])
def test_no_file_is_left_of_one_that_is_gone(folder: str, word: str, members: tuple[object, ...]) -> None:
    expected = {file_of(folder, word, type(member)) for member in members}
    assert set((UNIT / folder).glob(f"test_*_{word}.py")) == expected
