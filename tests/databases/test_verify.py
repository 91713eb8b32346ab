"""`verify` on every engine that there is a server for, and the printed repairs run by the engine's own client."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from command_line import REFUSED, repair_script, stitchback
from fixture_repos import BuiltRepository, build_repository, case_names, read_case

from stitchback.adapters.projects import ProjectSession
from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.verifying import How, MainlineCommit, PatchCommits, VerifyCase, verify_plan
from stitchback.model.keys import MigrationKey
from stitchback.model.verify_reports import EngineReport

SERVERS = {"postgresql": "STITCHBACK_TEST_POSTGRES", "mysql": "STITCHBACK_TEST_MYSQL"}
ALL = tuple(name for name in case_names() if read_case(name).expect.exit != REFUSED)
SOME = (
    "same-column-mid-chain",
    "foreign-keys-across-two-patched-apps",
    "index-under-two-names",
    "other-length",
)
SHAPES = ALL if os.environ.get("STITCHBACK_TEST_ALL") else SOME  # all of them take an hour


def server_url(engine: str) -> str:
    if engine == "sqlite":
        return "sqlite:///"
    url = os.environ.get(SERVERS[engine])
    if not url:
        pytest.skip(f"no server: {SERVERS[engine]} holds no URL")
    return url


def by_client(url: str, script: str) -> None:
    """sqlite3, psql or mariadb, stopping at the first error."""
    address = DatabaseUrl.parse(url)
    if address.vendor == "sqlite":
        with closing(sqlite3.connect(address.name)) as connection:
            connection.executescript(script)
        return
    command = {
        "postgresql": ["psql", url, "-v", "ON_ERROR_STOP=1", "-q"],
        "mysql": ["mariadb", f"-h{address.host}", f"-P{address.port}", f"-u{address.user}", address.name],
    }[address.vendor]
    subprocess.run(command, input=script, capture_output=True, text=True, check=True)


@pytest.mark.parametrize("engine", ["sqlite", *SERVERS])
def test_a_kill_within_a_migration_leaves_half_of_it_on_mysql_alone(engine: str, tmp_path: Path) -> None:
    """MySQL commits each DDL statement: the column is there, the ledger knows nothing of it, and Django cannot go on."""
    built = build_repository("mainline-does-more", tmp_path / "repository")
    (target,) = (path.stem for path in (built.path / "bakery/migrations").glob("0004*.py"))
    key = MigrationKey("bakery", target)
    with scratch_databases(server_url(engine)) as scratch, ProjectSession(built.path) as session:
        url = scratch.create()
        assert session.migrate(url, stop_amid=(key, 1)).stopped
        assert key not in session.ledger(url)
        again = session.migrate(url)
        if engine == "mysql":
            assert again.failed == key
            assert "Duplicate column" in again.error_message
        else:
            assert again.went_well
            assert key in session.ledger(url)


def case_of(built: BuiltRepository) -> VerifyCase:
    """The reconciled tree is what the repository has checked out."""
    case = built.case
    commits = {commit.branch: built.commits[commit.id] for commit in case.commits}
    fork = built.commits[case.commits[0].id]
    changed = git(built.path, "status", "--porcelain", "--untracked-files=all").splitlines()
    files = {line[3:]: (built.path / line[3:]).read_bytes() for line in changed}
    patches = tuple(PatchCommits(ref, commits[ref], fork) for ref in case.patches)
    mainline = MainlineCommit(case.onto, commits[case.onto])
    return VerifyCase(built.path, patches, mainline, files, frozenset(case.expect.manual_steps))


def git(repository: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=repository, capture_output=True, text=True, check=True
    ).stdout


def verified(built: BuiltRepository, url: str) -> EngineReport:
    repair = partial(repair_script, built.path)
    (report,) = verify_plan(case_of(built), repair, (url,), How(manual_repair=by_client)).engines
    return report


@pytest.mark.parametrize("engine", SERVERS)
def test_every_rollout_on_a_server(engine: str, tmp_path: Path) -> None:
    """What SQLite is taken through: each app first, each partial target, a stop after each migration and again."""
    url = server_url(engine)
    built = build_repository("same-column-leaf", tmp_path / "repository")
    assert stitchback(built.path, "apply", *built.case.patches, "--yes").exit_code == 0
    how = How(manual_repair=by_client, thorough=True)
    (report,) = verify_plan(case_of(built), partial(repair_script, built.path), (url,), how).engines
    assert "\n".join(map(str, report.differences)) == ""
    assert any(population.repair for population in report.populations)
    assert min(population.rollouts for population in report.populations) > 3


@pytest.mark.parametrize("engine", ["sqlite", *SERVERS])
@pytest.mark.parametrize("name", SHAPES)
def test_a_plan_serves_every_database_of_the_engine(name: str, engine: str, tmp_path: Path) -> None:
    url = server_url(engine)
    built = build_repository(name, tmp_path / "repository")
    assert stitchback(built.path, "apply", *built.case.patches, "--yes").exit_code == 0
    report = verified(built, url)
    assert "\n".join(map(str, report.differences)) == ""
    assert report.vendor == engine
    assert report.repaired
    assert not any(population.unfilled for population in report.populations)
    assert git(built.path, "worktree", "list").count("\n") == 1


# --- faults planted in a plan ---------------------------------------------------------------------------------------


INDEX = "        migrations.AddIndex('item', models.Index(fields=['colour'], name='{name}')),\n"
LOSES_A_ROW = """        migrations.RunPython(
            lambda apps, editor: apps.get_model('shop', 'Item').objects.order_by('pk').first().delete()
            if apps.get_model('shop', 'Item').objects.exists() else None,
        ),
