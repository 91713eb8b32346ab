"""`resolve`: several leaf nodes in the working tree, in the middle of a merge, rebase, cherry-pick or `stash pop`, and after it.

Each result meets databases that real Django made with both sides.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from command_line import Said
from unfinished_work import UnfinishedWork, add

NOTHING = "Nothing to resolve: each app has one leaf node.\n"
ADD = "git add -- :/shop/migrations"
# How git brings the other branch -> what ends it where nothing is left to commit.
ENDS = {
    "merge release": f"{ADD} && git commit --no-edit",
    "cherry-pick release": f"{ADD} && git cherry-pick --skip",
    "cherry-pick --no-commit release": ADD,
    "rebase main": f"{ADD} && git rebase --skip",
    "rebase --apply main": f"{ADD} && git rebase --skip",
}


@pytest.fixture
def work(tmp_path: Path) -> UnfinishedWork:
    return UnfinishedWork(tmp_path / "work", "shop", "crm")


def feature(work: UnfinishedWork, *, pushed: tuple[str, ...] = (), duplicate: bool = False) -> None:
    """`main` has 0002_main, `feature` a chain of two with a dependency on it from crm. `pushed`: branches that a remote has."""
    work.branch("feature")
    work.migration("shop.0002_size", "shop.0001_initial", add("item", "size"))
    work.migration("shop.0003_weight", "shop.0002_size", add("item", "weight"))
    work.migration("crm.0002_size", "crm.0001_initial shop.0003_weight", add("item", "size"))
    work.commit("feature")
    work.switch("main")
    operations = [add("item", "note"), *([add("item", "size")] if duplicate else [])]
    work.migration("shop.0002_main", "shop.0001_initial", *operations)
    work.commit("main")
    push(work, *pushed)


def push(work: UnfinishedWork, *branches: str) -> None:
    for branch in branches:
        work.git("update-ref", f"refs/remotes/origin/{branch}", branch)


def dry(work: UnfinishedWork, *arguments: str) -> dict[str, Any]:
    before = work.state
    said = work.run("resolve", "--dry-run", "--format", "json", *arguments)
    assert said.exit_code == 1, said.err + said.out
    assert work.state == before
    document: dict[str, Any] = json.loads(said.out)
    return document


def done(work: UnfinishedWork, *arguments: str) -> Said:
    said = work.run("resolve", "--yes", *arguments)
    assert said.exit_code == 0, said.err + said.out
    assert work.run("resolve").out == NOTHING
    return said


def strategies(document: dict[str, Any]) -> set[str]:
    return set(document["plan"]["plan"]["strategies"].values())


def names(work: UnfinishedWork, app: str = "shop") -> list[str]:
    return sorted(path.stem for path in (work.folder / app / "migrations").glob("0*.py"))


class TestNothingToResolve:
    def test_one_leaf_an_app(self, work: UnfinishedWork) -> None:
        said = work.run("resolve")
        assert (said.exit_code, said.out) == (0, NOTHING)

    def test_a_merge_without_a_second_leaf(self, work: UnfinishedWork) -> None:
        work.branch("feature")
        work.migration("shop.0002_size", "shop.0001_initial", add("item", "size"))
        work.commit("feature")
        work.switch("main")
        work.git("merge", "-q", "--no-ff", "--no-commit", "feature")
        said = work.run("resolve", "--yes")
        assert (said.exit_code, said.out) == (0, NOTHING)

    def test_no_migrations_at_all_is_an_error(self, work: UnfinishedWork) -> None:
        for app in ("shop", "crm"):
            work.git("rm", "-q", f"{app}/migrations/0001_initial.py")
        assert work.run("resolve").exit_code == 2


class TestAMerge:
    @pytest.mark.parametrize("committed", [False, True])
    def test_duplicates_are_stitched(self, work: UnfinishedWork, committed: bool) -> None:
        work.hotfix()
        push(work, "main", "release")
        databases = [work.database(ref, ref) for ref in ("release", "main")]
        work.git("merge", "-q", "--no-commit", "release")
        if committed:
            work.git("commit", "-qm", "merge")
            work.put("notes.txt", "later\n")
            work.commit("later")
        found = dry(work)
        assert found["origin"] == ("merge commit" if committed else "merge")
        assert (found["others"], found["renumbered"], found["order_matters"]) == (["release"], [], [])
        said = done(work)
        assert ("git commit --no-edit" in said.err) is not committed
        fresh = work.fresh()
        assert [work.upgraded(each) for each in databases] == [fresh, fresh]
        work.git("add", "-A")
        work.git("commit", "-q", "--no-edit" if not committed else "-mresolved")
        assert work.run("plan", "release").exit_code == 0

    @pytest.mark.parametrize("committed", [False, True])
    def test_a_chain_that_nobody_can_have_applied_is_renumbered(
        self, work: UnfinishedWork, committed: bool
    ) -> None:
        feature(work, pushed=("main",))
        databases = [work.database("main", "main"), work.database("main~1", "fork")]
        work.git("merge", "-q", "--no-commit", "feature")
        if committed:
            work.git("commit", "-qm", "merge")
        found = dry(work)
        assert strategies(found) == {"renumber"}
        assert found["renumbered"] == ["crm.0002_size", "shop.0002_size", "shop.0003_weight"]
        done(work)
        assert names(work) == ["0001_initial", "0002_main", "0003_size", "0004_weight"]
        assert '("shop", "0004_weight")' in work.read("crm/migrations/0002_size.py")
        fresh = work.fresh()
        assert fresh["shop_item"] == {"id", "size", "weight", "note"}
        assert [work.upgraded(each) for each in databases] == [fresh, fresh]

    def test_on_a_feature_branch_its_own_chain_comes_last(self, work: UnfinishedWork) -> None:
        feature(work, pushed=("main",))
        work.switch("feature")
        work.git("merge", "-q", "--no-commit", "main")
        assert dry(work)["renumbered"] == ["crm.0002_size", "shop.0002_size", "shop.0003_weight"]
        done(work)
        assert names(work) == ["0001_initial", "0002_main", "0003_size", "0004_weight"]

    @pytest.mark.parametrize("on", ["main", "feature"])
    def test_of_two_chains_that_nobody_can_have_the_feature_branchs_comes_last(
        self, work: UnfinishedWork, on: str
    ) -> None:
        feature(work)
        work.git("update-ref", "refs/remotes/origin/main", "main~1")
        work.switch(on)
        work.git("merge", "-q", "--no-commit", "feature" if on == "main" else "main")
        assert dry(work)["renumbered"] == ["crm.0002_size", "shop.0002_size", "shop.0003_weight"]

    def test_where_the_renumbered_chain_is_not_proved_it_is_planned_as_ever(
        self, work: UnfinishedWork
    ) -> None:
        """Both sides have a migration of one name, so there is no chain that could go behind the other."""
        work.migration("shop.0002_size", "shop.0001_initial", add("item", "size"))
        work.commit("size")
        work.branch("feature")
        work.migration("shop.0003_both", "shop.0002_size", add("item", "both"), add("item", "weight"))
        work.commit("feature")
        work.switch("main")
        work.migration("shop.0003_both", "shop.0002_size", add("item", "both"), add("item", "note"))
        work.migration("shop.0004_main", "shop.0003_both", add("item", "main"))
        work.commit("main")
        push(work, "main")
        databases = [work.database(ref, ref) for ref in ("feature", "main")]
        work.git("merge", "-q", "--no-commit", "feature", fails=True)
        found = dry(work)
        assert (found["renumbered"], found["settled"]) == ([], ["shop/migrations/0003_both.py"])
        done(work)
        fresh = work.fresh()
        assert [work.upgraded(each) for each in databases] == [fresh, fresh]

    def test_where_no_renumbering_is_proved_the_chain_is_merged(self, work: UnfinishedWork) -> None:
        """A `run_before` names one of the chain, and no plan edits that."""
        feature(work)
        work.git("update-ref", "refs/remotes/origin/main", "main")
        work.switch("feature")
        path = "crm/migrations/0002_size.py"
        before = 'run_before = [("shop", "0003_weight")]\n    dependencies'
        text = work.read(path).replace("dependencies", before, 1)
        work.put(path, text.replace('("shop", "0003_weight"),\n    ]', "]"))
        work.commit("run before")
        work.switch("main")
        work.git("merge", "-q", "--no-commit", "feature")
        found = dry(work)
        assert (strategies(found), found["renumbered"]) == ({"merge"}, [])
        done(work)
        assert work.fresh()["shop_item"] == {"id", "size", "weight", "note"}

    def test_a_leaf_that_an_older_merge_brought(self, work: UnfinishedWork) -> None:
        """The merge that is going on has nothing to do with it."""
        feature(work)
        work.git("merge", "-q", "-m", "merge", "feature")
        work.git("checkout", "-q", "-b", "words", "main~1")
        work.put("notes.txt", "words\n")
        work.commit("words")
        work.switch("main")
        work.git("merge", "-q", "--no-commit", "words")
        found = dry(work)
        assert (found["origin"], found["others"]) == ("merge commit", ["feature"])
        said = done(work)
        assert "git commit --no-edit" in said.err

    @pytest.mark.parametrize("command", ["resolve", "apply"])
    def test_names_that_move_up_by_one(self, work: UnfinishedWork, command: str) -> None:
        """makemigrations names both 0002_alter_item and 0003_alter_item: the one takes the other's name."""
        work.branch("feature")
        work.migration("shop.0002_alter_item", "shop.0001_initial", add("item", "size"))
        work.migration("shop.0003_alter_item", "shop.0002_alter_item", add("item", "weight"))
        work.commit("feature")
        work.switch("main")
        work.migration("shop.0002_main", "shop.0001_initial", add("item", "note"))
        work.commit("main")
        push(work, "main")
        database = work.database("main", "main")
        if command == "resolve":
            work.git("merge", "-q", "--no-commit", "feature")
            listed = [(each["path"][-13:], each["does"]) for each in dry(work)["plan"]["plan"]["files"]]
            assert listed == [
                ("alter_item.py", "delete"),
                ("alter_item.py", "move"),
                ("alter_item.py", "move"),
            ]
            done(work)
        else:
            work.switch("feature")
            arguments = ("main", "--unreleased-since", "main~1", "--strategy", "renumber", "--yes")
            assert work.run("apply", *arguments).exit_code == 0
        assert names(work) == ["0001_initial", "0002_main", "0003_alter_item", "0004_alter_item"]
        assert '"weight"' in work.read("shop/migrations/0004_alter_item.py")
        assert work.upgraded(database) == work.fresh()

    def test_a_name_that_another_file_has_is_not_taken(self, work: UnfinishedWork) -> None:
        work.migration("shop.0004_a", "shop.0001_initial", add("item", "old"))
        work.commit("an odd number")
        work.branch("feature")
        work.migration("shop.0002_a", "shop.0004_a", add("item", "size"))
        work.commit("feature")
        work.switch("main")
        work.migration("shop.0003_b", "shop.0004_a", add("item", "note"))
        work.commit("main")
        push(work, "main")
        work.git("merge", "-q", "--no-commit", "feature")
        done(work)
        assert names(work) == ["0001_initial", "0002_a", "0003_b", "0004_a"]
        assert '("shop", "0003_b")' in work.read("shop/migrations/0002_a.py")
        assert work.fresh()["shop_item"] == {"id", "old", "size", "note"}

    def test_files_that_name_a_renumbered_migration_are_listed(self, work: UnfinishedWork) -> None:
        feature(work, pushed=("main",))
        work.put("shop/tests.py", 'TARGET = ("shop", "0002_size")\n')
        work.put("shop/other.py", 'TARGET = ("shop", "0002_size_of_another")\n')
        work.commit("tests")
        push(work, "main")
        work.git("merge", "-q", "--no-commit", "feature")
        assert dry(work)["mentions"] == ["shop/tests.py"]
        assert "shop/tests.py names one of them" in work.run("resolve", "--dry-run").out

    def test_a_duplicate_in_a_chain_that_nobody_has_is_taken_out_of_it(self, work: UnfinishedWork) -> None:
        feature(work, pushed=("main",), duplicate=True)
        database = work.database("main", "main")
        work.git("merge", "-q", "--no-commit", "feature")
        assert strategies(dry(work)) == {"renumber"}
        done(work)
        assert work.upgraded(database) == work.fresh()

    @pytest.mark.parametrize(
        "shows", ["remote", "tag", "release branch", "ledger", "no remote-tracking branch"]
    )
    def test_what_shows_that_somebody_may_have_applied_it(
        self, work: UnfinishedWork, shows: str, tmp_path: Path
    ) -> None:
        feature(work, pushed=() if shows == "no remote-tracking branch" else ("main",))
        arguments: list[str] = []
        match shows:
            case "remote":
                push(work, "feature")
            case "tag":
                work.git("tag", "v3-rc1", "feature")
            case "release branch":
                work.git("branch", "stable/3.x", "feature")
            case "ledger":
                ledger = tmp_path / "ledger.csv"
                rows = ["shop,0001_initial", "crm,0001_initial", "shop,0002_size"]
                ledger.write_text("\n".join(["app,name", *rows]) + "\n", encoding="utf-8")
                arguments = ["--ledger", str(ledger)]
        databases = [work.database(ref, ref) for ref in ("feature", "main")]
        work.git("merge", "-q", "--no-commit", "feature")
        found = dry(work, *arguments)
        assert (strategies(found), found["renumbered"]) == ({"merge"}, [])
        assert bool(found["evidence"]) == (shows != "no remote-tracking branch")
        done(work, *arguments)
        assert names(work)[-1].startswith("0004_merge")
        fresh = work.fresh()
        assert [work.upgraded(each) for each in databases] == [fresh, fresh]

    def test_without_yes_it_asks_and_says_why(
        self, work: UnfinishedWork, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        feature(work, pushed=("main",))
        work.git("merge", "-q", "--no-commit", "feature")
        before = work.state
        monkeypatch.setattr("click.confirm", lambda *_, **__: False)
        said = work.run("resolve")
        assert (said.exit_code, work.state) == (1, before)
        assert "No database can have" in said.err
        assert "python manage.py migrate shop 0001_initial" in said.err
        assert max(map(len, said.err.splitlines())) <= 80

    def test_the_merge_can_be_aborted_once_the_files_are_added(self, work: UnfinishedWork) -> None:
        feature(work, pushed=("main",))
        before = work.state
        work.git("merge", "-q", "--no-commit", "feature")
        done(work)
        work.git("add", "-A")
        work.git("merge", "--abort")
        assert work.state == before

    def test_three_parents(self, work: UnfinishedWork) -> None:
        work.hotfix()
        work.git("checkout", "-q", "-b", "other", "main~1")
        work.migration("shop.0002_other", "shop.0001_initial", add("item", "other"))
        work.migration("crm.0002_other", "crm.0001_initial shop.0002_other", add("item", "other"))
        work.commit("other")
        work.switch("main")
        work.migration("crm.0002_main", "crm.0001_initial", add("item", "main"))
        work.commit("crm")
        databases = [work.database(ref, ref) for ref in ("release", "main", "other")]
        work.git("merge", "-q", "--no-commit", "release", "other")
        assert dry(work)["others"] == ["release", "other"]
        work.git("commit", "-qm", "merge")
        assert sorted(dry(work)["others"]) == ["other", "release"]
        done(work)
        fresh = work.fresh()
        assert fresh["shop_item"] == {"id", "colour", "note", "other"}
        assert [work.upgraded(each) for each in databases] == [fresh] * 3

    def test_both_operations_are_shown_where_their_order_matters(self, work: UnfinishedWork) -> None:
        """A data step and a rename of what it may use."""
        work.branch("release")
        step = 'migrations.RunSQL("UPDATE shop_item SET id = id")'
        work.migration("shop.0002_fill", "shop.0001_initial", step)
        work.commit("hotfix")
        work.switch("main")
        work.migration(
            "shop.0002_note",
            "shop.0001_initial",
            add("item", "note", "models.IntegerField(default=1)"),
            'migrations.AlterModelOptions("item", {"ordering": ["id"]})',
        )
        own = 'migrations.RunSQL("DELETE FROM shop_item WHERE id < 0")'
        work.migration("shop.0003_own", "shop.0002_note", own)
        work.commit("main")
        work.git("merge", "-q", "--no-commit", "release")
        said = work.run("resolve", "--dry-run")
        assert said.exit_code == 1, said.out
        assert "their order makes a difference" in said.out.replace("\n           ", " ")
        assert "shop.0002_fill of release: RunSQL" in said.out
        assert "shop.0003_own of main: RunSQL" in said.out

    def test_no_warning_where_the_order_does_not_matter(self, work: UnfinishedWork) -> None:
        feature(work)
        work.git("merge", "-q", "--no-commit", "feature")
        assert dry(work)["order_matters"] == []


class TestARebase:
    def test_amid(self, work: UnfinishedWork) -> None:
        """The rebased chain goes onto the leaf of the branch that it is rebased onto."""
        feature(work, pushed=("main",))
        database = work.database("main", "main")
        for ref in ("main", "feature"):
            work.switch(ref)
            work.put("notes.txt", f"{ref}\n")
            work.commit("notes")
        push(work, "main")
        work.git("rebase", "main", fails=True)
        found = dry(work)
        assert found["origin"] == "rebase"
        assert strategies(found) == {"renumber"}
        said = done(work)
        assert names(work) == ["0001_initial", "0002_main", "0003_size", "0004_weight"]
        assert "  notes.txt\n" in said.err
        assert "git rebase --continue" in said.err
        assert work.upgraded(database) == work.fresh()

    def test_amid_with_more_migrations_to_come(self, work: UnfinishedWork) -> None:
        """Those depend on the files as they are: the rebase has to be finished first."""
        feature(work, pushed=("main",))
        work.switch("main")
        work.put("notes.txt", "main\n")
        work.commit("notes")
        work.switch("feature")
        work.put("notes.txt", "feature\n")
        work.git("add", "-A")
        work.git("commit", "-q", "--amend", "--no-edit")
        work.migration("shop.0004_height", "shop.0003_weight", add("item", "height"))
        work.commit("more")
        work.git("rebase", "main", fails=True)
        before = work.state
        said = work.run("resolve", "--yes")
        assert (said.exit_code, "SB535" in said.err, work.state) == (3, True, before)
        work.put("notes.txt", "both\n")
        work.git("add", "-A")
        work.git("rebase", "--continue")
        done(work)
        assert names(work)[1:] == ["0002_main", "0003_size", "0004_weight", "0005_height"]

    @pytest.mark.parametrize("known", [True, False])
    def test_after(self, work: UnfinishedWork, known: bool) -> None:
        """No merge commit shows which side came; the branch as it was may be gone."""
        feature(work, pushed=("main",))
        database = work.database("main", "main")
        work.switch("feature")
        work.git("rebase", "-q", "main")
        if not known:
            work.git("update-ref", "-d", "ORIG_HEAD")
        found = dry(work)
        assert (found["origin"], strategies(found)) == ("commit", {"renumber"})
        whole = work.git("rev-parse", "--short=12", "ORIG_HEAD" if known else "HEAD").strip()
        assert found["others"] == [whole]
        done(work)
        assert names(work) == ["0001_initial", "0002_main", "0003_size", "0004_weight"]
        assert work.upgraded(database) == work.fresh()

    @pytest.mark.parametrize("known", [True, False])
    def test_after_with_databases_of_the_branch_as_it_was(self, work: UnfinishedWork, known: bool) -> None:
        feature(work, duplicate=True)
        databases = [work.database(ref, ref) for ref in ("feature", "main")]
        work.switch("feature")
        work.git("rebase", "-q", "main")
        if not known:
            work.git("update-ref", "-d", "ORIG_HEAD")
        assert dry(work)["renumbered"] == []
        done(work)
        fresh = work.fresh()
        assert [work.upgraded(each) for each in databases] == [fresh, fresh]


class TestACherryPick:
    def picked(self, work: UnfinishedWork, *, conflict: bool) -> list[Path]:
        work.hotfix()
        push(work, "main", "release")
        if conflict:
            for ref in ("release", "main"):
                work.switch(ref)
                work.put("notes.txt", f"{ref}\n")
                work.git("add", "-A")
                work.git("commit", "-q", "--amend", "--no-edit")
        databases = [work.database(ref, ref) for ref in ("release", "main")]
        work.switch("main")
        work.git("cherry-pick", "release", fails=conflict)
        return databases

    @pytest.mark.parametrize("amid", [True, False])
    def test_a_duplicate_is_stitched(self, work: UnfinishedWork, amid: bool) -> None:
        databases = self.picked(work, conflict=amid)
        found = dry(work)
        assert (found["origin"], found["others"]) == ("cherry-pick" if amid else "commit", ["release"])
        said = done(work)
        assert ("git cherry-pick --continue" in said.err) is amid
        fresh = work.fresh()
        assert fresh["shop_item"] == {"id", "colour", "note"}
        assert [work.upgraded(each) for each in databases] == [fresh, fresh]

    @pytest.mark.parametrize("command", ["cherry-pick", "rebase"])
    def test_all_is_taken_back_once_the_files_are_added(self, work: UnfinishedWork, command: str) -> None:
        self.picked(work, conflict=True)
        work.git("cherry-pick", "--abort")
        if command == "rebase":
            work.switch("release")
        before = work.state
        work.git(command, "release" if command == "cherry-pick" else "main", fails=True)
        done(work)
        work.git("add", "-A")
        work.git(command, "--abort")
        assert work.state == before

    def test_one_that_is_not_committed(self, work: UnfinishedWork) -> None:
        work.hotfix()
        push(work, "main", "release")
        databases = [work.database(ref, ref) for ref in ("release", "main")]
        work.git("cherry-pick", "--no-commit", "release")
        found = dry(work)
        assert (found["origin"], found["others"]) == ("uncommitted", ["release"])
        done(work)
        fresh = work.fresh()
        assert [work.upgraded(each) for each in databases] == [fresh, fresh]

    def test_one_that_is_not_committed_with_a_conflict(self, work: UnfinishedWork) -> None:
        """git has nothing to say but the conflict of the index; there is one leaf."""
        work.git("branch", "release")
        for ref, name in (("release", "rel"), ("main", "note")):
            work.switch(ref)
            work.migration("shop.0002_more", "shop.0001_initial", add("item", name))
            work.commit(ref)
        push(work, "main", "release")
        databases = [work.database(ref, ref) for ref in ("release", "main")]
        work.git("cherry-pick", "--no-commit", "release", fails=True)
        found = dry(work)
        assert (found["origin"], found["others"], found["leaves"]) == ("uncommitted", ["release"], {})
        done(work)
        fresh = work.fresh()
        assert fresh["shop_item"] == {"id", "rel", "note"}
        assert [work.upgraded(each) for each in databases] == [fresh, fresh]


class TestNothingLeftToCommit:
    """Both branches have a migration of one name that differs in its comment alone: git's conflict is settled as HEAD has it."""

    def begun(self, work: UnfinishedWork, way: str, more: str = "") -> Said:
        """`resolve` while git stops at the conflict. `more`: a file that only the release's commit has."""
        work.git("branch", "release")
        path = "shop/migrations/0002_colour.py"
        for ref in ("release", "main"):
            work.switch(ref)
            work.migration("shop.0002_colour", "shop.0001_initial", add("item", "colour"))
            work.put(path, f"# of {ref}\n{work.read(path)}")
            if more and ref == "release":
                work.put(more, "more\n")
            work.commit(ref)
        push(work, "main", "release")
        work.switch("release" if way.endswith("main") else "main")
        work.git(*way.split(), fails=True)
        return done(work)

    def finish(self, work: UnfinishedWork, said: Said) -> str:
        """The command that `resolve` names, pasted; returns it."""
        (line,) = (line.strip() for line in said.err.splitlines() if line.startswith("  git add"))
        command, *_ = re.split("  +", line)
        subprocess.run(command, cwd=work.folder, env=work.environment, shell=True, check=True)
        assert work.git("status", "--porcelain") == ""
        assert "You are currently" not in work.git("status")
        return command

    @pytest.mark.parametrize("way", ENDS)
    def test_the_command_that_git_accepts(self, work: UnfinishedWork, way: str) -> None:
        said = self.begun(work, way)
        assert self.finish(work, said) == ENDS[way]
        assert work.git("show", "HEAD:shop/migrations/0002_colour.py").startswith("# of main\n")

    @pytest.mark.parametrize("way", ["cherry-pick release", "rebase main", "rebase --apply main"])
    def test_near_miss_the_commit_has_another_file(self, work: UnfinishedWork, way: str) -> None:
        said = self.begun(work, way, more="notes.txt")
        assert self.finish(work, said).endswith(f"git {way.split()[0]} --continue")
        assert work.git("show", "HEAD:notes.txt") == "more\n"


class TestUncommittedFiles:
    @pytest.mark.parametrize("untracked", [True, False])
    def test_a_stash_that_was_popped(self, work: UnfinishedWork, untracked: bool) -> None:
        work.migration("shop.0002_size", "shop.0001_initial", add("item", "size"))
        if not untracked:
            work.git("add", "-A")
        work.git("stash", "-q", "-u")
        work.migration("shop.0002_main", "shop.0001_initial", add("item", "note"))
        work.commit("main")
        push(work, "main")
        database = work.database("main", "main")
        work.git("stash", "pop", "-q")
        mine = work.read("shop/migrations/0002_size.py")
        found = dry(work)
        assert (found["origin"], found["others"], strategies(found)) == (
            "uncommitted",
            ["uncommitted files"],
            {"renumber"},
        )
        said = done(work)
        assert names(work) == ["0001_initial", "0002_main", "0003_size"]
        assert work.upgraded(database) == work.fresh()
        blob = said.err.partition("git cat-file -p ")[2].split()[0]
        assert work.git("cat-file", "-p", blob) == mine

    def test_a_stash_with_a_conflict(self, work: UnfinishedWork) -> None:
        """Both have a migration of one name: git leaves markers in it and keeps the stash."""
        work.migration("shop.0002_more", "shop.0001_initial", add("item", "size"))
        mine = work.commit("only to make a database")
        database = work.database(mine, "mine")
        work.git("reset", "-q", "--soft", "HEAD~1")
        work.git("stash", "-q")
        work.migration("shop.0002_more", "shop.0001_initial", add("item", "note"))
        work.commit("main")
        push(work, "main")
        databases = [database, work.database("main", "main")]
        work.git("stash", "pop", "-q", fails=True)
        assert "<<<<<<<" in work.read("shop/migrations/0002_more.py")
        found = dry(work)
        assert (found["origin"], found["others"]) == ("uncommitted", ["the stash"])
        assert found["settled"] == ["shop/migrations/0002_more.py"]
        done(work)
        fresh = work.fresh()
        assert fresh["shop_item"] == {"id", "size", "note"}
        assert [work.upgraded(each) for each in databases] == [fresh, fresh]

    def test_another_uncommitted_file_is_not_written_over(self, work: UnfinishedWork) -> None:
        """Only the files of the second leaf are taken for what is to be resolved."""
        work.hotfix()
        push(work, "main", "release")
        work.git("merge", "-q", "-m", "merge", "release")
        path = "shop/migrations/0003_colour.py"
        work.put(path, work.read(path) + "\n# mine\n")
        before = work.state
        said = work.run("resolve", "--yes")
        assert (said.exit_code, "SB512" in said.err) == (2, True)
        assert work.state == before


def test_a_refusal_writes_nothing(work: UnfinishedWork) -> None:
    """One side removes what the other alters: a person has to decide."""
    work.migration("shop.0002_size", "shop.0001_initial", add("item", "size"))
    work.commit("size")
    work.branch("release")
    work.migration("shop.0003_gone", "shop.0002_size", 'migrations.RemoveField("item", "size")')
    work.commit("gone")
    work.switch("main")
    work.migration(
        "shop.0003_longer",
        "shop.0002_size",
        'migrations.AlterField("item", "size", models.BigIntegerField(null=True))',
    )
    work.commit("longer")
    work.git("merge", "-q", "--no-commit", "release")
    before = work.state
    said = work.run("resolve", "--yes")
    assert (said.exit_code, work.state) == (3, before)
