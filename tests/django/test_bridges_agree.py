"""Our effects of a conditional operation are what its template does on a real database."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from bridge_cases import CASES, ITEM
from conditional_databases import database
from database_agreement import expected, introspected, simulated
from django.db.migrations.state import ProjectState

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.physical import PhysicalSchema
from stitchback.model.state import SchemaState
from stitchback.operations import TEMPLATES
from stitchback.operations.applying import physical_effects
from stitchback.parsing.migration import read_migration
from stitchback.parsing.reading_context import ReadingContext
from stitchback.schema.apply_effect import run_effect

HEADER = """
import copy
from django.db import migrations, models
from django.db.migrations import *
from django.db.models import *
from django.db.models.functions import Lower
"""


def file(operations: str, before: str = "") -> str:
    return f"{HEADER}{before}\nclass Migration(migrations.Migration):\n    operations = [{operations}]\n"


def read(operations: str, name: str = "0001_x") -> Migration:
    found = read_migration(
        MigrationKey("shop", name), "shop/migrations/x.py", "", file(operations).encode(), ReadingContext()
    )
    assert isinstance(found, Migration), found
    return found


def executed(operations: str, name: str = "0001_x", before: str = "") -> Any:
    module = ModuleType("shop.migrations.x")
    exec(compile(file(operations, before), "x.py", "exec"), module.__dict__)
    return module.Migration(name, "shop")


def real_bridge(source: str) -> Any:
    """The operation with its template's class for its own."""
    kind = source.partition("(")[0]
    template = TEMPLATES[kind]
    return executed(source.replace(f"{kind}(", f"{template.name}(", 1), before=template.source)


def our_bridge(source: str, state: SchemaState, physical: PhysicalSchema) -> PhysicalSchema:
    (operation,) = read(source).operations
    assert isinstance(operation, Operation)
    return reduce(
        run_effect, physical_effects(replace(operation, conditional=True), "shop", state, state), physical
    )


@pytest.mark.parametrize(("engine", "has_it"), [("sqlite", True), ("sqlite", False), ("postgresql", False)])
@pytest.mark.parametrize(("done", "bridged"), CASES, ids=[done for done, _ in CASES])
def test_the_database_is_what_we_say(
    done: str, bridged: str, engine: str, has_it: bool, tmp_path: Path
) -> None:
    if engine == "postgresql" and done.startswith("DeleteModel"):
        pytest.skip(
            "a dropped table takes references to it along there (CASCADE); the table left over is not told of"
        )
    state, after = simulated((read(ITEM), read(done, "0002_x")))
    physical = our_bridge(bridged, state, after if has_it else simulated((read(ITEM),))[1])
    with database(engine, str(tmp_path / "db.sqlite3")) as connection:
        project = ProjectState()
        for migration, runs in ((executed(ITEM), True), (executed(done, "0002_x"), has_it)):
            with connection.schema_editor() as editor:
                project = migration.apply(project, editor) if runs else migration.mutate_state(project)
        with connection.schema_editor() as editor:
            real_bridge(bridged).apply(project, editor)
        assert sorted(connection.introspection.table_names()) == sorted(physical.tables)
        for name, table in physical.tables.items():
            assert introspected(connection, name) == expected(table), name
