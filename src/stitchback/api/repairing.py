"""The use cases `repair` and `inspect`: a ledger in, what it needs out, proved against that very ledger; and where the migrations are that only its
rows know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from stitchback.adapters.connections import TIMEOUT
from stitchback.adapters.databases import read_database, run_script
from stitchback.adapters.ledgers import read_ledger_file
from stitchback.adapters.new_files import write_new
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.before_stitch import commit_before, commits_before_changes
from stitchback.api.project import Project
from stitchback.engine import Engine, EngineCache
from stitchback.errors import EnvironmentProblem, Refusal
from stitchback.matching.provenance import stitched_for
from stitchback.matching.sides import covered
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree
from stitchback.model.plans import FinishFirst
from stitchback.repair.diagnosis import Diagnosis
from stitchback.repair.dialects import DIALECTS
from stitchback.repair.evidence import made_by
from stitchback.repair.faking import FakeTrial
from stitchback.repair.hidden_tables import OtherDatabases
from stitchback.repair.ledger_edits import InsertRow
from stitchback.repair.planner import RepairContext, RepairPlanner
from stitchback.repair.recorder_rules import RecorderRules
from stitchback.repair.repair_outcomes import Repair, RepairOutcome, Unrepairable
from stitchback.repair.schema_of_applied import SchemaOfApplied
from stitchback.repair.sql import Script, render_script
from stitchback.repair.sql_statements import unknown_rows
from stitchback.repair.visible_schema import Names, VisibleSchema

MOST_REFS = 40  # branches and tags that are read
FEW_REFS = 5  # the same for rows of apps that the tree does not have at all
MOST_SEARCHES = 10  # rows that are looked for in all of history

VENDORS = ("sqlite", "postgresql", "mysql", "oracle")


@dataclass(frozen=True, slots=True)
class RowHistory:
    """`trees`: other refs' and earlier commits' that know rows which the tree does not; no more than are needed. `gone`: of those
    rows, the ones whose files no branch or tag has any more, as far as all of them were read."""

    trees: tuple[Tree, ...] = ()
    gone: frozenset[MigrationKey] = frozenset()


def row_history(project: Project, ledger: Ledger, tree: Tree) -> RowHistory:
    """Branches first, then tags from the newest on, then commits of whatever history."""
    unknown = set(ledger.keys) - known_to(tree)
    found: list[Tree] = []
    whole = _search_refs(project, tree, unknown, found)
    lost = sorted(key for key in unknown if key.app in tree.apps)
    for key in lost[:MOST_SEARCHES]:
        other = _once(project, key) if key in unknown else None
        if other is not None:
            found.append(other)
            unknown -= set(other.migrations)
    gone = frozenset(lost) - unknown if whole else frozenset[MigrationKey]()
    return RowHistory(tuple(found), gone)


def _search_refs(project: Project, tree: Tree, unknown: set[MigrationKey], found: list[Tree]) -> bool:
    """Takes what it finds out of `unknown`. Returns whether all refs were read, or no row is left."""
    repository = project.repository
    refs = (*repository.branches(), *reversed(repository.tags()))
    for place, ref in enumerate(refs):
        if not unknown:
            return True
        if place >= MOST_REFS or (place >= FEW_REFS and not any(key.app in tree.apps for key in unknown)):
            return False  # rows of installed packages are known to no ref, however many are looked at
        other = project.tree(ref.name, ref.commit)
        if unknown & set(other.migrations):
            found.append(other)
            unknown -= set(other.migrations)
    return True


def _once(project: Project, key: MigrationKey) -> Tree | None:
    """The tree of the newest commit that had the migration's file, where it is that app's."""
    place = project.repository.last_commit_with(f"{key.name}.py")
    if place is None:
        return None
    commit, ref = place
    other = project.tree(f"{ref} at {commit[:12]}", commit)
    return other if key in other.migrations else None


def undone(past: RowHistory, schema: VisibleSchema | None) -> dict[MigrationKey, Names]:
    """Rows of deleted migrations that can go, with what they made: the database was checked, and has nothing of what they made. Where it has, the row is
    the only trace of how that came there."""
    if schema is None:
        return {}
    found = {}
    for key in past.gone:
        tree = next(tree for tree in past.trees if key in tree.migrations)
        made = made_by(key, SchemaOfApplied(RecorderRules(tree), EngineCache()))
        if made and not made & schema.names and not any(schema.hides(name.table) for name in made):
            found[key] = made
    return found


def known_to(tree: Tree) -> set[MigrationKey]:
    """What the tree has or replaces; migrations of apps that it does not have are not its own to know."""
    return set(tree.migrations) | set(covered(tree)) | set(tree.replacers)


@dataclass(frozen=True, slots=True)
class LedgerSource:
    """Where a ledger is from: a database's URL, or a file. `timeout`: seconds that a database may take for a lock or a statement."""

    url: DatabaseUrl | None = None
    file: Path | None = None
    timeout: int = TIMEOUT

    @classmethod
    def of(
        cls, database: DatabaseUrl | str | None, ledger: str | None, timeout: int = TIMEOUT
    ) -> LedgerSource:
        """Raises EnvironmentProblem if not exactly one is given, or the URL is invalid."""
        if (database is None) == (ledger is None):
            raise EnvironmentProblem(
                "SB607",
                "no ledger was given",
                hint="Use --database URL (`manage.py stitchback` takes an alias of DATABASES too), or --ledger FILE.",
            )
        url = DatabaseUrl.of(database) if database else None
        return cls(url, Path(ledger) if ledger else None, timeout)


