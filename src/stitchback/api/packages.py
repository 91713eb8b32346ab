"""Apps that were installed packages on a patch branch and are in mainline's tree.

The branch's databases have rows of such an app, and its tables, and git knows nothing of how far they went. A person does: the
configuration says at which of mainline's migrations of the app those databases may stand. These are put into the branch's trees,
the first ones into the fork point's, so that every database that the proof makes has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from stitchback.errors import EnvironmentProblem
from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Package, Patch

Said = Mapping[str, tuple[str, str]]


def with_packages(patch: Patch, mainline: Tree, said: Said) -> Patch:
    """The patch branch with what the configuration says of its packages. Raises EnvironmentProblem (SB509) for a migration that mainline lacks,
    or that the branch's databases cannot have."""
    packages = tuple(_answered(package, mainline, said) for package in packages_of(patch, mainline))
    known = [package.said for package in packages if package.said is not None]
    if not known:
        return replace(patch, packages=packages)
    fork = _with(patch.fork, mainline, (first for first, _ in known))
    tree = _with(patch.tree, mainline, (last for _, last in known))
    own = tuple(
        tree.migrations[key] for key in MigrationGraph.raw(tree).order() if key not in fork.migrations
    )
    return replace(patch, tree=tree, fork=fork, migrations=own, packages=packages)


def packages_of(patch: Patch, mainline: Tree) -> Iterator[Package]:
    """Apps that mainline's tree has and the branch's has not, though something on the branch depends on them."""
    here = {key.app for key in patch.tree.migrations} | set(patch.tree.apps)
    only_there = {key.app for key in mainline.migrations} - here
    found: dict[str, Package] = {}
    for key, migration in sorted(patch.tree.migrations.items()) if only_there else ():
        for parent in migration.parents:
            if parent.app in only_there and parent.app not in found:
                found[parent.app] = Package(parent.app, key, parent)
    yield from (found[label] for label in sorted(found))


def _answered(package: Package, mainline: Tree, said: Said) -> Package:
    if package.label not in said:
        return package
    first, last = (MigrationKey(package.label, name) for name in said[package.label])
    for key in (first, last):
        if key not in mainline.migrations:
            raise _wrong(package.label, f"{mainline.ref} has no migration {key}")
    if first not in MigrationGraph.raw(mainline).ancestors(last):
        raise _wrong(package.label, f"{last} does not come after {first}")
    return replace(package, said=(first, last))


def _with(tree: Tree, mainline: Tree, keys: Iterable[MigrationKey]) -> Tree:
    """The tree with these migrations of mainline's, and those of their apps that they depend on."""
    graph = MigrationGraph.raw(mainline)
    brought: dict[MigrationKey, Migration | None] = {}
    for key in keys:
        for each in graph.ancestors(key):
            if each.app == key.app:
                brought[each] = mainline.migrations[each]
    files = {*tree.migrations, *brought, *tree.replacers}
    apps = {key.app for key in files} | set(tree.apps)
    for child, migration in sorted(brought.items()):
        for parent in migration.parents if migration is not None else ():
            if parent.app in apps and parent not in files and not parent.name.startswith("__"):
                raise _wrong(child.app, f"{child} depends on {parent}, which {tree.ref} lacks")
    return tree.with_migrations(brought)


def _wrong(label: str, why: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        "SB509",
        f"pyproject.toml: tool.stitchback.packages.{label}: {why}",
        hint="Give the last of its migrations that is applied on those databases, or an array of the first and the last that can be.",
    )
