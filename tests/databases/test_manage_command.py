"""`manage.py stitchback` in real projects, on SQLite, PostgreSQL, and MySQL or MariaDB."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from databases.manage_projects import (
    SETTINGS,
    MadeDatabases,
    ManagedProject,
    entry,
    managed_project,
    model,
    shop_with_audit,
    use_driver,
)
from databases.servers import SERVERS, Postgresql, Server
from databases.small_projects import add, create

PASSWORD = "correct-horse"


@pytest.fixture(params=SERVERS, ids=lambda server: server.vendor)
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MadeDatabases]:
    server: Server = request.param
    if server.variable and not os.environ.get(server.variable):
        pytest.skip(f"{server.variable} is not set")
    found = MadeDatabases(server, tmp_path, {})
    yield found
    for url in found.made.values():
        server.drop(url)


def entries(databases: MadeDatabases, *aliases: str) -> dict[str, dict[str, object]]:
    """Without a password where the server checks it: that of the tests has accounts without one."""
    made = {alias: databases.create(alias) for alias in aliases}
    return {
        alias: entry(replace(url, password=PASSWORD) if url.vendor == "postgresql" else url)
        for alias, url in made.items()
    }


def test_from_status_to_verify(databases: MadeDatabases, tmp_path: Path) -> None:
    """`default` and `audit` are those of the release, `dev` is a developer's of main: it needs the row."""
    project = shop_with_audit(tmp_path / "project")
    use_driver(project, databases.server)
    project.use(entries(databases, "default", "audit", "dev"))
    project.files.git("checkout", "-q", "release/2.4")
    project.good("migrate", "-v0")
    project.good("migrate", "-v0", "--database", "audit")
    project.files.git("checkout", "-q", "main")
    project.good("migrate", "-v0", "--database", "dev")
    answers = []

    def stitchback(code: int, *arguments: str) -> str:
        answer = project.stitchback(*arguments)
        assert answer.code == code, answer.text
        answers.append(answer.text)
        return answer.text

    assert "identical     adds column item.colour" in stitchback(1, "status", "release/2.4")
    assert "python manage.py stitchback apply release/2.4 " in stitchback(1, "plan", "release/2.4")
    stitchback(0, "apply", "release/2.4", "--yes")
    assert "needs no manual step" in stitchback(0, "inspect", "--database", "default")
    assert "needs no manual step" in stitchback(0, "inspect", "--database", "audit")
    found = stitchback(1, "inspect", "--database", "dev")
    assert "python manage.py stitchback repair --database dev " in found
    assert "[X] 0001_initial" in stitchback(0, "graph", "--database", "dev")
    stitchback(0, "repair", "--database", "dev", "--apply", "--yes")
    stitchback(0, "inspect", "--database", "dev")
    for alias in ("default", "audit", "dev"):
        project.good("migrate", "-v0", "--database", alias)
        project.good("migrate", "--check", "--database", alias)
        project.good("check", "--database", alias)
    project.files.commit()
    stitchback(0, "verify", "release/2.4", "--database", "default")
    secrets = {
        PASSWORD,
        *(url.name for url in databases.made.values()),
        *(url.host for url in databases.made.values()),
    }
    assert [(secret, text) for text in answers for secret in secrets - {""} if secret in text] == []


def test_without_the_routers_answer_the_tables_are_missing(databases: MadeDatabases, tmp_path: Path) -> None:
    """The same database by its URL: the tables of `shop` are not in it, and nothing says that they need not be."""
    project = shop_with_audit(tmp_path / "project")
    use_driver(project, databases.server)
    project.use(entries(databases, "default", "audit"))
    project.good("migrate", "-v0", "--database", "audit")
    assert project.stitchback("repair", "--database", "audit").code == 0
    audit = databases.made["audit"]
    url = f"sqlite:///{audit.name}" if audit.vendor == "sqlite" else audit.complete()
    assert project.stitchback("repair", "--database", url).code == 3


def test_schemas_of_an_alias(tmp_path: Path) -> None:
    """`--schemas` takes an alias too."""
    server = Postgresql()
    if not os.environ.get(server.variable):
        pytest.skip(f"{server.variable} is not set")
    url = server.create(tmp_path)
    try:
        project = one_database(tmp_path / "project")
        project.use({"default": entry(url)})
        project.good("migrate", "-v0")
        assert "default, schema public" in project.stitchback("inspect", "--schemas", "default").out
    finally:
        server.drop(url)


# --- projects that differ ---------------------------------------------------------------------------------------------


def one_database(path: Path, settings: str = SETTINGS) -> ManagedProject:
    project = managed_project(path, "shop", settings=settings)
    project.files.write({"shop/models.py": model("Item")})
    project.files.migration("shop.0001_initial", "", create("Item"))
    project.files.commit()
    return project


