"""`stitchback check`: what it compares, its formats, the baseline file, and suppression."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Commands
from fixture_repos import build_repository

from stitchback.adapters.git_build import BuildCommit, build

HEAD = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
KEY = "[('id', models.AutoField(primary_key=True))]"
LINE = f"operations = [migrations.CreateModel('Line', {KEY})]"
FIRST = {"0001_initial": LINE}


def logs(**migrations: str) -> dict[str, bytes]:
    """The files of an app: of each migration the class's body, in one line."""
    files = {
        f"logs/migrations/{name}.py": f"{HEAD}    {body}\n".encode() for name, body in migrations.items()
    }
    return {"logs/__init__.py": b"", "logs/migrations/__init__.py": b"", **files}


def column(name: str, after: str = "0001_initial") -> str:
    added = f"migrations.AddField('line', '{name}', models.TextField(null=True))"
    return f"dependencies = [('logs', '{after}')]; operations = [{added}]"


def two_leaves(folder: Path, branch: str = "feature") -> Path:
    more = logs(**FIRST, **{"0002_text": column("text"), "0002_note": column("note")})
    build(
        [
            BuildCommit("base", "main", logs(**FIRST), "lines"),
            BuildCommit("own", branch, more, "two", start="base"),
        ],
        folder,
        checkout=branch,
    )
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def codes(commands: Commands, folder: Path, *arguments: str) -> list[str]:
    done = commands.run(folder, "check", *arguments, "--format", "json")
    assert done.code in (0, 1), done.stderr
    return [finding["code"] for finding in json.loads(done.stdout)["findings"]]


def test_findings_are_listed_and_exit_1(commands: Commands, tmp_path: Path) -> None:
    done = commands.run(two_leaves(tmp_path / "r"), "check")
    assert done.code == 1
    assert done.stdout.startswith("the working tree since main  ")
    assert "  error    SB302  logs/migrations/0002_note.py:1 on the working tree\n" in done.stdout


def test_no_findings_exit_0(commands: Commands, shop: Path) -> None:
    done = commands.run(shop, "check", "--base", "v2.4")
    assert done.code == 0
    assert "No findings." in done.stdout


def test_the_document_names_what_was_compared(commands: Commands, shop: Path) -> None:
    done = commands.run(shop, "check", "--release", "release/2.4", "--format", "json")
    document = json.loads(done.stdout)
    assert done.code == document["exit"] == 1
    assert document["checked"] == {"ref": "the working tree", "commit": "WORKTREE"}
    assert document["base"]["ref"] == "main"
    assert [release["ref"] for release in document["releases"]] == ["release/2.4"]
    assert [finding["code"] for finding in document["findings"]] == ["SB313"]


@pytest.mark.parametrize("output_format", ["sarif", "github", "gitlab", "markdown"])
def test_formats_for_services(commands: Commands, tmp_path: Path, output_format: str) -> None:
    done = commands.run(two_leaves(tmp_path / "r"), "check", "--format", output_format)
    assert done.code == 1
    assert "SB302" in done.stdout


def test_a_note_alone_exits_0(commands: Commands, tmp_path: Path) -> None:
    """The code of a data operation differs, and the project has decided that a database may miss it."""
    was, now = (
        f"operations = [migrations.CreateModel('Line', {KEY}), migrations.RunSQL('UPDATE logs_line SET id = {n}')]"
        for n in (1, 2)
    )
    build(
        [
            BuildCommit("base", "main", logs(**{"0001_initial": was}), "lines"),
            BuildCommit("own", "feature", logs(**{"0001_initial": now}), "edited", start="base"),
        ],
        tmp_path / "r",
        checkout="feature",
    )
    done = commands.run(tmp_path / "r", "check")
    assert (done.code, "error    SB205" in done.stdout) == (1, True), done.stdout
    agreed = (
        '[[tool.stitchback.data]]\nmigration = "logs.0001_initial"\nmay = ["miss"]\nreason = "compared"\n'
    )
    (tmp_path / "r" / "pyproject.toml").write_text(agreed)
    done = commands.run(tmp_path / "r", "check")
    assert (done.code, "note     SB205" in done.stdout) == (0, True), done.stdout


