"""Django's `migrate`, limited to its effects on a ledger and a schema.

Source: `django.core.management.commands.migrate.Command.handle`, in its order: create the executor (with the
loader and its graph), `check_consistent_history`, `detect_conflicts`, the targets, `migration_plan`,
`executor.migrate` (which ends with `check_replacements`). Signals, `--run-syncdb`, `--fake-initial` and
`--prune` are left out.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandError
from django.db.migrations.exceptions import (
    AmbiguityError,
    InvalidMigrationPlan,
    NodeNotFoundError,
)

from stitchback.engine.database import DatabaseId, Name, SymbolicDatabase, as_key
from stitchback.engine.engine_cache import EngineCache
from stitchback.engine.executor import ProgressWatch, SymbolicExecutor
from stitchback.engine.runs import RunError, Trace
from stitchback.engine.simulation import (
    BrokenGraph,
    DatabaseClash,
    LedgerConnection,
    LoaderFiles,
    SymbolicLoader,
    WouldUnapply,
)
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import LedgerStanding
from stitchback.model.problems import raised
from stitchback.schema.clashes import InconsistentState

Target = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class MigrateOptions:
    """`fake`: `--fake`. `backwards`: migrations may be unapplied if the target is earlier than what is
    applied. Without it such a call raises WouldUnapply.

    `manage.py` lacks the other two, which create the databases that a branch's history left behind: `exact`
    takes the target's name literally, not as a prefix; `in_spite_of_conflicts` accepts multiple leaf nodes
    (each side of a merge had one leaf node when it was deployed).
    """

    fake: bool = False
    backwards: bool = False
    exact: bool = False
    in_spite_of_conflicts: bool = False


FORWARDS = MigrateOptions()


class ConflictingMigrations(Exception):
    """Multiple leaf nodes: the CommandError of `handle`."""

    def __init__(self, names: tuple[MigrationKey, ...], message: str) -> None:
        super().__init__(message)
        self.names = names


# The exceptions with which Django refuses a tree or a ledger.
SAYS_NO = (
    CommandError,
    AmbiguityError,
    InvalidMigrationPlan,
    NodeNotFoundError,
    ConflictingMigrations,
    DatabaseClash,
    InconsistentState,
    WouldUnapply,
    BrokenGraph,
)

KINDS = {"ConflictingMigrations": "Conflict", "DatabaseClash": "Clash", "WouldUnapply": "Backwards"}


def migrate(
    connection: LedgerConnection,
    files: LoaderFiles,
    target: Target | None,
    options: MigrateOptions = FORWARDS,
) -> Trace:
    """One call of `migrate`: of everything, of one app (`(app, None)`), to one migration, or to none (`(app,
    "zero")`).
    """
    watch = ProgressWatch(connection)
    start = connection.moment(None)
    try:
        handle(connection, files, target, watch, options)
    except SAYS_NO as error:
        last = watch.moments[-1] if watch.moments else start
        return Trace(tuple(watch.moments), last, run_error(error, watch.running, target))
    return Trace(tuple(watch.moments), connection.moment(None))


def handle(
    connection: LedgerConnection,
    files: LoaderFiles,
    target: Target | None,
    watch: ProgressWatch,
    options: MigrateOptions,
) -> None:
    """The body of `Command.handle`."""
    executor = SymbolicExecutor(connection, files, watch)
    executor.loader.check_consistent_history(connection)
    if not options.in_spite_of_conflicts:
        refuse_conflicts(executor.loader)
    targets = targets_of(executor, target, options)
    plan = planned(executor, targets)
    if not options.backwards and any(backwards for _, backwards in plan):
        raise WouldUnapply(f"this would unapply {', '.join(str(migration) for migration, _ in plan)}")
    state = executor._create_project_state(with_applied_migrations=True)
    executor.migrate(targets, plan=plan, state=state, fake=options.fake and bool(plan), fake_initial=False)


def planned(
    executor: SymbolicExecutor, targets: list[tuple[str, str | None]], *, clean_start: bool = False
) -> list[tuple[Any, bool]]:
    """The plan of `migration_plan`. Raises BrokenGraph if Django raises a KeyError (FACTS F24)."""
    try:
        return list(executor.migration_plan(targets, clean_start=clean_start))
    except KeyError as error:
        raise BrokenGraph("KeyError", str(error), error.args) from error


def refuse_conflicts(loader: Any) -> None:
    conflicts = loader.detect_conflicts()
    if conflicts:
        name_str = "; ".join(f"{', '.join(names)} in {app}" for app, names in sorted(conflicts.items()))
        names = tuple(MigrationKey(app, name) for app in sorted(conflicts) for name in conflicts[app])
        raise ConflictingMigrations(
            names,
            f"Conflicting migrations detected; multiple leaf nodes in the migration graph: ({name_str}).\n"
            "To fix them run 'python manage.py makemigrations --merge'",
        )


def targets_of(
    executor: SymbolicExecutor, target: Target | None, options: MigrateOptions
) -> list[tuple[str, str | None]]:
    loader = executor.loader
    if target is None:
        return list(loader.graph.leaf_nodes())
    app, name = target
    if app not in loader.migrated_apps:
        raise CommandError(f"App '{app}' does not have migrations.")
    if name is None:
        return [key for key in loader.graph.leaf_nodes() if key[0] == app]
    if name == "zero":
        return [(app, None)]
    return [(app, name) if options.exact else named_target(loader, app, name)]


def named_target(loader: Any, app: str, name: str) -> Name:
    try:
        migration = loader.get_migration_by_prefix(app, name)
    except AmbiguityError as error:
        raise AmbiguityError(
            f"More than one migration matches '{name}' in app '{app}'. Please be more specific."
        ) from error
    except KeyError as error:
        raise CommandError(f"Cannot find a migration matching '{name}' from app '{app}'.") from error
    target = (app, migration.name)
    if target not in loader.graph.nodes and target in loader.replacements:
        # A partially applied squash is not in the graph. Its last replaced migration is used instead.
        return tuple(loader.replacements[target].replaces[-1])
    return target


def standing(connection: LedgerConnection, files: LoaderFiles) -> LedgerStanding | RunError:
    """The nodes that the loader counts as applied, in the graph that it builds for this ledger."""
    try:
        loader = SymbolicLoader(connection, files)
    except SAYS_NO as error:
        return run_error(error, None)
    nodes = [key for key in loader.graph.nodes if key not in files.installed]
    applied = frozenset(as_key(key) for key in loader.applied_migrations)
    leaves = [key for key in loader.graph.leaf_nodes() if key not in files.installed]
    return LedgerStanding(tuple(map(as_key, sorted(nodes))), applied, tuple(map(as_key, leaves)))


def inconsistency(connection: LedgerConnection, files: LoaderFiles) -> RunError | None:
    """The error of `check_consistent_history` for the ledger, or an earlier one."""
    try:
        SymbolicLoader(connection, files).check_consistent_history(connection)
    except SAYS_NO as error:
        return run_error(error, None)
    return None


def connection_to(database: SymbolicDatabase, files: LoaderFiles, memory: EngineCache) -> LedgerConnection:
    rows = [(key.app, key.name) for key in database.ledger]
    schema = memory.schema_number(database.schema)
    return LedgerConnection(memory, rows, memory.bits_of(rows), schema, list(database.data), files.installed)


def connection_at(place: DatabaseId, files: LoaderFiles, memory: EngineCache) -> LedgerConnection:
    rows = memory.rows_of(place.rows)
    return LedgerConnection(memory, rows, place.rows, place.schema, list(place.data), files.installed)


def run_error(error: Exception, at: MigrationKey | None, target: Target | None = None) -> RunError:
    """The error of a call of `migrate` to the target, while it ran the migration `at`."""
    name = error.kind if isinstance(error, BrokenGraph) else type(error).__name__
    match error:
        case DatabaseClash(problem=problem):
            pass
        case InconsistentState(problem=problem):
            problem = problem.worded(error.where)
        case _:
            problem = raised(name, str(error), *named_by(error, target))
    return RunError(KINDS.get(name, name), problem, at)


def named_by(error: Exception, target: Target | None) -> tuple[Hashable, ...]:
    """What the exception is about, from its attributes: migrations, or the target of the call."""
    match error:
        case BrokenGraph(objects=objects):
            return objects
        case ConflictingMigrations(names=names):
            return names
        case NodeNotFoundError():
            first = error.__cause__ if isinstance(error.__cause__, NodeNotFoundError) else error
            origin = first.origin
            child = MigrationKey(origin.app_label, origin.name) if origin is not None else None
            return MigrationKey(*first.node), child
        case _:
            return target or ()
