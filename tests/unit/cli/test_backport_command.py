"""`backport`: what it prints, what it writes, and that it writes both sides or neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import django
import pytest
from backport_cases import RELEASE, base, chain, column, hotfix, imported_data, own_hotfixes, partial_index
from commands import Commands, Done, steady
from databases.small_projects import SmallProject, add
from fixture_repos import FIXTURES, build_repository
from git_places import git
from golden_files import Golden

from stitchback.api import backporting
from stitchback.api.project import Project

CASE = FIXTURES / "backports" / "column-between-other-changes"
COLOUR = ("backport", "shop.0004_item_colour", "--to", RELEASE)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return build_repository(CASE, tmp_path / "shop").path


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return column(tmp_path / "project")


def state(folder: Path) -> tuple[str, str]:
    """Every ref with its commit, and the working tree."""
    return git(folder, "show-ref"), git(folder, "status", "--porcelain")


def assert_refused(commands: Commands, folder: Path, code: str, *arguments: str) -> Done:
    before = state(folder)
    done = commands.run(folder, *COLOUR, "--yes", *arguments)
    assert done.code == 2, done.stderr
    assert f"error[{code}]" in done.stderr, done.stderr
    assert state(folder) == before
    return done


@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="kept for Django 5.2")
def test_the_reports_are_the_golden_ones(commands: Commands, shop: Path, golden: Golden) -> None:
    document = commands.run(shop, *COLOUR, "--dry-run", "--format", "json")
    dry = commands.run(shop, *COLOUR, "--dry-run")
    assert (document.code, dry.code, git(shop, "status", "--porcelain")) == (1, 1, "")
    golden.check(CASE / "expected" / "dry-run.json", steady(document.stdout))
    golden.check(CASE / "expected" / "dry-run.txt", steady(dry.stdout))


@pytest.mark.parametrize(
    ("build", "migration"), [(chain, "shop.0005_label_text"), (imported_data, "shop.0003_fill_codes")]
)
@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="kept for Django 5.2")
def test_what_the_release_lacks_is_named(
    build: object, migration: str, commands: Commands, tmp_path: Path, golden: Golden
) -> None:
    """The migration before it, with the command that brings both; the module that it imports."""
    project = build(tmp_path / "project")  # type: ignore[operator]
    before = state(project.path)
    arguments = ("backport", migration, "--to", RELEASE)
    done = commands.run(project.path, *arguments, "--yes")
    golden.check(CASE / "expected" / f"refused-{migration}.txt", steady(done.stdout))
    document = json.loads(commands.run(project.path, *arguments, "--yes", "--format", "json").stdout)
    assert (done.code, document["exit"], document["plan"], state(project.path)) == (3, 3, None, before)
    if document["needed"]:
        assert commands.run(project.path, "backport", *document["needed"], *arguments[1:], "--yes").code == 0


def test_both_sides_are_written(commands: Commands, shop: Path) -> None:
    before = git(shop, "rev-parse", RELEASE)
    done = commands.run(shop, *COLOUR, "--yes", "--format", "json")
    document = json.loads(done.stdout)
    assert done.code == document["exit"] == 0
    assert git(shop, "log", "-1", "--format=%H %P %s", RELEASE) == (
        f"{document['commit']} {before} Backport shop.0004_item_colour"
    )
    assert git(shop, "diff", "--name-only", before, RELEASE) == "shop/migrations/0004_item_colour.py"
    changed = git(shop, "status", "--porcelain").splitlines()
    assert [line.split()[1] for line in changed] == document["written"]
    assert document["branch"] == RELEASE


def test_the_models_and_the_commit_come_next(commands: Commands, shop: Path) -> None:
    """The command that is shown shows it."""
    done = commands.run(shop, *COLOUR, "--yes")
    assert f"git diff {RELEASE} -- :/shop/models.py" in done.stderr
    assert "+    colour = models.CharField" in git(shop, "diff", RELEASE, "--", ":/shop/models.py")
    assert "python manage.py makemigrations --check" in done.stderr
    assert (
        "git add -- :/shop/migrations && git commit -m 'Stitch the migrations of release/2.4'" in done.stderr
    )
    assert f"stitchback verify {RELEASE}" in done.stderr


def test_a_package_of_models_is_named_by_its_folder(commands: Commands, project: SmallProject) -> None:
    (project.path / "shop/models.py").unlink()
    project.write({"shop/models/__init__.py": ""})
    project.commit()
    done = commands.run(project.path, *COLOUR, "--yes")
    assert f"git diff {RELEASE} -- :/shop/models\n" in done.stderr


def test_another_answer_than_yes_writes_nothing(
    commands: Commands, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(shop)
    monkeypatch.setattr("stitchback.cli.backport.confirm", lambda question: False)
    assert commands.run(shop, *COLOUR).code == 1
    assert state(shop) == before


def test_a_new_branch_gets_the_commit(commands: Commands, shop: Path) -> None:
    before = git(shop, "rev-parse", RELEASE)
    done = commands.run(shop, *COLOUR, "--yes", "--branch", "backport-colour")
    assert done.code == 0
    assert (git(shop, "rev-parse", "backport-colour^"), git(shop, "rev-parse", RELEASE)) == (before, before)
    assert "git show backport-colour" in done.stderr
    assert "stitchback verify backport-colour" in done.stderr


def test_a_tag_needs_a_branch(commands: Commands, shop: Path) -> None:
    git(shop, "tag", "v2.4.1", RELEASE)
    git(shop, "branch", "-qD", RELEASE)
    done = assert_refused(commands, shop, "SB538", "--to", "v2.4.1")
    assert "stitchback backport shop.0004_item_colour --to v2.4.1 --branch NAME" in done.stderr
    assert commands.run(shop, *COLOUR, "--to", "v2.4.1", "--yes", "--branch", "v2.4").code == 0


@pytest.mark.parametrize("branch", ["main", "-x", "a..b", "HEAD"])
def test_a_branch_that_cannot_get_it(branch: str, commands: Commands, shop: Path) -> None:
    """It has other commits, or the name is not valid."""
    assert_refused(commands, shop, "SB508", f"--branch={branch}")


def test_a_release_that_is_checked_out(commands: Commands, shop: Path, tmp_path: Path) -> None:
    git(shop, "worktree", "add", str(tmp_path / "release"), RELEASE)
    done = assert_refused(commands, shop, "SB508")
    assert "Give another branch with --branch, or check out another one there." in done.stderr
    assert git(tmp_path / "release", "status", "--porcelain") == ""


def test_mainline_has_to_be_checked_out(commands: Commands, shop: Path) -> None:
    git(shop, "checkout", "-qb", "topic", "v2.4")
    done = assert_refused(commands, shop, "SB511", "--onto", "main")
    assert "git switch main" in done.stderr


def test_a_dirty_file_of_mainline(commands: Commands, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found before the question."""
    monkeypatch.delattr("stitchback.cli.backport.confirm")
    file = shop / "shop/migrations/0005_item_discount.py"
    file.write_text(file.read_text() + "\n# changed\n")
    assert_refused(commands, shop, "SB512")
    assert "SB512" in commands.run(shop, *COLOUR).stderr