@dataclass(frozen=True, slots=True)
class RepairInputs:
    """A ledger, and what else its source shows."""

    ledger: Ledger
    vendor: str | None
    schema: VisibleSchema | None
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RepairResult:
    """What is to be done for one ledger. `script` is None where nothing is, or nothing could be proved. `fake`: whether
    `migrate --fake` would do instead, where rows are to be put in and that was tried."""

    given: RepairInputs
    tree: Tree
    outcome: RepairOutcome
    script: Script | None
    fake: FakeTrial | None = None


def read_ledgers(files: Iterable[str]) -> tuple[Ledger, ...]:
    """Raises EnvironmentProblem for a file that cannot be understood."""
    return tuple(read_ledger_file(Path(file)).ledger for file in files)


def read_source(source: LedgerSource) -> RepairInputs:
    """The ledger, and from a live database the names in its schema. Writes nothing."""
    if source.url is not None:
        reading = read_database(source.url, with_schema=True, timeout=source.timeout)
        return RepairInputs(reading.ledger, reading.vendor, reading.schema, reading.remarks)
    assert source.file is not None
    read = read_ledger_file(source.file)
    return RepairInputs(read.ledger, None, None, read.remarks)


def inspect(project: Project, source: LedgerSource, ref: str) -> Diagnosis:
    """Where the ledger stands against the ref's tree. Writes nothing."""
    given, tree = read_source(source), project.tree(ref)
    return diagnosis_of(project, given, tree, deriver_for(tree, given.vendor))


def diagnosis_of(project: Project, given: RepairInputs, tree: Tree, deriver: RepairPlanner) -> Diagnosis:
    """The same for a ledger that was read, with the tree's deriver."""
    past = row_history(project, given.ledger, tree)
    unknown = set(given.ledger.keys) - known_to(tree)
    origins = {key: tuple(other.ref for other in past.trees if key in other.migrations) for key in unknown}
    around = _around(project, past, given, tree)
    diagnosis = deriver.diagnose(given.ledger, around, origins)
    if isinstance(diagnosis.outcome, Repair):
        return diagnosis
    finish = finish_first(project, given.ledger, deriver, around)
    return diagnosis if finish is None else replace(diagnosis, outcome=_finishing(diagnosis.outcome, finish))


def _finishing(outcome: Unrepairable, finish: FinishFirst) -> Unrepairable:
    """The same refusal, with the step that helps."""
    target = ", ".join(map(str, finish.target))
    hint = f"Finish first: run `migrate` with the code of {finish.ref}, up to {target}. Then run `stitchback repair` again, and deploy."
    return replace(outcome, hint=hint)


def repair_ledger(
    project: Project, source: LedgerSource, ref: str, vendor: str | None = None
) -> RepairResult:
    """The edits that make the ledger ready for the ref's tree, and the SQL for them; a refusal wherever `inspect` reports an error and no
    row has to be changed.

    Raises EnvironmentProblem if the vendor is neither given nor known, Refusal where an engine could not hold a name (SB610) or a row that
    goes could not be put back (SB616).
    """
    given, tree = read_source(source), project.tree(ref)
    deriver = deriver_for(tree, given.vendor or vendor)
    diagnosis = diagnosis_of(project, given, tree, deriver)
    outcome = diagnosis.settled
    if isinstance(outcome, Repair) and outcome.edits:
        outcome = replace(outcome, remarks=(*outcome.remarks, *_left(project, given, tree, deriver, outcome)))
    return _treatment(given, tree, outcome, vendor, deriver)


def _left(
    project: Project, given: RepairInputs, tree: Tree, deriver: RepairPlanner, repair: Repair
) -> Iterator[str]:
    """What no row settles: the errors that are there after the repair, too."""
    after = replace(given, ledger=replace(repair.after, new_id=None))
    for finding in diagnosis_of(project, after, tree, deriver).errors:
        yield f"{finding.code}: {finding.message}: no change of the rows corrects that"


def repair_ledger_with(project: Project, given: RepairInputs, tree: Tree) -> RepairResult:
    """The edits and the SQL against any tree: one that is only planned, too."""
    outcome = deriver_for(tree, given.vendor).derive(given.ledger, around_of(project, given, tree))
    return _treatment(given, tree, outcome, None, None)


