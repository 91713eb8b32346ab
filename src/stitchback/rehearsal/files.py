"""A tree's migrations, as Django's loader and executor take them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import migrations, models
from django.db.migrations import CreateModel, RenameModel
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation as DjangoOperation
from django.db.migrations.operations.models import ModelOperation
from django.db.migrations.state import ModelState

from stitchback.graph.resolution import name_of_dependency
from stitchback.model.migrations import Dependency, Migration
from stitchback.model.operations import Operation
from stitchback.operations import BY_NAME
from stitchback.operations.named_models import flat
from stitchback.rehearsal.django_objects import Builder
from stitchback.rehearsal.operations import (
    OperationBuilder,
    Probe,
    UnreadOperation,
    models_made,
    models_named,
    tables_in,
)
from stitchback.rehearsal.projections import key_of, own_names, text_words
from stitchback.rehearsal.requests import Parcel, ShippedTree
from stitchback.rehearsal.states import RehearsalStates

Name = tuple[str, str]
STUBS: Name = ("!stubs", "0001_initial")  # sorts before every app label, so its models exist first
INSTALLED = "0001_initial"


@dataclass(slots=True)
class BuiltMigrations:
    """The migrations that the process knows. `tables`: names of tables that they may create, with the apps of those. `operations`: built operations,
    by number and by the settings that they depend on."""

    migrations: dict[int, Migration] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)
    made: set[Name] = field(default_factory=set)
    tables: dict[str, set[str]] = field(default_factory=dict)
    substituted: dict[str, None] = field(default_factory=dict)
    operations: dict[tuple[int, tuple[tuple[str, str], ...]], tuple[Any, ...]] = field(default_factory=dict)

    def take(self, parcel: Parcel) -> None:
        self.bases.update(parcel.bases)
        for number, migration in parcel.migrations.items():
            self.migrations[number] = migration
            self.made |= models_made(migration.operations, migration.key.app)
            for table in tables_in(migration.operations, migration.key.app):
                self.tables.setdefault(table, set()).add(migration.key.app)

    def built(self, number: int, settings: Mapping[str, str]) -> tuple[Any, ...]:
        place = number, tuple(sorted(settings.items()))
        if place not in self.operations:
            builder = OperationBuilder(
                Builder(settings, self.bases, self.substituted),
                frozenset(self.tables),
                frozenset(app for app, _ in self.made),
            )
            migration = self.migrations[number]
            self.operations[place] = tuple(map(builder.build, migration.operations))
        return self.operations[place]


class RehearsedMigration(migrations.Migration):  # type: ignore[misc]
    def __init__(self, key: Name, content: Any, operations: tuple[Any, ...], states: RehearsalStates) -> None:
        super().__init__(key[1], key[0])
        self.content = content
        self.operations = list(operations)
        self.states = states

    def mutate_state(self, project_state: Any, preserve: bool = True) -> Any:
        """As Django's method: changes the given state, or a copy of it if the caller passes `preserve`."""
        after = self.states.steps_of(project_state, self)[-1]
        if preserve:
            return after
        project_state.models, project_state.number = after.models, after.number
        return project_state

    def apply(self, project_state: Any, schema_editor: Any, collect_sql: bool = False) -> Any:
        steps = self.states.steps_of(project_state, self)
        watch = schema_editor.connection.watch
        try:
            for operation, before, after in zip(self.operations, steps, steps[1:], strict=False):
                self.states.check_time()
                watch.operation = identity_of(operation)
                operation.database_forwards(self.app_label, schema_editor, before, after)
                for table, what in definitions_set_by(operation, self.app_label, after):
                    watch.set_by_operation(table, what)
        except Exception:
            self.states.forget(project_state, self)
            raise
        return steps[-1]


def identity_of(operation: Any) -> tuple[str, ...]:
    """The operation's class, and the model and the name that it is about."""
    named = (getattr(operation, each, None) for each in ("model_name", "name"))
    return type(operation).__name__, *(str(each).lower() for each in named if each)


def definitions_set_by(operation: Any, app: str, state: Any) -> Iterator[tuple[str, str]]:
    """What an operation defines besides the columns that the editor sees: indexes and constraints; (table, kind or
    text in `Shape.parts`)."""
    for cls in type(operation).__mro__:
        known = BY_NAME.get(cls.__name__)
        for kind in known.defines if known is not None else ():
            name = getattr(operation, "model_name", None) or operation.name
            yield state.apps.get_model(app, name)._meta.db_table, kind
        if known is not None and known.gives_column and cls is not type(operation):
            # a conditional operation that inspects the database first
            model = state.apps.get_model(app, operation.model_name)
            column = model._meta.get_field(operation.name).column
            if column:
                yield model._meta.db_table, column
                for kind in ("index", "unique"):
                    yield model._meta.db_table, f'{kind} ("{column}")'


