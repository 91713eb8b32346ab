"""Which migrations are shared, which only one side has, and which both added under one name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from stitchback.graph import MigrationGraph
from stitchback.matching import provenance
from stitchback.matching.edited_shared_migrations import EditedSharedMigrations, released_version
from stitchback.matching.own_squashes import squashes_of_released, with_released_files
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Patch

NOT_EDITED = EditedSharedMigrations()


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides since the fork point, each in an order that its graph allows.

    `shared` and `mainline_shared` make the state that each side starts from (they differ only where mainline squashed
    migrations of the fork point together with its own). `known` are patch migrations that mainline replaces already
    (named in `replaces`, or in a "covers" line); `patch` are those still to be reconciled, `patch_all` both. `reconciled` are the known ones, and
    those on which they depend and whose name mainline has too, or that do the same on both under one name: no plan writes anything for them, but it was made with them.
    `replaced`: what mainline's migrations replace, by the replacer. `squashed`: see `squashes_of_released`. `finished`: see `finished_squashes`. `twins`: patch migration and mainline migration of one name, neither
    the same at the fork point.

    A migration of the fork point that mainline has `edited` counts as made on both sides: as the release has it in `patch_all`, as
    mainline has it in `mainline`. `between` are the shared migrations that depend on such a one, in the patch branch's order and in mainline's:
    they are played with the sides, and belong to neither.
    """

    shared: tuple[Migration, ...]
    mainline_shared: tuple[Migration, ...]
    patch_all: tuple[Migration, ...]
    patch: tuple[Migration, ...]
    mainline: tuple[Migration, ...]
    known: frozenset[MigrationKey]
    reconciled: frozenset[MigrationKey]
    twins: tuple[tuple[Migration, Migration], ...]
    edited: EditedSharedMigrations = NOT_EDITED
    between: frozenset[MigrationKey] = frozenset()
    patch_played: tuple[Migration, ...] = ()
    mainline_played: tuple[Migration, ...] = ()
    replaced: Mapping[MigrationKey, tuple[MigrationKey, ...]] = field(default_factory=dict)
    squashed: Mapping[MigrationKey, tuple[MigrationKey, ...]] = field(default_factory=dict)
    finished: Mapping[MigrationKey, tuple[MigrationKey, ...]] = field(default_factory=dict)

    def twin(self, key: MigrationKey) -> Migration | None:
        return next((mainline for patch, mainline in self.twins if patch.key == key), None)


def covered(tree: Tree) -> frozenset[MigrationKey]:
    """Patch migrations that the tree replaces: ghosts in `replaces`, and what the tool's own "covers" lines name.

    A name in `replaces` that has a file in the tree is a squash of the tree's own, not a ghost.
    """
    return (frozenset(tree.replacers) - frozenset(tree.migrations)) | provenance.covered(tree)


def finished_squashes(fork: Tree, mainline: Tree) -> Mapping[MigrationKey, tuple[MigrationKey, ...]]:
    """Squashes of the fork point that mainline has finished as Django's documentation says, with what they replaced there: the replaced
    files are gone, and the squash is a migration like others. Who has run all of it with the fork point's tree has the squash's row."""
    return {
        key: migration.ghosts
        for key, migration in fork.migrations.items()
        if (now := mainline.migrations.get(key)) is not None
        and not now.replaces
        and not any(ghost in mainline.migrations for ghost in migration.ghosts)
        and _is_squash(fork, key)
    }


def sides(patch: Patch, mainline: Tree, edited: EditedSharedMigrations = NOT_EDITED) -> Sides:
    """Splits both trees at the fork point. Keys of the fork point that mainline neither has nor replaces (renamed or
    deleted there) count as the patch's: its databases, and those of the fork point, have their rows."""
    fork, tree = patch.fork, with_released_files(patch, patch.tree, frozenset(patch.tree.migrations))
    later = above(edited.keys, tree, mainline)
    finished = finished_squashes(fork, mainline)
    known = covered(mainline).union(*finished.values())
    brought = merged_by_git(patch, mainline)
    released = {key: released_version(patch, key, mainline) for key in edited.keys}
    graph = MigrationGraph.raw(tree)
    order = [
        released.get(key) or patch.tree.migrations.get(key) or tree.migrations[key]
        for key in graph.order()
        if not _is_squash(tree, key)
    ]
    here = frozenset(mainline.migrations) - brought
    shared_keys = {m.key for m in order if m.key in fork.migrations and (m.key in here or m.key in known)}
    between = (later & shared_keys) - edited.keys
    shared = tuple(m for m in order if m.key in shared_keys - later)
    gone = removed_apps(fork, mainline)
    played = tuple(m for m in order if m.key not in shared_keys - later and m.key.app not in gone)
    patch_all = tuple(m for m in played if m.key not in between)
    twins = tuple(
        (m, mainline.migrations[m.key])
        for m in patch_all
        if m.key in here and (m.key not in fork.migrations or m.key in released)
    )
    own_known = known & {m.key for m in patch_all}
    before_known = {above for key in own_known for above in graph.ancestors(key)}
    side = mainline.with_migrations(dict.fromkeys(brought | built_on(brought, patch, mainline)))
    own, swallowed = _mainline_only(side, frozenset(fork.migrations) - later)
    return Sides(
        shared=shared,
        mainline_shared=tuple(m for m in shared if m.key not in swallowed),
        patch_all=patch_all,
        patch=tuple(m for m in patch_all if m.key not in known),
        mainline=tuple(m for m in own if m.key not in between),
        known=own_known,
        reconciled=own_known
        | {m.key for m, there in twins if m.key in before_known or m.operations == there.operations},
        twins=twins,
        edited=edited,
        between=between,
        patch_played=played,
        mainline_played=own,
        replaced={key: each.ghosts for key, each in mainline.migrations.items() if each.ghosts},
        squashed=squashes_of_released(patch),
        finished=finished,
    )


