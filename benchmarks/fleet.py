"""Fleets: time per tenant against a bare SELECT of the same ledgers.

    python -m benchmarks.fleet [--sqlite 2000] [--schemas 500] [--rows 120]

PostgreSQL is measured where STITCHBACK_TEST_POSTGRES names a server; a database is made for it and dropped. The median of three runs;
the groups are held to what was put into the ledgers;
ratios to the bare SELECT, which asks for the same rows over the driver alone: a connection a file, one connection for all schemas.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from stitchback.adapters.connections import connected
from stitchback.adapters.fleet_file import ReachedTenant, Tenant, read_fleet, schemas_of
from stitchback.adapters.urls import DatabaseUrl
from stitchback.engine import EngineCache
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.repair.database_groups import FleetMember, grouped
from stitchback.repair.planner import RepairPlanner

RUNS = 3
KINDS = 12  # ledgers of so many kinds: shorter and longer, doubled, with a row of another branch
SELECT = "SELECT id, app, name, applied FROM django_migrations ORDER BY id"


def needs_manual_step(kind: int) -> bool:
    """Those with a doubled row, in each kind another one."""
    return kind % 3 == 1


def wanted_groups(tenants: int) -> list[int]:
    """How many databases must come to stand together: those of a kind that needs a hand, and all others."""
    counts = [len(range(kind, tenants, KINDS)) for kind in range(KINDS)]
    manual_steps = [count for kind, count in enumerate(counts) if needs_manual_step(kind)]
    return sorted([*manual_steps, sum(counts) - sum(manual_steps)], reverse=True)


def rows_of(kind: int, rows: int) -> list[tuple[str, str, str]]:
    count = rows - kind // 3
    found = [(f"app{at % 8}", f"{at // 8 + 1:04}_step", "2024-01-01 00:00:00.000000") for at in range(count)]
    return [
        *found,
        *(found[kind : kind + 1] if needs_manual_step(kind) else []),
        *([("app0", "0900_other", found[0][2])] if kind % 3 == 2 else []),
    ]


def tree(rows: int) -> Tree:
    """The migrations that the ledgers tell of."""
    made = {}
    for at in range(rows):
        key = MigrationKey(f"app{at % 8}", f"{at // 8 + 1:04}_step")
        parent = (MigrationKey(key.app, f"{at // 8:04}_step"),) if at >= 8 else ()
        made[key] = Migration(key, "", "", dependencies=parent)
    return Tree("main", "", made)


def median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def tell(name: str, seconds: float, tenants: int, bare: float) -> None:
    print(f"{name:45} {seconds:7.2f} s {seconds / tenants * 1000:7.2f} ms a tenant {seconds / bare:6.1f} x")


def measured(tenants: tuple[Tenant, ...], bare: Callable[[], object], rows: int) -> None:
    floor = median(bare)
    tell("bare SELECT", floor, len(tenants), floor)
    for workers in (1, 16):
        tell(
            f"ledgers, {workers} at a time",
            median(partial(read_fleet, tenants, workers=workers)),
            len(tenants),
            floor,
        )
    with_schema = median(lambda: read_fleet(tenants, with_schema=True))
    tell("ledgers and schemas, 16 at a time", with_schema, len(tenants), floor)
    answers = [answer for answer in read_fleet(tenants) if isinstance(answer, ReachedTenant)]
    members = [FleetMember(each.tenant.name, each.reading.vendor, each.reading.ledger) for each in answers]

    def group() -> list[int]:
        deriver = RepairPlanner(tree(rows), memory=EngineCache())
        groups = grouped(members, lambda member: deriver.derive(member.ledger))
        return [len(each.members) for each in groups]

    sizes = group()
    if sizes != wanted_groups(len(tenants)):
        raise SystemExit(f"grouped into {sizes}, not into {wanted_groups(len(tenants))}")
    tell(f"repairs derived and grouped ({len(sizes)} groups)", median(group), len(tenants), floor)


def sqlite_fleet(folder: Path, count: int, rows: int) -> tuple[Tenant, ...]:
    templates = []
    for kind in range(KINDS):
        path = folder / f"template{kind}.sqlite3"
        connection = sqlite3.connect(path)
        connection.execute(
            "CREATE TABLE django_migrations (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,"
            " app varchar(255) NOT NULL, name varchar(255) NOT NULL, applied datetime NOT NULL)"
        )
        connection.executemany(
            "INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, ?)", rows_of(kind, rows)
        )
        connection.commit()
        connection.close()
        templates.append(path)
    found = []
    for at in range(count):
        path = folder / f"tenant{at}.sqlite3"
        shutil.copyfile(templates[at % KINDS], path)
        found.append(Tenant(DatabaseUrl("sqlite", str(path))))
    return tuple(found)


def bare_sqlite(tenants: tuple[Tenant, ...]) -> None:
    for tenant in tenants:
        connection = sqlite3.connect(tenant.url.name)
        connection.execute(SELECT).fetchall()
        connection.close()


@contextmanager
def postgresql_fleet(admin: DatabaseUrl, count: int, rows: int) -> Iterator[tuple[Tenant, ...]]:
    name = f"stitchback_bench_{uuid.uuid4().hex[:12]}"
    with connected(admin, writable=True) as connection, connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    url = replace(admin, name=name)
    try:
        with connected(url, writable=True) as connection, connection.cursor() as cursor:
            for at in range(count):
                cursor.execute(f"CREATE SCHEMA tenant{at}")
                cursor.execute(
                    f"CREATE TABLE tenant{at}.django_migrations (id bigint PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,"
                    " app varchar(255) NOT NULL, name varchar(255) NOT NULL, applied timestamptz NOT NULL)"
                )
                values = ", ".join(
                    f"('{app}', '{label}', '{when}')" for app, label, when in rows_of(at % KINDS, rows)
                )
                cursor.execute(
                    f"INSERT INTO tenant{at}.django_migrations (app, name, applied) VALUES {values}"
                )
        yield schemas_of(url)
    finally:
        with connected(admin, writable=True) as connection, connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def bare_postgresql(tenants: tuple[Tenant, ...]) -> None:
    with connected(tenants[0].url) as connection, connection.cursor() as cursor:
        for tenant in tenants:
            cursor.execute(SELECT.replace("django_migrations", f'"{tenant.schema}".django_migrations'))
            cursor.fetchall()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sqlite", type=int, default=2000)
    parser.add_argument("--schemas", type=int, default=500)
    parser.add_argument("--rows", type=int, default=120)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = sqlite_fleet(Path(folder), asked.sqlite, asked.rows)
        print(f"{len(files)} SQLite files, {asked.rows} rows each")
        measured(files, lambda: bare_sqlite(files), asked.rows)
    if os.environ.get("STITCHBACK_TEST_POSTGRES"):
        admin = DatabaseUrl.parse(os.environ["STITCHBACK_TEST_POSTGRES"])
        with postgresql_fleet(admin, asked.schemas, asked.rows) as schemas:
            print(f"{len(schemas)} PostgreSQL schemas, {asked.rows} rows each")
            measured(schemas, lambda: bare_postgresql(schemas), asked.rows)


if __name__ == "__main__":
    main()
