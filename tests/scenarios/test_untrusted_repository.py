"""A copy of a repository that somebody else made: its `.git` directory and its names can do nothing to the user."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Said, stitchback
from fixture_repos import BuiltRepository, build_repository
from git_places import git

from stitchback.adapters.cache_file import cache_folder
from stitchback.adapters.git_build import BuildCommit, build, hermetic_environment

CASE = "same-column-mid-chain"
# Settings and hooks that make git run a program. https://git-scm.com/docs/git-config
PROGRAMS = (
    "core.alternateRefsCommand", "core.askPass", "core.editor", "core.fsmonitor", "core.gitProxy", "core.pager", "core.sshCommand",
    "credential.helper", "diff.external", "diff.canary.command", "diff.canary.textconv", "filter.canary.clean",
    "filter.canary.process", "filter.canary.smudge", "gpg.openpgp.program", "gpg.program", "gpg.ssh.defaultKeyCommand",
    "gpg.ssh.program", "gpg.x509.program", "interactive.diffFilter", "merge.canary.driver", "pager.log", "pager.show",
    "sequence.editor", "trailer.canary.command", "uploadpack.packObjectsHook",
)  # fmt: skip
OTHERS = {
    "log.showSignature": "true",
    "commit.gpgSign": "true",
    "filter.canary.required": "true",
    "gpg.format": "openpgp",
}
HOOKS = (
    "applypatch-msg", "commit-msg", "fsmonitor-watchman", "post-checkout", "post-commit", "post-index-change", "post-merge",
    "post-rewrite", "pre-auto-gc", "pre-commit", "pre-merge-commit", "pre-push", "prepare-commit-msg", "reference-transaction",
)  # fmt: skip


@pytest.fixture(autouse=True)
def sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in hermetic_environment(tmp_path).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def built(tmp_path: Path) -> BuiltRepository:
    return build_repository(CASE, tmp_path / "repository")


def database_of_the_release(built: BuiltRepository, place: Path) -> str:
    subprocess.run(
        ["git", "worktree", "add", "-q", "--detach", str(place), built.case.patches[0]],
        cwd=built.path,
        check=True,
    )
    environment = {**os.environ, "STITCHBACK_DATABASE": str(place / "release.sqlite3")}
    command = [*("manage.py", "migrate", "--verbosity", "0", "--skip-checks")]
    subprocess.run([sys.executable, *command], cwd=place, env=environment, check=True)
    subprocess.run(["git", "worktree", "lock", str(place)], cwd=built.path, check=True)
    return f"sqlite:///{place / 'release.sqlite3'}"


def every_command(built: BuiltRepository, url: str) -> Iterator[Said]:
    patch = built.case.patches[0]
    yield stitchback(built.path, "status", patch)
    yield stitchback(built.path, "plan", "--diff", patch)
    yield stitchback(built.path, "inspect", "--database", url)
    yield stitchback(built.path, "repair", "--database", url)
    yield stitchback(built.path, "schema")
    yield stitchback(built.path, "verify", patch)
    yield stitchback(built.path, "apply", "--yes", "--branch", "stitched", patch)
    yield stitchback(built.path, "apply", "--yes", patch)


def test_no_program_of_the_configuration_runs(built: BuiltRepository, tmp_path: Path) -> None:
    url = database_of_the_release(built, tmp_path / "release")
    plain = [said.exit_code for said in every_command(built, url)]
    git(built.path, "checkout", "-q", "--", ".")
    git(built.path, "clean", "-qfd")
    git(built.path, "branch", "-qD", "stitched")
    trace, canary = tmp_path / "trace", tmp_path / "canary"
    canary.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{trace}'\ncat\n")
    canary.chmod(0o755)
    hooks = built.path / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in HOOKS:
        (hooks / hook).symlink_to(canary)
    (built.path / ".git" / "info").mkdir(exist_ok=True)
    (built.path / ".git" / "info" / "attributes").write_text("* filter=canary diff=canary merge=canary\n")
    for name in PROGRAMS:
        git(built.path, "config", name, str(canary))
    for name, value in OTHERS.items():
        git(built.path, "config", name, value)
    git(built.path, "config", "core.hooksPath", str(hooks))
    trace.unlink(missing_ok=True)  # `git config` itself asks nobody, but that is not what is tested
    found = list(every_command(built, url))
    assert [said.exit_code for said in found] == plain, [said.err for said in found]
    assert not trace.exists(), trace.read_text()


class TestAFolderBelowTheGitDirectory:
    """`.git/stitchback` came with the copy."""

    def test_a_link_to_a_folder_of_the_users(self, built: BuiltRepository, tmp_path: Path) -> None:
        mine = tmp_path / "mine"
        for name in ("done", "draft", "keys"):
            (mine / name).mkdir(parents=True)
            (mine / name / "thesis").write_bytes(b"x")
            os.utime(mine / name / "thesis", (0, 0))
        home = built.path / ".git" / "stitchback"
        home.mkdir()
        (home / "cache").symlink_to(mine / "keys")
        assert stitchback(built.path, "status", *built.case.patches).exit_code == 1
        (home / "cache").unlink()
        home.rmdir()
        home.symlink_to(mine)
        assert stitchback(built.path, "status", *built.case.patches).exit_code == 1
        said = stitchback(built.path, "apply", "--yes", *built.case.patches)
        assert (said.exit_code, "SB518" in said.err) == (2, True), said.err
        assert sorted(path.name for path in mine.rglob("*")) == [
            "done",
            "draft",
            "keys",
            "thesis",
            "thesis",
            "thesis",
        ]

    @pytest.mark.parametrize("inside", [True, False])
    def test_a_journal_that_was_not_begun_here(
        self, built: BuiltRepository, tmp_path: Path, inside: bool
    ) -> None:
        journal = built.path / ".git" / "stitchback" / "journal"
        journal.mkdir(parents=True)
        target = built.path / "manage.py" if inside else tmp_path / ".profile"
        before = target.read_bytes() if inside else None
        path = "manage.py" if inside else str(target)
        (journal / "0.after").write_bytes(b"import os\n")
        digest = hashlib.sha256(b"import os\n").hexdigest()
        was = None if before is None else hashlib.sha256(before).hexdigest()
        if before is not None:
            (journal / "0.before").write_bytes(before)
        entry = {"number": 0, "path": path, "before": was, "after": digest}
        for listed in ([entry], {"origin": "main 0123", "files": [entry]}):
            (journal / "list.json").write_text(json.dumps(listed))
            for command in ("status", "plan", "verify"):
                said = stitchback(built.path, command, *built.case.patches)
                assert (said.exit_code, "SB519" in said.err) == (2, True), said.err
            said = stitchback(built.path, "apply", "--yes", *built.case.patches)
            assert (said.exit_code, "SB518" in said.err) == (2, True), said.err
            assert (target.read_bytes() if target.exists() else None) == before

    def test_nothing_is_kept_in_the_repository(
        self, built: BuiltRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        stitchback(built.path, "status", *built.case.patches)
        assert not (built.path / ".git" / "stitchback").exists()
        kept = [path for path in cache_folder().rglob("*") if path.is_file()]
        assert kept
        modes = {path.parent: stat.S_IMODE(path.parent.stat().st_mode) for path in kept}
        assert set(modes.values()) == {0o700}, modes


MIGRATION = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{dependencies}]
    operations = [{operations}]
"""
CREATE = "migrations.CreateModel('Item', [('id', models.AutoField(primary_key=True))])"
ADD = "migrations.AddField('item', 'c', models.IntegerField(null=True))"
LATER = MIGRATION.format(dependencies="('shop', '0001_initial')", operations=ADD).encode()
OBEYED = re.compile(r"^\s*::|##\[", re.MULTILINE)
GITHUB_FORM = re.compile(r"^::(error|warning|notice) (file=[^:,\n]*,line=\d+,)?title=SB\d+::")


