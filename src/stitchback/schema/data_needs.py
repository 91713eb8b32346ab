"""What a data operation needs of the models and tables that it meets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from stitchback.model.data_reach import Reach, words_of
from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import Field, SchemaState
from stitchback.schema.data import data_run
from stitchback.schema.data_reach import data_operations, reach_of
from stitchback.schema.effects import Uses
from stitchback.schema.naming import summary
from stitchback.schema.problems import InconsistentState
from stitchback.schema.tables import column_name, table_name, tables_of

RUNS_SQL = frozenset({"execute", "executemany", "raw", "extra", "rawsql"})
Names = Mapping[ModelKey, frozenset[str]]  # models, and of each some fields


@dataclass(frozen=True, slots=True)
class Needs:
    """`models`: that must be in the historical state, each with these fields. `tables`: that must be in the database, with these
    columns."""

    models: Names = field(default_factory=dict)
    tables: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.models or self.tables)

    def common(self, other: Needs) -> Needs:
        """What both need: the same code ran where only the one held, and where only the other did."""
        models = {key: names & other.models[key] for key, names in self.models.items() if key in other.models}
        tables = {key: names & other.tables[key] for key, names in self.tables.items() if key in other.tables}
        return Needs(models, tables)


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
    return (is_sql or bool(RUNS_SQL & reach.words)) and set(words_of(table)) <= reach.words


def check(operation: Operation | Opaque, state: SchemaState, needs: Needs) -> Iterator[Uses]:
    """What the database must have for the operation to run from that state. Raises InconsistentState where the state lacks a model or a
    field that it needs, as `apps.get_model` and the query raise."""
    label = (
        data_run(operation).label
        if isinstance(operation, Operation) and operation.kind in ("RunPython", "RunSQL")
        else str(operation)
    )
    for key, names in sorted(needs.models.items()):
        model = state.models.get(key)
        if model is None:
            raise InconsistentState(
                f"{label} uses model {key}, which does not exist at that point", operation=_summary(operation)
            )
        for name in sorted(names):
            if model.field(name) is None:
                raise InconsistentState(
                    f"{label} uses field {key}.{name}, which does not exist at that point",
                    operation=_summary(operation),
                )
    for table, columns in sorted(needs.tables.items()):
        yield Uses(table, columns, label)


def tables_used(operation: Operation | Opaque, state: SchemaState) -> Iterator[Uses]:
    """The tables, with all columns that the state knows, of the models that the operation asks for by name: any query of theirs fails
    where one is missing."""
    for each in data_operations((operation,)):
        if isinstance(each, Operation) and each.kind == "RunPython":
            for label in sorted(reach_of(each).models or ()):
                model = state.models.get(ModelKey.of(*label.split(".")))
                main = tables_of(state, model).main if model is not None else None
                if main is not None:
                    yield Uses(main[0], frozenset(main[1].columns), data_run(each).label)


def _summary(operation: Operation | Opaque) -> str:
    return summary(operation) if isinstance(operation, Operation) else ""


def joined(names: Iterable[tuple[ModelKey, str]]) -> Names:
    found: dict[ModelKey, frozenset[str]] = {}
    for key, name in names:
        found[key] = found.get(key, frozenset()) | {name}
    return found
