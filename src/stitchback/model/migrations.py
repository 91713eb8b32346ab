"""A migration file as read, and all migrations of a ref."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, NamedTuple

from stitchback.model.field_names import DeclaredField, FieldNames
from stitchback.model.keys import MigrationKey
from stitchback.model.operations import Operation, TreeWork
from stitchback.model.source import Opaque, Span


@dataclass(frozen=True, slots=True, order=True)
class Swappable:
    """`migrations.swappable_dependency(settings.X)`: resolves to the first migration of the app that the
    setting names.
    """

    setting: str

    def __str__(self) -> str:
        return f"settings.{self.setting}"


Dependency = MigrationKey | Swappable | Opaque
Operations = tuple[Operation | Opaque, ...]


class DeferredOperations(NamedTuple):
    """Operations that were read before and are recreated on first access; `number` of them. `are_clear`: no
    part of the migration is opaque. `package`: that of the file, if the operations depend on nothing else
    outside it ("" too).
    """

    number: int
    are_clear: bool
    open: Callable[[], Operations]
    package: str | None = None


def _opened() -> Operations:
    raise AssertionError("operations are made once")


class _Opening:
    """Holds what a migration's operations are created from, and earlier results. It is neither a field nor
    part of equality.
    """

    __slots__ = ("later",)
    later: DeferredOperations | None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Creates the operations on first access."""
            if name == "later":
                return None
            if name != "operations" or self.later is None:
                raise AttributeError(name)
            operations = self.later.open()
            self.make(operations)
            return operations

    def make(self, operations: Operations) -> None:
        """Set the operations that `later` would create."""
        assert self.later is not None, "there is something to be made"
        object.__setattr__(self, "operations", operations)
        object.__setattr__(self, "later", self.later._replace(open=_opened))  # releases what it refers to

    @property
    def is_opened(self) -> bool:
        """Whether the operations have been created."""
        return self.later is None or self.later.open is _opened


