"""Data operations of one branch that use what the other branch drops or renames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stitchback.graph import MigrationGraph
from stitchback.matching.case import Side
from stitchback.matching.match import fold
from stitchback.matching.relevant_models import with_earlier_names
from stitchback.model.atoms import Origin
from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.matches import Verdict
from stitchback.model.migrations import Migration, Tree, field_bases_of, field_names_of
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import SchemaState
from stitchback.model.values import text
from stitchback.operations import kind_of
from stitchback.operations.data import data_run, runs_code, runs_sql
from stitchback.operations.data_needs import Names, Needs, joined, needs_at
from stitchback.operations.model_relations import ModelRelations
from stitchback.operations.named_models import flat
from stitchback.operations.row_operations import reach_of, row_operations


@dataclass(frozen=True, slots=True)
class DroppedName:
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


def dropped_names_in(ref: str, migrations: Iterable[Migration]) -> Iterator[DroppedName]:
    """All that these migrations drop or rename."""
    for migration in migrations:
        for index, operation in enumerate(migration.operations):
            for inner in flat((operation,)):
                kind = kind_of(inner)
                if kind is None or not (kind.withdraws_model or kind.table or kind.withdraws_field):
                    continue
                model = text(inner.argument(kind.model.before))
                field = text(inner.argument(kind.field.before)) if kind.withdraws_field else ""
                if model is not None and field is not None:
                    key = ModelKey.of(migration.key.app, model)
                    yield DroppedName(ref, Origin(migration.key, index), key, field, inner.kind)


def needs_of(
    tree: Tree, own: Iterable[Migration], gone: Sequence[DroppedName], web: ModelRelations, start: SchemaState
) -> Iterator[DataNeeds]:
    """For each data operation of the tree's `own` migrations, what it may use of `gone` and has before it there. `start`: a state without
    models."""
    names = joined((each.model, each.field) for each in gone)
    for migration in own if names else ():
        for index, operation in enumerate(migration.operations):
            origin = Origin(migration.key, index)
            found = [
                each
                for each in row_operations((operation,))
                if _meets(each, origin.migration.app, names, web)
            ]
            state = state_at(tree, origin, names, start) if found else start
            for each in found:
                yield DataNeeds(tree.ref, origin, each, _needs(each, origin.migration.app, state, names, web))


def _meets(operation: Operation | Opaque, app: str, names: Names, web: ModelRelations) -> bool:
    reached = web.reached(reach_of(operation, app))
    return reached is None or not reached.isdisjoint(names)


def _needs(
    operation: Operation | Opaque, app: str, state: SchemaState, names: Names, web: ModelRelations
) -> Needs:
    reach = reach_of(operation, app)
    is_sql = runs_sql(operation)
    return needs_at(reach, is_sql, state, names, web.reached(reach))


def state_at(tree: Tree, origin: Origin, names: Names, start: SchemaState) -> SchemaState:
    """The models of these names right before the operation, as all that must come before it in the tree makes them."""
    apps = {key.app for key in names}
    above = MigrationGraph.raw(tree).ancestors(origin.migration)[:-1]
    before = [tree.migrations[key] for key in above if key.app in apps]
    own = tree.migrations[origin.migration]
    before.append(own.with_changes(operations=own.operations[: origin.index]))
    return fold(before, start, with_earlier_names(frozenset(names), before))


def needed_on_a_fresh_install(
    tree: Tree, data: DataNeeds, gone: Sequence[DroppedName], web: ModelRelations, start: SchemaState
) -> Needs:
    """Of its needs those that a fresh install of its own tree meets: what the tree drops or renames before, without any dependency, the
    operation has done without on each of them."""
    order = MigrationGraph.of(tree).order()
    own = data.origin.migration
    place = {key: number for number, key in enumerate(order)}
    if own not in place or not any(
        each.ref == tree.ref and place.get(each.origin.migration, len(order)) < place[own] for each in gone
    ):
        return data.needs
    names = joined((each.model, each.field) for each in gone)
    apps = {key.app for key in names}
    before = [tree.migrations[key] for key in order[: place[own]] if key.app in apps]
    before.append(
        tree.migrations[own].with_changes(operations=tree.migrations[own].operations[: data.origin.index])
    )
    state = fold(before, start, with_earlier_names(frozenset(names), before))
    return data.needs.common(_needs(data.operation, own.app, state, names, web))


@dataclass(frozen=True, slots=True)
class Conflict:
    """A data operation of `tree`, in `migration`, and what the other branch drops or renames of what it uses."""

    tree: Tree
    migration: Migration
    label: str
    gone: DroppedName


def conflicts(side: Side, mainline: Tree) -> Iterator[Conflict]:
    """The data operations of each branch that use what the other one drops or renames, but for work that both have."""
    for tree, own, ref, others in apart(side, mainline):
        gone = tuple(each for each in dropped_names_in(ref, others))
        if gone and any(True for each in own for _ in row_operations(each.operations)):
            yield from _conflicts(tree, own, gone, (mainline, side.patch.tree), on_both(side))


def apart(
    side: Side, mainline: Tree
) -> tuple[
    tuple[Tree, list[Migration], str, list[Migration]], tuple[Tree, list[Migration], str, list[Migration]]
]:
    """Of each branch: its tree, its migrations that the other one has not or has otherwise, as far as they will be run, and the other
    branch's ref and such migrations."""
    sides, patch = side.sides, side.patch.tree
    same_files = {ours.key for ours, theirs in sides.twins if ours.blob == theirs.blob}
    ours = [each for each in sides.patch if each.key not in same_files]
    theirs = [each for each in sides.mainline if each.key not in same_files]
    alone = [
        each for each in ours if sides.twin(each.key) is None
    ]  # of one name mainline's file is the one that will be run
    return (mainline, theirs, patch.ref, ours), (patch, alone, mainline.ref, theirs)


