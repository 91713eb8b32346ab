"""What a fresh install of the reconciled tree must be: mainline's own, with what only the patch branches had."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from stitchback.adapters.projects import DatabaseSchema
from stitchback.api.verification.real_differences import LISTS, schema_differences, without_name
from stitchback.model.problems import Problem, ProblemKind

Part = tuple[str, str, object]  # what it is, its name or definition, wherever it is, and its shape


@dataclass(frozen=True, slots=True)
class Old:
    """Schemas that the old trees make: `mainline` of a fresh install, `patches` before and after each patch branch."""

    mainline: DatabaseSchema
    patches: tuple[tuple[DatabaseSchema, DatabaseSchema], ...]


def wrong_install(fresh: DatabaseSchema, old: Old) -> Iterator[Problem]:
    """What a fresh install lacks, has otherwise or has twice, and no patch branch explains."""
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


def _may_be_renamed(old: Old) -> tuple[tuple[str, str], ...]:
    """Pairs of columns, and of tables, one that mainline no longer has and one that it has since: the second may be the first under a new name."""
    found: list[tuple[str, str]] = []
    for names in (_columns, _tables):
        here = names(old.mainline)
        gone = set[str]().union(*(names(after) - here for _, after in old.patches))
        new = here.difference(*(names(before) for before, _ in old.patches)) if old.patches else set[str]()
        found += ((was, now) for was in sorted(gone) for now in sorted(new))
    return tuple(found)


def _columns(schema: DatabaseSchema) -> set[str]:
    return {column for table in schema.tables.values() for column in table["columns"]}


def _tables(schema: DatabaseSchema) -> set[str]:
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


def columns_of(schema: DatabaseSchema) -> frozenset[str]:
    return frozenset(column for table in schema.tables.values() for column in table["columns"])


def without_columns(part: Part, columns: frozenset[str]) -> Part:
    """An index or constraint with a placeholder for these columns: mainline may have renamed them after the patch branch made it."""
    what, text, shape = part
    return what, re.sub(r"\w+", lambda word: "?" if word[0] in columns else word[0], text), shape


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
