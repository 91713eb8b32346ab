"""The use case `demo`: a repository with a hotfix, taken through all of it, on real databases, made and migrated by real Django."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stitchback.adapters.fixture_case import DemoFixture, find_demo_fixture
from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import MigrateOutcome, ProjectSession, Rows, Snapshot
from stitchback.api.planning import make_plan
from stitchback.api.project import Project
from stitchback.api.reading_cases import PlanRequest, status
from stitchback.api.repairing import LedgerSource, apply_repair, inspect, repair_ledger
from stitchback.api.verification.real_differences import schema_differences
from stitchback.api.verification.upgrade_paths import Reconciled
from stitchback.api.verification.worktrees import Worktrees
from stitchback.api.writing_plans import prepare, write
from stitchback.planning.outcomes import Planned
from stitchback.planning.reports import PlanReport
from stitchback.reporting import render_diagnosis, render_plan, render_status
from stitchback.reporting.demo_text import DemoCheck, DemoCommand, DemoList, DemoRemark, DemoStep, Event

PATCH = "release/2.4"
MAINLINE = "main"


def demo(folder: Path) -> Iterator[Event]:
    """Everything in `folder`, which is empty or not there yet. Raises EnvironmentProblem where that is not so."""
    return Demo(folder, find_demo_fixture()).tell()


@dataclass(slots=True)
class Demo:
    """`folder` is empty or not there yet; all that the demo makes is in it. `tell` yields what there is to say, as it happens."""

    folder: Path
    fixture: DemoFixture
    commits: dict[str, str] = field(default_factory=dict)
    databases: list[DemoDatabase] = field(default_factory=list)

    @property
    def repository(self) -> Path:
        return self.folder / "shop"

    def tell(self) -> Iterator[Event]:
        with Worktrees(self.repository) as workshop:
            yield from self._repository()
            yield from self._made(workshop)
            yield from self._without(workshop)
            with Project.open(self.repository) as project:
                report = yield from self._planned(project)
                yield from self._applied(project, report)
            yield from self._repaired()
            yield from self._migrated(workshop)
            yield from self._again()

    def _repository(self) -> Iterator[Event]:
        yield DemoStep("A shop, a release, and a hotfix")
        self.commits = self.fixture.build(self.repository)
        yield DemoRemark(self.fixture.case.story)
        yield DemoRemark(
            f"Both add the column {COLUMN}: {PATCH} in shop.0003_item_colour, {MAINLINE} in shop.0004_catalogue_colours. "
            f"The repository is at {self.repository}."
        )

    def _made(self, workshop: Worktrees) -> Iterator[Event]:
        yield DemoStep("The databases")
        yield DemoRemark(
            "Django created them with the code of each branch, and each has rows with a different value in every column."
        )
        (self.folder / "databases").mkdir(parents=True)
        for kind in KINDS:
            path = self.folder / "databases" / f"{kind.name}.sqlite3"
            if kind.commit is None:
                database = DemoDatabase(kind, path)
            else:
                database = made(kind, path, workshop.at(self.commits[kind.commit]))
            self.databases.append(database)
        yield DemoList(tuple((each.path.name, each.kind.words, _applied(each)) for each in self.databases))

    def _without(self, workshop: Worktrees) -> Iterator[Event]:
        yield DemoStep(f"Without stitchback: {MAINLINE} as it is, on the patched database")
        patched = self._database("patched")
        spoilt = url_of(copied(patched, "patched-spoilt"))
        session = workshop.at(self.commits["feature"])
        outcome = session.migrate(spoilt)
        lost = lost_values(patched.rows, session.rows(spoilt))
        if outcome.went_well:
            yield DemoRemark(
                "`migrate` reports OK. It has added the column a second time: SQLite recreates the table, and every value in it "
                "is the default again. PostgreSQL and MySQL stop here: the column exists already."
            )
        else:
            yield DemoRemark(f"`migrate` stops: {outcome.error_class}: {outcome.error_message}")
        yield DemoCheck(
            f"{MAINLINE} as it is harms the patched database", bool(lost) or not outcome.went_well
        )
        for words in lost:
            yield DemoRemark(words)

    def _planned(self, project: Project) -> Generator[Event, None, PlanReport]:
        yield DemoStep("The same change on both sides, and a proved plan")
        wish = PlanRequest((PATCH,))
        yield DemoCommand(f"stitchback status {PATCH}", render_status(status(project, wish), "text"))
        report = make_plan(project, wish)
        yield DemoCommand(f"stitchback plan {PATCH}", render_plan(report, "text"))
        yield DemoCheck("a plan is proved", isinstance(report.outcome, Planned))
        return report

    def _applied(self, project: Project, report: PlanReport) -> Iterator[Event]:
        yield DemoStep("Writing the plan's files")
        written = write(project, prepare(project, report, PlanRequest((PATCH,)), None))
        yield DemoCommand(f"stitchback apply {PATCH} --yes", "\n".join(written.paths))
        stitched = next(path for path in written.paths if "stitched" in path)
        yield DemoCommand(
            f"cat {stitched}", (self.repository / stitched).read_text(encoding="utf-8").rstrip()
        )

    def _repaired(self) -> Iterator[Event]:
        yield DemoStep("The ledger of each database (django_migrations)")
        for database in self.databases[1:]:
            yield from self._repair(database)

    def _repair(self, database: DemoDatabase) -> Iterator[Event]:
        source = LedgerSource.of(database.url, None)
        with Project.open(self.repository) as project:
            treatment = repair_ledger(project, source, "HEAD")
            if treatment.script is None:
                yield DemoRemark(f"{database.path.name}: no manual step is needed.")
                return
            diagnosis = render_diagnosis(inspect(project, source, "HEAD"), "text")
            yield DemoCommand(f"stitchback inspect --database {database.url}", diagnosis)
            yield DemoCommand(
                f"stitchback repair --database {database.url} --apply --yes", treatment.script.text.rstrip()
            )
            apply_repair(source, treatment)
            again = repair_ledger(project, source, "HEAD")
        yield DemoCheck(f"{database.path.name}: repaired; a second run changes nothing", again.script is None)

    def _migrated(self, workshop: Worktrees) -> Iterator[Event]:
        yield DemoStep("The deploy: every database migrated with the reconciled tree")
        tree = workshop.reconciled_folder(self.repository, self.databases[0].url)
        if isinstance(tree, Raised):
            yield DemoCheck("Django loads the reconciled tree", False, (str(tree),))
            return
        yield from self._deployed(tree)
        yield DemoStep("The next release: one more migration in each app, on every database")
        yield from self._deployed_next(tree)

    def _deployed(self, tree: Reconciled) -> Iterator[Event]:
        session = tree.session
        fresh = None
        for database in self.databases:
            outcomes = (session.migrate(database.url), session.migrate(database.url))
            after = session.snapshot(database.url)
            fresh = fresh or after
            found = wrong(outcomes, database, after, fresh)
            unapplied = session.standing(database.url).unapplied
            left = tuple(f"{key} is not applied" for key in unapplied)
            ran = f"{len(outcomes[0].ran)} migrations run"
            yield DemoCheck(
                f"{database.path.name}: {ran}, schema and values right",
                not found and not left,
                (*found, *left),
            )

    def _deployed_next(self, tree: Reconciled) -> Iterator[Event]:
        fresh = None
        for database in self.databases:
            outcome = tree.following.migrate(database.url)
            after = tree.following.snapshot(database.url)
            fresh = fresh or after
            found = wrong((outcome,), database, after, fresh)
            only = tuple(f"{key} was run" for key in sorted(set(outcome.ran) ^ set(tree.new)))
            yield DemoCheck(
                f"{database.path.name}: only the new migrations run", not found and not only, (*found, *only)
            )

    def _again(self) -> Iterator[Event]:
        yield DemoStep("A second plan")
        with Project.open(self.repository) as project:
            report = make_plan(project, PlanRequest((PATCH,)))
        yield DemoCheck(f"`stitchback plan {PATCH}` has nothing left to do", report.exit_code == 0)

    def _database(self, name: str) -> DemoDatabase:
        return next(database for database in self.databases if database.kind.name == name)


def _applied(database: DemoDatabase) -> str:
    count = len(database.before.ledger) if database.before else 0
    return f"{count} migrations applied"


COLUMN = "shop_item.colour"
COLOURS = (
    "UPDATE shop_item SET colour = CASE id WHEN (SELECT MIN(id) FROM shop_item) THEN 'walnut' ELSE 'ash' END;"
)


@dataclass(frozen=True, slots=True)
class DemoDatabaseKind:
    """A kind of database that the world has. `commit`: the id of the fixture's commit that it was made with; None: it is still empty."""

    name: str
    commit: str | None
    words: str
    coloured: bool = False  # whether items have a colour there


