"""A tree's migrations as Django's loader would find them on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stitchback.engine.database import Name
from stitchback.engine.engine_cache import EngineCache
from stitchback.engine.simulation import LoaderFiles, SymbolicMigration
from stitchback.graph.resolution import name_of_dependency
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Tree

INSTALLED = "0001_initial"


def files_of(
    tree: Tree, memory: EngineCache, settings: Mapping[str, str], beside: Iterable[str] = ()
) -> LoaderFiles:
    """`disk_migrations` of `MigrationLoader.load_disk`, in the order of the keys (Django uses the file
    system's order).

    Migrations that others depend on, of apps outside the tree (installed packages), are included, applied and
    empty. A swappable dependency without a setting and an unreadable dependency are left out: the user
    model's app is part of Django, or the graph of the tree orders it anyway. `beside`: labels of installed
    apps that no migration depends on.
    """
    reader = DependencyReader(tree, settings)
    disk = {
        (key.app, key.name): SymbolicMigration(
            migration, reader.named(migration.dependencies), reader.named_inside(migration.run_before), memory
        )
        for key, migration in sorted(tree.migrations.items())
    }
    installed = reader.installed | {(label, INSTALLED) for label in beside}
    replacing = {
        name
        for made in disk.values()
        if made.replaces
        for name in (*made.replaces, (made.app_label, made.name))
    }
    migrated = {app for app, _ in (*disk, *installed)}
    every = {**disk, **installed_migrations(installed, memory)}
    for made in every.values():
        made.kind = memory.kind(made.number, tuple(rows_recorded_by(made, every)))
    return LoaderFiles(
        every,
        frozenset(migrated),
        frozenset(set(tree.apps) - migrated),
        frozenset(installed),
        frozenset(replacing),
        {},
    )


def rows_recorded_by(made: SymbolicMigration, disk: Mapping[Name, SymbolicMigration]) -> list[Name]:
    """The migration's name, the names that it replaces and, after a separator, what those replace that have
    files themselves.
    """
    found, seen = list[Name](), set[Name]()
    waiting = [(made.app_label, made.name)]
    for name in waiting:
        replaces = disk[name].replaces if name in disk and name not in seen else []
        seen.add(name)
        found += [name, *replaces, ("", "")]
        waiting += replaces
    return found


class DependencyReader:
    """Reads dependencies as pairs of names and collects those outside the tree in `installed`."""

    def __init__(self, tree: Tree, settings: Mapping[str, str]) -> None:
        self.known = {key.app for key in tree.migrations} | set(tree.apps)
        self.settings = settings
        self.installed: set[Name] = set()

    def named(self, dependencies: tuple[Dependency, ...]) -> list[Name]:
        names = self._names(dependencies)
        self.installed.update(name for name in names if name[0] not in self.known)
        return names

    def named_inside(self, dependencies: tuple[Dependency, ...]) -> list[Name]:
        """The names inside the tree: an installed migration is already applied and never runs later."""
        return [name for name in self._names(dependencies) if name[0] in self.known]

    def _names(self, dependencies: tuple[Dependency, ...]) -> list[Name]:
        names = (name_of_dependency(each, self.settings) for each in dependencies)
        return [name for name in names if name is not None]


def installed_migrations(installed: set[Name], memory: EngineCache) -> dict[Name, SymbolicMigration]:
    """Empty migrations, one chain per app, so that no app has two leaf nodes."""
    made: dict[Name, SymbolicMigration] = {}
    before: dict[str, Name] = {}
    for app, name in sorted(installed):
        parents = [before[app]] if app in before else []
        made[app, name] = SymbolicMigration(Migration(MigrationKey(app, name), "", ""), parents, [], memory)
        before[app] = (app, name)
    return made
