"""The migrations of large trees that need not be executed: those that are equal in every tree count as applied.

A rehearsal of thousands of migrations would take minutes, nearly all of it for migrations that no plan changes. So the tables of the shared
migrations are created at once, from the model state after them, and only for the models that the remaining migrations name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import TRUE, Call, Code, Items, Reference, text, walk
from stitchback.operations import kind_of
from stitchback.operations.base import NOT_NAMED, NamedParameters
from stitchback.operations.data import runs_code
from stitchback.operations.named_models import flat, model_names
from stitchback.rehearsal.names_in_code import names_in_python

ModelName = tuple[str, str]  # app label, name of the model in lower case
WORD = re.compile(r"\w+")
MOST_IN_FULL = 150  # operations of the planned tree up to which all are executed, even shared ones


@dataclass(frozen=True, slots=True)
class Projection:
    """`below`: the migrations that count as applied. `base`: those of them, in order, that work on the `relevant` models, of which only the fields
    that are `mentioned` by the remaining migrations are created."""

    below: frozenset[MigrationKey] = frozenset()
    base: tuple[Migration, ...] = ()
    relevant: frozenset[ModelName] = frozenset()
    mentioned: frozenset[str] = frozenset()


NOTHING = Projection()


def projection(mainline: Tree, result: Tree, others: Sequence[Tree]) -> Projection:
    """The projection of the trees. `others`: every further tree of the rehearsal."""
    if sum(each.operation_count for each in result.migrations.values()) <= MOST_IN_FULL:
        return NOTHING
    trees = [result, *others]
    below = shared_by(mainline, trees)
    rest = {
        id(migration): migration
        for tree in (mainline, *trees)
        for key, migration in tree.migrations.items()
        if key not in below
    }
    relevant = {name for migration in rest.values() for name in models_in(migration, mainline.settings)}
    files = mainline.migrations
    order = [files[key] for key in MigrationGraph.of(mainline).order() if key in below]
    names = widened(relevant, order, mainline.settings)
    apps = {app for app, _ in names}
    base = tuple(
        each
        for each in order
        if any(model in names for model in models_changed(each))
        or (each.key.app in apps and has_unread(each.operations))
    )
    return Projection(below, base, frozenset(names), frozenset(words_in(rest.values())))


def words_in(migrations: Iterable[Migration]) -> Iterator[str]:
    """Every word in the migrations that may be the name of a field or column."""
    for migration in migrations:
        for operation in flat(migration.operations):
            for _, value in operation.arguments:
                for item in walk(value):
                    if isinstance(item, Call):
                        yield from (part for name, _ in item.kwargs for part in name.split("__"))
                    source = item.source if isinstance(item, Code) else text(item)
                    for word in WORD.findall(source or ""):
                        yield from word.split("__")
                        yield word.removesuffix("_id")


def text_words(value: object) -> frozenset[str]:
    return frozenset(part for word in WORD.findall(repr(value)) for part in word.split("__"))


def shared_by(mainline: Tree, trees: Sequence[Tree]) -> frozenset[MigrationKey]:
    """The migrations that are equal in all trees, with all their ancestors, and the migrations that they replace."""
    every = list({id(tree): tree for tree in (mainline, *trees)}.values())
    graphs = [MigrationGraph.of(tree) for tree in every]
    swapped = any(dict(tree.settings) != dict(mainline.settings) for tree in trees)
    found: set[MigrationKey] = set()
    for key in graphs[0].order():
        migration = mainline.migrations.get(key)
        if migration is None or (swapped and len(migration.parents) < len(migration.dependencies)):
            continue
        names = {key, *migration.ghosts}
        if all(same_names(name, migration, mainline, tree) for tree in trees for name in names) and all(
            key in graph and found.issuperset(graph.parents(key)) for graph in graphs
        ):
            found |= names
    return frozenset(found)


def same_names(name: MigrationKey, migration: Migration, mainline: Tree, tree: Tree) -> bool:
    """Whether the tree has the same migration under that name, and no other one that replaces it."""
    replacers = (migration.key,) if name != migration.key else ()
    return (
        alike(mainline.migrations.get(name), tree.migrations.get(name))
        and tree.replacers.get(name, ()) == replacers
        and mainline.replacers.get(name, ()) == replacers
    )


def alike(one: Migration | None, other: Migration | None) -> bool:
    return one is other or one == other


def widened(
    relevant: set[ModelName], order: Sequence[Migration], settings: Mapping[str, str]
) -> set[ModelName]:
    """Adds all names that the models had, the models that they inherit from, and those with their own primary key that they refer to: the type of a
    foreign key column depends on the key."""
    found, before = set(relevant), 0
    keyed = models_with_a_key(order)
    while len(found) > before:
        before = len(found)
        for migration in reversed(order):
            for operation in flat(migration.operations):
                app = migration.key.app
                names = {(app, name.lower()) for name in own_names(operation)}
                if not names & found:
                    continue
                if changes_of_model(operation).renamed:
                    found |= names
                if changes_of_model(operation).made:
                    found |= set(parents_of(operation, app))
                found |= keyed & set(referred(operation, app, settings))
    return found


def models_with_a_key(order: Iterable[Migration]) -> set[ModelName]:
    """The models that are created with a primary key other than Django's integer keys, under all their names."""
    found: set[ModelName] = set()
    for migration in order:
        for operation in flat(migration.operations):
            names = {(migration.key.app, name.lower()) for name in own_names(operation)}
            is_made = changes_of_model(operation).made and any(map(is_own_key, calls_in(operation)))
            if is_made or (changes_of_model(operation).renamed and names & found):
                found |= names
    return found


