"""Squashes before real Django: each kind of database that the old files can have made, migrated with the new ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from databases.small_projects import SmallProject

from stitchback.adapters.projects import MigrateOutcome, ProjectSession
from stitchback.adapters.scratch_databases import ScratchDatabases, scratch_databases
from stitchback.api import Project
from stitchback.api.squashing import StitchRequest, contents_of_squash, prepared, stitch
from stitchback.api.verification.real_differences import schema_differences
from stitchback.api.verification.upgrade_paths import Reconciled
from stitchback.api.verification.worktrees import Worktrees
from stitchback.api.writing_plans import write
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import PopulationOutcome, SafePlan
from stitchback.planning.squash_reports import SquashReport

SQLITE = "sqlite:///"


def stitched(project: SmallProject, *apps: str, at: str = "HEAD", remove: bool = False) -> SquashReport:
    """Stitches, and writes the files into the working tree."""
    with Project.open(project.path, writes=True) as opened:
        found = stitch(opened, StitchRequest(apps, at, remove))
        assert isinstance(found.report.outcome, SafePlan), found.report.outcome
        write(opened, prepared(opened, found.report, contents_of_squash(opened, found)))
    return found.report


@dataclass(slots=True)
class SquashJudge:
    """`old`: the project as committed; `new`: as it is in the working tree."""

    old: ProjectSession
    new: ProjectSession
    scratch: ScratchDatabases
    apps: frozenset[str]
    wrong: list[str] = field(default_factory=list)
    finishing: int = 0  # databases that fail, or end differently, without the manual step

    def judge(self, outcomes: Iterable[PopulationOutcome]) -> None:
        by_old, by_new = self.scratch.create(), self.scratch.create()
        self._well("fresh install by the old files", self.old.migrate(by_old))
        self._well("fresh install by the new files", self.new.migrate(by_new))
        self._compare("fresh installs", by_old, by_new)
        for outcome in outcomes:
            self._judge_one(outcome, by_new)

    def _judge_one(self, outcome: PopulationOutcome, fresh: str) -> None:
        name, url = outcome.population.name, self.scratch.create()
        for key in outcome.population.ledger:
            self._well(f"{name}: {key}", self.old.migrate(url, key.app, key.name))
        rows = {key for key in self.old.ledger(url) if key.app in self.apps}
        if rows != set(outcome.population.ledger):
            self.wrong.append(f"{name}: the database has {sorted(rows)}")
        if outcome.finish is not None:
            self.finishing += not self._is_right(self.scratch.copy(url), fresh)
            self._well(f"{name}: finish first", self.old.migrate(url))
        self._well(name, self.new.migrate(url))
        self._compare(name, url, fresh)
        unapplied = self.new.standing(url).unapplied
        if unapplied:
            self.wrong.append(f"{name}: not applied: {unapplied}")

    def _is_right(self, url: str, fresh: str) -> bool:
        judge = SquashJudge(self.old, self.new, self.scratch, self.apps)
        judge._well("as it is", self.new.migrate(url))
        judge._compare("as it is", url, fresh)
        return not judge.wrong

    def _compare(self, name: str, url: str, fresh: str) -> None:
        one, other = self.old.snapshot(url), self.old.snapshot(fresh)
        self.wrong += [f"{name}: {each}" for each in schema_differences(one.schema, other.schema)]
        for table in other.rows:
            if table.startswith(tuple(f"{app}_" for app in self.apps)) and values(
                one.rows.get(table, ())
            ) != values(other.rows[table]):
                self.wrong.append(f"{name}: rows of {table}: {values(one.rows.get(table, ()))}")

    def _well(self, name: str, outcome: MigrateOutcome) -> None:
        if not outcome.went_well:
            self.wrong.append(f"{name}: {outcome.error_class}: {outcome.error_message}")


def values(rows: Iterable[object]) -> list[str]:
    """The rows, but for their keys."""
    return sorted(str({name: value for name, value in dict(row).items() if name != "id"}) for row in rows)  # type: ignore[call-overload]


def judged(project: SmallProject, commit: str, report: SquashReport, server: str = SQLITE) -> SquashJudge:
    assert isinstance(report.outcome, SafePlan)
    apps = frozenset(key.app for key in report.tree.migrations)
    with scratch_databases(server) as scratch, Worktrees(project.path) as trees:
        old = trees.at(commit)
        new = trees.reconciled_folder(Path(project.path), scratch.create())
        assert isinstance(new, Reconciled), new
        judge = SquashJudge(old, new.session, scratch, apps)
        judge.judge(report.outcome.proof.outcomes)
    return judge


def keys(*names: str) -> tuple[MigrationKey, ...]:
    return tuple(map(MigrationKey.parse, names))
