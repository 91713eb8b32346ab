"""`verify` before `apply`, after it and after the commit: mainline's databases are those of the tree without the plan each time."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from command_line import stitchback
from fixture_repos import BuiltRepository, build_repository

CASES = ("same-column-mid-chain", "patch-merged-by-git", "model-in-pieces", "hotfix-made-in-two-with-data")


def verified(built: BuiltRepository, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = stitchback(built.path, "-q", "verify", *built.case.patches, *arguments, "--format", "json")
    document = json.loads(done.out)
    return done.exit_code, document["engines"][0]


def databases(engine: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """By name: the lineage, and whether it was given rows."""
    return {each["name"]: (each["lineage"], each["repaired"]) for each in engine["populations"]}


def commit(built: BuiltRepository, subject: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "core.hooksPath=/dev/null")
    for arguments in (("add", "--all"), (*who, "commit", "--quiet", "--message", subject)):
        subprocess.run(["git", *arguments], cwd=built.path, check=True)


def applied(built: BuiltRepository) -> None:
    assert stitchback(built.path, "apply", *built.case.patches, "--yes").exit_code in (0, 1)


def stitched_file(built: BuiltRepository) -> Path:
    (path,) = (
        path
        for path in built.path.rglob("migrations/0*.py")
        if b"# stitchback: takes operations from" in path.read_bytes()
    )
    return path


@pytest.mark.parametrize("name", CASES)
def test_the_same_databases_and_rows_before_apply_after_it_and_after_the_commit(
    name: str, tmp_path: Path
) -> None:
    built = build_repository(name, tmp_path / "repository")
    code, before = verified(built)
    assert code == 0
    applied(built)
    between = verified(built)
    commit(built, "stitched")
    after = verified(built)
    assert [between[0], after[0]] == [0, 0]
    assert databases(before) == databases(between[1]) == databases(after[1])
    if name == CASES[0]:
        assert any(repaired for _, repaired in databases(after[1]).values())


@pytest.mark.parametrize("name", [CASES[0], CASES[2], "one-patch-several-mainline"])
def test_a_formatter_that_removes_the_comments_of_the_plan(name: str, tmp_path: Path) -> None:
    built = build_repository(name, tmp_path / "repository")
    _, before = verified(built)
    applied(built)
    for path in built.path.rglob("migrations/0*.py"):
        path.write_bytes(re.sub(rb"(?m)^[ ]*# (?!Generated).*\n", b"", path.read_bytes()))
    commit(built, "stitched")
    code, after = verified(built)
    assert code == 0
    assert databases(before).items() <= databases(after).items()


def test_a_stitch_on_a_branch_that_was_merged(tmp_path: Path) -> None:
    """The first parents of mainline tell when it got the files."""
    built = build_repository(CASES[0], tmp_path / "repository")
    _, before = verified(built)
    subprocess.run(["git", "checkout", "--quiet", "-b", "stitch"], cwd=built.path, check=True)
    applied(built)
    commit(built, "stitched")
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for words in (
        ("checkout", "--quiet", built.case.onto),
        (*who, "merge", "--quiet", "--no-ff", "--no-edit", "stitch"),
    ):
        subprocess.run(["git", *words], cwd=built.path, check=True)
    code, after = verified(built)
    assert code == 0
    assert databases(after) == databases(before)


def test_mainline_that_went_on_has_databases_of_both_kinds(tmp_path: Path) -> None:
    built = build_repository(CASES[0], tmp_path / "repository")
    _, before = verified(built)
    applied(built)
    commit(built, "stitched")
    leaf = max(built.path.glob("*/migrations/0*.py"), key=lambda path: path.name)
    app = leaf.parent.parent.name
    (leaf.parent / "0099_later.py").write_text(
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = [({app!r}, {leaf.stem!r})]\n\n"
        "    operations = [migrations.CreateModel('Later', [('id', models.AutoField(primary_key=True))])]\n"
    )
    commit(built, "later")
    code, after = verified(built)
    assert code == 0
    assert databases(before).items() <= databases(after).items()
    assert any("0099_later" in name for name in databases(after))


def test_a_fault_that_only_mainline_s_own_databases_meet_is_found_after_the_commit(tmp_path: Path) -> None:
    """Without the lines that tell from which migration the stitched one took over, and with SQL of which no schema shows whether it ran,
    those databases get no row."""
    built = build_repository(CASES[0], tmp_path / "repository")
    applied(built)
    path = stitched_file(built)
    lines = path.read_bytes().splitlines(keepends=True)
    text = b"".join(line for line in lines if not line.startswith(b"# stitchback: takes operations from"))
    sql = b"operations = [\n        migrations.RunSQL('ANALYZE'),"
    path.write_bytes(text.replace(b"operations = [", sql))
    commit(built, "stitched")
    code, after = verified(built)
    assert code == 1
    wrong = [each["name"] for each in after["populations"] if each["differences"]]
    assert wrong
    assert all(each["lineage"] == "mainline" for each in after["populations"] if each["differences"])