def test_a_release_that_moved_meanwhile(
    commands: Commands, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is compared with the commit that was read."""

    prepare = backporting.prepare_backport

    def move_and_prepare(*arguments: Any) -> Any:
        git(shop, "update-ref", f"refs/heads/{RELEASE}", "v2.4")
        return prepare(*arguments)

    monkeypatch.setattr(backporting, "prepare_backport", move_and_prepare)
    done = commands.run(shop, *COLOUR, "--yes")
    assert (done.code, "error[SB508]" in done.stderr) == (2, True), done.stderr
    assert git(shop, "rev-parse", RELEASE) == git(shop, "rev-parse", "v2.4")
    assert git(shop, "status", "--porcelain") == ""


@pytest.mark.parametrize("branch", [RELEASE, "new"])
@pytest.mark.parametrize("failure", [OSError("no space left"), KeyboardInterrupt()])
def test_the_branch_is_put_back_where_the_working_tree_cannot_be_written(
    branch: str, failure: BaseException, commands: Commands, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(shop)

    def fail(*_: object) -> None:
        assert git(shop, "rev-parse", branch) != git(shop, "rev-parse", "v2.4")
        raise failure

    monkeypatch.setattr(backporting, "write", fail)
    assert commands.run(shop, *COLOUR, "--yes", "--branch", branch).code in (4, 130)
    assert state(shop) == before


def test_a_branch_that_moved_again_is_left_alone(
    commands: Commands, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        git(shop, "update-ref", f"refs/heads/{RELEASE}", "main")
        raise OSError("no space left")

    monkeypatch.setattr(backporting, "write", fail)
    done = commands.run(shop, *COLOUR, "--yes")
    assert (done.code, "error[SB508]" in done.stderr) == (2, True), done.stderr
    assert git(shop, "rev-parse", RELEASE) == git(shop, "rev-parse", "main")


def test_after_a_kill_between_the_two_apply_writes_mainlines_side(
    commands: Commands, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backporting, "write", lambda *_: None)
    assert commands.run(shop, *COLOUR, "--yes").code == 0
    assert git(shop, "status", "--porcelain") == ""
    assert commands.run(shop, *COLOUR, "--yes").code == 2
    assert commands.run(shop, "apply", RELEASE, "--yes").code == 0
    assert "shop/migrations/0004_item_colour.py" in git(shop, "status", "--porcelain")


def test_in_an_unfinished_merge_the_files_are_part_of_it(commands: Commands, project: SmallProject) -> None:
    folder = project.path
    project.git("checkout", "-qb", "topic", "HEAD~1")
    project.write({"note.txt": "x"})
    project.commit("A note")
    project.git("checkout", "-q", "main")
    project.git("merge", "--no-commit", "--no-ff", "topic")
    done = commands.run(folder, *COLOUR, "--yes")
    assert done.code == 0, done.stderr
    assert "git add -- :/shop/migrations && git commit --no-edit" in done.stderr
    assert git(folder, "rev-parse", "MERGE_HEAD") == git(folder, "rev-parse", "topic")
    project.git("add", "shop")
    project.git("commit", "--no-edit")
    assert commands.run(folder, "plan", RELEASE).code == 0


@pytest.mark.parametrize("name", ["release/$(date)", "release/2.4;date", "release/a'b"])
def test_commands_that_are_shown_can_be_pasted(name: str, commands: Commands, project: SmallProject) -> None:
    """Also where a branch has such a name."""
    git(project.path, "branch", "-m", RELEASE, name)
    arguments = ("backport", "shop.0004_item_colour", "--to", name)
    dry, done = (commands.run(project.path, *arguments, option) for option in ("--dry-run", "--yes"))
    again = commands.run(project.path, *arguments, "--yes")
    quoted = {"release/a'b": "'release/a'\"'\"'b'"}.get(name, f"'{name}'")
    assert f"--to {quoted} --yes" in dry.stdout
    assert f"git show {quoted}" in done.stderr
    assert again.code == 2
    assert f"stitchback status {quoted}" in " ".join(again.stderr.split())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("shop.0009_x", "has no migration 'shop.0009_x'"),
        ("shop.000", "'shop.000' fits several migrations"),
        ("shop.0002_item_code", "has shop.0002_item_code already"),
        ("shop.\x1b[31m\n::error::x", "has no migration"),
    ],
)
def test_which_migration(name: str, words: str, commands: Commands, project: SmallProject) -> None:
    done = commands.run(project.path, "backport", name, "--to", RELEASE)
    assert (done.code, "error[SB536]" in done.stderr) == (2, True)
    assert words in done.stderr
    assert "\x1b" not in done.stderr
    assert "\n::" not in done.stderr


def test_the_same_change_under_another_name_is_there_already(commands: Commands, tmp_path: Path) -> None:
    """No second column is proposed; a hotfix with another change does not count."""
    project = own_hotfixes(tmp_path / "project")
    project.git("checkout", "-q", RELEASE)
    project.migration("shop.0004_paint", "shop.0003_item_rack", add("item", "colour"))
    project.commit("Hotfix")
    project.git("checkout", "-q", "main")
    done = commands.run(project.path, *COLOUR, "--yes")
    assert f"{RELEASE} has shop.0004_item_colour (as shop.0004_paint) already" in " ".join(
        done.stderr.split()
    )


@pytest.mark.parametrize(
    ("name", "release", "main"),
    [
        ("shop.0002_item_code", [add("item", "code")], [add("item", "code", "models.TextField(null=True)")]),
        ("shop.0003_note", [], []),
    ],
)
def test_the_same_name_is_there_already(
    name: str, release: list[str], main: list[str], commands: Commands, tmp_path: Path
) -> None:
    """A migration of the fork point, whatever mainline has made of it; one without operations."""
    project = base(tmp_path / "project")
    after = "shop.0001_initial" if name.endswith("code") else "shop.0002_item_code"
    hotfix(project, name, after, *release)
    project.migration(name, after, *main)
    project.commit("Mainline")
    done = commands.run(project.path, "backport", name, "--to", RELEASE)
    assert (done.code, f"{RELEASE} has {name} already" in done.stderr) == (2, True), done.stderr


def test_a_squash_is_not_copied(commands: Commands, project: SmallProject) -> None:
    file = project.path / "shop/migrations/0005_item_weight.py"
    text = file.read_text().replace("dependencies", "replaces = [('shop', '0005_gone')]\n    dependencies")
    file.write_text(text)
    done = commands.run(project.path, "backport", "shop.0005_item_weight", "--to", RELEASE)
    assert (done.code, "error[SB537]" in done.stderr) == (3, True)


def test_comments_name_no_commit_that_lacks_the_migration(tmp_path: Path, commands: Commands) -> None:
    project = partial_index(tmp_path / "project")
    arguments = ("backport", "shop.0004_item_code_index", "--to", RELEASE, "--yes")
    assert commands.run(project.path, *arguments).code == 0
    text = (project.path / "shop/migrations/0003_stitched_item_code_index.py").read_text()
    assert f"# Stitched: replaces shop.0003_item_code_index of {RELEASE}.\n" in text
    with Project.open(project.path) as opened:
        assert opened.tree("HEAD").migrations
