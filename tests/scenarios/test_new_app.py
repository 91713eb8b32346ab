"""A patch branch with an app that mainline does not have: its packages are written too, so that Django can load what the plan writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from unfinished_work import SETTINGS, UnfinishedWork, add, create

WRITTEN = ["billing/__init__.py", "billing/migrations/0001_initial.py", "billing/migrations/__init__.py"]
NOTE = "billing is a new app"


@pytest.fixture
def work(tmp_path: Path) -> UnfinishedWork:
    """The release has the app billing, and a column of shop that depends on it."""
    work = UnfinishedWork(tmp_path / "work", "shop")
    work.branch("release")
    work.put("billing/__init__.py", "# of the release\n")
    work.put("billing/models.py")
    work.put("billing/migrations/__init__.py")
    work.put("conf/settings.py", SETTINGS.format(apps='"shop", "billing"'))
    work.migration("billing.0001_initial", "shop.0001_initial", create("Bill"))
    work.migration("shop.0002_bill", "shop.0001_initial billing.0001_initial", add("item", "bill"))
    work.commit("hotfix")
    work.switch("main")
    work.migration("shop.0002_note", "shop.0001_initial", add("item", "note"))
    work.commit("main")
    return work


def new_files(work: UnfinishedWork) -> list[str]:
    return [line[3:] for line in work.git("status", "--porcelain", "-uall").splitlines() if "billing" in line]


def test_the_packages_are_written_with_the_migration(work: UnfinishedWork) -> None:
    planned = work.run("plan", "release", "--format", "json")
    assert any(NOTE in remark for remark in json.loads(planned.out)["plan"]["remarks"])
    applied = work.run("apply", "release", "--yes")
    assert applied.exit_code == 0, applied.err
    assert new_files(work) == WRITTEN
    assert work.read("billing/__init__.py") == "# of the release\n"


def test_git_merge_brings_the_rest_and_every_database_migrates(work: UnfinishedWork) -> None:
    databases = [work.database(ref, name) for ref, name in (("release", "patched"), ("main", "mainline"))]
    assert work.run("apply", "release", "--yes").exit_code == 0
    work.commit("stitched")
    work.git("merge", "-q", "-m", "merge", "release")
    assert work.run("plan", "release").exit_code == 0
    fresh = work.fresh()
    assert fresh["billing_bill"]
    assert [work.upgraded(each) for each in databases] == [fresh, fresh]


def test_a_branch_gets_the_same_files(work: UnfinishedWork) -> None:
    assert work.run("apply", "release", "--yes", "--branch", "stitched").exit_code == 0
    written = work.git("diff", "--name-only", "main", "stitched", "--", "billing").split()
    assert written == WRITTEN


def test_near_miss_packages_that_mainline_has_stay_as_they_are(work: UnfinishedWork) -> None:
    """Mainline has the packages, and no migration of the app yet."""
    work.put("billing/__init__.py", "# of main\n")
    work.put("billing/migrations/__init__.py")
    work.commit("main prepares the app")
    assert work.run("apply", "release", "--yes").exit_code == 0
    assert new_files(work) == ["billing/migrations/0001_initial.py"]
    assert work.read("billing/__init__.py") == "# of main\n"


def test_near_miss_an_app_that_both_have_gets_no_package_and_no_note(tmp_path: Path) -> None:
    work = UnfinishedWork(tmp_path / "work", "shop")
    work.branch("release")
    work.put("shop/migrations/extra/__init__.py")
    work.migration("shop.0002_x", "shop.0001_initial", add("item", "x"))
    work.commit("hotfix")
    work.switch("main")
    assert NOTE not in work.run("plan", "release").out
    assert work.run("apply", "release", "--yes").exit_code == 0
    assert work.git("status", "--porcelain", "-uall").split() == ["??", "shop/migrations/0002_x.py"]
