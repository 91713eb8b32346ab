"""Past trees that databases were, or may have been, migrated with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.graph import MigrationGraph, missing_words
from stitchback.matching.own_squashes import before_squashes, with_released_files
from stitchback.matching.sides import merged_by_git
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Tree
from stitchback.model.plans import Situation


def loadable(tree: Tree) -> tuple[Tree, tuple[str, ...]]:
    """The tree as Django can have run it, and descriptions of what was left out.

    If a dependency is missing, Django runs nothing at all: no database has that migration, or those that depend on it. A dependency whose file exists
    and cannot be read is different: then only stitchback's graph lacks it.
    """
    graph = MigrationGraph.of(tree)
    unread = {each.key for each in tree.unreadable}
    said, changed = list[str](), dict[MigrationKey, Migration | None]()
    for child, parent in graph.missing:
        if parent in unread:
            said.append(f"{tree.ref}: {parent} cannot be read, and {child} depends on it")
            changed[child] = without_parents(changed.get(child) or tree.migrations[child], {parent})
    for child, parent in graph.missing:
        if parent not in unread:
            said.append(
                f"{tree.ref}: {missing_words(tree, child, parent)}, which does not exist: Django cannot run it, so no database has applied it"
            )
            changed |= dict.fromkeys(graph.descendants(child), None)
    return tree.with_migrations(changed), tuple(said)


def without_parents(migration: Migration, gone: Iterable[MigrationKey]) -> Migration:
    unwanted = set(gone)
    return migration.with_changes(
        dependencies=kept(migration.dependencies, unwanted), run_before=kept(migration.run_before, unwanted)
    )


def kept(dependencies: tuple[Dependency, ...], unwanted: set[MigrationKey]) -> tuple[Dependency, ...]:
    return tuple(each for each in dependencies if not (isinstance(each, MigrationKey) and each in unwanted))


def before_merge(situation: Situation) -> Tree:
    """Mainline without the files that git's merge of a patch branch brought, and with those that it deleted for a squash; migrations that
    depended on those get their dependencies, but for those that mainline had before: they depend on such a file by its `run_before` only."""
    mainline, brought = brought_by_git(situation)
    if not brought:
        return mainline
    had = had_before_merge(situation)
    rest = {key: migration for key, migration in mainline.migrations.items() if key not in brought}
    changed: dict[MigrationKey, Migration | None] = dict.fromkeys(brought, None)
    changed |= {
        key: without_parents(migration if key in had else past(migration, brought, mainline), brought)
        for key, migration in rest.items()
        if brought & {*migration.parents}
    }
    return mainline.with_migrations(changed)


def brought_by_git(situation: Situation) -> tuple[Tree, frozenset[MigrationKey]]:
    """Mainline with the files that git's merge of a patch branch deleted for a squash instead of that, and what else the merge brought."""
    mainline, found = situation.mainline, frozenset[MigrationKey]()
    for patch in situation.patches:
        brought = merged_by_git(patch, situation.mainline)
        mainline = with_released_files(patch, mainline, brought)
        found |= brought
    return mainline, found & mainline.migrations.keys()


def mainlines_own(situation: Situation) -> Tree:
    """Mainline with its own operations alone, in the order in which the whole tree runs them: without the files that git's merge brought, Django
    might sort two migrations of which neither depends on the other in another way."""
    mainline, brought = brought_by_git(situation)
    return emptied(mainline, brought)


def emptied(tree: Tree, keys: Iterable[MigrationKey]) -> Tree:
    """The tree, those migrations without operations."""
    return tree.with_migrations(
        {key: tree.migrations[key].with_changes(operations=()) for key in keys if key in tree.migrations}
    )


def as_it_was(tree: Tree, shared: Iterable[MigrationKey]) -> Iterator[Tree]:
    """The tree, and the tree before its own squashes. `shared`: what it has from the fork point."""
    yield tree
    older = before_squashes(tree, frozenset(tree.migrations).difference(shared))
    if older is not None:
        yield older


def had_before_merge(situation: Situation) -> frozenset[MigrationKey]:
    """What mainline had before git merged the patch branches."""
    return frozenset().union(*(patch.mainline_had for patch in situation.patches if patch.merged))


def past(migration: Migration, gone: frozenset[MigrationKey], tree: Tree) -> Migration:
    """The migration with its removed dependencies replaced by their own dependencies, repeatedly."""
    found: dict[Dependency, None] = {}
    waiting = list(migration.dependencies)
    for each in waiting:
        if each in found:
            continue
        found[each] = None
        if isinstance(each, MigrationKey) and each in gone:
            waiting.extend(tree.migrations[each].dependencies)
    return migration.with_changes(dependencies=tuple(found))


def named_in(tree: Tree) -> frozenset[MigrationKey]:
    """The tree's migrations, and the ghosts that they name."""
    return frozenset((*tree.migrations, *tree.replacers))
