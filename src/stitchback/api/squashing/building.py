"""A new database by the old files and one by the squash, on real servers with the project's own code: compared, with the time of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter

from stitchback.adapters.project_environment import harmless_environment
from stitchback.adapters.projects import ProjectSession, Snapshot
from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.project import Project
from stitchback.api.squashing.regenerating import HowToRun
from stitchback.api.verification.real_differences import schema_differences
from stitchback.api.verification.worktrees import Worktrees
from stitchback.errors import Refusal
from stitchback.model.keys import MigrationKey
from stitchback.planning.squash_reports import BuiltBothWays

CLIENTS = {"postgresql": ("PG*",), "mysql": ("MYSQL_*", "MARIADB_*")}


@dataclass(frozen=True, slots=True)
class _Built:
    seconds: float
    error: str
    content: Snapshot


def build_both_ways(
    project: Project,
    files: Mapping[str, bytes | None],
    squashes: frozenset[MigrationKey],
    url: DatabaseUrl | str,
    how: HowToRun,
) -> BuiltBothWays:
    """`files`: what the squash writes. Raises Refusal (SB711) where the databases differ or one cannot be built; EnvironmentProblem for a
    server that cannot be reached."""
    repository = project.repository.work_tree or project.repository.git_dir
    commit = project.history_of("HEAD")
    with scratch_databases(url) as scratch:
        environment = {**harmless_environment(CLIENTS.get(scratch.vendor, ())), **how.environment}
        folder = project.configuration.folder
        with Worktrees(repository, how.settings, folder=folder, environment=environment) as trees:
            old = _built(trees.at(commit), scratch.create())
            new = _built(trees.with_files(commit, files), scratch.create())
    wrong = tuple(_differences(old, new, squashes))
    if wrong:
        raise Refusal(
            "SB711",
            f"a database that the squash creates on {scratch.vendor} differs from one by the old files",
            hint="Nothing was written. `stitchback explain SB711` shows what to do.",
            evidence=wrong,
        )
    return BuiltBothWays(scratch.vendor, old.seconds, new.seconds)


def _built(session: ProjectSession, url: str) -> _Built:
    """A full `migrate` of an empty database. The time is without the start of the project."""
    session.start(url)
    start = perf_counter()
    outcome = session.migrate(url)
    seconds = perf_counter() - start
    return _Built(seconds, outcome.error_message, session.snapshot(url))


def _differences(old: _Built, new: _Built, squashes: frozenset[MigrationKey]) -> Iterator[str]:
    if old.error or new.error:
        yield from (
            f"{name}: {each.error}" for name, each in (("old files", old), ("squash", new)) if each.error
        )
        return
    yield from map(str, schema_differences(new.content.schema, old.content.schema))
    missing = set(old.content.ledger) - set(new.content.ledger)
    more = set(new.content.ledger) - set(old.content.ledger) - squashes
    yield from (f"django_migrations: no row for {key}" for key in sorted(missing))
    yield from (
        f"django_migrations: a row for {key}, which the old files do not write" for key in sorted(more)
    )