KINDS = (
    DemoDatabaseKind("fresh", None, "a fresh install: empty"),
    DemoDatabaseKind("fork-point", "fork", "runs release 2.4 without the hotfix"),
    DemoDatabaseKind("patched", "hotfix", "runs release 2.4 with the hotfix: production", coloured=True),
    DemoDatabaseKind("mainline", "feature", "runs main as it is: staging, developers", coloured=True),
)


@dataclass(frozen=True, slots=True)
class DemoDatabase:
    kind: DemoDatabaseKind
    path: Path
    before: Snapshot | None = None  # None where it is empty

    @property
    def url(self) -> str:
        return url_of(self.path)

    @property
    def rows(self) -> Rows:
        return self.before.rows if self.before else {}


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def made(kind: DemoDatabaseKind, path: Path, session: ProjectSession) -> DemoDatabase:
    """The database as the tree of that kind migrates it, with a value of its own in every column of its rows."""
    outcome = session.migrate(url_of(path))
    assert outcome.went_well, outcome.error_message
    session.fill(url_of(path))
    if kind.coloured:
        session.execute(url_of(path), COLOURS)
    return DemoDatabase(kind, path, session.snapshot(url_of(path)))


def copied(database: DemoDatabase, name: str) -> Path:
    """A copy beside the database, to be spoilt."""
    return Path(shutil.copyfile(database.path, database.path.with_name(f"{name}.sqlite3")))


def lost_values(before: Rows, after: Rows) -> tuple[str, ...]:
    """Columns whose values are not what they were, in words."""
    found = []
    for table, rows in sorted(before.items()):
        for column in sorted(rows[0]) if rows else ():
            was, now = (sorted(str(row.get(column)) for row in held) for held in (rows, after.get(table, ())))
            if was != now:
                found.append(f"{table}.{column} was {', '.join(was)} and is {', '.join(now)}")
    return tuple(found)


def wrong(
    outcomes: Sequence[MigrateOutcome], database: DemoDatabase, after: Snapshot, fresh: Snapshot
) -> tuple[str, ...]:
    """What is not as it must be after the migrations, in words: an error, another schema than a fresh install's, lost values."""
    errors = (
        f"{outcome.error_class}: {outcome.error_message}" for outcome in outcomes if not outcome.went_well
    )
    schema = schema_differences(after.schema, fresh.schema)
    return (*errors, *map(str, schema), *lost_values(database.rows, after.rows))
