"""The Django app in real projects: what start-up imports, and the system checks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from databases.manage_projects import SOURCE, ManagedProject, managed_project, model
from databases.small_projects import MIGRATION, add, create

START = "import django, json, sys; django.setup(); print(json.dumps(sorted(sys.modules)))"
HEAVY = ("click", "git", "libcst", "networkx", "rich", "dj_database_url", "packaging", "platformdirs")


def modules_after_setup(project: ManagedProject) -> set[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "DJANGO_SETTINGS_MODULE": "proj.settings"}
    done = subprocess.run(
        [sys.executable, "-c", START],
        cwd=project.path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


def shop(path: Path) -> ManagedProject:
    project = managed_project(path, "shop")
    project.files.write({"shop/models.py": model("Item", "a", "b")})
    project.files.migration("shop.0001_initial", "", create("Item"))
    return project


def migration(project: ManagedProject, name: str, after: str, *operations: str, replaces: str) -> None:
    """With `replaces`: names of `shop` with spaces between."""
    text = MIGRATION.format(
        after=", ".join(str(("shop", each)) for each in after.split()), operations=", ".join(operations)
    )
    ghosts = [("shop", each) for each in replaces.split()]
    project.files.write({f"shop/migrations/{name}.py": f"{text}    replaces = {ghosts}\n"})


def test_start_up_imports_nothing_heavy(tmp_path: Path) -> None:
    """`django.setup()` with the app imports two modules of the package, and none of its libraries."""
    project = shop(tmp_path / "project")
    with_app = modules_after_setup(project)
    settings = project.path / "proj" / "settings.py"
    settings.write_text(settings.read_text().replace('INSTALLED_APPS += ["stitchback"]', ""))
    more = with_app - modules_after_setup(project)
    assert {each for each in more if not each.startswith("_")} == {
        "stitchback",
        "stitchback.apps",
        "stitchback.django_app",
        "stitchback.django_app.system_checks",
    }
    assert not with_app.intersection(HEAVY)


def test_checks_import_no_library_either(tmp_path: Path) -> None:
    """They run before most commands."""
    project = shop(tmp_path / "project")
    script = "from django.core.checks import run_checks; run_checks(); import sys; print(*sys.modules)"
    loaded = project.good("shell", "-c", script).out.split()
    assert "django.db.migrations.loader" in loaded
    assert not set(loaded).intersection(HEAVY)


# --- the checks ---------------------------------------------------------------------------------------------------------


def test_near_miss_a_sound_project(tmp_path: Path) -> None:
    """A squash whose files are there, on a database that has none of them and on one that has all."""
    project = shop(tmp_path / "project")
    project.files.migration("shop.0002_a", "shop.0001_initial", add("item", "a"))
    migration(project, "0001_squashed", "", create("Item"), add("item", "a"), replaces="0001_initial 0002_a")
    project.files.migration("shop.0003_b", "shop.0002_a", add("item", "b"))
    project.good("check", "--database", "default", "--fail-level", "WARNING")
    project.good("migrate", "-v0")
    project.good("check", "--database", "default", "--fail-level", "WARNING")


def test_two_migrations_replace_the_same(tmp_path: Path) -> None:
    project = shop(tmp_path / "project")
    migration(project, "0002_a", "0001_initial", add("item", "a"), replaces="0002_gone")
    migration(project, "0003_b", "0002_a", add("item", "b"), replaces="0002_gone")
    answer = project.manage("check")
    assert answer.code == 1
    assert (
        "(stitchback.E001) shop.0002_a and shop.0003_b both replace shop.0002_gone: where `migrate` stops between them, "
        "Django never runs the later one."
    ) in answer.err


def test_the_silent_loss_that_is_reported(tmp_path: Path) -> None:
    """FACTS F4, with real Django: a stop between the two, and the second never runs."""
    project = shop(tmp_path / "project")
    migration(project, "0002_a", "0001_initial", add("item", "a"), replaces="0002_gone")
    migration(project, "0003_b", "0002_a", add("item", "b"), replaces="0002_gone")
    project.good("migrate", "-v0", "--skip-checks", "shop", "0002_a")
    project.good("migrate", "-v0", "--skip-checks")
    project.good("migrate", "--check", "--skip-checks")
    assert (
        "no such column: shop_item.b"
        in project.manage("shell", "-c", "from shop.models import Item; list(Item.objects.all())").err
    )


def test_several_leaf_nodes(tmp_path: Path) -> None:
    project = shop(tmp_path / "project")
    project.files.migration("shop.0002_a", "shop.0001_initial", add("item", "a"))
    project.files.migration("shop.0002_b", "shop.0001_initial", add("item", "b"))
    answer = project.manage("check")
    assert answer.code == 1
    assert (
        "(stitchback.E002) shop has several leaf nodes: 0002_a, 0002_b. `migrate` refuses to run."
        in answer.err
    )
    assert "stitchback resolve" in answer.err
    project.good("makemigrations", "--merge", "--noinput", "--skip-checks")
    project.good("check")


def test_a_squash_that_is_applied_in_part_and_whose_rest_has_no_file(tmp_path: Path) -> None:
    """FACTS F6: Django takes the replacer out, and the column `b` is never created. `migrate` stops at the check."""
    project = shop(tmp_path / "project")
    project.files.migration("shop.0002_a", "shop.0001_initial", add("item", "a"))
    project.good("migrate", "-v0")
    (project.path / "shop/migrations/0002_a.py").unlink()
    migration(
        project, "0002_ab", "0001_initial", add("item", "a"), add("item", "b"), replaces="0002_a 0003_b"
    )
    project.good("check")
    for arguments in (("check", "--database", "default"), ("migrate",)):
        answer = project.manage(*arguments)
        assert answer.code == 1
        assert (
            "(stitchback.E003) shop.0002_ab is applied in part on the database 'default': it has not applied shop.0003_b, "
            "and there is no file of shop.0003_b: `migrate` will never make its changes."
        ) in answer.err
    project.good("migrate", "-v0", "--skip-checks")
    project.good("migrate", "--check", "--skip-checks")  # Django sees nothing


def test_near_miss_a_squash_that_is_applied_in_part_and_whose_files_are_there(tmp_path: Path) -> None:
    """Django runs the rest: a warning, and `migrate` goes on."""
    project = shop(tmp_path / "project")
    project.good("migrate", "-v0")
    project.files.migration("shop.0002_a", "shop.0001_initial", add("item", "a"))
    migration(project, "0001_squashed", "", create("Item"), add("item", "a"), replaces="0001_initial 0002_a")
    answer = project.manage("check", "--database", "default")
    assert (answer.code, "(stitchback.W001)" in answer.err) == (0, True)
    project.good("migrate", "-v0")
    project.good("check", "--database", "default", "--fail-level", "WARNING")


@pytest.mark.parametrize("body", ["1 / 0\n", "import no_such_module\n"])
def test_migrations_that_cannot_be_loaded(tmp_path: Path, body: str) -> None:
    project = shop(tmp_path / "project")
    project.files.write({"shop/migrations/0002_broken.py": body})
    answer = project.manage("check")
    assert (answer.code, "(stitchback.E004) Django cannot load the migrations: " in answer.err) == (1, True)
    assert "Traceback" not in answer.err


def test_near_miss_an_installed_package(tmp_path: Path) -> None:
    """What is wrong in a package, the project cannot correct."""
    project = shop(tmp_path / "project")
    project.files.migration("shop.0002_a", "shop.0001_initial", add("item", "a"))
    project.files.migration("shop.0002_b", "shop.0001_initial", add("item", "b"))
    packages = project.path / "site-packages"
    packages.mkdir()
    (project.path / "shop").rename(packages / "shop")
    settings = project.path / "proj" / "settings.py"
    settings.write_text(f"import sys\nsys.path.append({str(packages)!r})\n{settings.read_text()}")
    project.good("check")


def test_a_check_can_be_silenced(tmp_path: Path) -> None:
    project = shop(tmp_path / "project")
    project.files.migration("shop.0002_a", "shop.0001_initial", add("item", "a"))
    project.files.migration("shop.0002_b", "shop.0001_initial", add("item", "b"))
    settings = project.path / "proj" / "settings.py"
    settings.write_text(f'{settings.read_text()}\nSILENCED_SYSTEM_CHECKS = ["stitchback.E002"]\n')
    project.good("check")