def on_both(side: Side) -> set[Origin]:
    """The operations of work that both branches do."""
    return {
        atom.origin
        for match in side.comparison.matches
        if match.given and match.verdict is Verdict.IDENTICAL
        for atom in (*match.patch, *match.given)
    }


def _conflicts(
    tree: Tree,
    own: Sequence[Migration],
    gone: Sequence[DroppedName],
    trees: tuple[Tree, Tree],
    shared: set[Origin],
) -> Iterator[Conflict]:
    web = web_of(trees)
    start = SchemaState(field_bases=field_bases_of(*trees), field_names=field_names_of(*trees))
    names = joined((each.model, each.field) for each in gone)
    files = {each.key: each for each in own}
    for data in needs_of(tree, own, gone, web, start):
        if not data.needs or data.origin in shared:
            continue
        state = state_at(tree, data.origin, names, start)
        for each in gone:
            alone = joined([(each.model, each.field)])
            if _needs(data.operation, data.origin.migration.app, state, alone, web):
                yield Conflict(tree, files[data.origin.migration], label_of(data.operation), each)


def label_of(operation: Operation | Opaque) -> str:
    """The operation, for people."""
    if runs_code(operation):
        return data_run(operation).label
    return str(operation) if isinstance(operation, Operation) else operation.source or operation.reason


def web_of(trees: Sequence[Tree]) -> ModelRelations:
    """Of all models that the trees have or had; the settings are those of the first tree that says them."""
    migrations = {id(each): each for tree in trees for each in tree.migrations.values()}
    settings = {name: value for tree in reversed(trees) for name, value in tree.settings.items()}
    return ModelRelations.of(migrations.values(), settings)


def all_dropped_names(trees: Iterable[tuple[Tree, Iterable[MigrationKey]]]) -> tuple[DroppedName, ...]:
    """What the own migrations of these trees drop or rename."""
    return tuple(
        gone
        for tree, own in trees
        for gone in dropped_names_in(tree.ref, [tree.migrations[key] for key in sorted(own)])
    )
