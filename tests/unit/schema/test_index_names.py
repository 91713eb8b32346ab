"""Django's names of indexes, against Django."""

from __future__ import annotations

import pytest
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from stitchback.model.physical import IndexDefinition
from stitchback.schema.definitions import MAX_NAME_LENGTH, OTHERWISE, automatic_names

CASES = [
    ("shop_item", ("name",)),
    ("shop_item", ("ward", "day", "hours")),
    ("a_table_of_a_very_long_name_that_goes_on_and_on_and_on", ("column_of_a_long_name", "other_column")),
    ("_x" * 30, ("a" * 40,)),
]


class Operations:
    def __init__(self, longest: int | None) -> None:
        self.longest = longest

    def max_name_length(self) -> int | None:
        return self.longest


class Connection:
    def __init__(self, longest: int | None) -> None:
        self.ops = Operations(longest)


@pytest.mark.parametrize(("table", "columns"), CASES)
@pytest.mark.parametrize("engine", ["sqlite", *MAX_NAME_LENGTH])
@pytest.mark.parametrize("kind", ["unique", "index"])
def test_the_names_are_djangos(engine: str, table: str, columns: tuple[str, ...], kind: str) -> None:
    editor = BaseDatabaseSchemaEditor.__new__(BaseDatabaseSchemaEditor)
    editor.connection = Connection(MAX_NAME_LENGTH.get(engine) or OTHERWISE)
    suffixes = ("_uniq",) if kind == "unique" else ("", "_idx")
    wanted = tuple(editor._create_index_name(table, list(columns), suffix) for suffix in suffixes)
    assert automatic_names(engine, table, IndexDefinition(kind, columns)) == wanted
