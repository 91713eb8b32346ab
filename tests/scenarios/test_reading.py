"""What Django would read is read, or it is named and no plan is called proved."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from command_line import Said, stitchback

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "conf.settings")\n'
SETTINGS = "INSTALLED_APPS = ['store']\n"
CREATE = 'migrations.CreateModel("Crate", [("id", models.AutoField(primary_key=True))])'
WEIGHT = 'migrations.AddField("crate", "weight", models.IntegerField(null=True))'


class Work:
    """A repository under construction; the branches are `main` and `release`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        name = {
            f"GIT_{who}_{what}": "a@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env={**os.environ, **name}, capture_output=True, check=True
        )
        return done.stdout.decode()

    def put(self, path: str, text: str = "") -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def migration(self, path: str, operations: str, parent: str = "", more: str = "") -> None:
        below = f"('store', '{parent}')" if parent else ""
        self.put(
            f"{path}.py",
            f"from django.db import migrations, models\nclass Migration(migrations.Migration):\n    {more}\n"
            f"    dependencies = [{below}]\n    operations = [{operations}]\n",
        )

    def app(self, folder: str, migrations: str = "migrations") -> None:
        for package in (folder, f"{folder}/{migrations}"):
            self.put(f"{package}/__init__.py")
        self.migration(f"{folder}/{migrations}/0001_initial", CREATE)

    def link(self, path: str, target: str) -> None:
        (self.folder / path).symlink_to(target)

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    def fork_point_of(self, migrations: str = "store/migrations") -> None:
        """A hotfix on `release` and the same column on `main`, checked out."""
        self.commit("base")
        self.git("checkout", "-q", "-b", "release")
        self.migration(f"{migrations}/0002_hotfix", WEIGHT, "0001_initial")
        self.commit("hotfix")
        self.git("checkout", "-q", "main")
        self.migration(f"{migrations}/0002_weight", WEIGHT, "0001_initial")
        self.commit("main")

    def run(self, *arguments: str, below: str = "") -> Said:
        return stitchback(self.folder / below, *arguments)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    made = Work(tmp_path / "work")
    made.put("manage.py", MANAGE)
    made.put("conf/__init__.py")
    made.put("conf/settings.py", SETTINGS)
    return made


def is_stitched(said: Said) -> bool:
    """Whether the plan is that of the duplicate."""
    return said.exit_code == 1 and "store.0002_hotfix" in said.out and "Proved" in said.out


class TestUnreadSettings:
    def test_a_plan_is_refused_with_the_lines_that_answer_it(self, work: Work) -> None:
        work.app("store", "changes")
        work.app("shelf")
        work.put("conf/settings.py", SETTINGS + "MIGRATION_MODULES = load()\n")
        work.fork_point_of("store/changes")
        plan, status = work.run("plan", "release"), work.run("status", "release")
        assert (plan.exit_code, "SB410" in plan.err, "Proved" in plan.out) == (3, True, False)
        assert "conf/settings.py:2" in plan.err
        lines = plan.err[plan.err.index("  [tool.stitchback.migration_modules]") :].splitlines()
        assert lines == ["  [tool.stitchback.migration_modules]", '  store = "store.changes"']
        assert (status.exit_code, "SB104" in status.out) == (1, True)
        work.put("pyproject.toml", "\n".join(line.strip() for line in lines) + "\n")
        assert is_stitched(work.run("plan", "release"))

    def test_folders_that_no_branch_changed_hide_nothing(self, work: Work) -> None:
        work.app("store")
        work.app("archive", "old")
        work.put("conf/settings.py", SETTINGS + "MIGRATION_MODULES = load()\n")
        work.fork_point_of()
        assert is_stitched(work.run("plan", "release"))

    def test_a_folder_that_is_missing(self, work: Work) -> None:
        work.app("store")
        work.put("conf/settings.py", SETTINGS + "MIGRATION_MODULES = {'store': 'store.chagnes'}\n")
        work.fork_point_of()
        plan, status = work.run("plan", "release"), work.run("status", "release")
        assert (plan.exit_code, "SB410" in plan.err, "store.chagnes" in plan.err) == (3, True, True)
        assert (status.exit_code, "SB106" in status.out) == (1, True)