def merged_by_git(patch: Patch, mainline: Tree) -> frozenset[MigrationKey]:
    """The migrations that git's merge of the patch branch brought: the branch's own, except those that mainline had before it, those that do
    something else on mainline (both sides had one of that name, and the merge took mainline's), and those that a plan has copied since: mainline
    was reconciled with those files, so they are its own, and so is a squash of them."""
    if not patch.merged:
        return frozenset()
    own = patch.tree.migrations.keys() - patch.fork.migrations.keys() - patch.mainline_had
    brought = {key for key in own if _is_brought(patch.tree.migrations[key], mainline.migrations.get(key))}
    copied = {key for key in own - brought if key in mainline.migrations}
    ghosts = {key: set(patch.tree.migrations[key].ghosts) for key in brought}
    of_copied = {key for key, each in ghosts.items() if each & copied and not each & brought}
    return frozenset((*(brought - of_copied), *(there.key for _, there in moved_by_git(patch, mainline))))


def moved_by_git(patch: Patch, mainline: Tree) -> Iterator[tuple[MigrationKey, Migration]]:
    """The patch branch's own migrations that git's merge put into the folder of another app, as it does where mainline has renamed a folder."""
    if not patch.merged:
        return
    own = {
        key: patch.tree.migrations[key] for key in patch.tree.migrations.keys() - patch.fork.migrations.keys()
    }
    for key, migration in own.items():
        for there in mainline.migrations.values() if key not in mainline.migrations else ():
            if (
                there.key.name == key.name
                and same_file(there, migration)
                and there.key not in patch.mainline_had | patch.tree.migrations.keys()
            ):
                yield key, there


def _is_brought(on_patch: Migration, on_mainline: Migration | None) -> bool:
    if on_mainline is None:
        return True
    if any(line.startswith(f"copied {on_patch.key} of ") for line in on_mainline.provenance):
        return False
    return same_file(on_patch, on_mainline) or on_patch.operations == on_mainline.operations


def same_file(one: Migration, other: Migration) -> bool:
    return bool(one.blob) and one.blob == other.blob


def above(keys: frozenset[MigrationKey], *trees: Tree) -> frozenset[MigrationKey]:
    """These, and what depends on them in one of the trees."""
    graphs = map(MigrationGraph.raw, trees) if keys else ()
    return keys | {key for graph in graphs for each in keys & graph.nodes for key in graph.descendants(each)}


def built_on(brought: frozenset[MigrationKey], patch: Patch, mainline: Tree) -> set[MigrationKey]:
    """What mainline has put on top of a patch branch that git merged: made in the knowledge of its migrations, so no parallel to them.
    A database that has applied it has them too. Not what mainline had before the merge: that depends on a squash which the merge brought."""
    graph = MigrationGraph.raw(mainline)
    later = {above for key in brought & graph.nodes for above in graph.descendants(key)}
    return later - brought - patch.mainline_had


def removed_apps(fork: Tree, mainline: Tree) -> frozenset[str]:
    """Apps of the fork point that mainline does not have any more: they are not migrated there."""
    here = {key.app for key in mainline.migrations} | set(mainline.apps)
    return frozenset({key.app for key in fork.migrations} - here)


def _is_squash(tree: Tree, key: MigrationKey) -> bool:
    """Whether all that the migration replaces are files of the tree too: its operations are theirs."""
    ghosts = tree.migrations[key].ghosts
    return bool(ghosts) and all(ghost in tree.migrations for ghost in ghosts)


def _mainline_only(
    side: Tree, shared: frozenset[MigrationKey]
) -> tuple[tuple[Migration, ...], frozenset[MigrationKey]]:
    """Mainline's own migrations in order, and the fork's keys that a squash among them makes again from nothing."""
    own: list[Migration] = []
    swallowed: set[MigrationKey] = set()
    for key in MigrationGraph.raw(side).order():
        migration = side.migrations[key]
        if key in shared or _is_squash(side, key):
            continue
        remade = [ghost for ghost in migration.ghosts if ghost in shared]
        if remade and len(remade) == len(migration.ghosts):
            continue  # a squash of shared migrations only, their files gone: it makes nothing new
        swallowed.update(remade)
        own.append(migration)
    return tuple(own), frozenset(swallowed)
