"""`plan` and `apply` in the middle of a `git merge`: HEAD is mainline, MERGE_HEAD the patch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from unfinished_work import UnfinishedWork, add

from stitchback.adapters.git import Repository
from stitchback.model.files import Kind


@pytest.fixture
def work(tmp_path: Path) -> UnfinishedWork:
    return UnfinishedWork(tmp_path / "work", "shop")


def plan(work: UnfinishedWork, *arguments: str) -> dict[str, Any]:
    said = work.run("plan", *arguments, "--format", "json")
    assert said.exit_code == 1, said.err + said.out
    document: dict[str, Any] = json.loads(said.out)
    return document


def files(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["path"], each["does"]) for each in document["plan"]["files"]]


def fork_point_of(work: UnfinishedWork, branch: str) -> tuple[str, bool]:
    (patch,) = json.loads(work.run("status", branch, "--format", "json").out)["patches"]
    return patch["fork_point"], patch["merged"]


class TestTheSidesOfAMerge:
    def test_the_plan_is_the_one_of_after_the_merge(self, work: UnfinishedWork) -> None:
        work.hotfix()
        work.git("merge", "-q", "--no-commit", "release")
        amid, unnamed, head = (plan(work, *named) for named in (["release"], [], ["MERGE_HEAD"]))
        assert amid == unnamed == head
        work.git("commit", "-qm", "merge")
        after = plan(work, "release")
        assert files(amid) == files(after) != []
        assert amid["plan"] == after["plan"]

    def test_a_branch_that_has_moved_on_since_is_planned_with_what_it_has_now(
        self, work: UnfinishedWork
    ) -> None:
        work.hotfix()
        work.git("merge", "-q", "--no-commit", "release")
        tree = work.git("rev-parse", "release^{tree}").strip()
        newer = work.git("commit-tree", "-p", "release", "-m", "moved on", tree).strip()
        work.git("update-ref", "refs/heads/release", newer)
        assert files(plan(work, "release")) == files(plan(work, "MERGE_HEAD"))

    def test_a_branch_that_is_merged_already_is_no_part_of_this_merge(self, work: UnfinishedWork) -> None:
        """Near miss: that merge is what tells its files from mainline's."""
        work.branch("old")
        work.migration("shop.0002_old", "shop.0001_initial", add("item", "old"))
        work.commit("old")
        work.switch("main")
        work.migration("shop.0002_again", "shop.0001_initial", add("item", "old"))
        work.commit("the same column")
        work.git("merge", "-q", "--no-ff", "-m", "merge", "old")
        before = fork_point_of(work, "old")
        work.branch("release")
        work.migration("shop.0003_rel", "shop.0002_old", add("item", "rel"))
        work.commit("rel")
        work.switch("main")
        work.git("merge", "-q", "--no-ff", "--no-commit", "release")
        assert fork_point_of(work, "old") == before

    def test_outside_of_a_merge_the_branch_must_be_named(self, work: UnfinishedWork) -> None:
        work.hotfix()
        said = work.run("plan")
        assert (said.exit_code, "SB533" in said.err) == (2, True)

    def test_three_parents(self, work: UnfinishedWork) -> None:
        work.hotfix()
        work.git("checkout", "-q", "-b", "other", "main~1")
        work.migration("shop.0002_other", "shop.0001_initial", add("item", "other"))
        work.commit("other")
        work.switch("main")
        work.git("merge", "-q", "--no-commit", "release", "other")
        with Repository.open(work.folder) as repository:
            found = repository.unfinished()
        assert found is not None
        assert (found.kind, len(found.heads)) == (Kind.MERGE, 2)
        assert [each["ref"] for each in plan(work)["status"]["patches"]] == ["release", "other"]


