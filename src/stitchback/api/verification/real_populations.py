"""Every kind of database that the branches' histories left behind, made by the old trees themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import Keys, ProjectSession
from stitchback.api.verification.real_databases import DatabaseCache, DatabaseState
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import LedgerStanding
from stitchback.model.plans import FORK
from stitchback.upgrades.histories import KindOfDatabase, KindsOfDatabase, up_to
from stitchback.upgrades.paths import FULL, UpgradeStep


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


TestDatabase = KindOfDatabase[DatabaseState]


@dataclass(slots=True)
class TestDatabases(KindsOfDatabase[tuple[OldTree, OldTree], DatabaseState, DatabaseState]):
    """The kinds of database that the old trees create. `names`: of databases of a release, by digest and by ref."""

    bench: DatabaseCache
    branches: BranchTrees
    names: dict[str, dict[str, str]] = field(default_factory=dict)

    def empty(self) -> DatabaseState:
        return self.bench.empty()

    def identified(self, created: DatabaseState) -> tuple[str, DatabaseState]:
        return created.digest, created

    def migrated(self, tree: OldTree, start: DatabaseState, step: UpgradeStep = FULL) -> DatabaseState | None:
        """What one migrate with the old tree makes of it, filled; None where it cannot, which is remarked."""
        done = self.bench.step(tree.session, start, step, fill=True)
        if done.state is None:
            said = f"{done.outcome.error_class}: {done.outcome.error_message}".splitlines()[0]
            self.add_remark(
                f"{tree.ref} itself cannot {step} a database with {_in_short(start.ledger)}: {said}"
            )
        return done.state

    def at_fork_point(self, branch: tuple[OldTree, OldTree]) -> DatabaseState:
        fork, _ = branch
        state = self.migrated(fork, self.empty()) or self.empty()
        self.add(fork.ref, FORK, fork.ref, state)
        return state

    def grow_patch(self, branch: tuple[OldTree, OldTree], start: DatabaseState) -> None:
        self.grow(branch[1], start)

    def grow_mainline(self, start: DatabaseState) -> None:
        for tree in self.branches.mainlines:
            self.grow(tree, start)
            self.grow_from_start(tree, start)

    def grow(self, tree: OldTree, start: DatabaseState) -> None:
        """What each partial target makes from `start` on, and the prefixes in the order of a full plan."""
        standing = self.bench.standing(tree.session, start)
        if isinstance(standing, Raised):
            self.add_remark(
                f"{tree.ref} cannot have created a database from {_in_short(start.ledger)}: {standing}"
            )
            return
        for target in released(standing, tree.unreleased):
            state = self.migrated(tree, start, UpgradeStep((target.app, target.name)))
            if state is not None:
                self.add(up_to(tree.ref, [target]), tree.lineage, tree.ref, state)
        self._grow_along(tree, start)

    def grow_from_start(self, tree: OldTree, start: DatabaseState) -> None:
        """Installs of the tree itself that are past `start`, where their rows are others: after a squash, or a rename."""
        standing = self.bench.standing(tree.session, start)
        whole = self.bench.step(tree.session, self.empty()).state
        upgraded = self.bench.step(tree.session, start).state
        if isinstance(standing, Raised) or whole is None or _same_rows(whole, upgraded):
            return
        for target in released(standing, tree.unreleased):
            state = self.migrated(tree, self.empty(), UpgradeStep((target.app, target.name)))
            if state is not None:
                self.add(f"{tree.ref}, installed up to {target}", tree.lineage, tree.ref, state)

    def _grow_along(self, tree: OldTree, start: DatabaseState) -> None:
        state = start
        while True:
            step = self.bench.step(tree.session, state, most=1, fill=True)
            if step.state is None or not step.outcome.ran or tree.unreleased.intersection(step.outcome.ran):
                break
            state = step.state
            self.add(f"{tree.ref}, stopped after {step.outcome.ran[-1]}", tree.lineage, tree.ref, state)
        whole = None if tree.unreleased else self.migrated(tree, state)
        if whole is not None:
            self.add(tree.ref, tree.lineage, tree.ref, whole)

    def deployed(self, trees: Releases, shared: frozenset[MigrationKey]) -> None:
        """An install of each of the trees, and one database that was migrated by each in turn, as releases came."""
        state, before = self.empty(), ""
        for tree in trees:
            if isinstance(tree, NotRun):
                self.add_remark(
                    f"{tree.ref} is not replayed, its project cannot be started here: {tree.reason}"
                )
                continue
            installed = self.migrated(tree, self.empty())
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
        self.names.setdefault(state.digest, {}).setdefault(tree.ref, name)

    def _is_of_edited_files(self, state: DatabaseState) -> bool:
        """Whether a database of the fork point has the same rows and another schema: the branch has edited released migrations."""
        forks = (each.database for each in self.of_lineage(FORK))
        return any(_same_rows(state, fork) and fork.schema != state.schema for fork in forks)

    def also(self, kind: TestDatabase) -> tuple[str, ...]:
        """Releases whose databases are the same."""
        known = self.names.get(kind.database.digest, {})
        return tuple(name for name in known.values() if name != kind.population.name)


def _same_rows(one: DatabaseState, other: DatabaseState | None) -> bool:
    return other is not None and sorted(one.ledger) == sorted(other.ledger)


def released(standing: LedgerStanding, unreleased: frozenset[MigrationKey]) -> Iterator[MigrationKey]:
    return (key for key in standing.unapplied if key not in unreleased)


def _in_short(ledger: Keys) -> str:
    return f"{len(ledger)} migrations" if ledger else "nothing"
