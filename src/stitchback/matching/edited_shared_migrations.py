"""Migrations of the fork point that mainline has edited since, as far as a database sees the difference.

Django never compares files (FACTS F38): a database that has applied the old file lacks what only the new one makes, and keeps
what only the old one made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from stitchback.graph.resolution import FIRST, LATEST
from stitchback.matching.histories import History, ObjectState, histories
from stitchback.matching.verdicts import liken
from stitchback.model.atoms import (
    Added,
    Altered,
    Atom,
    DataRun,
    Removed,
    SchemaObject,
    Shape,
    UnreadChange,
)
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Tree
from stitchback.model.plans import Patch
from stitchback.model.state import Field
from stitchback.model.values import Reference, Value

Keys = frozenset[MigrationKey]


@dataclass(frozen=True, slots=True)
class EditedSharedMigrations:
    """Migrations of the fork point by what mainline, or the patch branch alone, has changed in them since. `schema`: what the file makes, for a
    database. `parents`: it depends on migrations that the fork point does not have. `data`: its data operations are others, and nothing else;
    `emptied`: those of them that do nothing to data any more on mainline."""

    schema: Keys = frozenset()
    parents: Keys = frozenset()
    data: Keys = frozenset()
    emptied: Keys = frozenset()

    @property
    def keys(self) -> Keys:
        """Those that a database of the fork point has to be reconciled with."""
        return self.schema | self.parents

    def without(self, accepted: Keys) -> EditedSharedMigrations:
        return replace(self, schema=self.schema - accepted, parents=self.parents - accepted)


def released_version(patch: Patch, key: MigrationKey, mainline: Tree) -> Migration:
    """The file as the patch branch's databases have applied it: the fork point's, or the patch branch's own where only that is another one
    than mainline's."""
    old, new = patch.fork.migrations[key], mainline.migrations[key]
    own = patch.tree.migrations.get(key, old)
    return own if old.operations == new.operations else old


def may_differ(patch: Patch, mainline: Tree) -> Iterator[MigrationKey]:
    """Migrations of the fork point whose operations are not the same on mainline as on the patch branch or at the fork point; except squashes, whose parts show what they do, and apps
    of which mainline has squashed some migrations of the fork point together with its own."""
    mixed = {ghost.app for ghost in mainline.replacers if ghost in patch.fork.migrations} & {
        ghost.app for ghost in mainline.replacers if ghost not in patch.fork.migrations
    }
    for key, old in patch.fork.migrations.items():
        new = mainline.migrations.get(key)
        own = patch.tree.migrations.get(key, old)
        if new is None or new is old is own or old.replaces or new.replaces or key.app in mixed:
            continue
        if released_version(patch, key, mainline).operations != new.operations:
            yield key


def reparented(patch: Patch, mainline: Tree) -> Iterator[MigrationKey]:
    """Migrations of the fork point that depend on mainline on what the fork point does not have (FACTS F30)."""
    apps = apps_of_trees(patch, mainline)
    for key, old in patch.fork.migrations.items():
        new = mainline.migrations.get(key)
        if new is None or new is old or old.replaces:
            continue
        if any(new_parents(old, new, patch.fork, apps)):
            yield key


def apps_of_trees(patch: Patch, mainline: Tree) -> frozenset[str]:
    """The apps of the fork point's tree, and mainline's new ones. Not an app that the patch branch had as an installed package: its databases may
    have applied any of its migrations."""
    here = {key.app for key in patch.fork.migrations}
    trees = (patch.fork, patch.tree)
    packages = {parent.app for tree in trees for each in tree.migrations.values() for parent in each.parents}
    return frozenset(here | ({key.app for key in mainline.migrations} - packages))


def new_parents(old: Migration, new: Migration, fork: Tree, apps: frozenset[str]) -> Iterator[MigrationKey]:
    """What mainline's file depends on, in one of these apps, and databases of the fork point need not have."""
    before: set[Dependency] = {*old.dependencies, *old.run_before}
    for parent in new.dependencies:
        if (
            isinstance(parent, MigrationKey)
            and parent.app in apps
            and parent.name not in (FIRST, LATEST)
            and parent not in fork.migrations
            and parent not in fork.replacers
            and parent not in before
        ):
            yield parent


def seen_in(edited: Keys, old: Iterable[Atom], new: Iterable[Atom]) -> EditedSharedMigrations:
    """Which of these a database sees, by what the shared migrations do with the fork point's files and with mainline's."""
    ours, theirs = tuple(old), tuple(new)
    schema_objects = differing(ours, theirs)
    schema = {
        atom.origin.migration
        for atom in (*ours, *theirs)
        if not isinstance(atom, DataRun | UnreadChange) and atom.schema_object in schema_objects
    }
    schema |= of_one_side(ours, theirs, unread)
    data = frozenset((of_one_side(ours, theirs, work) & edited) - schema)
    still = {atom.origin.migration for atom in theirs if work(atom) is not None}
    return EditedSharedMigrations(frozenset(schema & edited), data=data, emptied=data - still)


