"""The differences of two real schemas in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from stitchback.adapters.projects import DatabaseSchema

LISTS = {"indexes": "index", "uniques": "unique constraint", "checks": "check", "foreign_keys": "foreign key"}


def schema_differences(found: DatabaseSchema, wanted: DatabaseSchema) -> tuple[str, ...]:
    """What `found` has otherwise than `wanted` (a fresh install); empty where they are the same."""
    return tuple(_tables(found.tables, wanted.tables)) + tuple(_others(found.others, wanted.others))


def _tables(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*found, *wanted}):
        if name not in found:
            yield f"table {name} is missing"
        elif name not in wanted:
            yield f"table {name} exists, and a fresh install has none"
        elif found[name] != wanted[name]:
            yield from _table(name, found[name], wanted[name])


def _table(name: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    yield from _columns(name, found["columns"], wanted["columns"])
    if found["primary_key"] != wanted["primary_key"]:
        keys = (", ".join(table["primary_key"]) for table in (found, wanted))
        yield "primary key of {}: ({}), in a fresh install ({})".format(name, *keys)
    for what, word in LISTS.items():
        yield from _lists(name, word, Counter(found[what]), Counter(wanted[what]))


def _columns(name: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for column in sorted({*found, *wanted}):
        if column not in found:
            yield f"column {name}.{column} is missing"
        elif column not in wanted:
            yield f"column {name}.{column} exists, and a fresh install has none"
        elif found[column] != wanted[column]:
            yield f"column {name}.{column}: {_shape(found[column])}, in a fresh install {_shape(wanted[column])}"


def _shape(column: Mapping[str, str]) -> str:
    rest = (f"{what} {text}" for what, text in sorted(column.items()) if what not in ("type", "null"))
    return ", ".join((f"{column['type']} {column['null']}", *rest))


def _lists(name: str, word: str, found: Counter[str], wanted: Counter[str]) -> Iterator[str]:
    for text in sorted({*found, *wanted}):
        has, should = found[text], wanted[text]
        if has > should and should:
            yield f"{word} of {name} exists {has} times: {text}"
        elif has > should:
            yield f"{word} of {name} exists, and a fresh install has none: {text}"
        elif has < should:
            yield f"{word} of {name} is missing: {text}"


def without_name(text: str) -> str:
    """The definition, whether or not it was named (`in_project.definitions.named`)."""
    name, colon, definition = text.partition(": ")
    return definition if colon and " " not in name else text


def _others(found: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*found, *wanted}):
        if found.get(name) != wanted.get(name):
            yield f"{name} differs from a fresh install"