def _treatment(
    given: RepairInputs, tree: Tree, outcome: RepairOutcome, vendor: str | None, faker: RepairPlanner | None
) -> RepairResult:
    """`faker`: what tries whether `migrate --fake` does the same, None if that is not requested."""
    if isinstance(outcome, Unrepairable) or not outcome.edits:
        return RepairResult(given, tree, outcome, None)
    script = render_script(outcome.edits, _vendor(vendor, given), given.ledger)
    rows = unknown_rows(given.ledger, outcome.edits, DIALECTS[given.vendor]) if given.vendor else ()
    if rows:
        raise Refusal(
            "SB616",
            f"the row of {rows[0].key} has to be deleted and could not be restored exactly: id {rows[0].id}, applied {rows[0].applied}",
            hint="Give it an id and an ordinary time first.",
        )
    puts_in = any(isinstance(edit, InsertRow) for edit in outcome.edits)
    fake = faker.try_fake(outcome) if faker and puts_in else None
    return RepairResult(given, tree, outcome, script, fake)


def deriver_for(tree: Tree, *vendors: str | None) -> RepairPlanner:
    """For databases of those engines; None where it is not known."""
    from stitchback.engine import EngineCache

    return RepairPlanner(tree, memory=EngineCache(sqlite=bool({"sqlite", None}.intersection(vendors))))


def around_of(project: Project, given: RepairInputs, tree: Tree) -> RepairContext:
    """What is known of the ledger's database besides its rows."""
    return _around(project, row_history(project, given.ledger, tree), given, tree)


def _around(project: Project, past: RowHistory, given: RepairInputs, tree: Tree) -> RepairContext:
    return RepairContext(
        past.trees,
        given.schema,
        transactional=given.vendor not in ("mysql", "oracle"),
        deleted=undone(past, given.schema),
        elsewhere=OtherDatabases(project.configuration.apps_in_other_databases, tree.has_routers),
        engine=given.vendor or "",
    )


def _vendor(said: str | None, given: RepairInputs) -> str:
    if said is None and given.vendor is None:
        raise EnvironmentProblem(
            "SB608",
            "a ledger file does not contain the database engine",
            hint=f"Use --vendor {'|'.join(VENDORS)}.",
        )
    return said or given.vendor or ""


def apply_repair(source: LedgerSource, treatment: RepairResult) -> Ledger:
    """Runs the script in one transaction and reads back. Raises Refusal where the ledger then is not what was proved."""
    assert source.url is not None, "only a live database can be written to"
    assert treatment.script is not None
    assert isinstance(treatment.outcome, Repair)
    return run_script(source.url, treatment.script, treatment.outcome.after, timeout=source.timeout)


def write_undo(treatment: RepairResult, path: Path) -> None:
    """The undo script, where there is none yet. Raises EnvironmentProblem (SB517)."""
    assert treatment.script is not None
    write_new({path: treatment.script.undo})


def refused(outcome: Unrepairable) -> Refusal:
    """The refusal that the outcome is."""
    failures = (f"{failure.rollout}: {failure.message}" for failure in outcome.failures)
    evidence = tuple(dict.fromkeys((*outcome.evidence, *failures)))
    return Refusal(outcome.code, outcome.message, hint=outcome.hint, evidence=evidence)


def finish_first(
    project: Project, ledger: Ledger, deriver: RepairPlanner, around: RepairContext
) -> FinishFirst | None:
    """The step: the database is right for the tree that it is running, that tree migrates it to its end, and its rows can be repaired then. None
    where no known tree does that."""
    for running in _may_be_running(project, ledger, deriver.accounts.tree, around):
        old = RepairPlanner(running, memory=deriver.memory).derive(ledger, around)
        if not isinstance(old, Repair) or old.edits or old.mismatches:
            continue
        run = Engine(running, memory=deriver.memory).migrate(old.proved)
        ran = [key for key in run.final.ledger if key not in ledger.keys]
        after = replace(around, visible=None, histories=(running, *around.histories))
        if (
            run.error is None
            and ran
            and isinstance(deriver.derive(Ledger.of(*run.final.ledger, source=ledger.source), after), Repair)
        ):
            return FinishFirst(running.ref, tuple({key.app: key for key in ran}.values()))
    return None


def _may_be_running(project: Project, ledger: Ledger, tree: Tree, around: RepairContext) -> Iterator[Tree]:
    """Mainline before it got the stitched migrations of which the database has no row, or as git merged them before the plan; then the branches that
    know its rows."""
    missing = frozenset[MigrationKey](
        key
        for migration in tree.migrations.values()
        if migration.key not in ledger.keys
        for key in (*stitched_for(migration.provenance), *migration.ghosts)
        if key not in ledger.keys and (key not in tree.migrations or key == migration.key)
    )
    own = dict.fromkeys(missing, "")
    before = (commit_before(project, tree, own), *commits_before_changes(project, tree, own)) if own else ()
    for commit in dict.fromkeys(before):
        if commit is not None:
            yield project.tree(f"commit {commit[:12]}", commit)
    yield from around.histories