class TestACherryPickedFile:
    def cherry_picked(self, work: UnfinishedWork) -> None:
        work.branch("release")
        work.migration("shop.0002_fix", "shop.0001_initial", add("item", "fix"))
        work.commit("fix")
        work.migration("shop.0003_rel", "shop.0002_fix", add("item", "rel"))
        work.commit("hotfix")
        work.switch("main")
        work.put("notes.txt", "main\n")
        work.commit("else the cherry-picked commit would be the release's own")
        work.git("cherry-pick", "release~1")
        work.migration("shop.0003_main", "shop.0002_fix", add("item", "main"))
        work.commit("main")

    @pytest.mark.parametrize("when", ["before", "amid", "after"])
    def test_counts_as_shared(self, work: UnfinishedWork, when: str) -> None:
        self.cherry_picked(work)
        databases = [work.database(ref, ref) for ref in ("release", "main")]
        if when != "before":
            work.git("merge", "-q", "--no-commit", "release")
        if when == "after":
            work.git("commit", "-qm", "merge")
        planned = plan(work, "release")
        assert set(planned["plan"]["strategies"].values()) == {"merge"}
        (patch,) = planned["status"]["patches"]
        assert not [
            match
            for match in patch["matches"]
            if match["patch"] == ["shop.0002_fix"] and not match["mainline"]
        ]
        assert work.run("apply", "release", "--yes").exit_code == 0
        fresh = work.fresh()
        assert fresh == {"shop_item": frozenset({"id", "fix", "rel", "main"})}
        assert [work.upgraded(each) for each in databases] == [fresh, fresh]

    def test_verify_makes_mainlines_databases_with_it(self, work: UnfinishedWork) -> None:
        self.cherry_picked(work)
        work.git("merge", "-q", "-m", "merge", "release")
        said = work.run("verify", "release")
        assert said.exit_code == 0, said.out + said.err
        assert "main up to shop.0003_main" in said.out


class TestApplyInAMerge:
    def test_every_database_migrates_and_git_commits_the_merge(self, work: UnfinishedWork) -> None:
        work.hotfix()
        databases = [work.database(ref, ref) for ref in ("release", "main")]
        work.git("merge", "-q", "--no-commit", "release")
        index = work.state[0]
        said = work.run("apply", "--yes")
        assert said.exit_code == 0, said.err
        assert "git commit --no-edit" in said.err
        assert work.state[0] == index, "the index is the user's"
        fresh = work.fresh()
        assert [work.upgraded(each) for each in databases] == [fresh, fresh]
        work.git("add", "-A")
        work.git("commit", "--no-edit")
        assert len(work.git("rev-parse", "HEAD^@").split()) == 2
        assert work.run("plan", "release").exit_code == 0

    def test_the_merge_can_be_aborted_once_the_files_are_added(self, work: UnfinishedWork) -> None:
        work.hotfix()
        before = work.state
        work.git("merge", "-q", "--no-commit", "release")
        assert work.run("apply", "--yes").exit_code == 0
        work.git("merge", "--abort", fails=True)  # a file of the merge was edited
        work.git("add", "-A")
        work.git("merge", "--abort")
        assert work.state == before

    @pytest.mark.parametrize("path", ["shop/migrations/0002_hot_colour.py", "shop/migrations/0003_colour.py"])
    @pytest.mark.parametrize("staged", [False, True])
    def test_what_a_person_has_changed_in_a_file_of_the_merge_is_not_written_over(
        self, work: UnfinishedWork, path: str, staged: bool
    ) -> None:
        work.hotfix()
        work.git("merge", "-q", "--no-commit", "release")
        work.put(path, work.read(path) + "\n# mine\n")
        if staged:
            work.git("add", path)
        before = work.state
        said = work.run("apply", "--yes")
        assert (said.exit_code, "SB512" in said.err) == (2, True)
        assert work.state == before


