"""The tables that the models of one release use, with the field behind each column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stitchback.model.keys import ModelKey
from stitchback.model.physical import Table
from stitchback.model.state import ModelState, SchemaState
from stitchback.schema.tables import name_of_column, tables_of


@dataclass(frozen=True, slots=True)
class CodeTable:
    """`many`: the many-to-many field whose table it is, "" for the model's own. `fields`: column -> field name. `label`: the model as its class is called."""

    model: ModelKey
    label: str
    many: str
    name: str
    table: Table
    fields: Mapping[str, str]

    def field(self, column: str) -> str:
        return self.many or self.fields.get(column, column)


def code_tables(code: SchemaState) -> Iterator[CodeTable]:
    """Of every model, in the order of the state. Proxies and unmanaged models have none."""
    for model in code.models.values():
        tables = tables_of(code, model)
        if tables.main is not None:
            name, table = tables.main
            yield CodeTable(model.key, model.name, "", name, table, fields_by_column(model))
        for many, (name, table) in tables.many.items():
            yield CodeTable(model.key, model.name, many, name, table, {})


def fields_by_column(model: ModelState) -> dict[str, str]:
    pairs = ((name_of_column(pair), pair[0]) for pair in model.fields)
    return {column: name for column, name in pairs if column is not None}
