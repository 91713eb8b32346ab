"""A repository, and the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Commands
from fixture_repos import build_repository


@pytest.fixture
def commands(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return build_repository("same-column-mid-chain", tmp_path / "shop").path
