"""Which changes copy all rows of a table (SB328): PostgreSQL gives a table that it rewrites another file, MariaDB another id."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from databases.servers import SERVERS, Server
from databases.small_projects import small_project

from stitchback.adapters.connections import connected
from stitchback.adapters.projects import ProjectSession
from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api import Project
from stitchback.api.checking import RollingRequest, rolling_case
from stitchback.hazards.large_table import COPIES, REBUILDS, REWRITES, table_work

FIELDS = {
    "longer": "models.CharField(max_length=20)",
    "past_255_bytes": "models.CharField(max_length=20)",
    "shorter": "models.CharField(max_length=20)",
    "to_text": "models.CharField(max_length=20)",
    "bigger": "models.IntegerField()",
    "digits": "models.DecimalField(max_digits=6, decimal_places=2)",
    "places": "models.DecimalField(max_digits=6, decimal_places=2)",
    "filled": "models.IntegerField(null=True)",
    "dropped": "models.IntegerField()",
    "renamed": "models.IntegerField()",
    "indexed": "models.IntegerField()",
    "labelled": "models.CharField(max_length=20)",
}
ALTERED = {
    "longer": "models.CharField(max_length=40)",
    "past_255_bytes": "models.CharField(max_length=200)",
    "shorter": "models.CharField(max_length=15)",
    "to_text": "models.TextField()",
    "bigger": "models.BigIntegerField()",
    "digits": "models.DecimalField(max_digits=9, decimal_places=2)",
    "places": "models.DecimalField(max_digits=9, decimal_places=4)",
    "filled": "models.IntegerField(default=0)",
    "indexed": "models.IntegerField(db_index=True)",
    "labelled": "models.CharField(max_length=20, help_text='x')",
}
CHANGES = {
    **{name: f"migrations.AlterField('item', '{name}', {field})" for name, field in ALTERED.items()},
    "dropped": "migrations.RemoveField('item', 'dropped')",
    "renamed": "migrations.RenameField('item', 'renamed', 'name')",
    "added": "migrations.AddField('item', 'added', models.IntegerField(null=True))",
    "with_default": "migrations.AddField('item', 'with_default', models.IntegerField(default=7))",
}
MARKS = {
    "postgresql": "SELECT relfilenode FROM pg_class WHERE relname = 'shop_item'",
    "mysql": "SELECT table_id FROM information_schema.innodb_sys_tables WHERE name = CONCAT(DATABASE(), '/shop_item')",
}


@pytest.mark.parametrize("server", SERVERS[1:], ids=lambda server: server.vendor)
def test_what_copies_a_table(server: Server, tmp_path: Path) -> None:
    if not os.environ.get(server.variable):
        pytest.skip(f"{server.variable} is not set")
    project = small_project(tmp_path / "p", "shop")
    columns = ", ".join(f"('{name}', {field})" for name, field in FIELDS.items())
    create = f"migrations.CreateModel('Item', [('id', models.AutoField(primary_key=True)), {columns}])"
    project.migration("shop.0001_initial", "", create)
    project.commit()
    project.git("tag", "v1")
    before = "shop.0001_initial"
    for number, (name, operation) in enumerate(CHANGES.items(), start=2):
        project.migration(f"shop.{number:04}_{name}", before, operation)
        before = f"shop.{number:04}_{name}"
    project.commit()
    assert copied(server, project.path) == foreseen(server.vendor, project.path)


def copied(server: Server, path: Path) -> set[str]:
    """The changes after which the table is another one."""
    found: set[str] = set()
    with scratch_databases(os.environ[server.variable]) as scratch, ProjectSession(path) as session:
        url = scratch.create()
        assert session.migrate(url, "shop", "0001").went_well
        session.fill(url)
        mark = mark_of(server, url)
        for name in CHANGES:
            assert session.migrate(url, stop_after=1).ran
            now = mark_of(server, url)
            found |= {name} if now != mark else set()
            mark = now
    return found


def mark_of(server: Server, url: str) -> object:
    with connected(DatabaseUrl.parse(url)) as connection, connection.cursor() as cursor:
        cursor.execute(MARKS[server.vendor])
        return cursor.fetchone()[0]


def foreseen(vendor: str, path: Path) -> set[str]:
    with Project.open(path) as project:
        stops = rolling_case(project, RollingRequest("v1", "main")).paths[vendor].stops
    copies = (REWRITES, COPIES, REBUILDS)  # not COPIES_ON_MYSQL: the server is MariaDB
    return {
        stop.key.name.partition("_")[2]
        for stop in stops
        if any(table_work(effect, vendor) in copies for effect in stop.effects)
    }