def test_near_miss_one_database_and_no_router(tmp_path: Path) -> None:
    project = one_database(tmp_path / "project")
    project.good("migrate", "-v0")
    answer = project.stitchback("inspect", "--database", "default")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("default  1 row in django_migrations")


def test_an_alias_that_does_not_exist(tmp_path: Path) -> None:
    project = one_database(tmp_path / "project")
    answer = project.stitchback("inspect", "--database", "replica")
    assert answer.code == 2
    assert answer.err == (
        "error[SB601]: replica is neither an alias of DATABASES nor a database URL\nhint: Aliases: default.\n"
    )


def test_a_url_is_taken_too(tmp_path: Path) -> None:
    project = one_database(tmp_path / "project")
    project.good("migrate", "-v0")
    url = f"sqlite:///{project.path}/db.sqlite3"
    assert project.stitchback("inspect", "--database", url).out.split()[:3] == [url, "1", "row"]


def test_from_another_folder(tmp_path: Path) -> None:
    """The project is manage.py's, wherever it is called from."""
    project = one_database(tmp_path / "project")
    answer = project.manage("stitchback", "graph", folder=tmp_path)
    assert "shop" in answer.out, answer.text
    assert "SB502" in project.stitchback("-C", str(tmp_path), "graph").err


def test_a_label_and_a_folder_of_migrations_that_no_file_shows(tmp_path: Path) -> None:
    """The label comes from a function, and so does MIGRATION_MODULES: the running project knows both, also for the release."""
    modules = '\nMIGRATION_MODULES = dict(zip(["audit"], map(str.lower, ["AUDIT.HISTORY"])))\n'
    project = managed_project(tmp_path / "project", "goods", "audit", settings=SETTINGS + modules)
    files = project.files
    config = "from django.apps import AppConfig\n\n\nclass Goods(AppConfig):\n    name = 'goods'\n    label = str.lower('SHOP')\n"
    files.write(
        {"goods/apps.py": config, "goods/models.py": model("Item"), "audit/models.py": model("Entry")}
    )
    files.write({"audit/history/__init__.py": ""})
    files.migration("goods.0001_initial", "", create("Item"))
    files.migration("audit.0001_initial", "shop.0001_initial", create("Entry"))
    (files.path / "audit/migrations/0001_initial.py").rename(files.path / "audit/history/0001_initial.py")
    files.commit()
    files.git("checkout", "-qb", "release/2.4")
    files.migration("goods.0002_item_colour", "shop.0001_initial", add("item", "colour"))
    files.commit()
    files.git("checkout", "-q", "main")
    files.migration("goods.0002_colours", "shop.0001_initial", add("item", "colour"))
    files.commit()
    project.good("migrate", "-v0")
    graph = project.stitchback("graph").out
    assert "\nshop\n" in f"\n{graph}", graph
    assert "\naudit\n" in graph, graph
    assert "shop.0002_item_colour" in project.stitchback("plan", "release/2.4").out
    assert project.stitchback("inspect", "--database", "default").code == 0
    # What the user has configured wins over what the project answers.
    project.files.write({"pyproject.toml": '[tool.stitchback.apps]\n"goods/migrations" = "store"\n'})
    graph = project.stitchback("graph").out
    assert "\nstore\n" in f"\n{graph}", graph
    assert "\nshop\n" not in f"\n{graph}"


def test_an_app_without_models_is_asked_for_by_its_label(tmp_path: Path) -> None:
    """Its migrations may create tables all the same."""
    project = shop_with_audit(tmp_path / "project")
    project.files.write({"audit/models.py": ""})
    ask = (
        "from stitchback.django_app.running import apps_elsewhere; print(*sorted(apps_elsewhere('default')))"
    )
    assert project.good("shell", "-c", ask).out.split()[-1] == "audit"


def test_options_of_the_project(tmp_path: Path) -> None:
    """`init_command` may write: it is not run where stitchback reads. SQLite leaves no files beside the database."""
    project = one_database(tmp_path / "project")
    file = project.path / "db.sqlite3"
    project.use({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}})
    project.good("migrate", "-v0")
    options = {"init_command": "PRAGMA journal_mode=WAL;"}
    project.use({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file), "OPTIONS": options}})
    answer = project.stitchback("inspect", "--database", "default")
    assert answer.code == 0, answer.text
    assert not list(project.path.glob("db.sqlite3-*"))


def test_the_backend_of_the_project(tmp_path: Path) -> None:
    """It may be what knows how to log in."""
    project = one_database(tmp_path / "project")
    base = "from django.db.backends.sqlite3 import base\n\n\nclass DatabaseWrapper(base.DatabaseWrapper):\n"
    method = "    def get_new_connection(self, params):\n        open('connected', 'a').close()\n        return super().get_new_connection(params)\n"
    project.files.write({"proj/backend/__init__.py": "", "proj/backend/base.py": base + method})
    project.use({"default": {"ENGINE": "proj.backend", "NAME": str(project.path / "db.sqlite3")}})
    project.good("migrate", "-v0")
    (project.path / "connected").unlink()
    assert project.stitchback("inspect", "--database", "default").code == 0
    assert (project.path / "connected").exists()