PLANNING = (
    ("status",), ("plan",), ("plan", "--diff"), ("plan", "--format", "json"), ("status", "--format", "json"), ("-v", "plan"),
)  # fmt: skip
FINDING = (("status",), ("status", "--format", "json"), ("status", "--format", "sarif"), ("plan",))


def repository_with(name: str, content: bytes, place: Path) -> Path:
    """A release with a migration of that name, and mainline with the same change."""
    shared = {
        "shop/__init__.py": b"", "shop/models.py": b"", "shop/migrations/__init__.py": b"",
        "shop/migrations/0001_initial.py": MIGRATION.format(dependencies="", operations=CREATE).encode(),
    }  # fmt: skip
    commits = (
        BuildCommit("base", "main", shared, "base"),
        BuildCommit("hotfix", "release", {**shared, f"shop/migrations/{name}.py": content}, "hotfix", "base"),
        BuildCommit("mainline", "main", {**shared, "shop/migrations/0002_m.py": LATER}, "mainline"),
    )
    build(commits, place, checkout="main")
    return place


@pytest.mark.parametrize("width", range(55, 90, 5))
@pytest.mark.parametrize(("content", "commands"), [(LATER, PLANNING), (b"def (", FINDING)])
def test_no_name_starts_a_workflow_command(
    width: int, content: bytes, commands: tuple[tuple[str, ...], ...], tmp_path: Path
) -> None:
    hostile = f"0002_{'a' * width} ::warning title=x::NOT MINE ::stop-commands::abc ##[group]x"
    place = repository_with(hostile, content, tmp_path / "repository")
    for arguments in commands:
        said = stitchback(place, *arguments, "release")
        assert "NOT" in said.out + said.err, arguments
        assert not OBEYED.search(said.out), (arguments, said.out)
        assert not OBEYED.search(said.err), (arguments, said.err)


def test_an_annotation_is_one_command(tmp_path: Path) -> None:
    hostile = "0002_a ::warning title=x::NOT MINE ::stop-commands::abc ##[group]x"
    place = repository_with(hostile, b"def (", tmp_path / "repository")
    lines = stitchback(place, "status", "--format", "github", "release").out.splitlines()
    assert lines
    assert all(GITHUB_FORM.match(line) and "##[" not in line for line in lines)
