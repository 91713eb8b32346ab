"""PyMySQL does what mysqlclient does, and each reason why nobody gets in has words of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import stitchback
from databases.conftest import Place
from databases.servers import Server, make_ledger
from fixture_repos import build_repository
from migration_values import key

from stitchback.adapters.connections import explained, reported_by_process
from stitchback.adapters.databases import read_database
from stitchback.errors import EnvironmentProblem

BROKEN = 'raise ImportError("libmysqlclient.so.21: cannot open shared object file")\n'


@pytest.fixture
def without_mysqlclient(tmp_path: Path) -> dict[str, str]:
    """An environment in which it cannot be loaded, as on a machine without its library."""
    module = tmp_path / "hidden" / "MySQLdb" / "__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text(BROKEN)
    return {**os.environ, "PYTHONPATH": str(module.parents[1])}


def run(environment: dict[str, str], folder: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "stitchback", "-C", str(folder), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def test_pymysql_in_every_command(mysql: Place, without_mysqlclient: dict[str, str], tmp_path: Path) -> None:
    repository = build_repository("same-column-leaf", tmp_path / "repository").path
    url = mysql.url
    make_ledger(url, key("auth.0001_initial"))
    code, said = run(without_mysqlclient, repository, "inspect", "--database", str(url))
    assert (code, "1 row in django_migrations" in said) == (0, True), said
    code, said = run(without_mysqlclient, repository, "repair", "--database", str(url))
    assert (code, "no manual step is needed" in said) == (0, True), said
    code, said = run(without_mysqlclient, repository, "verify", "release/2.4", "--database", str(url))
    assert (code, "No error, no difference, no lost value." in said) == (0, True), said


# --- each reason on its own -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", ["postgresql", "mysql"])
def test_a_wrong_login(vendor: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    place: Place = request.getfixturevalue(vendor)
    stranger = replace(place.url, user="nobody_of_that_name", password="hush-hush")
    with pytest.raises(EnvironmentProblem) as caught:
        read_database(stranger)
    assert caught.value.code == "SB646"
    assert "the login is refused" in caught.value.message
    assert "user and password" in caught.value.hint
    repository = build_repository("same-column-leaf", tmp_path / "repository").path
    address = str(stranger).replace("***", "hush-hush")
    done = stitchback(repository, "verify", "release/2.4", "--database", address)
    assert (done.exit_code, "SB646" in done.err, "hush" in done.err) == (2, True, False)


def test_no_such_database(server: Server, tmp_path: Path) -> None:
    url = server.create(tmp_path)
    server.drop(url)
    with pytest.raises(EnvironmentProblem) as caught:
        read_database(url)
    assert caught.value.code == "SB603"
    assert "does not exist" in caught.value.message


WORDS = [
    ("postgresql", 'connection failed: FATAL: password authentication failed for user "x"', "SB646"),
    ("postgresql", "connection failed: FATAL: no pg_hba.conf entry for host", "SB646"),
    ("postgresql", 'connection failed: FATAL: role "x" does not exist', "SB646"),
    ("postgresql", "permission denied for table django_migrations", "SB604"),
    ("postgresql", 'connection failed: FATAL: database "x" does not exist', "SB603"),
    ("postgresql", "connection refused", "SB603"),
    ("sqlite", "database is locked", "SB645"),
]


@pytest.mark.parametrize(("vendor", "words", "code"), WORDS)
def test_by_the_words(vendor: str, words: str, code: str) -> None:
    """Before a connection stands psycopg gives no SQLSTATE."""
    assert explained(Exception(words), None, "cannot be reached", vendor).problem.code == code


MYSQL = [(1045, "SB646"), (1698, "SB646"), (1142, "SB604"), (1044, "SB604"), (1205, "SB645"), (1049, "SB603")]


@pytest.mark.parametrize(("number", "code"), MYSQL)
def test_by_the_number(number: int, code: str) -> None:
    assert explained(Exception(number, "words"), None, "cannot be reached", "mysql").problem.code == code


def test_errors_of_the_projects_process() -> None:
    driver = reported_by_process("ImproperlyConfigured", "Error loading MySQLdb module.", "mysql")
    assert driver is not None
    assert (driver.code, "stitchback[mysql]" in driver.hint) == ("SB602", True)
    login = reported_by_process("OperationalError", '(1045, "Access denied")', "mysql")
    assert login is not None
    assert login.code == "SB646"
    assert reported_by_process("OperationalError", '(1044, "Access denied to database")', "mysql") is None
