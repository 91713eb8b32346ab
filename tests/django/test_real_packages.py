"""Packages from the index, read statically: the state is the one that Django makes of them. What is not installed is skipped;
`pip install stitchback[packages]` brings five."""

from __future__ import annotations

import pytest
from real_packages import PACKAGES, report


@pytest.mark.parametrize("name", PACKAGES)
def test_the_state_is_djangos(name: str) -> None:
    package = PACKAGES[name]
    if package.missing:
        pytest.skip(f"{package.distribution} is not installed ({package.missing})")
    found = report(name)
    assert found["not read"] == []
    assert found["differences"] == []
    assert found["clashes"] == []
    assert found["migrations"] > 0
