"""What is compared: rows before and after, tables as SQLite has them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from stitchback.rehearsal.rows import fill, lost_values, values_of
from stitchback.rehearsal.shapes import schema_differences, schema_of


class Cursor:
    """A cursor of sqlite3's with Django's placeholders."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw.cursor()

    def __enter__(self) -> Cursor:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def execute(self, sql: str, parameters: Any = ()) -> None:
        self.raw.execute(sql.replace("%s", "?").replace("%%", "%"), parameters)

    def fetchall(self) -> list[Any]:
        return self.raw.fetchall()

    def fetchone(self) -> Any:
        return self.raw.fetchone()


class Connection:
    def __init__(self, *statements: str) -> None:
        self.raw = sqlite3.connect(":memory:")
        for each in statements:
            self.raw.execute(each)

    def cursor(self) -> Cursor:
        return Cursor(self.raw)

    def close(self) -> None:
        self.raw.close()


ITEM = 'CREATE TABLE "item" ("id" integer PRIMARY KEY, "a" varchar(9) NOT NULL, "b" integer NULL)'


def differences(one: tuple[str, ...], other: tuple[str, ...]) -> list[str]:
    with closing(Connection(*one)) as first, closing(Connection(*other)) as second:
        return [
            str(each) for each in schema_differences(schema_of(first.cursor()), schema_of(second.cursor()))
        ]


@pytest.mark.parametrize(
    "same",
    [
        ('CREATE TABLE "item" ("b" integer NULL, "id" integer PRIMARY KEY, "a" VARCHAR(9) NOT NULL)',),
        (
            'CREATE TABLE "item" ("id" integer PRIMARY KEY, "a" varchar(9) DEFAULT \'x\' NOT NULL, "b" integer)',
        ),
    ],
)
def test_order_and_defaults_do_not_count(same: tuple[str, ...]) -> None:
    assert differences((ITEM,), same) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('CREATE INDEX "i" ON "item" ("a")', 'item: index ("a") is unexpected'),
        ('CREATE UNIQUE INDEX "i" ON "item" ("a", "b")', 'item: unique ("a", "b") is unexpected'),
        (
            'CREATE UNIQUE INDEX "i" ON "item" ("a") WHERE "b" > 0',
            'item: unique ("a") WHERE "b" > 0 is unexpected',
        ),
        ('ALTER TABLE "item" ADD COLUMN "c" text NULL', "column item.c is unexpected"),
        (
            'ALTER TABLE "item" ADD COLUMN "c" integer REFERENCES "item" ("id")',
            "item: foreign key c to item.id is unexpected",
        ),
        ('CREATE TABLE "other" ("id" integer)', "table other is unexpected"),
    ],
)
def test_everything_else_counts(more: str, said: str) -> None:
    assert said in differences((ITEM, more), (ITEM,))


def test_checks_are_compared_by_what_they_say() -> None:
    def table(check: str) -> tuple[str, ...]:
        return (f'CREATE TABLE "item" ("n" integer, CONSTRAINT "x" CHECK ({check}))',)

    assert differences(table('"n" > 0'), table('"item"."n"  >  0')) == []
    assert differences(table('"n" > 0'), table('"n" > 1')) == [
        'item: check ("n" > 0) is unexpected',
        'item: check ("n" > 1) is missing',
    ]


def test_rows_have_values_and_null_and_lead_somewhere() -> None:
    keyed = (
        'CREATE TABLE "line" ("id" integer PRIMARY KEY, "item_id" integer NOT NULL REFERENCES "item" ("id"))'
    )
    lost = 'CREATE TABLE "gone" ("id" integer PRIMARY KEY, "far_id" integer NOT NULL REFERENCES "nowhere" ("id"))'
    with closing(
        Connection(ITEM, keyed, lost, 'CREATE TABLE "nowhere" ("id" integer PRIMARY KEY, CHECK ("id" < 0))')
    ) as connection:
        fill(connection, 2)
        found = values_of(connection)
    assert found["item"] == {1: {"id": 1, "a": "1", "b": 1}, 2: {"id": 2, "a": "2", "b": None}}
    assert found["line"][2]["item_id"] == 2
    assert found["gone"] == {}


def test_a_value_may_change_where_an_operation_changes_its_column() -> None:
    before = {"item": {1: {"id": 1, "a": "1"}}}
    after = {"item": {1: {"id": 1, "a": "a"}}}
    (said,) = lost_values(before, after, {})
    assert str(said) == "item.a was '1' and is 'a', though no operation changes that column"
    assert list(lost_values(before, after, {"item": {"a"}})) == []
    assert list(lost_values(before, after, {"item": {None}})) == []
    assert [str(each) for each in lost_values(before, {"item": {}}, {})] == ["a row of item is lost"]
