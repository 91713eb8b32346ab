"""The tables that our effects make are the ones that Django makes: columns, null, keys, indexes, foreign keys, as introspected."""

from __future__ import annotations

from pathlib import Path

import django
import pytest
from conditional_databases import database
from database_agreement import expected, introspected, simulated
from django.db.migrations.state import ProjectState
from schema_cases import CASES, Case, executed, read

from stitchback.schema.tables import physical_of

DATABASE_CASES = [case for case in CASES if case.database and case.since <= django.VERSION[:2] < case.until]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize("case", DATABASE_CASES, ids=lambda case: case.name)
def test_the_database_holds_what_we_say(case: Case, engine: str, tmp_path: Path) -> None:
    _, physical = simulated(read(case))
    with database(engine, str(tmp_path / "db.sqlite3")) as connection:
        state = ProjectState()
        for migration in executed(case):
            with connection.schema_editor() as editor:
                state = migration.apply(state, editor)
        assert sorted(connection.introspection.table_names()) == sorted(physical.tables)
        for name, table in physical.tables.items():
            assert introspected(connection, name) == expected(table), name


@pytest.mark.parametrize("case", DATABASE_CASES, ids=lambda case: case.name)
def test_effects_end_where_a_fresh_install_is(case: Case) -> None:
    state, physical = simulated(read(case))
    assert physical.tables == physical_of(state).tables
