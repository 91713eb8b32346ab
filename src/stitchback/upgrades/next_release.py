"""The next release: one more migration on the leaf node of each app. Its deploy may fail although the current one succeeds (FACTS F7)."""

from __future__ import annotations

from collections.abc import Iterable

from stitchback.graph import MigrationGraph
from stitchback.model.edits import NOWHERE
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.values import TRUE, Call, Constant, Items, Reference

NAME = "stitchback_next_release"
EMPTY_NAME = (
    "stitchback_following"  # the name in the forecasts of `inspect`, where the migration does nothing
)
MODEL = "StitchbackNextRelease"

ID = Call(Reference("django.db.models.AutoField"), (), (("primary_key", TRUE),))
TABLE = Operation(
    "CreateModel",
    "django.db.migrations.CreateModel",
    (
        ("fields", Items("list", (Items("tuple", (Constant("id"), ID)),))),
        ("name", Constant(MODEL)),
    ),
    NOWHERE,
)
FILE = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = {dependencies!r}

    operations = [
        migrations.CreateModel(
            name="{model}",
            fields=[("id", models.AutoField(primary_key=True)), ("value", models.IntegerField(null=True))],
        ),
    ]
"""


def next_release(tree: Tree, apps: Iterable[str]) -> Tree:
    """The tree with the migrations, each of which creates its own table."""
    return _followed(tree, apps, NAME, (TABLE,))


def empty_next_release(tree: Tree) -> Tree:
    """The tree with migrations of all apps that do nothing."""
    return _followed(tree, sorted({key.app for key in tree.migrations}), EMPTY_NAME, ())


def next_release_file(leaves: Iterable[MigrationKey]) -> str:
    """The file of such a migration, for Django itself."""
    return FILE.format(dependencies=[(leaf.app, leaf.name) for leaf in leaves], model=MODEL)


def _followed(tree: Tree, apps: Iterable[str], name: str, operations: tuple[Operation, ...]) -> Tree:
    graph = MigrationGraph.of(tree)
    keys = (MigrationKey(app, name) for app in apps)
    return tree.with_migrations(
        {
            key: Migration(key, "", "", dependencies=graph.leaves(key.app), operations=operations)
            for key in keys
        }
    )