class TestNothingRead:
    @pytest.mark.parametrize("command", [("status",), ("plan",), ("apply", "--yes"), ("verify",)])
    def test_no_migrations_is_exit_2_with_what_was_searched(
        self, work: Work, command: tuple[str, ...]
    ) -> None:
        work.put("store/__init__.py")
        work.put("store/migrations.py", "# a module is no folder of migrations\n")
        work.commit("base")
        work.git("branch", "release")
        work.commit("main")
        name, *options = command
        said = work.run(name, "release", *options)
        assert (said.exit_code, "SB550" in said.err, "Proved" in said.out) == (2, True, False)
        assert "searched" in said.err
        assert "Python files" in said.err

    def test_a_folder_without_init_is_named(self, work: Work) -> None:
        work.app("store")
        (work.folder / "store/migrations/__init__.py").unlink()
        work.fork_point_of()
        said = work.run("plan", "release")
        assert (said.exit_code, "store/migrations" in said.err, "no __init__.py" in said.err) == (
            2,
            True,
            True,
        )

    def test_a_folder_that_lost_its_init_on_mainline(self, work: Work) -> None:
        work.app("store")
        work.app("shelf")
        work.fork_point_of()
        (work.folder / "store/migrations/__init__.py").unlink()
        work.commit("lost")
        said = work.run("plan", "release")
        assert (said.exit_code, "SB404" in said.err, "no __init__.py" in said.err) == (3, True, True)

    def test_an_unreadable_file_of_the_fork_point_that_changed(self, work: Work) -> None:
        """It is at the same path in both trees, and what the patch branch wrote into it is not known."""
        work.app("store")
        work.put("store/migrations/0002_odd.py", "def (\n")
        work.commit("base")
        work.git("checkout", "-q", "-b", "release")
        work.commit("same")
        work.git("checkout", "-q", "main")
        work.put("notes.txt", "x")
        work.commit("main")
        assert work.run("plan", "release").exit_code == 0
        assert "Nothing is left" not in work.run("status", "release").out
        work.git("checkout", "-q", "release")
        work.put("store/migrations/0002_odd.py", "def ((\n")
        work.commit("changed")
        work.git("checkout", "-q", "main")
        said = work.run("plan", "release")
        assert (said.exit_code, "SB404" in said.err) == (3, True)


class TestSelfReplacing:
    SELF = "replaces = [('store', '0002_hotfix')]"

    def refused(self, work: Work, path: str) -> None:
        plan, status = work.run("plan", "release"), work.run("status", "release")
        assert (plan.exit_code, "SB411" in plan.err, path in plan.err) == (3, True, True)
        assert (status.exit_code, "SB105" in status.out, path in status.out) == (1, True, True)
        assert "no migrations of its own" not in status.out
        assert "reconciled already" not in status.out

    def test_on_the_patch_branch(self, work: Work) -> None:
        work.app("store")
        work.fork_point_of()
        work.git("checkout", "-q", "release")
        work.migration("store/migrations/0002_hotfix", WEIGHT, "0001_initial", self.SELF)
        work.commit("replaces itself")
        work.git("checkout", "-q", "main")
        self.refused(work, "store/migrations/0002_hotfix.py")

    def test_on_mainline_beside_another_name(self, work: Work) -> None:
        work.app("store")
        work.fork_point_of()
        both = "replaces = [('store', '0002_hotfix'), ('store', '0002_weight')]"
        work.migration("store/migrations/0002_weight", WEIGHT, "0001_initial", both)
        work.commit("replaces itself")
        self.refused(work, "store/migrations/0002_weight.py")

    def test_of_the_fork_point(self, work: Work) -> None:
        work.app("store")
        work.migration("store/migrations/0001_initial", CREATE, "", "replaces = [('store', '0001_initial')]")
        work.fork_point_of()
        self.refused(work, "store/migrations/0001_initial.py")

    def test_two_that_replace_each_other(self, work: Work) -> None:
        work.app("store")
        work.fork_point_of()
        work.migration(
            "store/migrations/0002_weight", WEIGHT, "0001_initial", "replaces = [('store', '0003_x')]"
        )
        work.migration("store/migrations/0003_x", "", "0002_weight", "replaces = [('store', '0002_weight')]")
        work.commit("a circle")
        self.refused(work, "store/migrations/0003_x.py")

    def test_a_squash_is_none(self, work: Work) -> None:
        work.app("store")
        work.fork_point_of()
        squash = "replaces = [('store', '0001_initial'), ('store', '0002_weight')]"
        work.migration("store/migrations/0001_squashed", f"{CREATE}, {WEIGHT}", "", squash)
        work.commit("a squash")
        assert "SB411" not in work.run("plan", "release").err


