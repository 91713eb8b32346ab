"""The end of squashes: what depended on the replaced migrations depends on them, `replaces` goes, and so do the old files.

A database may get such a tree when it has the row of the squash, or none of the rows that the squash replaces. With the old rows alone Django runs the
squash again (FACTS F22, F41).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from stitchback.errors import Refusal
from stitchback.model.edits import DeleteFile, FileChange, FileEdit, SetDependencies, SetReplaces, WriteFile
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Dependency, Migration, Tree
from stitchback.model.plans import Candidate
from stitchback.model.source import Opaque


@dataclass(frozen=True, slots=True)
class UnrecordedSquash:
    """A squash that a database has not recorded. `applied`: how many of the `replaced` migrations it has."""

    squash: MigrationKey
    applied: int
    replaced: int

    @property
    def is_only_unrecorded(self) -> bool:
        """Whether the next `migrate`, of any app, writes the row of the squash."""
        return self.applied == self.replaced


def squashes_in(tree: Tree, apps: Collection[str]) -> tuple[Migration, ...]:
    """The migrations of the apps that replace others."""
    return tuple(each for key, each in sorted(tree.migrations.items()) if key.app in apps and each.ghosts)


def unfinished(squashes: Collection[Migration], ledger: Ledger) -> Iterator[UnrecordedSquash]:
    """The squashes that keep this database from a tree without the old files."""
    rows = ledger.keys
    for squash in squashes:
        applied = rows.intersection(squash.ghosts)
        if squash.key not in rows and applied:
            yield UnrecordedSquash(squash.key, len(applied), len(set(squash.ghosts)))


def finished(tree: Tree, squashes: Collection[Migration]) -> Candidate:
    """The candidate. Raises Refusal (SB709): `replaces` or a dependency that cannot be read, a `run_before` that names a replaced migration."""
    home = {ghost: squash.key for squash in squashes for ghost in squash.ghosts}
    refuse_unread(tree, squashes, home)
    keys = {squash.key for squash in squashes}
    edits: list[FileEdit] = []
    changed: dict[MigrationKey, Migration | None] = {}
    for key, migration in sorted(tree.migrations.items()):
        if key in home:
            edits.append(DeleteFile(key, migration.path))
            changed[key] = None
            continue
        changes = tuple(changes_of(migration, home, is_squash=key in keys))
        if changes:
            edit = WriteFile(key, migration.path, migration, changes)
            edits.append(edit)
            changed[key] = edit.result
    return Candidate({}, tuple(edits), tree.with_migrations(changed))


def changes_of(
    migration: Migration, home: Mapping[MigrationKey, MigrationKey], *, is_squash: bool
) -> Iterator[FileChange]:
    if is_squash:
        yield SetReplaces(())
    pointed = re_pointed(migration.dependencies, home, migration.key)
    if pointed != migration.dependencies:
        yield SetDependencies(pointed)


def re_pointed(
    dependencies: tuple[Dependency, ...], home: Mapping[MigrationKey, MigrationKey], own: MigrationKey
) -> tuple[Dependency, ...]:
    """Each replaced migration's squash in its place, each once."""
    found = (home.get(item, item) if isinstance(item, MigrationKey) else item for item in dependencies)
    return tuple(item for item in dict.fromkeys(found) if item != own)


def refuse_unread(
    tree: Tree, squashes: Collection[Migration], home: Mapping[MigrationKey, MigrationKey]
) -> None:
    texts = [
        f"{squash.key}: {item}" for squash in squashes for item in squash.replaces if isinstance(item, Opaque)
    ]
    for key, migration in sorted(tree.migrations.items()):
        if key in home:
            continue
        texts += [f"{key}: {item}" for item in migration.dependencies if isinstance(item, Opaque)]
        texts += [f"{key}: `run_before` names {item}" for item in migration.run_before if item in home]
    if texts:
        raise Refusal(
            "SB709",
            "the squashes cannot be finished: names of replaced migrations stand where stitchback cannot change them",
            hint="Write them as plain lists, and `run_before` with the name of the squash; commit that, and run the command again.",
            evidence=tuple(texts),
        )
