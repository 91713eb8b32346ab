"""The differences of two real schemas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from stitchback.adapters.projects import DatabaseSchema
from stitchback.model.problems import Problem, ProblemKind
from stitchback.upgrades.checks import differences_by_name

LISTS = {"indexes": "index", "uniques": "unique constraint", "checks": "check", "foreign_keys": "foreign key"}


def schema_differences(found: DatabaseSchema, wanted: DatabaseSchema) -> tuple[Problem, ...]:
    """What `found` has otherwise than `wanted` (a fresh install); empty where they are the same."""
    kinds = ProblemKind.TABLE_LACKING, ProblemKind.TABLE_EXTRA
    tables = differences_by_name(found.tables, wanted.tables, kinds, _table)
    return (*tables, *_others(found.others, wanted.others))


def _table(name: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _columns(name, found["columns"], wanted["columns"])
    if found["primary_key"] != wanted["primary_key"]:
        keys = (tuple(table["primary_key"]) for table in (found, wanted))
        yield Problem.of(ProblemKind.KEY_DIFFERS, name, *keys)
    for what, word in LISTS.items():
        yield from _lists(name, word, Counter(found[what]), Counter(wanted[what]))


def _columns(name: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[Problem]:
    def differing(column: str, has: Any, should: Any) -> tuple[Problem]:
        return (Problem.of(ProblemKind.SHAPE_DIFFERS, name, column, _shape(has), _shape(should)),)

    kinds = ProblemKind.PART_LACKING, ProblemKind.PART_EXTRA
    return differences_by_name(found, wanted, kinds, differing, "column", name)


def _shape(column: Mapping[str, str]) -> str:
    rest = (f"{what} {text}" for what, text in sorted(column.items()) if what not in ("type", "null"))
    return ", ".join((f"{column['type']} {column['null']}", *rest))


def _lists(name: str, word: str, found: Counter[str], wanted: Counter[str]) -> Iterator[Problem]:
    for text in sorted({*found, *wanted}):
        has, should = found[text], wanted[text]
        if has > should and should:
            yield Problem.of(ProblemKind.DEFINITION_REPEATED, word, name, has, text)
        elif has > should:
            yield Problem.of(ProblemKind.DEFINITION_EXTRA, word, name, text)
        elif has < should:
            yield Problem.of(ProblemKind.DEFINITION_NOT_THERE, word, name, text)


def without_name(text: str) -> str:
    """The definition, whether or not it was named (`in_project.definitions.named`)."""
    name, colon, definition = text.partition(": ")
    return definition if colon and " " not in name else text


def _others(found: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[Problem]:
    for name in sorted({*found, *wanted}):
        if found.get(name) != wanted.get(name):
            yield Problem.of(ProblemKind.OBJECT_DIFFERS, name)
