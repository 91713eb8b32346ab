"""`status` without arguments: the release branches, one line each; in the middle of a merge, that merge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from unfinished_work import UnfinishedWork, add


@pytest.fixture
def work(tmp_path: Path) -> UnfinishedWork:
    return UnfinishedWork(tmp_path / "work", "shop")


def states(work: UnfinishedWork, *arguments: str) -> dict[str, str]:
    said = work.run("status", "--format", "json", *arguments)
    document = json.loads(said.out)
    assert said.exit_code == document["exit"]
    return {each["ref"]: each["state"] for each in document["branches"]}


def side(work: UnfinishedWork, branch: str, name: str, *operations: str) -> None:
    work.git("checkout", "-q", "-b", branch, "main")
    work.migration(f"shop.{name}", "shop.0001_initial", *operations)
    work.commit(branch)
    work.switch("main")


class TestReleaseBranches:
    def test_each_has_a_line_with_its_state_and_the_next_command(self, work: UnfinishedWork) -> None:
        work.git("branch", "release/1.0")
        side(work, "release/2.0", "0002_hot", add("item", "colour"))
        side(work, "hotfix/bad", "0002_bad", 'migrations.RenameModel("Item", "Thing")')
        side(work, "feature/x", "0002_x", add("item", "x"))
        work.git("update-ref", "refs/remotes/origin/stable/3.x", "release/2.0~1")
        work.git("update-ref", "refs/remotes/origin/release/2.0", "release/2.0")
        work.migration("shop.0002_other", "shop.0001_initial", 'migrations.RenameModel("Item", "Piece")')
        work.commit("main")
        assert states(work) == {
            "hotfix/bad": "in conflict",
            "release/1.0": "reconciled",
            "release/2.0": "to reconcile",
        }
        said = work.run("status")
        assert said.exit_code == 1
        assert ["release/2.0", "to reconcile", "stitchback plan release/2.0"] in [
            [part.strip() for part in line.split("   ") if part.strip()] for line in said.out.splitlines()
        ]
        assert "feature/x" not in said.out

    def test_where_no_name_looks_like_a_release_the_other_branches_are_named(
        self, work: UnfinishedWork
    ) -> None:
        side(work, "customer(one)", "0002_hot", add("item", "colour"))
        said = work.run("status", "--onto", "main")
        assert said.exit_code == 0
        assert "Other branches: customer(one)\n  stitchback status 'customer(one)' --onto main\n" in said.out

    def test_a_missing_branch_argument_names_one_that_looks_like_a_release(
        self, work: UnfinishedWork
    ) -> None:
        assert "`stitchback plan BRANCH`" in work.run("plan").err
        side(work, "release/2.0", "0002_hot", add("item", "colour"))
        assert "`stitchback plan release/2.0`" in work.run("plan").err

    def test_a_branch_that_only_the_remote_has_is_fetched_with_the_command_that_is_shown(
        self, work: UnfinishedWork
    ) -> None:
        assert "git fetch" not in work.run("plan", "stable/1").err
        work.git("update-ref", "refs/remotes/upstream/main", "main")
        assert "`git fetch upstream stable/1:stable/1`" in work.run("plan", "stable/1").err

    def test_after_apply_it_is_reconciled(self, work: UnfinishedWork) -> None:
        side(work, "release/2.0", "0002_hot", add("item", "colour"))
        work.migration("shop.0002_colour", "shop.0001_initial", add("item", "colour"))
        work.commit("main")
        assert states(work) == {"release/2.0": "to reconcile"}
        assert work.run("apply", "release/2.0", "--yes").exit_code == 0
        work.commit("stitched")
        assert states(work) == {"release/2.0": "reconciled"}
        assert work.run("status").exit_code == 0

    def test_the_configuration_names_others(self, work: UnfinishedWork) -> None:
        side(work, "release/2.0", "0002_hot", add("item", "colour"))
        side(work, "prod", "0002_prod", add("item", "prod"))
        work.put("pyproject.toml", '[tool.stitchback]\npatch_branches = ["prod"]\n')
        work.commit("configuration")
        assert states(work) == {"prod": "to reconcile"}

    def test_a_remote_branch_that_differs_from_the_local_one(self, work: UnfinishedWork) -> None:
        side(work, "release/2.0", "0002_hot", add("item", "colour"))
        work.git("update-ref", "refs/remotes/origin/release/2.0", "release/2.0")
        work.git("branch", "-q", "-f", "release/2.0", "main")
        work.commit("main")
        assert states(work) == {"release/2.0": "reconciled", "origin/release/2.0": "to reconcile"}

    def test_none(self, work: UnfinishedWork) -> None:
        said = work.run("status")
        assert said.exit_code == 0
        assert "No branch looks like a release" in said.out

    def test_a_branch_of_another_history_is_not_read(self, work: UnfinishedWork) -> None:
        tree = work.git("rev-parse", "main^{tree}").strip()
        other = work.git("commit-tree", "-m", "other", tree).strip()
        work.git("update-ref", "refs/heads/release/9", other)
        work.commit("main")
        assert states(work) == {"release/9": "not read"}

    def test_several_leaf_nodes_name_resolve(self, work: UnfinishedWork) -> None:
        work.hotfix()
        work.git("merge", "-q", "-m", "merge", "release")
        said = work.run("status")
        assert said.exit_code == 1
        assert "shop has 2 leaf nodes: 0002_hot_colour, 0003_colour" in said.out
        assert "stitchback resolve" in said.out

    def test_findings_for_services_need_a_branch(self, work: UnfinishedWork) -> None:
        assert work.run("status", "--format", "sarif").exit_code == 2


class TestAMerge:
    def test_it_speaks_of_the_merge(self, work: UnfinishedWork) -> None:
        work.hotfix()
        before = work.run("status").out
        work.git("merge", "-q", "--no-commit", "release")
        said = work.run("status")
        assert said.exit_code == 1
        assert before != said.out
        assert "release into main" in said.out
        assert "in an unfinished merge" in said.out
        assert "stitchback resolve" in said.out

    def test_the_same_question_after_the_merge_has_another_answer(self, work: UnfinishedWork) -> None:
        """The answer that is kept is not that of the merge."""
        work.hotfix()
        work.git("merge", "-q", "--no-commit", "release")
        amid = work.run("status", "release").out
        work.git("reset", "-q", "--merge")
        assert work.run("status", "release").out != amid

    def test_a_merge_that_changes_no_file_is_a_merge(self, work: UnfinishedWork) -> None:
        work.hotfix()
        before = work.run("status", "release").out
        work.git("merge", "-q", "--no-commit", "-s", "ours", "release")
        assert work.run("status", "release").out != before
