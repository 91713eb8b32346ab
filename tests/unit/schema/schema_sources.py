"""Operations and values written as in a file, for the tests of the schema layer."""

from __future__ import annotations

from functools import reduce

from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.physical import PhysicalSchema
from stitchback.model.source import Opaque
from stitchback.model.state import Field, SchemaState
from stitchback.model.values import Value
from stitchback.operations.applying import apply_migration, apply_operation, physical_effects
from stitchback.parsing.migration import read_migration
from stitchback.parsing.reading_context import ReadingContext
from stitchback.schema.apply_effect import run_effect
from stitchback.schema.fields import canonical_field

HEADER = """\
import django.contrib.postgres.fields
import django.db.models.expressions
import django.db.models.functions.text
import django.db.models.indexes
import shop.fields
import wagtail.core.fields
import wagtail.fields
from django.contrib.postgres.indexes import GinIndex
from django.conf import settings
from django.contrib.postgres.operations import *
from django.db import migrations, models
from django.db.migrations import *
from django.db.models import *
from django.db.models import F, Q
from django.db.models.functions import Lower, Upper
"""

ITEM = """
CreateModel("Category", [("id", AutoField(primary_key=True)), ("code", CharField(max_length=9, unique=True))]),
CreateModel(
    "Item",
    [("id", AutoField(primary_key=True)), ("name", CharField(max_length=100)), ("stock", IntegerField(db_index=True)),
     ("category", ForeignKey("Category", CASCADE)), ("tags", ManyToManyField("Category", related_name="+"))],
    options={"unique_together": {("name", "category")}, "indexes": [Index(fields=["name"], name="by_name")]},
),
"""


def migration(source: str, name: str = "shop.0001_x", before: str = "") -> Migration:
    """The migration with these operations; `before` stands above it in the file."""
    key = MigrationKey.parse(name)
    path = f"{key.app}/migrations/{key.name}.py"
    text = f"{HEADER}{before}\nclass Migration(migrations.Migration):\n    operations = [\n{source}\n]\n"
    found = read_migration(key, path, "", text.encode(), ReadingContext())
    assert isinstance(found, Migration), found
    return found


def operations(source: str) -> tuple[Operation | Opaque, ...]:
    return migration(source).operations


def operation(source: str) -> Operation:
    (found,) = operations(source)
    assert isinstance(found, Operation), found
    return found


def value(source: str) -> Value:
    """An expression's value: "Q(a=1)", "Index(fields=['a'], name='i')"."""
    found = operation(f'AddIndex("x", {source})').argument("index")
    assert found is not None
    return found


def field(source: str, app: str = "shop", model: str = "Item") -> Field:
    found = canonical_field(value(source), app, model=model)
    assert isinstance(found, Field), found
    return found


def state(*sources: str) -> SchemaState:
    """The state after these migrations, one a text."""
    return reduce(apply_migration, map(migration, sources), SchemaState())


def database(*migrations: Migration) -> tuple[SchemaState, PhysicalSchema]:
    """The state and the database after these migrations, from nothing."""
    found, physical = SchemaState(), PhysicalSchema()
    for each in migrations:
        for operation in each.operations:
            after = apply_operation(found, each.key.app, operation)
            physical = run(physical, operation, found, after, each.key.app)
            found = after
    return found, physical


def run(
    physical: PhysicalSchema,
    operation: Operation | Opaque,
    before: SchemaState,
    after: SchemaState,
    app: str = "shop",
) -> PhysicalSchema:
    return reduce(run_effect, physical_effects(operation, app, before, after), physical)


def key(label: str) -> ModelKey:
    app, _, model = label.partition(".")
    return ModelKey.of(app, model)
