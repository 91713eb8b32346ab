"""The next release's deploy, which may fail although the current one succeeds (FACTS F7)."""

from __future__ import annotations

from collections.abc import Iterable

from stitchback.graph import MigrationGraph
from stitchback.model.edits import NOWHERE
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.values import TRUE, Call, Constant, Items, Reference

NAME = "stitchback_next_release"


def next_release(tree: Tree, apps: Iterable[str]) -> Tree:
    """The tree with one more migration on the leaf node of each app, which creates its own table."""
    graph = MigrationGraph.of(tree)
    made = {
        key: Migration(key, "", "", dependencies=graph.leaves(key.app), operations=(TABLE,))
        for key in map(key_for, apps)
    }
    return tree.with_migrations(made)


def key_for(app: str) -> MigrationKey:
    return MigrationKey(app, NAME)


ID = Call(Reference("django.db.models.AutoField"), (), (("primary_key", TRUE),))
TABLE = Operation(
    "CreateModel",
    "django.db.migrations.CreateModel",
    (
        ("fields", Items("list", (Items("tuple", (Constant("id"), ID)),))),
        ("name", Constant("StitchbackNextRelease")),
    ),
    NOWHERE,
)
