"""What a data operation needs of the models and tables that it meets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from stitchback.model.data_reach import Reach, words_of
from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.operations.data import data_run, runs_code, runs_sql
from stitchback.operations.model_relations import ModelRelations
from stitchback.operations.row_operations import reach_of, row_operations
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.effects import Uses
from stitchback.schema.inserting import must_be_given
from stitchback.schema.labels import summary
from stitchback.schema.tables import column_name, column_names, has_tables, table_name, tables_of

INSERTS = frozenset({"create", "bulk_create", "get_or_create", "update_or_create"})
CHANGES_SCHEMA = frozenset({"alter", "create", "drop"})
Names = Mapping[ModelKey, frozenset[str]]  # models, and of each some fields


@dataclass(frozen=True, slots=True)
class Needs:
    """`models`: that must be in the historical state, each with these fields. `tables`: that must be in the database, with these
    columns. `inserts`: models into which it inserts rows, and of each the fields for which these have no value."""

    models: Names = field(default_factory=dict)
    tables: Mapping[str, frozenset[str]] = field(default_factory=dict)
    inserts: Names = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.models or self.tables or self.inserts)

    def __or__(self, other: Needs) -> Needs:
        """What either says, of one operation; they say different parts."""
        return Needs(
            {**self.models, **other.models},
            {**self.tables, **other.tables},
            {**self.inserts, **other.inserts},
        )

    def common(self, other: Needs) -> Needs:
        """What both need: the same code ran where only the one held, and where only the other did."""
        models = {key: names & other.models[key] for key, names in self.models.items() if key in other.models}
        tables = {key: names & other.tables[key] for key, names in self.tables.items() if key in other.tables}
        inserts = {
            key: names & other.inserts[key] for key, names in self.inserts.items() if key in other.inserts
        }
        return Needs(models, tables, inserts)


def needs_at(
    reach: Reach, is_sql: bool, state: SchemaState, gone: Names, reached: frozenset[ModelKey] | None
) -> Needs:
    """What of `gone` (models that are dropped or renamed somewhere, "" among their fields, and fields that are) code of that reach may
    use from that state. `reached`: the models that it reaches; None for all."""
    models: dict[ModelKey, frozenset[str]] = {}
    tables: dict[str, frozenset[str]] = {}
    for key in sorted(gone.keys() & state.models.keys()):
        if reached is not None and key not in reached:
            continue
        model = state.models[key]
        fields = {name: found for name in gone[key] if isinstance(found := model.field(name), Field)}
        by_name = not reach.is_known or str(key) in (reach.models or ())
        used = frozenset(name for name in fields if reach.names(name))
        if not is_sql and (used or ("" in gone[key] and by_name)):
            models[key] = used
        columns = frozenset(column_name(name, found) for name, found in fields.items())
        table = table_name(model)
        if tables_of(state, model).main is not None and _may_run_sql(reach, is_sql, table):
            tables[table] = columns if not reach.is_known else columns & reach.words
    whole = {table_name(state.models[key]) for key in gone.keys() & state.models.keys() if "" in gone[key]}
    return Needs(models, {name: columns for name, columns in tables.items() if columns or name in whole})


def _may_run_sql(reach: Reach, is_sql: bool, table: str) -> bool:
    if not reach.is_known:
        return is_sql
    return (is_sql or reach.runs_sql) and set(words_of(table)) <= reach.words


def check(operation: Operation | Opaque, app: str, state: SchemaState, needs: Needs) -> Iterator[Uses]:
    """What the database must have for the operation to run from that state. Raises InconsistentState where the state lacks a model or a
    field that it needs, as `apps.get_model` and the query raise."""
    label = data_run(operation).label if runs_code(operation) else str(operation)
    for key, names in sorted(needs.models.items()):
        model = state.models.get(key)
        if model is None:
            raise InconsistentState(
                Problem.of(ProblemKind.QUERY_WITHOUT_MODEL, label, key), operation=_summary(operation)
            )
        for name in sorted(names):
            if model.field(name) is None:
                raise InconsistentState(
                    Problem.of(ProblemKind.QUERY_WITHOUT_FIELD, label, key, name),
                    operation=_summary(operation),
                )
    for table, columns in sorted(needs.tables.items()):
        yield Uses(table, columns, label)
    for key, names in sorted(needs.inserts.items()):
        yield from _inserted(operation, app, state, key, names, label)


def _inserted(
    operation: Operation | Opaque,
    app: str,
    state: SchemaState,
    key: ModelKey,
    names: frozenset[str],
    label: str,
) -> Iterator[Uses]:
    """Rows without values for these fields are inserted. Raises InconsistentState where the model demands one; the database may have
    columns that the model lacks."""
    model = state.models.get(key)
    main = tables_of(state, model).main if model is not None else None
    if model is None or main is None:
        return
    by_sql = isinstance(operation, Opaque) or inserts_by_sql(operation, reach_of(operation, app))
    for name in sorted(names):
        found = model.field(name)
        if isinstance(found, Field) and must_be_given(found, by_sql=by_sql):
            raise InconsistentState(
                Problem.of(ProblemKind.ROWS_WITHOUT_FIELD, label, key, name),
                operation=_summary(operation),
            )
    columns = {column for name in names for column in (name, f"{name}_id")}
    yield Uses(main[0], frozenset(), label, frozenset(columns) - main[1].columns.keys())


def tables_used(operation: Operation | Opaque, app: str, state: SchemaState) -> Iterator[Uses]:
    """The tables that the operation queries: with all columns that the state knows those of the models that it asks for by name (any
    query of theirs fails where one is missing), or of all models where its code cannot be read; with the columns that it names those
    that its SQL names."""
    for each in row_operations((operation,)):
        if not runs_code(each):
            continue
        reach, label = reach_of(each, app), data_run(each).label
        for model in asked_for(each, reach, state):
            main = tables_of(state, model).main
            if main is not None:
                inserts = reach.is_known and bool(INSERTS & reach.words)
                yield Uses(main[0], frozenset(main[1].columns), label, inserts=inserts)
        if queries_by_sql(each, reach):
            for model in state.models.values():
                if set(words_of(table_name(model))) <= reach.words and has_tables(model):
                    yield Uses(table_name(model), column_names(state, model) & reach.words, label)


def asked_for(operation: Operation, reach: Reach, state: SchemaState) -> Iterator[ModelState]:
    """The models of the state that the code may ask the historical apps for."""
    if may_query_any_model(operation, reach):
        yield from state.models.values()
    for label in sorted(reach.models or ()):
        model = state.models.get(ModelKey.of(*label.split(".")))
        if model is not None:
            yield model


def may_query_any_model(operation: Operation, reach: Reach) -> bool:
    """Whether it is Python code that cannot be read: it may ask for any model, and a query names all columns of its table. SQL that
    cannot be read may use as few columns as SQL that can."""
    return not runs_sql(operation) and not reach.is_known


def models_queried(
    operations: Iterable[Operation | Opaque], app: str, web: Callable[[], ModelRelations]
) -> frozenset[ModelKey]:
    """The models of whose tables `tables_used` may say something, in any state. `web`: of all models that there are."""
    found: set[ModelKey] = set()
    for each in row_operations(operations):
        if runs_code(each):
            reach = reach_of(each, app)
            if may_query_any_model(each, reach):
                return frozenset().union(*web().tables.values())
            found.update(ModelKey.of(*label.split(".")) for label in reach.models or ())
            if queries_by_sql(each, reach):
                found.update(*(models for words, models in web().tables.items() if words <= reach.words))
    return frozenset(found)


def queries_by_sql(operation: Operation, reach: Reach) -> bool:
    """Whether its SQL queries the tables that it names, as far as it can be read. SQL that makes or drops schema objects may name what is
    not there yet, or no longer."""
    by_sql = runs_sql(operation) or reach.runs_sql
    return reach.is_known and by_sql and CHANGES_SCHEMA.isdisjoint(reach.words)


def models_inserted(
    operation: Operation | Opaque, app: str, web: Callable[[], ModelRelations]
) -> frozenset[ModelKey]:
    """The models into which the operation may insert rows: those that it reaches, where its code can be read and creates objects; of SQL
    those whose tables it names. To save an object is no insert here: mostly it is there already."""
    if not runs_code(operation):
        return frozenset()
    reach = reach_of(operation, app)
    by_sql = inserts_by_sql(operation, reach)
    if not reach.is_known or not (by_sql or (not runs_sql(operation) and INSERTS & reach.words)):
        return frozenset()
    return web().reached(reach) or frozenset()


def inserts_by_sql(operation: Operation, reach: Reach) -> bool:
    return "insert" in reach.words and (runs_sql(operation) or reach.runs_sql)


def _summary(operation: Operation | Opaque) -> str:
    return summary(operation) if isinstance(operation, Operation) else ""


def joined(names: Iterable[tuple[ModelKey, str]]) -> Names:
    found: dict[ModelKey, frozenset[str]] = {}
    for key, name in names:
        found[key] = found.get(key, frozenset()) | {name}
    return found
