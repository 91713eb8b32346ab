"""The use case `demo`: events out, as they happen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stitchback.adapters.demo_fixture import find_demo_fixture
from stitchback.api.demonstration.story import Demo
from stitchback.model.demonstration import Event


def demo(folder: Path) -> Iterator[Event]:
    """Everything in `folder`, which is empty or not there yet. Raises EnvironmentProblem where that is not so."""
    return Demo(folder, find_demo_fixture()).tell()