@dataclass(frozen=True, slots=True)
class Migration(_Opening):
    """One migration, read without running it.

    `path` is relative to the repository, posix. `blob` is git's blob id of the bytes (computed for files of
    the working tree too). `operations` holds an Opaque if one operation, or the whole list, cannot be read:
    never an empty list instead.
    """

    key: MigrationKey
    path: str
    blob: str
    dependencies: tuple[Dependency, ...] = ()
    run_before: tuple[Dependency, ...] = ()
    replaces: tuple[MigrationKey | Opaque, ...] = ()
    operations: Operations = ()
    initial: bool | None = None
    atomic: bool | None = True  # None if it cannot be read
    opaque_attributes: tuple[Opaque, ...] = ()  # other relevant attributes that cannot be read
    own_behaviour: tuple[Opaque, ...] = ()
    """Those of them that are methods of Django's which the class overrides: it may do something other than its
    operations, under another name.
    """
    provenance: tuple[
        str, ...
    ] = ()  # lines of the "stitchback:" comment block of a stitched file, without the marker

    @classmethod
    def unopened(cls, later: DeferredOperations, **fields: object) -> Migration:
        """A migration with these fields, all except `operations`. If `fields` has `operations`, they are set
        immediately.
        """
        made = object.__new__(cls)
        for name, value in fields.items():
            object.__setattr__(made, name, value)
        object.__setattr__(made, "later", later._replace(open=_opened) if "operations" in fields else later)
        return made

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Migration) or other.__class__ is not self.__class__:
            return NotImplemented
        same_later = self.later is not None and self.later is other.later and not self.is_opened
        names = (field.name for field in fields(self) if not (same_later and field.name == "operations"))
        return all(getattr(self, name) == getattr(other, name) for name in names)

    @property
    def operation_count(self) -> int:
        return len(self.operations) if self.later is None else self.later.number

    @property
    def parents(self) -> tuple[MigrationKey, ...]:
        return tuple(item for item in self.dependencies if isinstance(item, MigrationKey))

    @property
    def ghosts(self) -> tuple[MigrationKey, ...]:
        """The names in `replaces`, whether or not the tree has files for them. Empty if `replaces` contains
        the migration itself: Django then replaces nothing (FACTS F24).
        """
        if not self.replaces or self.key in self.replaces:
            return ()
        return tuple(item for item in self.replaces if isinstance(item, MigrationKey))

    @property
    def opaques(self) -> tuple[Opaque, ...]:
        if self.later is not None and self.later.are_clear:
            return ()
        found: list[Opaque] = [*self.opaque_attributes]
        for item in (*self.dependencies, *self.run_before, *self.replaces):
            if isinstance(item, Opaque):
                found.append(item)
        for operation in self.operations:
            found.extend((operation,) if isinstance(operation, Opaque) else operation.opaques)
        return tuple(found)

    def with_changes(self, **changes: object) -> Migration:
        if self.later is not None and "operations" not in changes:
            names = (field.name for field in fields(self) if self.is_opened or field.name != "operations")
            return self.unopened(self.later, **{**{name: getattr(self, name) for name in names}, **changes})
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class App:
    """One Django app of a tree. `path` is the app's folder, `migrations` the folder of its migrations, both
    relative, posix. `package` is the dotted import path of the app, if the tree determines it.
    """

    label: str
    path: str
    migrations: str
    package: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file in a migrations folder that is not a readable migration: syntax error, no Migration class, too
    large, not text.
    """

    span: Span
    reason: str
    key: MigrationKey | None = None  # the key that its name would give
    digest: str = ""  # of the content, to detect changes between two trees; "" if unknown
    is_python2: bool = False  # the syntax error is valid Python 2
    has_migration: bool = True  # False: no class Migration that extends Django's, though the file was read


@dataclass(frozen=True, slots=True, order=True)
class PossibleFolder:
    """A folder of the tree that a setting may name. `module` is its dotted path, `label` the app that its
    files most likely belong to, `digest` of its files.
    """

    path: str
    label: str
    module: str
    digest: str


@dataclass(frozen=True, slots=True, order=True)
class UnreadSetting:
    """A value of MIGRATION_MODULES that cannot be read, or that names a module outside the tree
    (`is_missing`). `candidates`: the folders with migrations that Django may read because of it; if there are
    none, the value has no effect.
    """

    span: Span
    reason: str
    candidates: tuple[PossibleFolder, ...] = ()
    is_missing: bool = False


@dataclass(frozen=True, slots=True, order=True)
class OfProject:
    """A folder of migrations, and the folder of the Django project that it belongs to."""

    path: str
    project: str


@dataclass(frozen=True, slots=True, order=True)
class Collision:
    """An app label that two Django projects of the repository share, with no project configured."""

    label: str
    folders: tuple[OfProject, ...]


def configuration_of(settings: Iterable[UnreadSetting]) -> tuple[str, ...]:
    """The lines for pyproject.toml that declare the folders of migrations: the possible folders, or else a
    form to fill in.
    """
    folders = sorted({each for item in settings for each in item.candidates})
    lines = [f'{each.label} = "{each.module}"' for each in folders if _can_be_configured(each)]
    return ("[tool.stitchback.migration_modules]", *(dict.fromkeys(lines) or ('LABEL = "DOTTED.MODULE"',)))


def _can_be_configured(folder: PossibleFolder) -> bool:
    return folder.label.isidentifier() and all(part.isidentifier() for part in folder.module.split("."))


@dataclass(frozen=True, slots=True, eq=False)
class AppMigrations:
    """The migrations of one app, shared by all trees with the same files in it. `memo` caches what is
    computed from them.
    """

    migrations: Mapping[MigrationKey, Migration]
    memo: dict[str, object] = field(default_factory=dict)


class Works:
    """A migration's data operations, followed through one tree. For a tree without files, none is followed."""

    def of(self, migration: Migration, home: Works | None = None) -> tuple[TreeWork, ...]:
        """One for each of the migration's data operations, in the order of `operations.data_operations`;
        empty if none is followed. `home`: the works of the tree that contains the migration's file, if it is
        another one.
        """
        return ()


