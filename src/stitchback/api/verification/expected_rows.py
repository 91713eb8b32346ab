"""What the rows of a database must be after the deploy, from what the old trees make of it.

Every column was given values of its own, so a value can be recognised wherever it goes. What the old mainline tree does to a
database that it can migrate is right: `ValueLocations` holds, column by column, where values stay, where they go, and which do not last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from stitchback.adapters.projects import Rows
from stitchback.api.verification.real_databases import DatabaseCache, DatabaseState
from stitchback.api.verification.real_differences import moved_tables
from stitchback.api.verification.real_populations import BranchTrees, TestDatabases
from stitchback.api.verification.upgrade_paths import RowsJudge
from stitchback.model.plans import FORK
from stitchback.model.problems import Problem, ProblemKind
from stitchback.upgrades.histories import OF_MAINLINE

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ExpectedRows:
    bench: DatabaseCache
    branches: BranchTrees
    databases: TestDatabases

    def patched(self) -> Iterator[tuple[DatabaseState, DatabaseState]]:
        """Each fork point's database, and what its patch branch makes of it, or installs where it cannot migrate that one."""
        for fork, patch in zip(self.branches.forks, self.branches.patches, strict=True):
            start = next(
                (each.database for each in self.databases.kinds if each.population.ref == fork.ref), None
            )
            if start is None:
                continue
            upgraded = self.bench.step(patch.session, start).state
            after = upgraded or self.bench.step(patch.session, self.bench.empty()).state
            if after is not None:
                yield start, after

    def moved(self) -> dict[str, str]:
        """The tables that the patch branches have moved, by their old names; one may have been created and moved since the fork point. A migration may
        rename its columns afterwards, so each prefix of the branch is compared too."""
        pairs = [(start.schema, after.schema) for start, after in self.patched()]
        for fork, patch in zip(self.branches.forks, self.branches.patches, strict=True):
            starts = [each.database for each in self.databases.kinds if each.population.ref == fork.ref]
            for each in self.databases.kinds:
                if each.population.ref == patch.ref:
                    after = self.bench.step(patch.session, each.database).state
                    pairs += [(each.database.schema, after.schema)] if after is not None else []
                    pairs += [(start.schema, each.database.schema) for start in starts]
        return moved_tables(pairs)

    def rows_judges(self) -> dict[str, RowsJudge]:
        """How to judge the rows of each population, by the digest of its database.

        What mainline's own old tree makes of a database is right, but for what the patches changed; where it cannot migrate one,
        every value must be where mainline's tree would have carried it."""
        oracles = dict(self._oracles())
        runs = [
            (each.database, oracles[each.database.digest])
            for each in self.databases.kinds
            if each.database.digest in oracles
        ]
        fates = ValueLocations.of((before.rows, after.rows) for before, after in runs)
        (touched, defaults), moved = self._by_patches(), self.moved()
        anywhere = frozenset(place for places in touched.values() for place in places)
        judges: dict[str, RowsJudge] = {}
        for each in self.databases.kinds:
            digest = each.database.digest
            oracle = oracles.get(digest)
            judges[digest] = (
                _as_before(each.database, fates, touched.get(digest, anywhere))
                if oracle is None
                else _as_mainline(each.database, oracle, anywhere, moved, defaults, self.databases.add_remark)
            )
        return judges

    def _oracles(self) -> Iterator[tuple[str, DatabaseState]]:
        for each in self.databases.kinds:
            if each.population.lineage in OF_MAINLINE:
                state = self.bench.step(self.branches.oracle, each.database).state
                if state is not None:
                    yield each.database.digest, state

    def _by_patches(self) -> tuple[dict[str, frozenset[Place]], dict[Place, set[Values]]]:
        """Columns that the rest of a patch branch's own migrations still change, by the digest of each database that it can
        migrate; and the values that patch branches write into columns that they add."""
        touched: dict[str, frozenset[Place]] = {}
        written: dict[Place, set[Values]] = {}
        for each in self.databases.kinds:
            for patch in self.branches.patches:
                mine = each.population.lineage == FORK or each.population.ref == patch.ref
                after = self.bench.step(patch.session, each.database).state if mine else None
                if after is not None:
                    places = changed(each.database.rows, after.rows)
                    touched[each.database.digest] = touched.get(each.database.digest, frozenset()) | places
                    for place, values in added(each.database.rows, after.rows).items():
                        written.setdefault(place, set()).add(values)
        return touched, written


def _as_mainline(
    start: DatabaseState,
    oracle: DatabaseState,
    touched: frozenset[Place],
    moved: Mapping[str, str],
    defaults: Mapping[Place, Collection[Values]],
    say: Say,
) -> RowsJudge:
    """Old rows may have the default that the patch gives to a column that both sides add, and that is new to the database:
    that is remarked only."""
    own = columns(start.rows)

    def wrong(final: DatabaseState) -> Iterator[Problem]:
        has = columns(final.rows)
        for place, problem in unequal(final.rows, oracle.rows, touched, moved):
            if place not in own and has.get(place) in defaults.get(place, ()):
                say(f"rows that existed before have the patch's default, not mainline's: {problem}")
            else:
                yield problem

    return wrong


def _as_before(start: DatabaseState, fates: ValueLocations, touched: frozenset[Place]) -> RowsJudge:
    return lambda final: fates.lost(start.rows, final.rows, touched)