class MakeBase(DjangoOperation):  # type: ignore[misc]
    """Creates the models that all databases have before the rehearsal begins: those that the tree refers to and does not create (of installed
    packages), and the `relevant` models as of the migrations that count as applied."""

    def __init__(
        self,
        stubs: Mapping[Name, frozenset[str]],
        needed: frozenset[Name],
        named: frozenset[Name],
        done: Sequence[tuple[str, tuple[Any, ...]]],
        tree: ShippedTree,
    ) -> None:
        self.stubs = stubs
        self.needed = needed
        self.named = named
        self.done = done
        self.relevant = tree.relevant
        self.mentioned = tree.mentioned
        self.unread = {app for app, operations in done for each in operations if any(unread_in(each))}

    def state_forwards(self, app_label: str, state: Any) -> None:
        for (app, name), fields in sorted(self.stubs.items()):
            state.add_model(stub(app, name, fields))
        for app, operations in self.done:
            for operation in operations:
                self.apply(operation, app, state)
        if self.done:
            self.trim(state)

    def trim(self, state: Any) -> None:
        """Removes the fields that no remaining migration mentions, the indexes and constraints on these alone, and then the stubs that no model
        needs. A stub replaces a model whose creating operation cannot be read, if another model or a remaining migration needs it."""
        for key in self.relevant & state.models.keys():
            keep_mentioned(state.models[key], self.mentioned)
        pointed = {key for (app, _), model in state.models.items() for key in models_needed(model, app)}
        for key in self.stubs.keys() - self.needed - pointed:
            state.models.pop(key, None)
        for app, name in sorted((pointed | self.named) - state.models.keys()):
            if app in self.unread:
                state.add_model(stub(app, name, frozenset()))
        state._relations = None

    def apply(self, operation: Any, app: str, state: Any) -> None:
        for each in getattr(operation, "state_operations", None) or getattr(operation, "state", None) or ():
            self.apply(each, app, state)
        names = model_names(operation)
        if names and any((app, name.lower()) in self.relevant for name in names):
            try:
                operation.state_forwards(app, state)
            except Exception:
                if app not in self.unread:
                    raise

    def database_forwards(self, *_: Any) -> None:
        return None


def keep_mentioned(model: Any, mentioned: frozenset[str]) -> None:
    kept = {name for name, each in model.fields.items() if each.primary_key or name in mentioned}
    for option in ("indexes", "constraints", "unique_together", "index_together"):
        items = model.options.get(option)
        if not items:
            continue
        words = [
            (item, text_words(item if isinstance(item, tuple | list) else item.deconstruct()))
            for item in items
        ]
        left = [(item, used) for item, used in words if used & (kept | mentioned)]
        model.options[option] = type(items)(item for item, _ in left)
        kept |= {name for _, used in left for name in used}
    if model.options.get("order_with_respect_to"):
        kept |= {model.options["order_with_respect_to"], "_order"}
    for name in [name for name in model.fields if kept.isdisjoint((name, f"{name}_id"))]:
        del model.fields[name]


def models_needed(model: Any, app: str) -> Iterator[Name]:
    """The models that its fields point at and those that it inherits from."""
    related = [each.remote_field for each in model.fields.values() if each.remote_field]
    labels = [each.model for each in related] + [getattr(each, "through", None) for each in related]
    yield from (key_of(str(label), app) for label in (*labels, *model.bases) if isinstance(label, str))


def parts_of(operation: Any) -> Iterator[Any]:
    """The operation and the operations within it."""
    yield operation
    for name in ("database_operations", "state_operations", "first", "state"):
        for each in getattr(operation, name, None) or ():
            yield from parts_of(each)


def unread_in(operation: Any) -> Iterator[UnreadOperation]:
    """The operations that could not be built, including nested ones."""
    return (each for each in parts_of(operation) if isinstance(each, UnreadOperation))


def model_names(operation: Any) -> tuple[str, ...]:
    """The names of the model that an operation works on."""
    if isinstance(operation, ModelOperation | CreateModel | RenameModel):
        found = [getattr(operation, each, None) for each in ("name", "old_name", "new_name")]
    elif not hasattr(operation, "model_name"):
        return ()
    else:
        found = [operation.model_name]
    return tuple(each for each in found if isinstance(each, str))


def stub(app: str, name: str, fields: frozenset[str]) -> Any:
    own = [("id", models.AutoField(primary_key=True))]
    own += [(each, models.CharField(max_length=191, unique=True)) for each in sorted(fields - {"id", "pk"})]
    return ModelState(app, name, own)


