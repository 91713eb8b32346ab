"""The symbolic state is the one that Django makes: every operation, by hand, on the Django that is installed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import conditional_databases  # noqa: F401  (settings)
import django
import pytest
from django_values import migration_of
from schema_cases import CASES, POSTGRES, Case, executed, project_state, read
from state_agreement import differences

from stitchback.model.migrations import Migration
from stitchback.model.state import SchemaState
from stitchback.operations.applying import apply_migration


def here(case: Case) -> Case:
    if not case.since <= django.VERSION[:2] < case.until:
        pytest.skip(f"not in Django {django.get_version()}")
    return case


def check(case: Case) -> None:
    """As the parser reads the files, and as `deconstruct()` says the objects."""
    migrations = executed(here(case))
    theirs = project_state(migrations)
    assert list(differences(state_after(read(case)), theirs, {})) == []
    assert list(differences(state_after(map(migration_of, migrations)), theirs, {})) == []


def state_after(migrations: Iterable[Migration]) -> SchemaState:
    return reduce(apply_migration, migrations, SchemaState())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_state_is_djangos(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", POSTGRES, ids=lambda case: case.name)
def test_the_state_is_djangos_with_postgres(case: Case) -> None:
    pytest.importorskip("psycopg", reason="django.contrib.postgres needs a driver")
    check(case)
