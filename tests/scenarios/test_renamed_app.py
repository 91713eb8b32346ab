"""An app that mainline has renamed, its folder or its label: git's merge moves the hotfix's file into the new folder (directory renames)."""

from __future__ import annotations

from pathlib import Path

import pytest
from unfinished_work import UnfinishedWork, add

APP = (
    'from django.apps import AppConfig\n\n\nclass Store(AppConfig):\n    name = "store"\n    label = "shop"\n'
)
OPTIONS = '[("id", models.AutoField(primary_key=True))], options={"db_table": "shop_item"}'


def renamed(folder: Path, label: str) -> UnfinishedWork:
    """`main` has renamed shop's folder to store, and its label if that is `store`; `release` has a hotfix in shop."""
    work = UnfinishedWork(folder, "shop")
    work.branch("release")
    work.migration("shop.0002_color", "shop.0001_initial", add("item", "color"))
    work.commit("hotfix")
    work.switch("main")
    work.git("mv", "shop", "store")
    settings = work.read("conf/settings.py")
    work.put("conf/settings.py", settings.replace('"shop"', '"store"'))
    if label == "shop":
        work.put("store/apps.py", APP)
    else:
        work.migration("store.0001_initial", "", f'migrations.CreateModel("Item", {OPTIONS})')
        first = work.read("store/migrations/0001_initial.py")
        replaces = '    replaces = [("shop", "0001_initial")]\n'
        work.put(
            "store/migrations/0001_initial.py",
            first.replace("    dependencies", f"{replaces}    dependencies"),
        )
    work.migration("store.0002_size", f"{label}.0001_initial", add("item", "size"))
    work.commit("main")
    return work


@pytest.mark.parametrize("directories", ["conflict", "true"])
@pytest.mark.parametrize("label", ["shop", "store"])
def test_resolve_in_the_middle_of_the_merge(tmp_path: Path, label: str, directories: str) -> None:
    """Whether git moves the file by a conflict, as it does by default, or without one."""
    work = renamed(tmp_path / "work", label)
    work.git("config", "merge.directoryRenames", directories)
    release, main = (work.database(ref, ref) for ref in ("release", "main"))
    work.git("merge", "-q", "--no-commit", "release", fails=directories == "conflict")
    said = work.run("resolve", "--yes")
    assert said.exit_code == 0, said.err + said.out
    work.git("add", "-A")
    work.git("commit", "-qm", "merge")
    wanted = work.fresh()
    assert wanted["shop_item"] == {"id", "color", "size"}
    assert [work.upgraded(database) for database in (release, main)] == [wanted, wanted]
    replaces = 'replaces = [("shop", "0002_color")]' in work.read("store/migrations/0002_color.py")
    assert replaces == (label == "store")
    assert work.run("plan", "release").exit_code == 0


def test_the_merge_that_is_committed_already_is_planned_too(tmp_path: Path) -> None:
    work = renamed(tmp_path / "work", "store")
    release = work.database("release", "release")
    work.git("config", "merge.directoryRenames", "true")
    work.git("merge", "-q", "-m", "merge", "release")
    said = work.run("apply", "release", "--yes")
    assert said.exit_code == 0, said.err + said.out
    assert work.upgraded(release) == work.fresh()
    assert work.run("plan", "release").exit_code == 0
