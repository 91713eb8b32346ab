"""The use case `verify`: a proved plan done on real databases, with the project's own code, before anybody deploys it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stitchback.adapters.project_environment import harmless_environment
from stitchback.adapters.project_process import Raised
from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.verification.real_checks import EngineChecks, ManualRepair, Progress, Repair, not_loaded
from stitchback.api.verification.real_databases import DatabaseCache, Remedy
from stitchback.api.verification.real_populations import BranchTrees, NotRun, OldTree
from stitchback.api.verification.report import EngineReport
from stitchback.api.verification.upgrade_paths import Reconciled
from stitchback.api.verification.worktrees import Worktrees
from stitchback.errors import EnvironmentProblem
from stitchback.model.configuration import DataAgreement
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import FORK, MAINLINE, PATCHED
from stitchback.upgrades.histories import fork_point_of

SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class PatchCommits:
    """A patch branch: its tip, and the commit where it parted from mainline (from before the merge, where git has merged it)."""

    ref: str
    commit: str
    fork: str


@dataclass(frozen=True, slots=True)
class MainlineCommit:
    """Mainline as it was read. `brought`: paths of migrations that git's merge brought over and that left several leaves, so
    that no database was made with them. `unreleased`: migrations that no database has applied. `before`: the commit that made mainline's
    databases, where mainline has the plan's files already; `went_on`: its own tree has made databases since, too."""

    ref: str
    commit: str
    brought: frozenset[str] = frozenset()
    unreleased: frozenset[MigrationKey] = frozenset()
    before: str | None = None
    went_on: bool = False


@dataclass(frozen=True, slots=True)
class ReplayedTag:
    """A release whose databases are made too. `lineage`: what it counts as, once it is past the fork point (patched, mainline)."""

    ref: str
    commit: str
    lineage: str = MAINLINE


@dataclass(frozen=True, slots=True)
class VerifyCase:
    """What is tried. `files`: the reconciled tree's, over mainline's commit (path -> bytes, None: deleted). `manual_steps`: the
    lineages that the plan says may need a repair, `finishing` those that may have to finish first. `releases`: lines of releases that came one after the other, oldest first. `agreements`: data
    operations that need not run just once. `folder`: of the Django project, relative to the repository's top."""

    repository: Path
    patches: tuple[PatchCommits, ...]
    mainline: MainlineCommit
    files: Mapping[str, bytes | None]
    manual_steps: frozenset[str] = frozenset({MAINLINE})
    finishing: frozenset[str] = frozenset()
    releases: tuple[tuple[ReplayedTag, ...], ...] = ()
    agreements: tuple[DataAgreement, ...] = ()
    folder: str = ""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    engines: tuple[EngineReport, ...]

    @property
    def went_well(self) -> bool:
        return not any(engine.differences for engine in self.engines)


@dataclass(frozen=True, slots=True)
class How:
    """`settings` None: what manage.py names. `python`: the project's interpreter. `environment`: variables that its code gets besides
    those of every program. `manual_repair` runs a repair's script on a database;
    None: the project's own Django runs it. `thorough` None: on SQLite, where a database is copied in a millisecond."""

    settings: str | None = None
    python: str = sys.executable
    manual_repair: Remedy | None = None
    thorough: bool | None = None
    progress: Progress = field(default=lambda text: None)
    environment: Mapping[str, str] = field(default_factory=dict)


def verify_plan(
    case: VerifyCase, repair: Repair, urls: tuple[str | DatabaseUrl, ...] = (SQLITE,), how: How | None = None
) -> VerifyReport:
    """Each engine in turn, SQLite's files and databases made on the servers of the URLs; all of it is gone afterwards, whatever
    happens. `repair` gives the script for the database at a URL, "" where it needs none.

    Raises EnvironmentProblem: a server that cannot be reached or refuses to make databases, a project that cannot be run.
    """
    how = how or How()
    return VerifyReport(tuple(_on_engine(case, repair, url, how) for url in urls))


def _on_engine(case: VerifyCase, repair: Repair, url: str | DatabaseUrl, how: How) -> EngineReport:
    with (
        scratch_databases(url, how.python) as scratch,
        Worktrees(
            case.repository, how.settings, how.python, case.folder, environment_of(how, scratch.vendor)
        ) as shop,
    ):
        if scratch.left_over:
            how.progress(
                f"{scratch.vendor}: databases of earlier runs, to be dropped: {', '.join(scratch.left_over)}"
            )
        how.progress(f"{scratch.vendor}: exporting the trees")
        reconciled = shop.reconciled(case.mainline.commit, case.files, scratch.create())
        if isinstance(reconciled, Raised):
            return not_loaded(scratch.vendor, reconciled)
        manual = ManualRepair(
            repair, how.manual_repair or _by_django(reconciled), case.manual_steps, case.finishing
        )
        progress = _prefixed(scratch.vendor, how.progress)
        thorough = scratch.vendor == "sqlite" if how.thorough is None else how.thorough
        branches = _branches(case, shop, scratch.create())
        judge = EngineChecks(
            DatabaseCache(scratch), branches, reconciled, manual, progress, thorough, case.agreements
        )
        return judge.judged()


def environment_of(how: How, vendor: str) -> dict[str, str]:
    """With what the engine's client library goes by: the project's code is given the scratch database's address anyway."""
    clients = {"postgresql": ("PG*",), "mysql": ("MYSQL_*", "MARIADB_*")}
    return {**harmless_environment(clients.get(vendor, ())), **how.environment}


def _branches(case: VerifyCase, shop: Worktrees, url: str) -> BranchTrees:
    """`url` is any database, for releases' projects to be started with."""
    said = case.mainline
    before = shop.at(said.before or said.commit, said.brought)
    mainlines = [OldTree(said.ref, MAINLINE, before, said.unreleased)]
    if said.went_on:
        now = shop.at(said.commit, said.brought)
        mainlines.append(OldTree(f"{said.ref} with the plan", MAINLINE, now, said.unreleased))
    return BranchTrees(
        forks=tuple(OldTree(fork_point_of(patch.ref), FORK, shop.at(patch.fork)) for patch in case.patches),
        patches=tuple(OldTree(patch.ref, PATCHED, shop.at(patch.commit)) for patch in case.patches),
        mainlines=tuple(mainlines),
        oracle=mainlines[-1].session,
        releases=tuple(_releases(line, shop, url) for line in case.releases),
    )


def _releases(line: Iterable[ReplayedTag], shop: Worktrees, url: str) -> Iterator[OldTree | NotRun]:
    """One after the other: a release's process ends when the next is asked for."""
    for tag in line:
        try:
            with shop.for_a_while(tag.commit, url) as session:
                yield OldTree(tag.ref, tag.lineage, session)
        except (Raised, EnvironmentProblem) as problem:
            yield NotRun(tag.ref, str(problem).splitlines()[0])


def _by_django(tree: Reconciled) -> Callable[[str, str], None]:
    return lambda url, script: tree.session.execute(url, script)


def _prefixed(vendor: str, progress: Progress) -> Progress:
    return lambda text: progress(f"{vendor}: {text}")
