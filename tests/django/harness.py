"""The judge of a plan: real databases of every population, made by the old refs, taken through every rollout of the reconciled
tree by the project's own Django.

The work is done by `stitchback.api.verification`, as `stitchback verify` does it. Here are the fixtures' sides of it: which
commits made databases, a tree that may come from anywhere, and repairs through the command line.
"""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from command_line import repair_script
from fixture_repos import BuiltRepository

from stitchback.adapters.config import working_configuration
from stitchback.adapters.fixture_case import CaseCommit, FixtureCase
from stitchback.adapters.git import Repository
from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import ProjectSession
from stitchback.adapters.scratch_databases import ScratchDatabases, scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.verification.real_checks import (
    EngineChecks,
    ManualRepair,
    Repair,
    not_loaded,
)
from stitchback.api.verification.real_databases import DatabaseCache, Remedy
from stitchback.api.verification.real_populations import BranchTrees, OldTree
from stitchback.api.verification.worktrees import Worktrees
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import FORK, MAINLINE, PATCHED
from stitchback.model.verify_reports import EngineReport


def repair_by(repository: Path) -> Repair:
    """`stitchback repair --database URL` against the working tree."""
    return lambda url: repair_script(repository, url)


def by_sqlite(url: str, script: str) -> None:
    """As `sqlite3 file < script` does."""
    with closing(sqlite3.connect(DatabaseUrl.parse(url).name)) as connection:
        connection.executescript(script)
        assert not connection.in_transaction, "the script ends what it begins"


@dataclass(frozen=True, slots=True)
class Court:
    """A case with its databases, which the old trees make once, and before which any number of reconciled trees is brought."""

    built: BuiltRepository
    scratch: ScratchDatabases
    shop: Worktrees
    bench: DatabaseCache

    def judge(
        self,
        repair: Repair,
        *,
        tree: Path | None = None,
        lineages: frozenset[str] | None = None,
        manual_repair: Remedy = by_sqlite,
        thorough: bool = True,
    ) -> EngineReport:
        """The reconciled tree (what the repository has checked out, if none is named) against all populations of the case."""
        hand = ManualRepair(
            repair,
            manual_repair,
            frozenset(self.built.case.expect.manual_steps) if lineages is None else lineages,
            frozenset(self.built.case.expect.finish_first),
        )
        reconciled = self.shop.reconciled_folder(tree or self.built.path, self.scratch.create())
        if isinstance(reconciled, Raised):
            return not_loaded(self.scratch.vendor, reconciled)
        branches = Refs(self.built, self.shop, self.scratch).branches()
        agreements = working_configuration(Repository.open(self.built.path)).data
        judge = EngineChecks(self.bench, branches, reconciled, hand, thorough=thorough, agreements=agreements)
        return judge.judged()


@contextmanager
def court(
    built: BuiltRepository,
    server: str = "sqlite:///",
    bench: Callable[[ScratchDatabases], DatabaseCache] = DatabaseCache,
) -> Iterator[Court]:
    with scratch_databases(server) as scratch, Worktrees(built.path) as shop:
        yield Court(built, scratch, shop, bench(scratch))


