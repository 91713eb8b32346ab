"""Each hazard and each strategy has a test file of its own: `hazards/cycle.py` has `hazards/test_cycle_hazard.py`."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

from stitchback import hazards, strategies

UNIT = Path(__file__).parent
FAMILIES = {
    "hazards": ("hazard", "find", (*hazards.ALL, *hazards.OF_CHECK, *hazards.OF_ROLLING, *hazards.OF_PROOF)),
    "strategies": ("strategy", "propose", strategies.ALL),
}
MEMBERS = [(folder, type(member)) for folder, (_, _, members) in FAMILIES.items() for member in members]


def module_of(member: type) -> str:
    return member.__module__.rpartition(".")[2]


def file_of(folder: str, member: type) -> Path:
    return UNIT / folder / f"test_{module_of(member)}_{FAMILIES[folder][0]}.py"


@pytest.mark.parametrize(
    ("folder", "member"), MEMBERS, ids=[f"{folder}-{member.__name__}" for folder, member in MEMBERS]
)
def test_its_file_tests_it_with_a_near_miss(folder: str, member: type) -> None:
    file = file_of(folder, member)
    assert file.is_file(), f"{member.__name__} needs {file.name}"
    content = file.read_text(encoding="utf-8")
    assert f"{member.__name__}()" in content, f"{file.name} does not test {member.__name__}"
    assert "def test_near_miss_" in content, f"{file.name} has no near miss"


@pytest.mark.parametrize("folder", FAMILIES)
def test_no_test_file_is_left_of_one_that_is_gone(folder: str) -> None:
    word, _, members = FAMILIES[folder]
    assert set((UNIT / folder).glob(f"test_*_{word}.py")) == {
        file_of(folder, type(member)) for member in members
    }


@pytest.mark.parametrize("folder", FAMILIES)
def test_each_class_is_in_the_tuple(folder: str) -> None:
    """One that is in no tuple would never be asked."""
    word, method, members = FAMILIES[folder]
    package = importlib.import_module(f"stitchback.{folder}")
    names = {info.name for info in pkgutil.iter_modules(package.__path__)} - {word}
    classes = {
        each
        for name in names
        for each in vars(importlib.import_module(f"{package.__name__}.{name}")).values()
        if isinstance(each, type) and module_of(each) == name and hasattr(each, method)
    }
    assert classes == {type(member) for member in members}
