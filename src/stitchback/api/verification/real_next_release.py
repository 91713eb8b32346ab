"""The next release: one more migration on the leaf of each app that the tree holds (FACTS F7)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stitchback.adapters.projects import Keys, ProjectGraph
from stitchback.model.keys import MigrationKey

NAME = "stitchback_next_release"

TEXT = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = {dependencies!r}

    operations = [
        migrations.CreateModel(
            name="StitchbackNextRelease",
            fields=[("id", models.AutoField(primary_key=True)), ("value", models.IntegerField(null=True))],
        ),
    ]
"""


def own_apps(graph: ProjectGraph, tree: Path) -> tuple[str, ...]:
    """The apps whose migrations are files of the tree; others are installed packages."""
    root = tree.resolve()
    return tuple(
        label for label, folder in sorted(graph.folders.items()) if folder.resolve().is_relative_to(root)
    )


def write_next_release(graph: ProjectGraph, tree: Path, other: Path) -> Keys:
    """Writes them into `other`, a copy of `tree`, whose graph that is. Returns their keys."""
    made = []
    for app in own_apps(graph, tree):
        leaves = [leaf for leaf in graph.leaves if leaf.app == app]
        folder = other / graph.folders[app].resolve().relative_to(tree.resolve())
        (folder / f"{NAME}.py").write_text(text_of(leaves), encoding="utf-8")
        made.append(MigrationKey(app, NAME))
    return tuple(made)


def text_of(leaves: Iterable[MigrationKey]) -> str:
    return TEXT.format(dependencies=[(leaf.app, leaf.name) for leaf in leaves])