# --- the base -------------------------------------------------------------------------------------------------------


def test_the_base_is_the_merge_base_and_not_the_tip(commands: Commands, tmp_path: Path) -> None:
    """What main has done since is not deleted here."""
    build(
        [
            BuildCommit("base", "main", logs(**FIRST), "lines"),
            BuildCommit("own", "feature", logs(**FIRST) | {"README": b"x"}, "nothing", start="base"),
            BuildCommit("more", "main", logs(**FIRST, **{"0002_text": column("text")}), "text"),
        ],
        tmp_path / "r",
        checkout="feature",
    )
    assert codes(commands, tmp_path / "r", "--base", "main") == []
    git(tmp_path / "r", "checkout", "-q", "main")
    (tmp_path / "r" / "logs/migrations/0002_text.py").unlink()
    assert codes(commands, tmp_path / "r") == ["SB304"]
    assert codes(commands, tmp_path / "r", "--base", "main~1") == []


def test_the_default_branch_is_that_of_the_remote(commands: Commands, tmp_path: Path) -> None:
    origin = two_leaves(tmp_path / "origin", "production-line")
    git(tmp_path, "clone", "-q", str(origin), str(tmp_path / "clone"))
    done = commands.run(tmp_path / "clone", "check", "--format", "json")
    assert json.loads(done.stdout)["base"]["ref"] == "origin/production-line"


def test_without_a_default_branch_the_base_must_be_named(commands: Commands, tmp_path: Path) -> None:
    folder = two_leaves(tmp_path / "r")
    git(folder, "branch", "-m", "main", "first")
    done = commands.run(folder, "check")
    assert done.code == 2
    assert done.stderr.startswith("error[SB528]")
    assert codes(commands, folder, "--base", "first") == ["SB302"]


# --- releases -------------------------------------------------------------------------------------------------------


def test_releases_are_those_of_the_configuration(commands: Commands, shop: Path) -> None:
    assert codes(commands, shop) == []
    (shop / "pyproject.toml").write_text('[tool.stitchback]\npatch_branches = ["release/*"]\n')
    assert codes(commands, shop) == ["SB313"]
    git(shop, "checkout", "-q", "release/2.4")
    git(shop, "branch", "release/2.5", "main")
    assert codes(commands, shop, "--base", "HEAD") == [], "a release need not have what others have"


def test_a_release_at_the_same_commit(commands: Commands, shop: Path) -> None:
    assert codes(commands, shop, "--release", "main") == []
    (shop / "shop/migrations/0006_item_discontinued_at.py").unlink()
    assert codes(commands, shop, "--release", "main", "--base", "v2.4") == ["SB304"]


def test_the_problems_of_the_base_are_not_those_of_the_working_tree(
    commands: Commands, tmp_path: Path
) -> None:
    folder = two_leaves(tmp_path / "r", "main")
    (folder / "logs/migrations/0003_merge.py").write_text(
        f"{HEAD}    dependencies = [('logs', '0002_text'), ('logs', '0002_note')]\n"
    )
    assert codes(commands, folder) == []


def test_one_finding_names_all_whose_databases_it_concerns(commands: Commands, tmp_path: Path) -> None:
    folder = build_repository("released-migration-edited", tmp_path / "r").path
    done = commands.run(folder, "check", "--base", "v3.1", "--release", "release/3.1", "--format", "json")
    findings = json.loads(done.stdout)["findings"]
    assert [(each["code"], each["ref"]) for each in findings] == [
        ("SB213", "release/3.1, v3.1"),
        ("SB313", "release/3.1"),
    ]


# --- baseline and suppression ---------------------------------------------------------------------------------------