def test_no_pool_is_opened(tmp_path: Path) -> None:
    """Without psycopg_pool, Django refuses the option; with it, its threads would stay."""
    server = Postgresql()
    if not os.environ.get(server.variable):
        pytest.skip(f"{server.variable} is not set")
    url = server.create(tmp_path)
    try:
        project = one_database(tmp_path / "project")
        project.use({"default": entry(url)})
        project.good("migrate", "-v0")
        project.use({"default": entry(url, OPTIONS={"pool": True})})
        answer = project.stitchback("inspect", "--database", "default")
        assert answer.code == 0, answer.text
    finally:
        server.drop(url)


def test_a_database_in_memory(tmp_path: Path) -> None:
    project = one_database(tmp_path / "project")
    project.use({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
    answer = project.stitchback("inspect", "--database", "default")
    assert (answer.code, "SB601" in answer.err) == (2, True)


def test_a_connection_that_fails_shows_nothing_of_it(tmp_path: Path) -> None:
    server = Postgresql()
    if not os.environ.get(server.variable):
        pytest.skip(f"{server.variable} is not set")
    project = one_database(tmp_path / "project")
    url = replace(server.admin, name="no_such_database", password=PASSWORD)
    project.use({"default": entry(url)})
    for command in (("inspect",), ("repair",), ("graph",)):
        answer = project.stitchback(*command, "--database", "default")
        assert answer.code == 2
        assert answer.err.startswith("error[SB603]: default: the database does not exist")
        shown = [text for text in (PASSWORD, url.host, url.user, url.name) if text in answer.text]
        assert shown == [], answer.text


# --- as a Django command ------------------------------------------------------------------------------------------------


def test_django_help_and_exit_codes(tmp_path: Path) -> None:
    project = one_database(tmp_path / "project")
    assert "Usage: python manage.py stitchback [OPTIONS] COMMAND" in project.good("help", "stitchback").out
    assert "Usage: python manage.py stitchback plan " in project.good("stitchback", "plan", "--help").out
    assert project.stitchback("no-such-command").code == 2
    assert "[stitchback]\n    stitchback" in project.good("help").out


def test_call_command(tmp_path: Path) -> None:
    """From Python: what is printed goes to `stdout`, and an exit code other than 0 is a CommandError."""
    project = one_database(tmp_path / "project")
    script = (
        "from io import StringIO; from django.core.management import CommandError, call_command\n"
        "out = StringIO(); call_command('stitchback', 'schema', '--format', 'json', stdout=out)\n"
        "assert out.getvalue().startswith('{'), out.getvalue()\n"
        "try: call_command('stitchback', 'status', 'no-such-branch', stderr=StringIO())\n"
        "except CommandError as error: print(error.returncode)\n"
    )
    assert project.good("shell", "-c", script).out.strip().endswith("2")


def test_it_runs_where_a_check_fails(tmp_path: Path) -> None:
    """`manage.py stitchback resolve` corrects what the checks report."""
    project = one_database(tmp_path / "project")
    project.files.git("checkout", "-qb", "other")
    project.files.migration("shop.0002_b", "shop.0001_initial", add("item", "b"))
    project.files.commit()
    project.files.git("checkout", "-q", "main")
    project.files.migration("shop.0002_a", "shop.0001_initial", add("item", "a"))
    project.files.commit()
    project.files.git("merge", "-q", "other")
    assert "stitchback.E002" in project.manage("check").err
    answer = project.stitchback("resolve", "--yes")
    assert answer.code == 0, answer.text
    project.good("check")


def test_squash_finish_takes_an_alias(tmp_path: Path) -> None:
    project = one_database(tmp_path / "project")
    files = project.files
    files.migration("shop.0002_a", "shop.0001_initial", add("item", "a"))
    files.migration("shop.0001_squashed_0002_a", "", create("Item"), add("item", "a"))
    squashed = files.path / "shop/migrations/0001_squashed_0002_a.py"
    replaces = '    replaces = [("shop", "0001_initial"), ("shop", "0002_a")]\n'
    squashed.write_text(squashed.read_text() + replaces)
    files.commit()
    project.good("migrate", "-v0")
    answer = project.stitchback("squash", "finish", "shop", "--database", "default", "--dry-run")
    assert answer.code == 1, answer.text
    assert "0001_squashed_0002_a" in answer.out
    assert project.stitchback("squash", "finish", "shop", "--database", "replica").code == 2