def is_own_key(call: Call) -> bool:
    kind = call.callee.path.rpartition(".")[2] if isinstance(call.callee, Reference) else ""
    return call.kwarg("primary_key") == TRUE and not kind.endswith("AutoField")


def referred(operation: Operation, app: str, settings: Mapping[str, str]) -> Iterator[ModelName]:
    for call in calls_in(operation):
        yield from (key_of(label, app) for label in labels_in(call, settings))


def calls_in(operation: Operation) -> Iterator[Call]:
    for _, value in operation.arguments:
        yield from (item for item in walk(value) if isinstance(item, Call))


def parents_of(operation: Operation, app: str) -> Iterator[ModelName]:
    bases = operation.argument("bases")
    for item in bases.items if isinstance(bases, Items) else ():
        label = text(item)
        if label:
            yield key_of(label, app)


def models_changed(migration: Migration) -> Iterator[ModelName]:
    for operation in flat(migration.operations):
        for name in own_names(operation):
            yield migration.key.app, name.lower()


def own_names(operation: Operation) -> Iterator[str]:
    """The names of the model that the operation works on."""
    yield from filter(None, model_names(operation))


def changes_of_model(operation: Operation) -> NamedParameters:
    kind = kind_of(operation)
    return NOT_NAMED if kind is None else kind.model


def has_unread(operations: Iterable[Operation | Opaque]) -> bool:
    return any(isinstance(each, Opaque) or has_unread((*each.database, *each.state)) for each in operations)


def models_in(migration: Migration, settings: Mapping[str, str]) -> Iterator[ModelName]:
    """The models that the migration works on or names, including in the code of its data operations and in SQL (by the default table name)."""
    yield from models_changed(migration)
    app = migration.key.app
    for operation in flat(migration.operations):
        for _, value in operation.arguments:
            for item in walk(value):
                if isinstance(item, Call):
                    yield from (key_of(label, app) for label in labels_in(item, settings))
                elif isinstance(item, Code) and runs_code(operation):
                    yield from ((app, name.lower()) for app, name in names_in_python(item.source).models)
        yield from parents_of(operation, app)


def labels_in(call: Call, settings: Mapping[str, str]) -> list[str]:
    """The models that a field names."""
    found = []
    places = [item for key, item in call.kwargs if key in ("to", "through")]
    if call.args and isinstance(call.callee, Reference):
        name = call.callee.path.rpartition(".")[2]
        if name.endswith(("Key", "OneToOneField", "ManyToManyField")):
            places.append(call.args[0])
    for item in places:
        label = settings.get(item.path.rpartition(".")[2]) if isinstance(item, Reference) else text(item)
        if label and label != "self":
            found.append(label)
    return found


def key_of(label: str, app: str) -> ModelName:
    own, dot, name = label.rpartition(".")
    return (own if dot else app), name.lower()