"""


def column_missing(migrations: Path) -> None:
    path = stitched(migrations)
    path.write_text(path.read_text().partition("    operations = ")[0] + "    operations = []\n")


def other_length(migrations: Path) -> None:
    path = stitched(migrations)
    path.write_text(path.read_text().replace("max_length=20", "max_length=30"))


def row_lost(migrations: Path) -> None:
    appended(migrations / "0005_item_discount.py", LOSES_A_ROW)


def index_twice(migrations: Path) -> None:
    appended(stitched(migrations), INDEX.format(name="shop_one"))
    appended(migrations / "0006_item_discontinued_at.py", INDEX.format(name="shop_two"))


def stitched(migrations: Path) -> Path:
    (path,) = migrations.glob("*stitched*")
    return path


def appended(path: Path, operation: str) -> None:
    """The operation as the migration's last."""
    text, closing, rest = path.read_text().rpartition("    ]\n")
    path.write_text(f"{text}{operation}{closing}{rest}")


FAULTS: dict[Callable[[Path], None], tuple[str, ...]] = {
    column_missing: ("column shop_item.colour is missing",),
    other_length: ("column shop_item.colour: ", "20", "30"),
    row_lost: ("rows of shop_item: 2 before, 1 now",),
    index_twice: ("index of shop_item exists 2 times in a fresh install",),
}


def faults_found(folder: Path, url: str, *plant: Callable[[Path], None]) -> str:
    """The differences that are named for a plan with these faults."""
    built = build_repository("same-column-mid-chain", folder / "repository")
    assert stitchback(built.path, "apply", *built.case.patches, "--yes").exit_code == 0
    for fault in plant:
        fault(built.path / "shop" / "migrations")
    (report,) = verify_plan(case_of(built), lambda url: "", (url,), How(thorough=False)).engines
    return "\n".join(map(str, report.differences))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_named(fault: Callable[[Path], None], tmp_path: Path) -> None:
    found = faults_found(tmp_path, "sqlite:///", fault)
    others = [words for other, (words, *_) in FAULTS.items() if other is not fault]
    for words in FAULTS[fault]:
        assert words in found
    assert not [words for words in others if words in found], "and no other"


@pytest.mark.parametrize("engine", SERVERS)
def test_planted_faults_are_named_on_servers(engine: str, tmp_path: Path) -> None:
    found = faults_found(tmp_path, server_url(engine), other_length, row_lost, index_twice)
    for fault in (other_length, row_lost, index_twice):
        for words in FAULTS[fault]:
            assert words in found
