"""Data operations with what they run, each followed through the tree of its own ref.

A migration that several trees have with the same text is one migration: Django runs it once on a database, whatever the modules that it imports
hold by then. Its work is that of the first tree, mainline's before those of the patch branches (as in `sides`, which counts it as one).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation, TreeWork
from stitchback.model.source import Opaque
from stitchback.model.values import Call, Code, Reference, Value
from stitchback.operations.data import data_operations, with_works


@dataclass(slots=True)
class _Known:
    """By migration: the versions that trees have under that name, and their works."""

    mainline: Tree
    versions: dict[MigrationKey, list[tuple[Migration, tuple[TreeWork, ...]]]] = field(default_factory=dict)

    def works(self, migration: Migration, tree: Tree) -> tuple[TreeWork, ...]:
        versions = self.versions.setdefault(migration.key, [])
        for other, works in versions:
            if _same_text(migration, other) and len(works) == len(_runs(migration)):
                return works
        works = tree.works.of(migration)
        if migration.key not in self.mainline.migrations:
            for work, there in zip(works, self.mainline.works.of(migration, tree.works), strict=False):
                work.on_mainline = there
        versions.append((migration, works))
        return works


def _same_text(one: Migration, other: Migration) -> bool:
    """Whether the files say the same. What the class of an operation of the project's own does stands in another file."""
    if one.blob == other.blob:
        return True
    return tuple(map(_with_reason, one.operations)) == tuple(map(_with_reason, other.operations))


def _with_reason(operation: Operation | Opaque) -> Operation | Opaque:
    if isinstance(operation, Opaque):
        return operation
    said = replace(operation, database=tuple(map(_with_reason, operation.database)))
    if operation.path.startswith("django."):
        return said
    return replace(
        said, arguments=tuple((name, _without_class(value)) for name, value in operation.arguments)
    )


def _without_class(value: Value) -> Value:
    match value:
        case Call(callee=Code(name=name), args=args, kwargs=kwargs):
            return Call(Reference(name), args, kwargs)
        case _:
            return value


def _runs(migration: Migration) -> tuple[Operation, ...]:
    return tuple(data_operations(migration.operations))


def differing_imports(migration: Migration, tree: Tree, mainline: Tree) -> tuple[str, ...]:
    """Of a migration that both trees have with the same text: the dotted names that its data operations reach with different content."""
    twin = mainline.migrations[migration.key]
    if not _runs(migration) or not _same_text(migration, twin):
        return ()
    works = zip(tree.works.of(migration), mainline.works.of(twin), strict=False)
    return tuple(dict.fromkeys(name for ours, theirs in works for name in ours.unlike(theirs)))


def with_followed_works(trees: Sequence[Tree], shared: Iterable[Tree]) -> tuple[Tree, ...]:
    """The trees, mainline's first. `shared`: those of the fork points; what all trees have from there is compared with nothing and stays as it is,
    unless a squash replaces it."""
    forks = tuple(shared)
    compared = _compared(trees, forks)
    known = _Known(trees[0])
    return tuple(_bound(tree, compared, known) for tree in (*trees, *forks))


def _compared(trees: Sequence[Tree], forks: Sequence[Tree]) -> frozenset[MigrationKey]:
    everywhere = (
        frozenset.intersection(*(frozenset(fork.migrations) for fork in forks)) if forks else frozenset()
    )
    new = {key for tree in trees for key in tree.migrations if key not in everywhere}
    squashed = {ghost for tree in trees for ghost in tree.replacers}
    return frozenset(new | squashed)


def _bound(tree: Tree, keys: frozenset[MigrationKey], known: _Known) -> Tree:
    changed: dict[MigrationKey, Migration | None] = {}
    for key in keys & tree.migrations.keys():
        migration = tree.migrations[key]
        if _runs(migration):
            works = known.works(migration, tree)
            if works:
                changed[key] = migration.with_changes(
                    operations=with_works(migration.operations, iter(works))
                )
    return tree.with_migrations(changed)
