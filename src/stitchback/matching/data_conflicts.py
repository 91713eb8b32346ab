"""Data operations of one branch that use what the other branch drops or renames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stitchback.graph import MigrationGraph
from stitchback.matching.match import fold
from stitchback.matching.models import with_earlier_names
from stitchback.model.atoms import Origin
from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import SchemaState
from stitchback.model.values import text
from stitchback.schema.data_needs import Names, Needs, joined, needs_at
from stitchback.schema.data_reach import data_operations, reach_of
from stitchback.schema.model_web import ModelWeb

# Operation -> the arguments that name the model and the field that are there no longer, or not under that name.
TAKES_AWAY: Mapping[str, tuple[str, str]] = {
    "DeleteModel": ("name", ""),
    "RenameModel": ("old_name", ""),
    "AlterModelTable": ("name", ""),
    "RemoveField": ("model_name", "name"),
    "RenameField": ("model_name", "old_name"),
}


@dataclass(frozen=True, slots=True)
class Gone:
    """A model, or a field of one ("" where it is the whole model), that a migration of `ref` drops or renames."""

    ref: str
    origin: Origin
    model: ModelKey
    field: str
    kind: str

    def __str__(self) -> str:
        return f"{self.kind} of {self.model}{f'.{self.field}' if self.field else ''}"


@dataclass(frozen=True, slots=True)
class DataNeeds:
    """What a data operation of `ref` needs of what some branch drops or renames. `operation` is the one itself, within `origin`."""

    ref: str
    origin: Origin
    operation: Operation | Opaque
    needs: Needs


def gone_in(ref: str, migrations: Iterable[Migration]) -> Iterator[Gone]:
    """All that these migrations drop or rename."""
    for migration in migrations:
        for index, operation in enumerate(migration.operations):
            for inner in _flat((operation,)):
                model_argument, field_argument = TAKES_AWAY.get(inner.kind, ("", ""))
                model = text(inner.argument(model_argument)) if model_argument else None
                field = text(inner.argument(field_argument)) if field_argument else ""
                if model is not None and field is not None:
                    key = ModelKey.of(migration.key.app, model)
                    yield Gone(ref, Origin(migration.key, index), key, field, inner.kind)


def needs_of(
    tree: Tree, own: Sequence[Migration], gone: Sequence[Gone], web: ModelWeb, start: SchemaState
) -> Iterator[DataNeeds]:
    """For each data operation of the tree's `own` migrations, what it may use of `gone` and has before it there. `start`: a state without
    models."""
    names = joined((each.model, each.field) for each in gone)
    if not names:
        return
    for migration in own:
        for index, operation in enumerate(migration.operations):
            found = tuple(data_operations((operation,)))
            if found:
                state = state_at(tree, Origin(migration.key, index), names, start)
                for each in found:
                    yield DataNeeds(
                        tree.ref, Origin(migration.key, index), each, _needs(each, state, names, web)
                    )


def _needs(operation: Operation | Opaque, state: SchemaState, names: Names, web: ModelWeb) -> Needs:
    reach = reach_of(operation)
    is_sql = isinstance(operation, Operation) and operation.kind == "RunSQL"
    return needs_at(reach, is_sql, state, names, web.reached(reach))


def state_at(tree: Tree, origin: Origin, names: Names, start: SchemaState) -> SchemaState:
    """The models of these names right before the operation, as all that must come before it in the tree makes them."""
    apps = {key.app for key in names}
    above = MigrationGraph.raw(tree).ancestors(origin.migration)[:-1]
    before = [tree.migrations[key] for key in above if key.app in apps]
    own = tree.migrations[origin.migration]
    before.append(own.with_changes(operations=own.operations[: origin.index]))
    return fold(before, start, with_earlier_names(frozenset(names), before))


def all_gone(trees: Iterable[tuple[Tree, Iterable[MigrationKey]]]) -> tuple[Gone, ...]:
    """What the own migrations of these trees drop or rename."""
    return tuple(
        gone
        for tree, own in trees
        for gone in gone_in(tree.ref, [tree.migrations[key] for key in sorted(own)])
    )


def _flat(operations: Iterable[Operation | Opaque]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, Operation):
            yield operation
            yield from _flat((*operation.database, *operation.state))
