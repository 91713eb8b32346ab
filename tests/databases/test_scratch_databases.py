"""Databases for trial runs, on each engine that there is a server for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from stitchback.adapters.projects import ProjectSession
from stitchback.adapters.scratch_databases import PREFIX, ScratchDatabases, scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.errors import EnvironmentProblem

SERVERS = {"postgresql": "STITCHBACK_TEST_POSTGRES", "mysql": "STITCHBACK_TEST_MYSQL"}


def server_url(engine: str) -> str:
    if engine == "sqlite":
        return "sqlite:///"
    url = os.environ.get(SERVERS[engine])
    if not url:
        pytest.skip(f"no server: {SERVERS[engine]} holds no URL")
    return url


@pytest.fixture(params=["sqlite", *SERVERS])
def databases(request: pytest.FixtureRequest) -> Iterator[ScratchDatabases]:
    with scratch_databases(server_url(request.param)) as scratch:
        yield scratch


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One model with a field of every kind that a database knows."""
    write(
        tmp_path / "project" / "settings.py",
        """\
        SECRET_KEY = "x"
        INSTALLED_APPS = ["django.contrib.contenttypes", "shop"]
        USE_TZ = True
        DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "production.sqlite3"}}
        """,
    )
    for package in ("project", "shop", "shop/migrations"):
        write(tmp_path / package / "__init__.py", "")
    write(
        tmp_path / "shop" / "migrations" / "0001_initial.py",
        """\
        import django.db.models.deletion as deletion
        from django.db import migrations, models

        def key():
            return ("id", models.BigAutoField(primary_key=True, serialize=False))

        class Migration(migrations.Migration):
            dependencies = [("contenttypes", "0002_remove_content_type_name")]
            operations = [
                migrations.CreateModel("Tag", [key(), ("slug", models.SlugField(unique=True, max_length=3))]),
                migrations.CreateModel(
                    "Item",
                    [
                        key(),
                        ("small", models.PositiveSmallIntegerField()),
                        ("number", models.IntegerField(null=True, db_index=True)),
                        ("big", models.BigIntegerField()),
                        ("yes", models.BooleanField(default=False)),
                        ("name", models.CharField(max_length=40)),
                        ("letter", models.CharField(max_length=1)),
                        ("text", models.TextField(blank=True)),
                        ("price", models.DecimalField(max_digits=7, decimal_places=3)),
                        ("weight", models.FloatField()),
                        ("day", models.DateField()),
                        ("moment", models.DateTimeField(null=True)),
                        ("hour", models.TimeField()),
                        ("span", models.DurationField()),
                        ("mark", models.UUIDField()),
                        ("data", models.JSONField(default=dict)),
                        ("raw", models.BinaryField()),
                        ("address", models.GenericIPAddressField()),
                        ("kind", models.CharField(max_length=9)),
                        ("content", models.ForeignKey("contenttypes.ContentType", deletion.CASCADE, null=True)),
                        ("parent", models.ForeignKey("self", deletion.CASCADE, null=True)),
                        ("tag", models.OneToOneField("shop.Tag", deletion.CASCADE)),
                        ("tags", models.ManyToManyField("shop.Tag", related_name="+")),
                    ],
                    options={
                        "unique_together": {("name", "number")},
                        "indexes": [models.Index(fields=["day", "-hour"], name="shop_when")],
                    },
                ),
                migrations.CreateModel(
                    "Part",
                    [("item", models.OneToOneField("shop.Item", deletion.CASCADE, primary_key=True, serialize=False))],
                ),
                migrations.RunSQL(
                    "ALTER TABLE shop_tag ADD COLUMN level varchar(9) DEFAULT 'low' NOT NULL"
                    " CHECK (level IN ('low', 'high'))"
                ),
            ]
        """,
    )
    return tmp_path


