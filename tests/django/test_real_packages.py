"""Packages from the index, read statically: the state is the one that Django makes of them, and the graph its loader's. What is
not installed is skipped; `pip install stitchback[packages]` brings five, `python -m benchmarks.packages` tries all of them."""

from __future__ import annotations

import pytest
from package_list import PACKAGES
from real_packages import report


@pytest.mark.parametrize("name", PACKAGES)
def test_state_and_graph_are_djangos(name: str) -> None:
    package = PACKAGES[name]
    if package.missing:
        pytest.skip(f"{package.distribution} is not installed ({package.missing})")
    found = report(name)
    assert found["not read"] == []
    assert found["differences"] == []
    assert found["clashes"] == []
    assert found["migrations"] > 0
    assert [line for line in found["opaque operations"] if not line.startswith(tuple(package.opaque))] == []
