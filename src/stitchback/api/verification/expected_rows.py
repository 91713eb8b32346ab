"""What the rows of a database must be after the deploy, from what the old trees make of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from stitchback.api.verification.real_databases import DatabaseCache, DatabaseState
from stitchback.api.verification.real_populations import BranchTrees, TestDatabases
from stitchback.api.verification.real_rows import (
    Place,
    ValueLocations,
    Values,
    added,
    changed,
    columns,
    unequal,
)
from stitchback.api.verification.upgrade_paths import RowsJudge
from stitchback.model.plans import FORK
from stitchback.model.problems import Problem
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
        touched, defaults = self._by_patches()
        anywhere = frozenset(place for places in touched.values() for place in places)
        judges: dict[str, RowsJudge] = {}
        for each in self.databases.kinds:
            digest = each.database.digest
            oracle = oracles.get(digest)
            judges[digest] = (
                _as_before(each.database, fates, touched.get(digest, anywhere))
                if oracle is None
                else _as_mainline(each.database, oracle, anywhere, defaults, self.databases.add_remark)
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
    defaults: Mapping[Place, Collection[Values]],
    say: Say,
) -> RowsJudge:
    """Old rows may have the default that the patch gives to a column that both sides add, and that is new to the database:
    that is remarked only."""
    own = columns(start.rows)

    def wrong(final: DatabaseState) -> Iterator[Problem]:
        has = columns(final.rows)
        for place, problem in unequal(final.rows, oracle.rows, touched):
            if place not in own and has.get(place) in defaults.get(place, ()):
                say(f"rows that existed before have the patch's default, not mainline's: {problem}")
            else:
                yield problem

    return wrong


def _as_before(start: DatabaseState, fates: ValueLocations, touched: frozenset[Place]) -> RowsJudge:
    return lambda final: fates.lost(start.rows, final.rows, touched)
