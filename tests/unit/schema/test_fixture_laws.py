"""Laws on the trees of all fixtures: every ref plays without a clash, and ends where a fresh install is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path

import pytest
from fixture_repos import REPOSITORIES, case_names, read_case
from schema_sources import database

from stitchback.api.schema import state_to_json
from stitchback.graph import MigrationGraph
from stitchback.model.migrations import Migration, Tree
from stitchback.parsing.tree import read_tree
from stitchback.schema.tables import physical_of


@dataclass(frozen=True)
class FileOnDisk:
    path: Path

    @property
    def blob(self) -> str:
        return sha1(self.read()).hexdigest()

    def read(self) -> bytes:
        return self.path.read_bytes()


def trees(name: str) -> Iterator[tuple[str, Tree]]:
    """The tree of each commit: its folders laid over each other."""
    case = read_case(name)
    for commit in case.commits:
        files: dict[str, FileOnDisk] = {}
        for folder in commit.trees:
            root = REPOSITORIES / name / folder
            files |= {
                path.relative_to(root).as_posix(): FileOnDisk(path) for path in sorted(root.rglob("*.py"))
            }
        for gone in commit.delete:
            files.pop(gone, None)
        if commit.branch not in case.judge.broken:
            yield commit.id, read_tree(commit.branch, commit.id, files)


def in_order(tree: Tree) -> tuple[Migration, ...]:
    graph = MigrationGraph.of(tree)
    return tuple(tree.migrations[key] for key in graph.order())


@pytest.mark.parametrize("name", case_names())
def test_every_ref_ends_where_a_fresh_install_is(name: str) -> None:
    for commit, tree in trees(name):
        assert tree.migrations, commit
        state, physical = database(*in_order(tree))
        assert physical.tables == physical_of(state).tables, commit
        assert state_to_json(state).keys() == {str(key) for key in state.models}