@dataclass(frozen=True, slots=True)
class Tree:
    """All migrations of one ref. `ref` is the user's name for it, `commit` the full SHA, or "WORKTREE" /
    "INDEX".

    `field_bases`: import path of a custom field class -> of the class that it extends, if the tree defines
    it; `field_names`: further facts about such classes, read on request.
    `works`: what migrations' data operations run, followed through the tree.
    `shared`: by app label, all of an app's migrations, if other trees may have the same ones; results
    computed from them are cached there. `unread_settings`: settings about folders of migrations that cannot
    be read.
    `collisions`: app labels that several Django projects of the tree share.
    `settings`: values for swappable dependencies and models, AUTH_USER_MODEL at least, from the tree's own
    settings files (or Django's default). `assumed_settings`: name -> default, of settings that migrations
    read and no file of the tree sets. `of_user_model`: labels of installed packages that the settings files
    name and whose first migration depends on the user model. `has_routers`: whether the settings set
    DATABASE_ROUTERS, or may set it in a part that cannot be read.
    """

    ref: str
    commit: str
    migrations: Mapping[MigrationKey, Migration]
    apps: Mapping[str, App] = field(default_factory=dict)
    unreadable: tuple[Unreadable, ...] = ()
    unread_settings: tuple[UnreadSetting, ...] = ()
    collisions: tuple[Collision, ...] = ()
    field_bases: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    assumed_settings: Mapping[str, str] = field(default_factory=dict)
    field_names: Mapping[str, DeclaredField] = field(default_factory=dict, repr=False, compare=False)
    works: Works = field(default_factory=Works, repr=False, compare=False)
    of_user_model: tuple[str, ...] = ()
    has_routers: bool = False
    shared: dict[str, AppMigrations] = field(default_factory=dict, init=False, compare=False, repr=False)
    memo: dict[str, object] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )  # of what is computed from it

    @property
    def replacers(self) -> Mapping[MigrationKey, tuple[MigrationKey, ...]]:
        """ghost -> the migrations that name it in `replaces`. Cached."""
        known = self.memo.get("replacers")
        if isinstance(known, dict):
            return known
        found: dict[MigrationKey, tuple[MigrationKey, ...]] = {}
        for key in sorted(key for key, migration in self.migrations.items() if migration.replaces):
            for ghost in self.migrations[key].ghosts:
                found[ghost] = (*found.get(ghost, ()), key)
        self.memo["replacers"] = found
        return found

    @property
    def self_replacing(self) -> tuple[MigrationKey, ...]:
        """The migrations whose `replaces` leads back to them. Cached."""
        known = self.memo.get("self replacing")
        if isinstance(known, tuple):
            return known
        replaces = {key: each.replaces for key, each in self.migrations.items() if each.replaces}
        found = tuple(sorted(key for key in replaces if _leads_back(key, replaces)))
        self.memo["self replacing"] = found
        return found

    def called(self, ref: str) -> Tree:
        """The tree under that name."""
        if ref == self.ref:
            return self
        tree = replace(self, ref=ref)
        tree.shared.update(self.shared)
        tree.memo.update(self.memo)
        return tree

    def with_migrations(self, changed: Mapping[MigrationKey, Migration | None]) -> Tree:
        """The tree with these migrations added or replaced, or removed if the value is None. The same tree if
        there are none.
        """
        if not changed:
            return self
        merged = dict(self.migrations)
        for key, migration in changed.items():
            if migration is None:
                merged.pop(key, None)
            else:
                merged[key] = migration
        touched = {key.app for key in changed}
        tree = replace(self, migrations=merged)
        tree.shared.update({label: app for label, app in self.shared.items() if label not in touched})
        return tree


def _leads_back(
    key: MigrationKey, replaces: Mapping[MigrationKey, tuple[MigrationKey | Opaque, ...]]
) -> bool:
    """Whether following `replaces` from the migration arrives at it again."""
    waiting, seen = list(replaces[key]), set[MigrationKey]()
    while waiting:
        other = waiting.pop()
        if other == key:
            return True
        if isinstance(other, MigrationKey) and other not in seen:
            seen.add(other)
            waiting.extend(replaces.get(other, ()))
    return False


def field_bases_of(*trees: Tree) -> Mapping[str, str]:
    """The base classes of custom fields, from the first of the trees that knows them."""
    return ChainMap(*(tree.field_bases for tree in trees))  # type: ignore[arg-type]  # it is only read


def field_names_of(*trees: Tree) -> FieldNames:
    """Further facts about custom fields, from the first of the trees that knows them."""
    return FieldNames(tuple(tree.field_names for tree in trees))
