"""A git that knows nothing of the machine, and repositories made for one test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from git_places import Make

from stitchback.adapters.git import Repository
from stitchback.adapters.git_build import BuildCommit, build, hermetic_environment


@pytest.fixture
def sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of the machine, and fixed dates for commits."""
    for name, value in hermetic_environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2024-02-01T00:00:00Z")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2024-02-01T00:00:00Z")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))


@pytest.fixture
def make(sealed: None, tmp_path: Path) -> Iterator[Make]:
    opened: list[Repository] = []

    def made(*commits: BuildCommit, checkout: str = "main") -> tuple[Repository, dict[str, str]]:
        shas = build(commits, tmp_path / "repository", checkout=checkout)
        opened.append(Repository.open(tmp_path / "repository"))
        return opened[-1], shas

    yield made
    for repository in opened:
        repository.close()