def test_findings_of_the_baseline_file_are_not_reported(commands: Commands, tmp_path: Path) -> None:
    folder = two_leaves(tmp_path / "r")
    (folder / "pyproject.toml").write_text('[tool.stitchback]\nbaseline = "known.json"\n')
    done = commands.run(folder, "check", "--write-baseline")
    assert done.code == 0
    assert "1 finding not listed: the baseline file has it." in done.stdout
    git(folder, "checkout", "-q", "-b", "another")
    assert codes(commands, folder) == []
    (folder / "logs/migrations/0002_more.py").write_text(f"{HEAD}    {column('more')}\n")
    assert codes(commands, folder) == ["SB302"], "a third leaf node is another finding"
    (folder / "logs/migrations/0002_more.py").unlink()
    (folder / "logs/migrations/0002_note.py").unlink()
    done = commands.run(folder, "check")
    assert (done.code, "1 entry of the baseline file no longer occurs" in done.stderr) == (0, True)


@pytest.mark.parametrize(
    "content", [None, "{", "[]", '{"findings": [{"code": 1, "path": "", "message": ""}]}']
)
def test_a_baseline_file_that_cannot_be_read(commands: Commands, tmp_path: Path, content: str | None) -> None:
    folder = two_leaves(tmp_path / "r")
    if content is not None:
        (tmp_path / "known.json").write_text(content)
    done = commands.run(folder, "check", "--baseline", str(tmp_path / "known.json"))
    assert done.code == 2
    assert done.stderr.startswith("error[SB529]")


def test_a_baseline_is_written_where_one_is_named(commands: Commands, tmp_path: Path) -> None:
    done = commands.run(two_leaves(tmp_path / "r"), "check", "--write-baseline")
    assert (done.code, done.stderr.startswith("error[SB529]: no baseline file is named")) == (2, True)


def comment(folder: Path, text: str) -> None:
    path = folder / "logs/migrations/0002_note.py"
    path.write_text(f"# stitchback: {text}\n{path.read_text()}")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ignore[SB302] merged in the next commit", []),
        ("ignore[SB314, SB302] merged in the next commit", []),
        ("ignore[SB314] another code", ["SB302"]),
        ("ignore[SB302]", ["SB108", "SB302"]),
        ("ignore SB302 because", ["SB108", "SB302"]),
    ],
)
def test_a_comment_with_a_reason_suppresses(
    commands: Commands, tmp_path: Path, text: str, found: list[str]
) -> None:
    folder = two_leaves(tmp_path / "r")
    comment(folder, text)
    assert codes(commands, folder) == found


def test_the_configuration_suppresses(commands: Commands, tmp_path: Path) -> None:
    folder = two_leaves(tmp_path / "r")
    suppression = '[[tool.stitchback.suppress]]\ncode = "SB302"\npath = "logs/*"\nreason = "merged next"\n'
    (folder / "pyproject.toml").write_text(suppression)
    assert codes(commands, folder) == []


def test_a_comment_of_a_release_suppresses_nothing(commands: Commands, tmp_path: Path) -> None:
    """A patch branch may be anyone's."""
    folder = build_repository("same-name-missing-column", tmp_path / "club").path
    git(folder, "checkout", "-q", "release/2.4")
    path = folder / "club/migrations/0003_member_contact.py"
    text = path.read_text()
    path.write_text(f"# stitchback: ignore[SB201] trust me\n{text}")
    git(folder, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qam", "trust me")
    git(folder, "checkout", "-q", "main")
    assert codes(commands, folder, "--release", "release/2.4") == ["SB201"]
    mainline = path.read_text()
    path.write_text(f"# stitchback: ignore[SB201] they were given the column with SQL\n{mainline}")
    assert codes(commands, folder, "--release", "release/2.4") == []


def test_without_findings_it_imports_neither_the_engine_nor_the_proof(tmp_path: Path) -> None:
    """They take as long to import as all else that `check` does."""
    build([BuildCommit("base", "main", logs(**FIRST), "lines")], tmp_path / "quiet", checkout="main")
    script = (
        "import sys; from stitchback.cli.boundary import run; run(sys.argv[1:]);"
        "print([name for name in ('engine', 'proof', 'rehearsal', 'strategies', 'rewriting') if f'stitchback.{name}' in sys.modules])"
    )
    command = [sys.executable, "-c", script, "-C", str(tmp_path / "quiet"), "check", "--base", "main"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
