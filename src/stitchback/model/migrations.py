"""A migration file as read, and all of a ref's."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, NamedTuple

from stitchback.model.field_names import DeclaredField, FieldNames
from stitchback.model.keys import MigrationKey
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.work import TreeWork


@dataclass(frozen=True, slots=True, order=True)
class Swappable:
    """`migrations.swappable_dependency(settings.X)`: resolves to the first migration of the app that the setting names."""

    setting: str

    def __str__(self) -> str:
        return f"settings.{self.setting}"


OWN_BEHAVIOUR = "the migration has its own"  # an opaque attribute's reason begins so: a method of Django's that the class overrides


Dependency = MigrationKey | Swappable | Opaque
Operations = tuple[Operation | Opaque, ...]


class DeferredOperations(NamedTuple):
    """Operations that were read before, and are made again when somebody asks for them; `number` of them. `are_clear`: nothing of the whole
    migration is opaque. `package`: that of the file, where that alone is what they are made
    of ("" too)."""

    number: int
    are_clear: bool
    open: Callable[[], Operations]
    package: str | None = None


def _opened() -> Operations:
    raise AssertionError("operations are made once")


class _Opening:
    """Holds what a migration's operations are made of, and what was told of them before: no field of it, and no part of its value."""

    __slots__ = ("later",)
    later: DeferredOperations | None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """What is not set: operations that nobody has asked for yet."""
            if name == "later":
                return None
            if name != "operations" or self.later is None:
                raise AttributeError(name)
            operations = self.later.open()
            self.make(operations)
            return operations

    def make(self, operations: Operations) -> None:
        """Puts the operations in that `later` would make."""
        assert self.later is not None, "there is something to be made"
        object.__setattr__(self, "operations", operations)
        object.__setattr__(self, "later", self.later._replace(open=_opened))  # what it holds may go

    @property
    def is_opened(self) -> bool:
        """Whether the operations are at hand."""
        return self.later is None or self.later.open is _opened


@dataclass(frozen=True, slots=True)
class Migration(_Opening):
    """One migration, read without running it.

    `path` is relative to the repository, posix. `blob` is git's blob id of the bytes (computed for files of the working tree too).
    `operations` holds an Opaque where one operation, or the whole list, cannot be read: never an empty list instead.
    """

    key: MigrationKey
    path: str
    blob: str
    dependencies: tuple[Dependency, ...] = ()
    run_before: tuple[Dependency, ...] = ()
    replaces: tuple[MigrationKey | Opaque, ...] = ()
    operations: Operations = ()
    initial: bool | None = None
    atomic: bool | None = True  # None where it cannot be read
    opaque_attributes: tuple[Opaque, ...] = ()  # anything else of the class that cannot be read and matters
    provenance: tuple[
        str, ...
    ] = ()  # lines of the "stitchback:" comment block of a stitched file, without the marker

    @classmethod
    def unopened(cls, later: DeferredOperations, **fields: object) -> Migration:
        """A migration of these fields, all but `operations`; with them it is opened at once."""
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
        """The names in `replaces`, whether or not the tree has files for them; none where it names the migration itself, for then Django
        replaces nothing by it (FACTS F24)."""
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

    @property
    def own_behaviour(self) -> tuple[Opaque, ...]:
        """Methods of Django's that the class overrides: it may do other things than its operations say, under another name."""
        return tuple(each for each in self.opaque_attributes if each.reason.startswith(OWN_BEHAVIOUR))

    def with_changes(self, **changes: object) -> Migration:
        if self.later is not None and "operations" not in changes:
            names = (field.name for field in fields(self) if self.is_opened or field.name != "operations")
            return self.unopened(self.later, **{**{name: getattr(self, name) for name in names}, **changes})
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class App:
    """One Django app of a tree. `path` is the app's folder, `migrations` the folder of its migrations, both relative, posix.
    `package` is the dotted import path of the app, as far as the tree tells."""

    label: str
    path: str
    migrations: str
    package: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file in a migrations folder that gives no migration: syntax error, no Migration class, too large, not text."""

    span: Span
    reason: str
    key: MigrationKey | None = None  # what it would be, by its name
    digest: str = (
        ""  # of what stands there, to see whether it changed between two trees; "" where that is not known
    )
    is_python2: bool = False  # the syntax error is what Python 2 allowed


@dataclass(frozen=True, slots=True, order=True)
class PossibleFolder:
    """A folder of the tree that a setting may name. `module` is its dotted path, `label` the app that its files most likely belong to,
    `digest` of its files."""

    path: str
    label: str
    module: str
    digest: str


@dataclass(frozen=True, slots=True, order=True)
class UnreadSetting:
    """A value of MIGRATION_MODULES that cannot be read, or that names what the tree does not have (`is_missing`). `candidates`: the
    folders with migrations that Django may read because of it; where there are none, the value cannot matter."""

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
    """Two Django projects of a repository that have an app of one label, of which nobody has chosen one."""

    label: str
    folders: tuple[OfProject, ...]


def configuration_of(settings: Iterable[UnreadSetting]) -> tuple[str, ...]:
    """The lines of pyproject.toml that say which folders hold the migrations: those that the settings may name, else a form to fill in."""
    folders = sorted({each for item in settings for each in item.candidates})
    lines = [f'{each.label} = "{each.module}"' for each in folders if _can_be_configured(each)]
    return ("[tool.stitchback.migration_modules]", *(dict.fromkeys(lines) or ('LABEL = "DOTTED.MODULE"',)))


def _can_be_configured(folder: PossibleFolder) -> bool:
    return folder.label.isidentifier() and all(part.isidentifier() for part in folder.module.split("."))


@dataclass(frozen=True, slots=True, eq=False)
class AppMigrations:
    """The migrations of one app, shared by all trees that have the very same files there; `memo` is of what is made of them."""

    migrations: Mapping[MigrationKey, Migration]
    memo: dict[str, object] = field(default_factory=dict)


class Works:
    """A migration's data operations, followed through one tree. Of a tree without files, nothing is."""

    def of(self, migration: Migration, home: Works | None = None) -> tuple[TreeWork, ...]:
        """One for each of the migration's data operations, in the order of `operations.data_operations`; none at all where nothing is followed.
        `home`: of the tree that the migration's file is in, where it is another one."""
        return ()


