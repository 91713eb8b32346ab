"""Many ledgers at once: a file of URLs, or all schemas of one PostgreSQL database. Dead ones are told, and in nobody's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from stitchback.adapters.connections import TIMEOUT
from stitchback.adapters.databases import Database, DatabaseReading, open_database
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
class Reached:
    tenant: Tenant
    reading: DatabaseReading


@dataclass(frozen=True, slots=True)
class Unreached:
    """`problem` says why, in words without credentials."""

    tenant: Tenant
    problem: EnvironmentProblem


Answer = Reached | Unreached


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
        raise EnvironmentProblem("SB609", f"{path}: names no database", hint="one URL a line")
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
            "SB609", f"{url}: --schemas is about PostgreSQL", hint="give a postgresql:// URL"
        )
    with open_database(url, timeout=timeout) as database:
        names = database.schemas_with_ledger()
    if not names:
        raise EnvironmentProblem("SB609", f"{url}: no schema has a django_migrations that this role may see")
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
    tasks = _tasks(tenants)
    answers: dict[Tenant, Answer] = {}
    with ThreadPoolExecutor(max_workers=max(1, min(workers, len(tasks)))) as pool:
        running = [pool.submit(_read, task, with_schema, timeout) for task in tasks]
        with ExitStack() as failing:
            failing.callback(pool.shutdown, wait=False, cancel_futures=True)
            for future in as_completed(running):
                answers.update((answer.tenant, answer) for answer in future.result())
                progress(len(answers), len(tenants))
            failing.pop_all()
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


def _read(task: tuple[Tenant, ...], with_schema: bool, timeout: int) -> list[Answer]:
    """Where the connection cannot be made, or breaks, all that were still to be read over it are unreached."""
    answers: list[Answer] = []
    try:
        with open_database(task[0].url, timeout=timeout) as database:
            for tenant in task:
                answers.append(_read_one(tenant, database, with_schema))
    except EnvironmentProblem as problem:
        answers += [Unreached(tenant, problem) for tenant in task[len(answers) :]]
    return answers


def _read_one(tenant: Tenant, database: Database, with_schema: bool) -> Answer:
    try:
        return Reached(tenant, database.read(with_schema=with_schema, schema=tenant.schema))
    except EnvironmentProblem as problem:
        return Unreached(tenant, problem)


def unreached(answers: Sequence[Answer]) -> Iterator[Unreached]:
    return (answer for answer in answers if isinstance(answer, Unreached))
