"""A conversion that keeps values keeps them on real databases; some that do not keep them are refused there, or lose them."""

from __future__ import annotations

import datetime
import decimal
import uuid
from pathlib import Path
from typing import Any

import pytest
from conditional_databases import database
from django.db import migrations, models
from django.db.migrations.state import ProjectState

from stitchback.model.state import Field
from stitchback.schema.column_values import KEPT, keeps_values

FIELDS: dict[str, tuple[models.Field[Any, Any], Any]] = {
    "integer": (models.IntegerField(null=True), 17),
    "boolean": (models.BooleanField(null=True), True),
    "decimal": (models.DecimalField(max_digits=12, decimal_places=2, null=True), decimal.Decimal("17.25")),
    "float": (models.FloatField(null=True), 17.5),
    "uuid": (models.UUIDField(null=True), uuid.UUID(int=17)),
    "datetime": (
        models.DateTimeField(null=True),
        datetime.datetime(2024, 2, 29, 11, 34, tzinfo=datetime.UTC),
    ),
    "date": (models.DateField(null=True), datetime.date(2024, 2, 29)),
    "time": (models.TimeField(null=True), datetime.time(11, 34)),
    "json": (models.JSONField(null=True), {"a": 1}),
    "address": (models.GenericIPAddressField(null=True), "10.0.0.17"),
    "text": (models.TextField(null=True), "default37"),
}
LOST = [
    ("text", "boolean"),
    ("text", "integer"),
    ("decimal", "integer"),
    ("datetime", "date"),
    ("text", "date"),
]


def altered(engine: str, path: Path, before: str, after: str) -> tuple[Any, Any]:
    """What the column held before it was altered, and holds afterwards, as Django reads it."""
    (old, value), (new, _) = FIELDS[before], FIELDS[after]
    create = migrations.CreateModel("Box", [("id", models.BigAutoField(primary_key=True)), ("value", old)])
    alter = migrations.AlterField("Box", "value", new)
    with database(engine, str(path / "db.sqlite3")) as connection:
        states = [ProjectState()]
        for operation in (create, alter):
            state = states[-1].clone()
            operation.state_forwards("shop", state)
            with connection.schema_editor() as editor:
                operation.database_forwards("shop", editor, states[-1], state)
            states.append(state)
            if operation is create:
                state.apps.get_model("shop", "Box").objects.using(connection.alias).create(value=value)
        model = states[-1].apps.get_model("shop", "Box")
        return value, model.objects.using(connection.alias).get().value


def field(kind: str) -> Field:
    _, path, _, _ = FIELDS[kind][0].deconstruct()
    return Field(f"django.db.models.{path.rpartition('.')[2]}")


AS_TEXT = {
    "integer": {"17"},
    "boolean": {"1", "true"},
    "decimal": {"17.25"},
    "float": {"17.5"},
    "uuid": {str(uuid.UUID(int=17)), uuid.UUID(int=17).hex},
    "datetime": {"2024-02-29 11:34:00", "2024-02-29 11:34:00+00"},
    "date": {"2024-02-29"},
    "time": {"11:34:00"},
    "json": {'{"a": 1}'},
    "address": {"10.0.0.17", "10.0.0.17/32"},
}  # how the engines write the values


def is_kept(before: Any, after: Any, kinds: tuple[str, str]) -> bool:
    match kinds:
        case (kind, "text"):
            return after in AS_TEXT[kind]
        case ("date", "datetime"):
            return bool(after.date() == before)
        case _:
            return bool(after == before)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize(("before", "after"), sorted(KEPT))
def test_values_are_kept(engine: str, before: str, after: str, tmp_path: Path) -> None:
    assert keeps_values(field(before), field(after))
    value, now = altered(engine, tmp_path, before, after)
    assert is_kept(value, now, (before, after)), (value, now)


@pytest.mark.parametrize(("before", "after"), LOST)
def test_values_are_not_kept(before: str, after: str, tmp_path: Path) -> None:
    assert not keeps_values(field(before), field(after))
    try:
        value, now = altered("postgresql", tmp_path, before, after)
    except Exception:  # noqa: BLE001 - PostgreSQL refuses the conversion: nothing is kept
        return
    assert value != now


def test_one_kind_keeps_its_values_and_unknown_classes_only_under_one_name() -> None:
    slug = Field("django.db.models.SlugField")
    assert keeps_values(slug, Field("django.db.models.TextField"))
    assert keeps_values(Field("shop.fields.Code", base="django.db.models.CharField"), slug)
    assert keeps_values(Field("shop.fields.Odd"), Field("shop.fields.Odd"))
    assert not keeps_values(Field("shop.fields.Odd"), slug)
    assert not keeps_values(slug, Field("shop.fields.Odd"))