@dataclass(frozen=True, slots=True)
class Tree:
    """All migrations of one ref. `ref` is what the user said, `commit` the full SHA, or "WORKTREE" / "INDEX".

    `field_bases`: import path of a custom field class -> of the class that it extends, where the tree tells; `field_names` what else
    it tells of such classes, one asked for at a time.
    `works`: what migrations' data operations run, followed through the tree.
    `shared`: by app label, all of an app's migrations, where other trees may have the very same; what is worked out of them is kept there.
    `unread_settings`: what settings say about folders of migrations and cannot be read.
    `collisions`: apps of one label in several Django projects of the tree.
    `settings`: what swappable dependencies and models name, AUTH_USER_MODEL at least, as the tree's own settings files (or
    Django's default) say. `assumed_settings`: name -> default, of settings that migrations read and no file of the tree sets.
    `of_user_model`: labels of installed packages that the settings files name and whose first migration depends on the user model.
    `has_routers`: whether the settings set DATABASE_ROUTERS, or may for all that can be read.
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
    )  # of what is made of it

    @property
    def replacers(self) -> Mapping[MigrationKey, tuple[MigrationKey, ...]]:
        """ghost -> the migrations that name it in `replaces`. Worked out once."""
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
        """The migrations whose `replaces` leads back to them. Worked out once."""
        known = self.memo.get("self replacing")
        if isinstance(known, tuple):
            return known
        replaces = {key: each.replaces for key, each in self.migrations.items() if each.replaces}
        found = tuple(sorted(key for key in replaces if _leads_back(key, replaces)))
        self.memo["self replacing"] = found
        return found

    def with_migrations(self, changed: Mapping[MigrationKey, Migration | None]) -> Tree:
        """The tree with these migrations put in, or taken out where the value is None; itself where there are none."""
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
    """What custom fields extend, as the first of the trees says that knows."""
    return ChainMap(*(tree.field_bases for tree in trees))  # type: ignore[arg-type]  # it is only read


def field_names_of(*trees: Tree) -> FieldNames:
    """What else is known of custom fields, as the first of the trees says that knows."""
    return FieldNames(tuple(tree.field_names for tree in trees))
