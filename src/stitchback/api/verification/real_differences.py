"""The differences of two real schemas, and what a fresh install of the reconciled tree must be: mainline's own, with what only the patch branches had."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
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


Part = tuple[str, str, object]  # what it is, its name or definition, wherever it is, and its shape


@dataclass(frozen=True, slots=True)
class Old:
    """Schemas that the old trees make: `mainline` of a fresh install, `patches` before and after each patch branch. `moved`: see `moved_tables`."""

    mainline: DatabaseSchema
    patches: tuple[tuple[DatabaseSchema, DatabaseSchema], ...]
    moved: Mapping[str, str] = field(default_factory=dict)


def wrong_install(fresh: DatabaseSchema, old: Old) -> Iterator[Problem]:
    """What a fresh install lacks, has otherwise or has twice, and no patch branch explains."""
    mainline = _under_new_tables(old.mainline, old.moved)
    for before, after in old.patches:
        mainline = _under_new_columns(mainline, _under_new_tables(before, old.moved), after)
    old = replace(old, mainline=mainline)
    by_patches = {part for before, after in old.patches for part in changed_parts(before, after)}
    renamed = _may_be_renamed(old)
    strange = {
        part[1]
        for part in set(changed_parts(old.mainline, fresh)) - by_patches
        if by_patches.isdisjoint(_under_old_names(part, renamed))
    }
    for problem in schema_differences(fresh, old.mainline):
        if any(name in each for name in strange for each in problem.names):
            yield replace(problem, message=problem.message.replace("a fresh install", "mainline's own"))
    yield from twice(fresh, (old.mainline, *(after for _, after in old.patches)))


def moved_tables(pairs: Iterable[tuple[DatabaseSchema, DatabaseSchema]]) -> dict[str, str]:
    """Tables that a patch branch has under another name afterwards: one that is gone, and the only new one with all of its columns."""
    found: dict[str, set[str]] = {}
    for before, after in pairs:
        for table in before.tables.keys() - after.tables.keys():
            columns = before.tables[table]["columns"].keys()
            new = after.tables.keys() - before.tables.keys()
            found.setdefault(table, set()).update(
                each for each in new if columns <= after.tables[each]["columns"].keys()
            )
    return {table: names.pop() for table, names in found.items() if len(names) == 1}


def _under_new_tables(schema: DatabaseSchema, moved: Mapping[str, str]) -> DatabaseSchema:
    """The schema with the tables under these names, also where another table refers to one."""
    moved = {old: new for old, new in moved.items() if old in schema.tables and new not in schema.tables}
    if not moved:
        return schema
    word = re.compile(rf"\b({'|'.join(map(re.escape, moved))})\b")

    def renamed(value: Any) -> Any:
        match value:
            case str():
                return word.sub(lambda found: moved[found[1]], value)
            case dict():
                return {name: renamed(item) for name, item in value.items()}
            case list() | tuple():
                return type(value)(map(renamed, value))
            case _:
                return value

    tables = {moved.get(name, name): renamed(dict(table)) for name, table in schema.tables.items()}
    return replace(schema, tables=tables)


def _under_new_columns(
    schema: DatabaseSchema, before: DatabaseSchema, after: DatabaseSchema
) -> DatabaseSchema:
    """The schema with the columns that a patch branch has renamed under their new names: the one that is gone from a table, and the only new one."""
    tables = dict(schema.tables)
    for name in before.tables.keys() & after.tables.keys() & tables.keys():
        was, now = (each.tables[name]["columns"] for each in (before, after))
        gone, new = was.keys() - now.keys(), now.keys() - was.keys()
        if len(gone) != 1 or len(new) != 1 or [was[each] for each in gone] != [now[each] for each in new]:
            continue
        (old_name,), (new_name,) = gone, new
        columns = tables[name]["columns"]
        if old_name in columns and new_name not in columns:
            word = re.compile(rf"\b{re.escape(old_name)}\b")
            lists = {what: [word.sub(new_name, text) for text in tables[name][what]] for what in LISTS}
            renamed = {new_name if each == old_name else each: shape for each, shape in columns.items()}
            tables[name] = {**tables[name], **lists, "columns": renamed}
    return replace(schema, tables=tables)


def _may_be_renamed(old: Old) -> tuple[tuple[str, str], ...]:
    """Pairs of columns, and of tables, one that mainline no longer has and one that it has since: the second may be the first under a new name."""
    found: list[tuple[str, str]] = []
    for names in (_column_names, _table_names):
        here = names(old.mainline)
        gone = set[str]().union(*(names(after) - here for _, after in old.patches))
        new = here.difference(*(names(before) for before, _ in old.patches)) if old.patches else set[str]()
        found += ((was, now) for was in sorted(gone) for now in sorted(new))
    return tuple(found)


def _column_names(schema: DatabaseSchema) -> set[str]:
    return {column for table in schema.tables.values() for column in table["columns"]}


def _table_names(schema: DatabaseSchema) -> set[str]:
    return set(schema.tables)


def _under_old_names(part: Part, renamed: Iterable[tuple[str, str]]) -> set[Part]:
    """A many-to-many table is renamed with the table that its name starts with."""
    what, text, shape = part
    end = "_|" if what == "table" else ""
    return {(what, re.sub(rf"\b{re.escape(now)}(?={end}\b)", was, text), shape) for was, now in renamed}


def changed_parts(before: DatabaseSchema, after: DatabaseSchema) -> Iterator[Part]:
    """Tables, columns, indexes and constraints that are not the same, and what they are after (None: not there). Without the
    table: mainline may have renamed that."""
    old, new = dict(_parts(before)), dict(_parts(after))
    for place in {*old, *new}:
        if old.get(place) != new.get(place):
            yield place[0], place[2], new.get(place)


def _parts(schema: DatabaseSchema) -> Iterator[tuple[tuple[str, str, str], object]]:
    for name, table in schema.tables.items():
        yield ("table", name, name), ""
        for column, shape in table["columns"].items():
            yield ("column", name, column), tuple(sorted(shape.items()))
        for what in LISTS:
            for text, count in Counter(table[what]).items():
                yield (what, name, text), count


def twice(fresh: DatabaseSchema, old: Iterable[DatabaseSchema]) -> Iterator[Problem]:
    """Indexes and constraints of one definition, under whatever names, of which no old tree makes so many."""
    known = Counter[tuple[str, str, str]]()
    for schema in old:
        known |= _definitions(schema)
    for (what, name, text), count in sorted(_definitions(fresh).items()):
        if count > max(1, known[what, name, text]):
            yield Problem.of(ProblemKind.INSTALLED_TIMES, LISTS[what], name, count, text)


def _definitions(schema: DatabaseSchema) -> Counter[tuple[str, str, str]]:
    return Counter(
        (what, name, without_name(text))
        for name, table in schema.tables.items()
        for what in LISTS
        for text in table[what]
    )