def test_a_copy_is_the_same_and_apart(databases: ScratchDatabases, project: Path) -> None:
    with ProjectSession(project, "project.settings") as session:
        first = databases.create()
        assert session.migrate(first).went_well
        assert session.fill(first) == ()
        copy = databases.copy(first)
        assert session.ledger(copy) == session.ledger(first)
        assert session.schema(copy) == session.schema(first)
        assert session.rows(copy) == session.rows(first)
        session.execute(copy, "DELETE FROM shop_part")
        assert session.rows(copy) != session.rows(first)
        databases.drop(copy)


def test_every_column_gets_a_value_of_its_own(databases: ScratchDatabases, project: Path) -> None:
    with ProjectSession(project, "project.settings") as session:
        url = databases.create()
        session.migrate(url)
        assert session.fill(url) == ()
        rows = session.rows(url)
    assert sorted(str(tag["level"]) for tag in rows["shop_tag"]) == ["high", "low"]
    items = rows["shop_item"]
    assert len(items) == len(rows["shop_item_tags"]) == len(rows["shop_part"]) == 2
    for column in items[0]:
        values = [repr(item[column]) for item in items]
        assert "None" not in values, column
        assert column == "content_id" or len(set(values)) == 2, column


def test_schemas_tell_what_matters(databases: ScratchDatabases, project: Path) -> None:
    with ProjectSession(project, "project.settings") as session:
        url = databases.create()
        session.migrate(url)
        item = session.schema(url).tables["shop_item"]
        part = session.schema(url).tables["shop_part"]
    assert "40" in item["columns"]["name"]["type"]
    assert [item["columns"][name]["null"] for name in ("name", "number")] == ["not null", "null"]
    assert any(index.startswith("shop_when: ") for index in item["indexes"])
    assert len(item["uniques"]) == 2, "the together, and the one-to-one field"
    assert len(item["foreign_keys"]) == 3
    assert part["primary_key"] == ["item_id"]


def test_what_was_not_made_here_is_left_alone(databases: ScratchDatabases, tmp_path: Path) -> None:
    if databases.vendor == "sqlite":
        file = tmp_path / "mine.sqlite3"
        file.touch()
        with pytest.raises(PermissionError):
            databases.drop(f"sqlite:///{file}")
        assert file.exists()
        return
    mine = server_url(databases.vendor)
    with pytest.raises(EnvironmentProblem, match="not made here"):
        databases.drop(mine)
    with pytest.raises(EnvironmentProblem, match="not made here"):
        databases.copy(mine)


@pytest.mark.parametrize("engine", SERVERS)
def test_nothing_is_left_even_when_killed(engine: str) -> None:
    url = server_url(engine)
    script = f"""
import os, signal
from stitchback.adapters.scratch_databases import scratch_databases
with scratch_databases({url!r}) as scratch:
    first = scratch.create()
    scratch.copy(first)
    print(first, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    series = DatabaseUrl.parse(killed.stdout.strip()).name.rpartition("_")[0]
    assert series.startswith(PREFIX)
    assert eventually_gone(url, engine, series)


def eventually_gone(url: str, engine: str, series: str) -> bool:
    from time import monotonic, sleep

    until = monotonic() + 20
    while names_like(url, engine, series):
        if monotonic() > until:
            return False
        sleep(0.2)
    return True


def names_like(url: str, engine: str, series: str) -> bool:
    """Asked of the server by its own client."""
    address = DatabaseUrl.parse(url)
    query = {
        "postgresql": f"SELECT datname FROM pg_database WHERE datname LIKE '{series}%'",
        "mysql": f"SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE '{series}%'",
    }[engine]
    client = {
        "postgresql": ["psql", url, "-Atc", query],
        "mysql": ["mariadb", f"-h{address.host}", f"-P{address.port}", f"-u{address.user}", "-sNe", query],
    }[engine]
    done = subprocess.run(client, capture_output=True, text=True, check=True)
    return bool(done.stdout.strip())


def test_a_server_that_is_not_there_is_an_environment_problem() -> None:
    with (
        pytest.raises(EnvironmentProblem, match="connect"),
        scratch_databases("postgresql://somebody:secret@127.0.0.1:1/nothing"),
    ):
        pass