class RehearsalFiles:
    """The in-memory replacement of a tree's files. `installed`: migrations of apps that the tree does not contain, which count as applied, and the
    one that creates the stubs."""

    def __init__(self, tree: ShippedTree, stuff: BuiltMigrations, states: RehearsalStates) -> None:
        self.tree = tree
        self.states = states
        self.settings = tree.settings
        self.keys = {number: stuff.migrations[number].key for number, *_ in tree.migrations}
        self.apps = {key.app for key in self.keys.values()}
        self.installed: set[Name] = set()
        self._setting_items = tuple(sorted(tree.settings.items()))
        self.stubs = self._stubs(stuff)
        made: dict[Name, RehearsedMigration] = {}
        for number, dependencies, run_before in tree.migrations:
            states.check_time()
            migration = stuff.migrations[number]
            operations = stuff.built(number, tree.settings)
            content: Any = (number, self._setting_items)
            each = RehearsedMigration(migration.key, content, operations, states)
            each.dependencies = self._names(dependencies)
            each.run_before = [name for name in self._names(run_before) if name[0] in self.apps]
            each.replaces = [tuple(ghost) for ghost in migration.ghosts]
            each.initial = migration.initial
            each.atomic = migration.atomic is not False
            made[migration.key.app, migration.key.name] = each
        done = [(stuff.migrations[each].key.app, stuff.built(each, tree.settings)) for each in tree.base]
        self.unread_base = {
            (key.app, key.name): [
                one for each in stuff.built(number, tree.settings) for one in unread_in(each)
            ]
            for number, key in ((number, stuff.migrations[number].key) for number in tree.base)
        }
        base = MakeBase(self.stubs, self.needed, self.named, done, tree)
        content = (
            tuple(sorted(self.stubs.items())),
            self.needed,
            self.named,
            tree.base,
            tree.relevant,
            tree.mentioned,
        )
        content = (*content, self._setting_items)
        stubs = RehearsedMigration(STUBS, content, (base,), states)
        self.installed |= {STUBS}
        made[STUBS] = stubs
        before: dict[str, Name] = {}
        for name in sorted(self.installed - {STUBS}):
            empty = RehearsedMigration(name, name, (), states)
            empty.dependencies = [before[name[0]]] if name[0] in before else []
            made[name] = empty
            before[name[0]] = name
        self.migrations = made

    def unread_above(self, step: Name | None) -> list[str]:
        """The reasons why operations of this migration, and of those of its app that it depends on, could not be built, including migrations that
        count as applied; None: of any migration."""
        if step is None:
            names = sorted(self.migrations)
        else:
            names = [step]
            for name in names:
                found = self.migrations[name].dependencies if name in self.migrations else ()
                names += [each for each in found if each not in names]
        unread = {
            name: [one for each in self.migrations[name].operations for one in unread_in(each)]
            for name in names
            if name in self.migrations
        }
        return [
            f"{'.'.join(name)}: {operation.why}"
            for name, operations in (*self.unread_base.items(), *unread.items())
            if step is None or name[0] == step[0]
            for operation in operations
        ]

    def data_operations(self) -> Counter[str]:
        """How often each data operation occurs in the files, by its identity, except in squashes of files that exist."""
        return Counter(
            each.identity
            for migration in self.migrations.values()
            if not (migration.replaces and all(tuple(name) in self.migrations for name in migration.replaces))
            for operation in migration.operations
            for each in parts_of(operation)
            if isinstance(each, Probe)
        )

    def _stubs(self, stuff: BuiltMigrations) -> dict[Name, frozenset[str]]:
        named: dict[Name, set[str]] = {}
        own: set[Name] = set()
        needed: set[Name] = set()
        made_later: set[Name] = set()
        for number in (*self.tree.base, *self.keys):
            key, operations = stuff.migrations[number].key, stuff.migrations[number].operations
            if number not in self.keys:
                operations = tuple(each for each in flat(operations) if self._is_relevant(each, key.app))
            made = models_made(operations, key.app)
            own |= made
            made_later |= made if number in self.keys else set()
            of_one = models_named(operations, key.app, self.settings)
            for name, fields in of_one.items():
                named.setdefault(name, set()).update(fields)
            if number in self.keys:
                needed |= of_one.keys()
        self.needed = frozenset(needed - own)
        self.named = frozenset(needed - made_later)
        return {key: frozenset(fields) for key, fields in named.items() if key not in own}

    def _is_relevant(self, operation: Operation, app: str) -> bool:
        return any((app, name.lower()) in self.tree.relevant for name in own_names(operation))

    def _names(self, dependencies: tuple[Dependency, ...]) -> list[Name]:
        found = []
        for each in dependencies:
            name = name_of_dependency(each, self.settings)
            if name is None:
                continue
            if name[0] not in self.apps:
                name = (name[0], INSTALLED if name[1].startswith("__") else name[1])
                self.installed.add(name)
            found.append(name)
        return found


class RehearsalLoader(MigrationLoader):  # type: ignore[misc]
    def __init__(self, connection: Any, files: RehearsalFiles) -> None:
        self.files = files
        super().__init__(connection)

    def load_disk(self) -> None:
        self.disk_migrations = dict(self.files.migrations)
        self.unmigrated_apps: set[str] = set()
        self.migrated_apps = {app for app, _ in self.disk_migrations}


class RehearsalExecutor(MigrationExecutor):  # type: ignore[misc]
    def __init__(self, connection: Any, files: RehearsalFiles, progress: Any = None) -> None:
        super().__init__(connection, progress)
        self.files = files
        self.loader = RehearsalLoader(connection, files)

    def _create_project_state(self, with_applied_migrations: bool = False) -> Any:
        return self.files.states.state_of(super()._create_project_state(with_applied_migrations))
