"""The models that a migration works on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import Dictionary, text, walk
from stitchback.operations import kind_of
from stitchback.operations.base import ChangedPart
from stitchback.operations.data import runs_code
from stitchback.operations.named_models import flat, model_names, subject
from stitchback.operations.within import has_unread_state


@dataclass(frozen=True, slots=True)
class Models:
    """Some models, and apps of which all models count."""

    keys: frozenset[ModelKey] = frozenset()
    apps: frozenset[str] = frozenset()

    def __or__(self, other: Models) -> Models:
        return Models(self.keys | other.keys, self.apps | other.apps)

    def meets(self, other: Models) -> bool:
        """Whether the two have a model in common."""
        return (
            not self.keys.isdisjoint(other.keys)
            or not self.apps.isdisjoint(other.apps)
            or any(key.app in self.apps for key in other.keys)
            or any(key.app in other.apps for key in self.keys)
        )


def joined(many: Iterable[Models]) -> Models:
    keys: set[ModelKey] = set()
    apps: set[str] = set()
    for each in many:
        keys |= each.keys
        apps |= each.apps
    return Models(frozenset(keys), frozenset(apps))


def changed_models(migration: Migration) -> Models:
    """Models that the migration's operations change; all models of its app if an operation cannot be read."""
    return joined(changed_by(operation, migration.key.app) for operation in migration.operations)


def changed_by(operation: Operation | Opaque, app: str) -> Models:
    kind = kind_of(operation)
    if isinstance(operation, Opaque) or kind is None or has_unread_state(operation):
        return Models(apps=frozenset({app}))
    if kind.part is ChangedPart.WITHIN:
        return joined(changed_by(inner, app) for inner in (*operation.database, *operation.state))
    return Models(frozenset(ModelKey.of(app, name) for name in model_names(operation) if name))


def lifecycle_models(migration: Migration) -> Models:
    """Models that are created, dropped or renamed, or a field of which is renamed: others refer to them by name."""
    kept = tuple(
        each for each in migration.operations if (kind := kind_of(each)) is None or kind.changes_names
    )
    return changed_models(migration.with_changes(operations=kept))


def withdrawn_models(migration: Migration) -> Models:
    """Models that no longer have their name afterwards: migrations that refer to them must run before."""
    kept = tuple(
        each for each in migration.operations if (kind := kind_of(each)) is not None and kind.withdraws_model
    )
    return changed_models(migration.with_changes(operations=kept)) if kept else Models()


def mentioned_models(migration: Migration) -> Models:
    """All texts in the operations that may be a model's name: too many do no harm."""
    return Models(frozenset(mentions(migration.operations, migration.key.app)))


def mentions(operations: Iterable[Operation | Opaque], app: str) -> Iterator[ModelKey]:
    for operation in operations:
        if isinstance(operation, Opaque):
            continue
        for _, value in operation.arguments:
            for part in walk(value):
                said = text(part)
                if said and said.count(".") == 1:
                    yield ModelKey.of(*said.split("."))
                elif said and said.isidentifier():
                    yield ModelKey.of(app, said)
        yield from mentions((*operation.database, *operation.state), app)


def renames(migration: Migration) -> Iterator[tuple[ModelKey, ModelKey]]:
    for operation in migration.operations:
        kind = kind_of(operation)
        if isinstance(operation, Operation) and kind is not None and kind.model.renamed:
            old, new = (text(operation.argument(name)) for name in kind.models)
            if old and new:
                yield ModelKey.of(migration.key.app, old), ModelKey.of(migration.key.app, new)


def named_tables(migration: Migration) -> Iterator[tuple[ModelKey, str]]:
    """The models to which an operation gives a table's name, each with that name, in lower case."""
    for operation in flat(migration.operations):
        options = operation.argument("options")
        names = (
            [value for key, value in options.items if text(key) == "db_table"]
            if isinstance(options, Dictionary)
            else []
        )
        for value in (*names, operation.argument("table")):
            table, model = text(value), subject(operation, migration.key.app)
            if table and model is not None:
                yield model, table.lower().strip('"')


def same_tables(migrations: Collection[Migration]) -> Iterator[tuple[ModelKey, ModelKey]]:
    """Pairs of models with one table: the second one cannot be created (`db_table`, Django's check models.E028)."""
    named: dict[str, set[ModelKey]] = {}
    for migration in migrations:
        for model, table in named_tables(migration):
            named.setdefault(table, set()).add(model)
    for migration in migrations if named else ():
        for model in changed_models(migration).keys:
            if (default := f"{model.app}_{model.model}") in named:
                named[default].add(model)
    for models in named.values():
        first, *others = sorted(models)
        yield from ((first, other) for other in others)


def under_all_names(models: Models, migrations: Iterable[Migration]) -> Models:
    """The models with all names that they have in these migrations, and those that have the table of one of them."""
    migrations = tuple(migrations)
    pairs = [pair for migration in migrations for pair in renames(migration)]
    pairs += same_tables(migrations)
    keys, applied_set = set(models.keys), True
    while applied_set:
        more = {name for pair in pairs if keys.intersection(pair) for name in pair} - keys
        keys |= more
        applied_set = bool(more)
    return Models(frozenset(keys), models.apps)


def part_on(migration: Migration, models: Models) -> Migration | None:
    """The migration with the operations that change one of the models, and those that change no model and no rows (extensions, collations); None if
    none remain."""
    kept = tuple(parts_on(migration.operations, migration.key.app, models))
    return migration.with_changes(operations=kept) if kept else None


def parts_on(
    operations: Iterable[Operation | Opaque], app: str, models: Models
) -> Iterator[Operation | Opaque]:
    return (narrowed(each, app, models) for each in operations if is_on(each, app, models))


def narrowed(operation: Operation | Opaque, app: str, models: Models) -> Operation | Opaque:
    """The operation, limited to the models. An operation with nested ones (SeparateDatabaseAndState) may change several models, and the creation of
    the others is not kept. Code among the database operations stays: the state operations describe its effect."""
    if isinstance(operation, Opaque) or not (operation.database or operation.state):
        return operation
    database = (
        narrowed(each, app, models)
        for each in operation.database
        if is_on(each, app, models) or runs_code(each)
    )
    return replace(operation, database=tuple(database), state=tuple(parts_on(operation.state, app, models)))


def is_on(operation: Operation | Opaque, app: str, models: Models) -> bool:
    changed = changed_by(operation, app)
    if not changed.keys and not changed.apps:
        return isinstance(operation, Operation) and not runs_code(operation)
    return changed.meets(models)