FILLED_BY_DJANGO = frozenset(
    {"django_content_type", "auth_permission"}
)  # after every migrate, for new models
Place = tuple[str, str]  # table, column
Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValueLocations:
    """Where each column's values went: a place, or None where they did not last (a data operation, a column taken away)."""

    known: Mapping[Place, Place | None]

    @classmethod
    def of(cls, runs: Iterable[tuple[Rows, Rows]]) -> ValueLocations:
        """From rows before and after, of several databases; the first that knows a column counts."""
        known: dict[Place, Place | None] = {}
        for before, after in runs:
            old, new = columns(before), columns(after)
            for place, values in old.items():
                known.setdefault(place, _went(place, values, old, new))
        return cls(known)

    def lost(self, before: Rows, after: Rows, ignored: frozenset[Place]) -> Iterator[Problem]:
        """The columns whose values are not where they must be."""
        old, new = columns(before), columns(after)
        short = dict(_fewer(after, before))
        passing = ignored | {place for place, there in self.known.items() if there is None}
        yield from (problem for table, problem in short.items() if not _all_of(table, old, passing))
        for place, values in old.items():
            if place[0] in short:
                continue
            there = self.known[place] if place in self.known else _went(place, values, old, new)
            if place in ignored or (
                there is None and (place in self.known or self._loses_table(place[0], new))
            ):
                continue  # what does not last in a database that never saw the patch need not last here
            if there is None or not _holds(there, values, new):
                yield _difference(place, values, new.get(there or place))

    def _loses_table(self, table: str, now: Mapping[Place, Values]) -> bool:
        """Whether mainline's own tree removes the table, with a column that only the patch branch has."""
        went = [there for (name, _), there in self.known.items() if name == table]
        return bool(went) and not any(went) and not any(name == table for name, _ in now)


def changed(before: Rows, after: Rows) -> frozenset[Place]:
    """Columns of `before` that do not hold the same values in the same place."""
    old, new = columns(before), columns(after)
    return frozenset(place for place, values in old.items() if new.get(place) != values)


def added(before: Rows, after: Rows) -> dict[Place, Values]:
    """The values of columns that only `after` has."""
    old = columns(before)
    return {place: values for place, values in columns(after).items() if place not in old}


def unequal(
    found: Rows, wanted: Rows, ignored: frozenset[Place], moved: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[Place, Problem]]:
    """Columns of `wanted` whose values are others in `found`; columns that only `found` has do not matter. `moved`: tables that may have another
    name in `found`."""
    there = {
        new: old for old, new in moved.items() if old in wanted and old not in found and new not in wanted
    }
    has = {(there.get(table, table), column): values for (table, column), values in columns(found).items()}
    should = columns(wanted)
    short = dict(_fewer(found, wanted))
    yield from (
        ((table, ""), problem) for table, problem in short.items() if not _all_of(table, should, ignored)
    )
    for place, values in should.items():
        if place[0] not in short and place not in ignored and not _holds(place, values, has):
            yield place, _difference(place, values, has.get(place))


def columns(rows: Rows) -> dict[Place, Values]:
    """Every column's values, as sorted text."""
    found: dict[Place, list[str]] = {}
    for table, held in rows.items():
        for row in held:
            for column, value in row.items():
                found.setdefault((table, column), []).append(_text(value))
    return {place: tuple(sorted(values)) for place, values in found.items()}


def _fewer(found: Rows, wanted: Rows) -> Iterator[tuple[str, Problem]]:
    """Tables that have fewer rows than they should: their columns are not compared."""
    for table, held in wanted.items():
        has, should = len(found.get(table, ())), len(held)
        if table in found and has < should:
            yield table, Problem.of(ProblemKind.ROWS_FEWER, table, should, has)


def _all_of(table: str, places: Iterable[Place], ignored: frozenset[Place]) -> bool:
    return all(place in ignored for place in places if place[0] == table)


def _holds(place: Place, values: Values, now: Mapping[Place, Values]) -> bool:
    """Tables that Django itself fills for new models have more rows than before."""
    there = now.get(place)
    if place[0] in FILLED_BY_DJANGO and there is not None:
        return not Counter(values) - Counter(there)
    return there == values


def _went(
    place: Place, values: Values, old: Mapping[Place, Values], new: Mapping[Place, Values]
) -> Place | None:
    """Where the values are now; None where they are nowhere, or where more than one column could be it. Foreign keys have the values of the column that
    they refer to: a column of the same name in a table that was not there before goes first."""
    if new.get(place) == values:
        return place
    others = [there for there, held in new.items() if held == values and old.get(there) != values]
    tables = {table for table, _ in old}
    moved = [there for there in others if there[1] == place[1] and there[0] not in tables]
    found = others if len(others) == 1 else moved
    return found[0] if len(found) == 1 else None


def _text(value: Any) -> str:
    return "NULL" if value is None else str(value)


def _difference(place: Place, values: Values, now: Values | None) -> Problem:
    table, column = place
    shown = "gone" if now is None else f"now {', '.join(now)}"
    said = f"values of {table}.{column}: {', '.join(values)} before, {shown}"
    return Problem(ProblemKind.VALUES_DIFFER, (place, values, now), said)