class TestLinks:
    def test_a_folder_that_is_a_link_on_mainline(self, work: Work) -> None:
        work.app("store")
        work.fork_point_of()
        (work.folder / "lib").mkdir()
        work.git("mv", "store/migrations", "lib/store_steps")
        work.link("store/migrations", "../lib/store_steps")
        work.commit("a link")
        assert is_stitched(work.run("plan", "release"))
        committed = work.run("apply", "release", "--branch", "stitched", "--yes")
        assert committed.exit_code == 0, committed.err
        assert work.git("diff", "--name-only", "main", "stitched").split() == [
            "lib/store_steps/0002_weight.py"
        ]
        assert work.run("apply", "release", "--yes").exit_code == 0
        assert work.git("diff", "--name-only").split() == ["lib/store_steps/0002_weight.py"]

    def test_a_link_to_a_link_and_a_migration_that_is_one(self, work: Work) -> None:
        work.app("store")
        (work.folder / "lib").mkdir()
        work.git("add", "-A")
        work.git("mv", "store/migrations", "lib/steps")
        work.link("current", "lib")
        work.link("store/migrations", "../current/steps")
        (work.folder / "lib/steps/0001_initial.py").rename(work.folder / "lib/first.py")
        work.link("lib/steps/0001_initial.py", "../first.py")
        work.fork_point_of("lib/steps")
        assert is_stitched(work.run("plan", "release"))

    @pytest.mark.parametrize("target", ["/srv/steps", "../../elsewhere", "../lib/gone", "migrations"])
    def test_a_link_that_cannot_be_followed(self, work: Work, target: str) -> None:
        work.app("store")
        work.app("shelf")
        work.fork_point_of()
        work.git("rm", "-rq", "store/migrations")
        work.link("store/migrations", target)
        work.commit("a link out of the tree")
        plan, status = work.run("plan", "release"), work.run("status", "release")
        assert (plan.exit_code, "SB404" in plan.err, "Proved" in plan.out) == (3, True, False)
        assert (status.exit_code, "store/migrations" in status.out, repr(target) in status.out) == (
            1,
            True,
            True,
        )

    def test_links_that_are_no_folders_of_migrations(self, work: Work) -> None:
        work.app("store")
        work.link("docs", "store")
        work.link("data", "/srv/data")
        work.link("self", ".")
        work.fork_point_of()
        said = work.run("plan", "release")
        assert is_stitched(said)
        assert "SB101" not in said.out

    def test_a_link_beside_the_apps_own_folder(self, work: Work) -> None:
        """Only the app's folder lies in a package, so the link is none of Django's."""
        work.app("store")
        (work.folder / "docs").mkdir()
        work.link("docs/migrations", "../store/migrations")
        work.fork_point_of()
        said = work.run("plan", "release")
        assert is_stitched(said)
        assert "store/migrations/0002_weight.py" in said.out
        assert "docs" not in said.out

    def test_one_folder_in_two_packages(self, work: Work) -> None:
        work.app("lib/store")
        work.put("store/__init__.py")
        work.link("store/migrations", "../lib/store/migrations")
        work.fork_point_of("lib/store/migrations")
        said = work.run("plan", "release")
        assert is_stitched(said)
        assert "SB101" not in said.out


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("print 'moved'", "SB103", "Python 2 syntax: print 'moved'"),
        ("print('moved'", "SB101", "syntax error"),
    ],
)
def test_a_file_that_only_python_2_reads(work: Work, text: str, code: str, words: str) -> None:
    """It is reported with its place and the next step, and no plan is called proved."""
    work.app("store")
    work.fork_point_of()
    work.git("checkout", "-q", "release")
    path = "store/migrations/0002_hotfix.py"
    work.put(path, (work.folder / path).read_text() + text + "\n")
    work.commit("an old file")
    work.git("checkout", "-q", "main")
    status, plan = work.run("status", "release"), work.run("plan", "release")
    assert (status.exit_code, plan.exit_code) == (1, 3)
    assert ({"SB101", "SB103"} & set(re.findall(r"SB10\d", status.out))) == {code}
    assert words in status.out
    assert f"{path}:6 on release" in status.out
    assert ("for Python 3 on its branch" in status.out) is (code == "SB103")
    assert "Proved" not in plan.out


