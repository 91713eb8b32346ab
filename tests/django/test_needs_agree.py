"""What an operation needs: Django refuses it in the state or in the database where models and fields are gone, and so does the engine.

Both are asked for every case: the operation on a project that has lost its model, or a field that it names, on each engine.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import django
import pytest
from conditional_databases import database
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import Error
from django.db.migrations.state import ProjectState
from needs_cases import BASE, CASES, Case

from stitchback.engine import EngineCache
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.model.physical import PhysicalSchema
from stitchback.operations.applying import apply_operation
from stitchback.parsing.migration import read_migration
from stitchback.parsing.reading_context import ReadingContext
from stitchback.schema.clashes import InconsistentState

HEADER = """
from django.db import migrations, models
from django.db.migrations import *
from django.db.models import *
from django.db.models.functions import Abs, Coalesce, Lower
"""
NAMES = ("0001_base", "0002_before", "0003_case")
REFUSED = (KeyError, ValueError, FieldDoesNotExist, FieldError, Error)
HERE = [case for case in CASES if case.since <= django.VERSION[:2] < case.until]


def file(operations: str) -> str:
    return f"{HEADER}\nclass Migration(migrations.Migration):\n    operations = [{operations}]\n"


def executed(operations: str, name: str) -> Any:
    module = ModuleType(f"shop.migrations.{name}")
    exec(compile(file(operations), f"{name}.py", "exec"), module.__dict__)
    return module.Migration(name, "shop")


def read(operations: str, name: str) -> Migration:
    path = f"shop/migrations/{name}.py"
    found = read_migration(MigrationKey("shop", name), path, "", file(operations).encode(), ReadingContext())
    assert isinstance(found, Migration), found
    return found


def django_says(case: Case, connection: Any) -> str:
    """Where Django refuses: "before", "state", "database"; else "passes"."""
    state = ProjectState()
    try:
        for name, operations in zip(NAMES, (BASE, case.before), strict=False):
            with connection.schema_editor() as editor:
                state = executed(operations, name).apply(state, editor)
    except REFUSED:
        return "before"
    assert state.apps, "models are made before the first migration, as `migrate` does"
    (operation,) = executed(case.operation, NAMES[2]).operations
    after = state.clone()
    try:
        operation.state_forwards("shop", after)
    except REFUSED:
        return "state"
    try:
        with connection.schema_editor() as editor:
            operation.database_forwards("shop", editor, state, after)
    except REFUSED:
        return "database"
    return "passes"


def engine_says(case: Case, engine: str) -> str:
    memory = EngineCache(sqlite=engine == "sqlite")
    schema, token = PhysicalSchema(), 0
    for name, operations in zip(NAMES, (BASE, case.before), strict=False):
        migration = read(operations, name)
        outcome = memory.outcome(schema, token, migration)
        if outcome.clash:
            return "before"
        schema, token = outcome.schema, memory.after(token, migration, memory.number(migration))
    migration = read(case.operation, NAMES[2])
    try:
        apply_operation(memory.states[token], "shop", migration.operations[0])
    except InconsistentState:
        return "state"
    try:
        outcome = memory.outcome(schema, token, migration)
    except InconsistentState:
        return "database"
    return "database" if outcome.clash else "passes"


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize("case", HERE, ids=lambda case: case.name)
def test_the_engine_refuses_what_django_refuses(case: Case, engine: str, tmp_path: Path) -> None:
    with database(engine, str(tmp_path / "db.sqlite3")) as connection:
        assert engine_says(case, engine) == django_says(case, connection)