class TestConflictMarkers:
    def same_name(self, work: UnfinishedWork, ours: str = "size", theirs: str = "weight") -> None:
        """Both sides have a 0002_more; git leaves conflict markers in it."""
        work.branch("release")
        work.migration("shop.0002_more", "shop.0001_initial", add("item", "both"), add("item", theirs))
        work.commit("hotfix")
        work.switch("main")
        work.migration("shop.0002_more", "shop.0001_initial", add("item", "both"), add("item", ours))
        work.commit("main")

    def test_a_migration_of_both_sides_becomes_mainlines_with_what_the_other_databases_need(
        self, work: UnfinishedWork
    ) -> None:
        self.same_name(work)
        databases = [work.database(ref, ref) for ref in ("release", "main")]
        before = plan(work, "release")
        work.git("merge", "-q", "release", fails=True)
        assert "<<<<<<<" in work.read("shop/migrations/0002_more.py")
        amid = plan(work)
        assert set(files(before)) <= set(files(amid))
        assert work.run("apply", "--yes").exit_code == 0
        assert "<<<<<<<" not in work.read("shop/migrations/0002_more.py")
        fresh = work.fresh()
        assert fresh == {"shop_item": frozenset({"id", "both", "size", "weight"})}
        assert [work.upgraded(each) for each in databases] == [fresh, fresh]
        work.git("add", "-A")
        work.git("commit", "--no-edit")
        assert work.run("plan", "release").exit_code == 0

    def test_nothing_but_markers_is_something_to_write(self, work: UnfinishedWork) -> None:
        """The two files do the same: no plan is needed, and Django cannot read the file as it is."""
        self.same_name(work, "size", "size")
        path = "shop/migrations/0002_more.py"
        work.put(path, "# main's\n" + work.read(path))
        work.commit("a comment")
        work.switch("release")
        work.put(path, "# release's\n" + work.read(path))
        work.commit("another comment")
        work.switch("main")
        work.git("merge", "-q", "release", fails=True)
        assert plan(work)["plan"]["files"] == []
        assert work.run("apply", "--yes").exit_code == 0
        assert work.read(path).startswith("# main's\nfrom django")

    def test_a_line_that_a_person_wrote_between_the_markers_stops_it(self, work: UnfinishedWork) -> None:
        self.same_name(work)
        work.git("merge", "-q", "release", fails=True)
        path = "shop/migrations/0002_more.py"
        work.put(path, work.read(path).replace("=======\n", "=======\n        # thinking\n"))
        before = work.state
        said = work.run("apply", "--yes")
        assert (said.exit_code, "SB512" in said.err) == (2, True)
        assert work.state == before

    @pytest.mark.parametrize("style", ["merge", "diff3"])
    def test_files_that_name_the_last_migration(self, work: UnfinishedWork, style: str) -> None:
        work.git("config", "merge.conflictStyle", style)
        work.put("shop/migrations/max_migration.txt", "0001_initial\n")
        work.put("migrations_lockfile.txt", "# words\n\nshop: 0001_initial\nold: 0001_gone\n")
        work.commit("markers")
        work.git("branch", "release")
        for ref, name, more in (("release", "0002_rel", "zoo: 0007_theirs\n"), ("main", "0002_main", "")):
            work.switch(ref)
            work.migration(f"shop.{name}", "shop.0001_initial", add("item", name[5:]))
            work.put("shop/migrations/max_migration.txt", f"{name}\n")
            work.put("migrations_lockfile.txt", f"# words\n\nshop: {name}\n{more}")
            work.commit(ref)
        work.git("merge", "-q", "release", fails=True)
        assert "<<<<<<<" in work.read("migrations_lockfile.txt")
        assert work.run("apply", "--yes").exit_code == 0
        leaf = "0003_merge_0002_main_0002_rel"
        assert work.read("shop/migrations/max_migration.txt") == f"{leaf}\n"
        assert work.read("migrations_lockfile.txt") == f"# words\n\nshop: {leaf}\nzoo: 0007_theirs\n"

    def test_a_conflict_elsewhere_is_left_as_it_is(self, work: UnfinishedWork) -> None:
        work.hotfix()
        for ref in ("release", "main"):
            work.switch(ref)
            work.put("shop/models.py", f"# {ref}\n")
            work.commit("models")
        work.git("merge", "-q", "release", fails=True)
        conflict = work.read("shop/models.py")
        assert "<<<<<<<" in conflict
        assert work.run("apply", "--yes").exit_code == 0
        assert work.read("shop/models.py") == conflict