class TestProjects:
    @pytest.fixture
    def two(self, tmp_path: Path) -> Work:
        made = Work(tmp_path / "two")
        for project in ("north", "south"):
            made.put(f"{project}/manage.py", MANAGE)
            made.put(f"{project}/conf/__init__.py")
            made.put(f"{project}/conf/settings.py", SETTINGS)
            made.app(f"{project}/store")
        return made

    @pytest.mark.parametrize("below", ["south", "south/store", "south/store/migrations"])
    def test_the_folder_chooses_the_project(self, two: Work, below: str) -> None:
        two.fork_point_of("south/store/migrations")
        said = two.run("plan", "release", below=below)
        assert is_stitched(said)
        assert "SB101" not in said.out

    @pytest.mark.parametrize("command", [("status", "release"), ("plan", "release"), ("schema",)])
    def test_at_the_top_the_same_label_twice_is_an_error(self, two: Work, command: tuple[str, ...]) -> None:
        two.fork_point_of("south/store/migrations")
        said = two.run(*command)
        assert (said.exit_code, "SB551" in said.err, "Proved" in said.out) == (2, True, False)
        for words in (
            "north/store/migrations",
            "south/store/migrations",
            "stitchback -C north",
            "stitchback -C south",
        ):
            assert words in said.err

    def test_at_the_top_apps_of_other_labels_are_all_read(self, two: Work) -> None:
        two.git("add", "-A")
        two.git("mv", "north/store", "north/shelf")
        two.fork_point_of("south/store/migrations")
        assert is_stitched(two.run("plan", "release"))

    def test_without_manage_py_the_settings_tell_the_projects(self, two: Work) -> None:
        for project in ("north", "south"):
            (two.folder / project / "manage.py").unlink()
        two.fork_point_of("south/store/migrations")
        assert is_stitched(two.run("plan", "release", below="south"))
        assert two.run("plan", "release").exit_code == 2

    def test_the_projects_own_configuration(self, two: Work) -> None:
        two.put("south/pyproject.toml", '[tool.stitchback]\napps = {store = "crates"}\n')
        two.fork_point_of("south/store/migrations")
        said = two.run("status", "release", below="south")
        assert "crates" in said.out

    def test_what_lies_in_no_project_belongs_to_each(self, two: Work) -> None:
        two.app("common/shelf")
        two.commit("base")
        two.git("checkout", "-q", "-b", "release")
        two.put("notes.txt")
        two.commit("release")
        two.git("checkout", "-q", "main")
        two.put("readme.txt")
        two.commit("main")
        assert "shelf" in two.run("schema", below="south").out

    def test_a_project_of_examples_is_no_rival(self, work: Work) -> None:
        work.app("store")
        work.app("example/store")
        work.put("example/manage.py", MANAGE)
        work.fork_point_of()
        said = work.run("plan", "release")
        assert is_stitched(said)
        assert "SB101" not in said.out

    def test_a_project_within_the_chosen_one_gives_way(self, work: Work) -> None:
        work.app("store")
        work.app("another/store")
        work.put("another/manage.py", MANAGE)
        work.fork_point_of()
        assert is_stitched(work.run("plan", "release"))

    def test_from_the_top_a_project_of_examples_gives_way(self, two: Work) -> None:
        two.git("add", "-A")
        two.git("mv", "north", "examples")
        two.fork_point_of("south/store/migrations")
        said = two.run("plan", "release")
        assert is_stitched(said)
        assert "SB101" not in said.out

    def test_another_projects_settings_and_apps_are_not_read(self, two: Work) -> None:
        two.put("north/conf/settings.py", SETTINGS + "MIGRATION_MODULES = load()\n")
        two.app("north/shelf", "changes")
        two.app("north/rack")
        two.fork_point_of("south/store/migrations")
        said = two.run("plan", "release", below="south")
        assert is_stitched(said)
        assert "SB104" not in said.out
        assert "rack" not in two.run("schema", below="south").out
