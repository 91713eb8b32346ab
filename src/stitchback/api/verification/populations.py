"""Every kind of database that the branches' histories left behind, made by the old trees themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import Keys, LoaderStanding, ProjectSession
from stitchback.api.verification.databases import FULL, DatabaseCache, DatabaseState, Migrate
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import Population

FRESH, FORK, PATCHED, MAINLINE = "fresh", "fork point", "patched", "mainline"
ONE = Migrate(stop_after=1)


@dataclass(frozen=True, slots=True)
class OldTree:
    """A tree that databases were migrated with. `unreleased`: migrations that no database has applied."""

    ref: str
    lineage: str
    session: ProjectSession
    unreleased: frozenset[MigrationKey] = frozenset()


@dataclass(frozen=True, slots=True)
class NotRun:
    """A release whose project could not be started, and the error."""

    ref: str
    reason: str


Releases = Iterable[OldTree | NotRun]


@dataclass(frozen=True, slots=True)
class BranchTrees:
    """The old trees. `forks` and `patches` go in pairs; `mainlines` made databases, the first of them without anything of the plan;
    `oracle` is mainline as it stands, which may have migrations that no database has applied. `releases`: lines of trees, oldest first, that came one after the other; gone through once."""

    forks: tuple[OldTree, ...]
    patches: tuple[OldTree, ...]
    mainlines: tuple[OldTree, ...]
    oracle: ProjectSession
    releases: tuple[Releases, ...] = ()

    @property
    def untouched(self) -> ProjectSession:
        """Mainline without anything of the plan: what fails there is none of the plan's doing."""
        return self.mainlines[0].session if len(self.mainlines) > 1 else self.oracle


@dataclass(frozen=True, slots=True)
class TestDatabase:
    population: Population
    state: DatabaseState


@dataclass(slots=True)
class TestDatabases:
    """Every database once, under the first name that it gets."""

    bench: DatabaseCache
    inhabitants: list[TestDatabase] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=dict)  # of releases' databases, by digest

    def add(self, name: str, lineage: str, ref: str, state: DatabaseState) -> None:
        if state.digest not in {each.state.digest for each in self.inhabitants}:
            self.inhabitants.append(TestDatabase(Population(name, lineage, ref, state.ledger), state))

    def add_remark(self, text: str) -> None:
        if text not in self.remarks:
            self.remarks.append(text)

    def migrated(self, tree: OldTree, start: DatabaseState, act: Migrate = FULL) -> DatabaseState | None:
        """What one migrate with the old tree makes of it, filled; None where it cannot, which is remarked."""
        step = self.bench.step(tree.session, start, act, fill=True)
        if step.state is None:
            said = f"{step.outcome.error_class}: {step.outcome.error_message}".splitlines()[0]
            self.add_remark(
                f"{tree.ref} itself cannot {act} a database with {_in_short(start.ledger)}: {said}"
            )
        return step.state

    def fork(self, tree: OldTree) -> DatabaseState:
        """The database that the fork point's own tree made."""
        state = self.migrated(tree, self.bench.empty()) or self.bench.empty()
        self.add(tree.ref, FORK, tree.ref, state)
        return state

    def grow(self, tree: OldTree, start: DatabaseState) -> None:
        """What each partial target makes from `start` on, and the prefixes in the order of a full plan."""
        standing = self.bench.standing(tree.session, start)
        if isinstance(standing, Raised):
            self.add_remark(
                f"{tree.ref} cannot have created a database from {_in_short(start.ledger)}: {standing}"
            )
            return
        for target in released(standing, tree.unreleased):
            state = self.migrated(tree, start, Migrate(target.app, target.name))
            if state is not None:
                self.add(f"{tree.ref} up to {target}", tree.lineage, tree.ref, state)
        self._grow_along(tree, start)

    def grow_from_start(self, tree: OldTree, start: DatabaseState) -> None:
        """Installs of the tree itself that are past `start`, where their rows are others: after a squash, or a rename."""
        standing = self.bench.standing(tree.session, start)
        whole = self.bench.step(tree.session, self.bench.empty()).state
        upgraded = self.bench.step(tree.session, start).state
        if isinstance(standing, Raised) or whole is None or _same_rows(whole, upgraded):
            return
        for target in released(standing, tree.unreleased):
            state = self.migrated(tree, self.bench.empty(), Migrate(target.app, target.name))
            if state is not None:
                self.add(f"{tree.ref}, installed up to {target}", tree.lineage, tree.ref, state)

    def _grow_along(self, tree: OldTree, start: DatabaseState) -> None:
        state = start
        while True:
            step = self.bench.step(tree.session, state, ONE, fill=True)
            if not step.outcome.ran or tree.unreleased.intersection(step.outcome.ran):
                break
            after = self.migrated(tree, state, ONE)
            assert after is not None, "the step went well"
            self.add(f"{tree.ref}, stopped after {step.outcome.ran[-1]}", tree.lineage, tree.ref, after)
            state = after
        whole = None if tree.unreleased else self.migrated(tree, state)
        if whole is not None:
            self.add(tree.ref, tree.lineage, tree.ref, whole)

    def deployed(self, trees: Releases, shared: frozenset[MigrationKey]) -> None:
        """An install of each of the trees, and one database that was migrated by each in turn, as releases came."""
        state, before = self.bench.empty(), ""
        for tree in trees:
            if isinstance(tree, NotRun):
                self.add_remark(
                    f"{tree.ref} is not replayed, its project cannot be started here: {tree.reason}"
                )
                continue
            installed = self.migrated(tree, self.bench.empty())
            upgraded = self.migrated(tree, state) if before else installed
            self._released(tree, installed, "installed", shared)
            self._released(tree, upgraded, f"upgraded from {before}", shared)
            state, before = upgraded or installed or state, tree.ref

    def _released(
        self, tree: OldTree, state: DatabaseState | None, how: str, shared: frozenset[MigrationKey]
    ) -> None:
        """Also reported if a database like it has another name already."""
        if state is None:
            return
        name = f"{tree.ref}, {how}"
        is_released = shared.issuperset(state.ledger) and not self._is_of_edited_files(state)
        self.add(name, FORK if is_released else tree.lineage, tree.ref, state)
        known = self.names.setdefault(state.digest, [])
        if name not in known and not any(each.startswith(f"{tree.ref}, ") for each in known):
            known.append(name)

    def _is_of_edited_files(self, state: DatabaseState) -> bool:
        """Whether a database of the fork point has the same rows and another schema: the branch has edited released migrations."""
        forks = (each.state for each in self.inhabitants if each.population.lineage == FORK)
        return any(_same_rows(state, fork) and fork.schema != state.schema for fork in forks)

    def also(self, inhabitant: TestDatabase) -> tuple[str, ...]:
        """Releases whose databases are the same."""
        known = self.names.get(inhabitant.state.digest, [])
        return tuple(name for name in known if name != inhabitant.population.name)


def _same_rows(one: DatabaseState, other: DatabaseState | None) -> bool:
    return other is not None and sorted(one.ledger) == sorted(other.ledger)


def released(standing: LoaderStanding, unreleased: frozenset[MigrationKey]) -> Iterator[MigrationKey]:
    return (key for key in standing.unapplied if key not in unreleased)


def _in_short(ledger: Keys) -> str:
    return f"{len(ledger)} migrations" if ledger else "nothing"
