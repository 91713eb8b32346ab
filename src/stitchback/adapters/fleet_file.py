"""Reads many ledgers at once: a file of URLs, or all schemas of one PostgreSQL database. Unreachable databases are reported and do not block the
others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stitchback.adapters.connections import PATIENCE, TIMEOUT, too_late
from stitchback.adapters.databases import DatabaseReading, LiveDatabase, open_database
from stitchback.adapters.deadlines import Job, run_jobs, within
from stitchback.adapters.ledgers import decoded
from stitchback.adapters.urls import DatabaseUrl
from stitchback.errors import EnvironmentProblem

WORKERS = 16
A_CONNECTION = 64  # schemas that are read over one connection, before another worker may take the rest

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Tenant:
    """One database of a fleet, or one schema of a PostgreSQL database. `name` has no credentials."""

    url: DatabaseUrl
    schema: str = ""

    @property
    def name(self) -> str:
        return f"{self.url}, schema {self.schema}" if self.schema else str(self.url)


@dataclass(frozen=True, slots=True)
class ReachedTenant:
    tenant: Tenant
    reading: DatabaseReading


@dataclass(frozen=True, slots=True)
class UnreachedTenant:
    """`problem` says why, in words without credentials."""

    tenant: Tenant
    problem: EnvironmentProblem


Answer = ReachedTenant | UnreachedTenant


def read_fleet_file(path: Path) -> tuple[Tenant, ...]:
    """One URL a line; empty lines and those that begin with # are passed over; a doubled URL counts once.

    Raises EnvironmentProblem (SB609) that names the line.
    """
    try:
        text = decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise EnvironmentProblem("SB609", f"{path}: cannot be read: {error.strerror}") from error
    found = [_tenant(line, f"{path}: line {number}") for number, line in enumerate(text.splitlines(), 1)]
    tenants = tuple(dict.fromkeys(tenant for tenant in found if tenant is not None))
    if not tenants:
        raise EnvironmentProblem(
            "SB609", f"{path}: contains no database URL", hint="Write one URL on each line."
        )
    return tenants


def _tenant(line: str, place: str) -> Tenant | None:
    line = line.strip()
    if not line or line.startswith("#"):
        return None
    try:
        return Tenant(DatabaseUrl.parse(line))
    except EnvironmentProblem as problem:
        raise EnvironmentProblem("SB609", f"{place}: {problem.message}", hint=problem.hint) from None


def schemas_of(url: DatabaseUrl, *, timeout: int = TIMEOUT) -> tuple[Tenant, ...]:
    """Every schema of the PostgreSQL database that has a `django_migrations`. Raises EnvironmentProblem."""
    if url.vendor != "postgresql":
        raise EnvironmentProblem(
            "SB609", f"{url}: --schemas works with PostgreSQL only", hint="Use a postgresql:// URL."
        )

    def read() -> tuple[str, ...]:
        with open_database(url, timeout=timeout) as database:
            return database.schemas_with_ledger()

    names = within(PATIENCE * timeout, read, too_late(url, PATIENCE * timeout))
    if not names:
        raise EnvironmentProblem("SB609", f"{url}: no schema has a django_migrations that this role can see")
    return tuple(Tenant(url, name) for name in names)


def read_fleet(
    tenants: Sequence[Tenant],
    *,
    with_schema: bool = False,
    workers: int = WORKERS,
    timeout: int = TIMEOUT,
    progress: Progress = lambda done, of: None,
) -> tuple[Answer, ...]:
    """Every tenant's answer, in the order of the tenants. No more than `workers` connections at a time."""
    answers: dict[Tenant, Answer] = {}
    patience = PATIENCE * timeout

    def ended(job: Job) -> None:
        reading = readings[job]
        reached = list(reading.answers)
        if job.error is not None and not isinstance(job.error, EnvironmentProblem):
            raise job.error
        for tenant in reading.tenants[len(reached) :]:
            problem = job.error or too_late(tenant.name, patience)
            assert isinstance(problem, EnvironmentProblem)
            reached.append(UnreachedTenant(tenant, problem))
        answers.update((answer.tenant, answer) for answer in reached)
        progress(len(answers), len(tenants))

    tasks = [_ConnectionReading(task, with_schema, timeout) for task in _tasks(tenants)]
    readings = {Job(task.run): task for task in tasks}
    run_jobs(tuple(readings), patience, workers, ended)
    return tuple(answers[tenant] for tenant in tenants)


def _tasks(tenants: Sequence[Tenant]) -> list[tuple[Tenant, ...]]:
    """Schemas of one database share a connection; any other tenant is a task of its own."""
    tasks: list[tuple[Tenant, ...]] = []
    shared: dict[DatabaseUrl, list[Tenant]] = {}
    for tenant in tenants:
        if tenant.schema:
            shared.setdefault(tenant.url, []).append(tenant)
        else:
            tasks.append((tenant,))
    for group in shared.values():
        tasks += [tuple(group[at : at + A_CONNECTION]) for at in range(0, len(group), A_CONNECTION)]
    return tasks


@dataclass(slots=True)
class _ConnectionReading:
    """The tenants that are read over one connection, and the answers so far. Where the connection cannot be made, or breaks, the others are
    unreached."""

    tenants: tuple[Tenant, ...]
    with_schema: bool
    timeout: int
    answers: list[Answer] = field(default_factory=list)

    def run(self, job: Job) -> None:
        with open_database(self.tenants[0].url, timeout=self.timeout) as database:
            for tenant in self.tenants:
                job.beat()
                self.answers.append(_read_one(tenant, database, self.with_schema))


def _read_one(tenant: Tenant, database: LiveDatabase, with_schema: bool) -> Answer:
    try:
        return ReachedTenant(tenant, database.read(with_schema=with_schema, schema=tenant.schema))
    except EnvironmentProblem as problem:
        return UnreachedTenant(tenant, problem)


def unreached(answers: Sequence[Answer]) -> Iterator[UnreachedTenant]:
    return (answer for answer in answers if isinstance(answer, UnreachedTenant))
