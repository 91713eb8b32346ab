"""Data operations of one branch that insert rows into a model of which the other branch makes a column NOT NULL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from stitchback.matching.case import Side
from stitchback.matching.data_conflicts import apart, label_of, on_both, state_at, web_of
from stitchback.model.atoms import Origin
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration, Tree, field_bases_of, field_names_of
from stitchback.model.operations import Operation
from stitchback.model.state import Field, SchemaState
from stitchback.model.values import TRUE, Call, text
from stitchback.operations import kind_of
from stitchback.operations.data_needs import Names, Needs, inserts_by_sql, joined, models_inserted
from stitchback.operations.model_relations import ModelRelations
from stitchback.operations.named_models import flat
from stitchback.operations.row_operations import reach_of, row_operations
from stitchback.schema.inserting import must_be_given


@dataclass(frozen=True, slots=True)
class NotNullField:
    """A field that a migration of `ref` adds as, or alters to, NOT NULL."""

    ref: str
    origin: Origin
    model: ModelKey
    field: str
    kind: str

    def __str__(self) -> str:
        return f"{self.kind} of {self.model}.{self.field}"


@dataclass(frozen=True, slots=True)
class Insertion:
    """A data operation of the migration at `origin` that inserts rows, perhaps into these models."""

    origin: Origin
    operation: Operation
    models: frozenset[ModelKey]


def demands_in(ref: str, migrations: Iterable[Migration]) -> Iterator[NotNullField]:
    for migration in migrations:
        for index, operation in enumerate(migration.operations):
            for inner in flat((operation,)):
                kind = kind_of(inner)
                if kind is None or not kind.gives_column:
                    continue
                model, name = text(inner.argument("model_name")), text(inner.argument("name"))
                field = inner.argument("field")
                if model and name and not (isinstance(field, Call) and field.kwarg("null") == TRUE):
                    key = ModelKey.of(migration.key.app, model)
                    yield NotNullField(ref, Origin(migration.key, index), key, name, inner.kind)


def insertions(migrations: Iterable[Migration], web: Callable[[], ModelRelations]) -> Iterator[Insertion]:
    for migration in migrations:
        for index, operation in enumerate(migration.operations):
            for each in row_operations((operation,)):
                models = models_inserted(each, migration.key.app, web)
                if models and isinstance(each, Operation):
                    yield Insertion(Origin(migration.key, index), each, models)


def unset_by(insertion: Insertion, tree: Tree, demanded: Names, start: SchemaState) -> Needs:
    """Of the demanded fields those that the rows do not have: its branch does not demand them at that point, and the code does not name
    them. `start`: a state without models."""
    names = {key: demanded[key] for key in demanded.keys() & insertion.models}
    state = state_at(tree, insertion.origin, names, start)
    found = {key: frozenset(_unset(insertion, state, key, fields)) for key, fields in names.items()}
    return Needs(inserts={key: fields for key, fields in found.items() if fields})


def _unset(insertion: Insertion, state: SchemaState, key: ModelKey, fields: Iterable[str]) -> Iterator[str]:
    reach, model = reach_of(insertion.operation, insertion.origin.migration.app), state.models.get(key)
    by_sql = inserts_by_sql(insertion.operation, reach)
    for name in fields:
        field = model.field(name) if model is not None else None
        is_demanded = isinstance(field, Field) and must_be_given(field, by_sql=by_sql)
        if not is_demanded and not reach.names(name):
            yield name


@dataclass(frozen=True, slots=True)
class InsertWithoutValue:
    """A data operation of `tree`, in `migration`, and what the other branch demands of the rows that it inserts."""

    tree: Tree
    migration: Migration
    label: str
    demand: NotNullField


def unset(side: Side, mainline: Tree) -> Iterator[InsertWithoutValue]:
    """The data operations of each branch whose rows have no value for a field that the other one makes NOT NULL and leaves so, but for
    work that both have."""
    trees = (mainline, side.patch.tree)
    web = cache(lambda: web_of(trees))
    comparison = side.comparison
    ends = {mainline.ref: comparison.mainline_end, side.patch.tree.ref: comparison.patch_end}
    for tree, own, ref, others in apart(side, mainline):
        demands = tuple(demands_in(ref, others))
        if not demands or not any(True for each in own for _ in row_operations(each.operations)):
            continue
        start = SchemaState(field_bases=field_bases_of(*trees), field_names=field_names_of(*trees))
        demanded = joined((each.model, each.field) for each in demands)
        files = {each.key: each for each in own}
        for each in insertions(own, web):
            if each.origin in on_both(side):
                continue
            needs = unset_by(each, tree, demanded, start)
            by_sql = inserts_by_sql(each.operation, reach_of(each.operation, each.origin.migration.app))
            for demand in last_of(demands):
                model = ends[ref].models.get(demand.model)
                field = model.field(demand.field) if model is not None else None
                if (
                    demand.field in needs.inserts.get(demand.model, ())
                    and isinstance(field, Field)
                    and must_be_given(field, by_sql=by_sql)
                ):
                    yield InsertWithoutValue(
                        tree, files[each.origin.migration], label_of(each.operation), demand
                    )


def last_of(demands: Iterable[NotNullField]) -> Iterable[NotNullField]:
    """Of each field the last one."""
    return {(each.model, each.field): each for each in demands}.values()


def demanded_elsewhere(
    demands: Mapping[int, Iterable[NotNullField]], inserted: Mapping[int, frozenset[ModelKey]]
) -> frozenset[ModelKey]:
    """The models into which one branch inserts, and of which another one demands a field; branches by their numbers."""
    return frozenset(
        demand.model
        for number, found in demands.items()
        for demand in found
        if any(demand.model in models for other, models in inserted.items() if other != number)
    )