def with_moved_classes(
    old: Iterable[Atom], new: Iterable[Atom], defined: Mapping[str, str]
) -> tuple[tuple[Atom, ...], tuple[Atom, ...]]:
    """The atoms of both, in which a field class that mainline has moved into another module has its new path: of the same name, extending the
    same class of Django's, and gone from the old path (`defined`: the classes of mainline's tree). Functions and classes that such fields
    are given count by their names."""
    ours, theirs = tuple(old), tuple(new)
    now = {_class_id(field): field.path for atom in theirs for field in _custom_fields(atom)}

    def spelled(shape: Shape) -> Shape:
        if not isinstance(shape, Field) or not _is_custom(shape):
            return shape
        path = shape.path if shape.path in defined else now.get(_class_id(shape), shape.path)
        return replace(
            shape, path=path, arguments=tuple((name, _named(value)) for name, value in shape.arguments)
        )

    def with_spelled(atom: Atom) -> Atom:
        match atom:
            case Added(shape=shape) | Removed(shape=shape):
                return replace(atom, shape=spelled(shape))
            case Altered(before=before, after=after):
                return replace(atom, before=spelled(before), after=spelled(after))
            case _:
                return atom

    return tuple(map(with_spelled, ours)), tuple(map(with_spelled, theirs))


def _named(value: Value) -> Value:
    if isinstance(value, Reference) and not value.path.startswith("django."):
        return Reference(value.path.rpartition(".")[2])
    return value


def _custom_fields(atom: Atom) -> Iterator[Field]:
    match atom:
        case Added(shape=shape) | Altered(after=shape) if isinstance(shape, Field) and _is_custom(shape):
            yield shape


def _is_custom(field: Field) -> bool:
    """Whether its class is not Django's, and what it extends is known."""
    return bool(field.base) and field.path != field.base


def _class_id(field: Field) -> tuple[str, str]:
    return field.path.rpartition(".")[2], field.base


def differing(old: Iterable[Atom], new: Iterable[Atom]) -> frozenset[SchemaObject]:
    """The schema objects that differ between a database after the one and a database after the other."""
    ours, theirs = histories(old), histories(new)
    return frozenset(
        schema_object
        for schema_object in {*ours, *theirs}
        if differs(ours.get(schema_object), theirs.get(schema_object))
    )


def differs(old: History | None, new: History | None) -> bool:
    """A schema object that only one side changes is on the other what it was at the start. What no database takes part in on either side, such
    as `verbose_name` or a proxy, differs in the state alone."""
    if not is_made(old) and not is_made(new):
        return False
    one, other = end(old, new), end(new, old)
    return not liken(one, other).alike or (one is not None and is_made(old) != is_made(new))


def end(history: History | None, other: History | None) -> ObjectState | None:
    if history is not None:
        return history.end
    return other.start if other is not None else None


def is_made(history: History | None) -> bool:
    """Whether a database takes part in what happened to the schema object."""
    return history is not None and any(
        atom.database and not (isinstance(atom, Altered) and is_invisible(atom)) for atom in history.atoms
    )


def is_invisible(atom: Altered) -> bool:
    return liken(ObjectState(atom.name, atom.before), ObjectState(atom.name, atom.after)).alike


def work(atom: Atom) -> object | None:
    return (atom.app, atom.work) if isinstance(atom, DataRun) and not atom.empty else None


def unread(atom: Atom) -> object | None:
    return (atom.app, atom.opaque.reason, atom.opaque.source) if isinstance(atom, UnreadChange) else None


def of_one_side(
    old: Iterable[Atom], new: Iterable[Atom], name: Callable[[Atom], object | None]
) -> set[MigrationKey]:
    """The migrations with something of that name that the other side does not have as often."""
    ours, theirs = named(old, name), named(new, name)
    found: set[MigrationKey] = set()
    for what in {*ours, *theirs}:
        here, there = ours.get(what, Counter()), theirs.get(what, Counter())
        if here.total() != there.total():
            found |= {*(here - there), *(there - here)}
    return found


def named(
    atoms: Iterable[Atom], name: Callable[[Atom], object | None]
) -> Mapping[object, Counter[MigrationKey]]:
    found: dict[object, Counter[MigrationKey]] = {}
    for atom in atoms:
        what = name(atom)
        if what is not None:
            found.setdefault(what, Counter())[atom.origin.migration] += 1
    return found
