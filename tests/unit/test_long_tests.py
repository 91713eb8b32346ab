"""A share of the long tests."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import long_tests
from long_tests import LONG, is_in_share, is_long

TESTS = Path(long_tests.__file__).parent
NAMES = [f"tests/django/test_judged.py::test_upgrade[case-{number}]" for number in range(1000)]


def test_the_folders_of_long_tests_are_there_and_the_unit_tests_are_not_among_them() -> None:
    assert all((TESTS / name).is_dir() for name in LONG)
    assert is_long(TESTS / "django" / "test_fixtures_judged.py")
    assert not is_long(TESTS / "unit" / "graph" / "test_graph.py")


def test_a_share_of_one_is_all_and_a_quarter_is_about_a_quarter() -> None:
    assert all(is_in_share(name, Fraction(1)) for name in NAMES)
    assert 200 < sum(is_in_share(name, Fraction(1, 4), "5.2.9") for name in NAMES) < 300


def test_the_share_is_the_same_for_each_patch_release_and_another_for_another_django() -> None:
    def chosen(version: str) -> list[bool]:
        return [is_in_share(name, Fraction(1, 4), version) for name in NAMES]

    assert chosen("5.2.1") == chosen("5.2.19") != chosen("4.2.1")