@dataclass(frozen=True, slots=True)
class Refs:
    """Which commits of a case made databases."""

    built: BuiltRepository
    shop: Worktrees
    scratch: ScratchDatabases

    def branches(self) -> BranchTrees:
        case = self.built.case
        with closing(Repository.open(self.built.path)) as repository:
            tip = repository.resolve(case.onto)
            bases = tuple(base_of(repository, repository.resolve(ref), tip) for ref in case.patches)
            commits = tuple(repository.resolve(ref) for ref in case.patches)
        forks = tuple(
            OldTree(f"fork point of {ref}", FORK, self.shop.at(base))
            for ref, base in zip(case.patches, bases, strict=True)
        )
        patches = tuple(
            OldTree(ref, PATCHED, self.shop.at(commit))
            for ref, commit in zip(case.patches, commits, strict=True)
        )
        mainline = self.deployed(tip, tuple(zip(bases, commits, strict=True)))
        unreleased = self.unreleased(mainline)
        old = OldTree(case.onto, MAINLINE, mainline, unreleased)
        releases = () if unreleased else tuple(self.releases())
        return BranchTrees(forks, patches, (old,), mainline, releases)

    def deployed(self, tip: str, patches: tuple[tuple[str, str], ...]) -> ProjectSession:
        """Mainline; or, where git brought a patch's files over and left leaves that nobody can migrate with, without those."""
        session = self.shop.at(tip)
        graph = session.graph(self.scratch.create())
        if len({leaf.app for leaf in graph.leaves}) == len(graph.leaves):
            return session
        brought = [git(self.built.path, "diff", "--name-only", "--diff-filter=A", *pair) for pair in patches]
        return self.shop.at(
            tip, frozenset(path for paths in brought for path in paths.split() if "/migrations/" in path)
        )

    def unreleased(self, mainline: ProjectSession) -> frozenset[MigrationKey]:
        options = self.built.case.options
        if "--unreleased-since" not in options:
            return frozenset()
        since = options[options.index("--unreleased-since") + 1]
        url = self.scratch.create()
        with closing(Repository.open(self.built.path)) as repository:
            released = self.shop.at(repository.resolve(since))
        return frozenset(mainline.graph(url).disk) - frozenset(released.graph(url).disk)

    def releases(self) -> Iterator[tuple[OldTree, ...]]:
        """Each branch's commits, oldest first, as databases saw them that were never behind."""
        case = self.built.case
        for ref in (*case.patches, case.onto):
            lineage = MAINLINE if ref == case.onto else PATCHED
            chain = [self.built.commits[commit.id] for commit in line(case, ref)]
            yield tuple(OldTree(f"{ref}: {commit[:7]}", lineage, self.shop.at(commit)) for commit in chain)


def base_of(repository: Repository, patch: str, mainline: str) -> str:
    """Where the two parted, also where git has merged them since."""
    base = repository.merge_base(patch, mainline)
    merged = repository.first_merge_of(patch, mainline) if base == patch else None
    return base if merged is None else repository.merge_base(patch, merged.before)


def line(case: FixtureCase, branch: str) -> list[CaseCommit]:
    """The branch's commits from the root on; empty where the ref is no branch of the case."""
    by_id: Mapping[str, CaseCommit] = {commit.id: commit for commit in case.commits}
    own = [commit for commit in case.commits if commit.branch == branch]
    if not own or own[0].start is None:
        return own
    start = by_id[own[0].start]
    before = line(case, start.branch)
    return [*before[: before.index(start) + 1], *own]


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def nothing(url: str) -> str:
    """The repair of a plan that needs none."""
    return ""


def rows_of_ghosts(ghosts: Mapping[tuple[str, str], tuple[str, str]]) -> Callable[[str], str]:
    """A repair by hand: a database that has the second row and not the first gets the first."""

    def repair(url: str) -> str:
        with closing(sqlite3.connect(DatabaseUrl.parse(url).name)) as connection:
            tables = connection.execute(
                "SELECT name FROM sqlite_master WHERE name = 'django_migrations'"
            ).fetchall()
            rows = set(
                connection.execute("SELECT app, name FROM django_migrations").fetchall() if tables else ()
            )
        wanted = [ghost for ghost, applied in sorted(ghosts.items()) if applied in rows and ghost not in rows]
        return "".join(
            f"INSERT INTO django_migrations (app, name, applied) SELECT '{app}', '{name}', CURRENT_TIMESTAMP"
            f" WHERE NOT EXISTS (SELECT 1 FROM django_migrations WHERE app = '{app}' AND name = '{name}');\n"
            for app, name in wanted
        )

    return repair
