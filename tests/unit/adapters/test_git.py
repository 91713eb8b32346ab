"""The door to git: opening, names of commits, history."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from git_places import Make, commit, git, top

from stitchback.adapters.git import MergePoint, Repository
from stitchback.adapters.git_process import Git
from stitchback.errors import EnvironmentProblem

pytestmark = pytest.mark.usefixtures("sealed")


class TestOpening:
    def test_a_folder_below_the_top_opens_the_whole(self, make: Make) -> None:
        repository, _ = make(commit("one", files={"a/b/c.py": b""}))
        inner = Repository.open(top(repository) / "a" / "b")
        assert inner.work_tree == top(repository)
        assert inner.git_dir == inner.common_dir == top(repository) / ".git"

    def test_a_worktree_has_its_own_git_dir_and_shares_the_common_one(
        self, make: Make, tmp_path: Path
    ) -> None:
        repository, shas = make(commit("one"))
        git(top(repository), "worktree", "add", "-q", str(tmp_path / "second"), shas["one"])
        second = Repository.open(tmp_path / "second")
        assert second.common_dir == repository.git_dir
        assert second.git_dir == repository.git_dir / "worktrees" / "second"

    def test_a_bare_repository_is_read_and_has_no_working_tree(self, make: Make, tmp_path: Path) -> None:
        repository, shas = make(commit("one"))
        git(tmp_path, "clone", "-q", "--bare", str(top(repository)), "bare.git")
        git(tmp_path / "bare.git", "config", "user.name", "x")
        git(tmp_path / "bare.git", "config", "user.email", "x@example.com")
        with Repository.open(tmp_path / "bare.git") as bare:
            assert bare.files("main")["one.py"].read() == b"one"
            assert not bare.is_checked_out("main")
            with pytest.raises(EnvironmentProblem, match="bare repository"):
                bare.files("WORKTREE")
            new = bare.commit_to_branch("stitched", {"x.py": b"x"}, "m", shas["one"])
            assert bare.resolve("stitched") == new

    @pytest.mark.parametrize("name", ["", "missing"])
    def test_what_is_no_repository_is_told(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(EnvironmentProblem) as caught:
            Repository.open(tmp_path / name)
        assert (caught.value.code, caught.value.exit_code) == ("SB502", 2)
        assert "-C" in caught.value.hint

    def test_without_git_it_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(EnvironmentProblem, match="git is not installed"):
            Repository.open(tmp_path)

    def test_a_folder_that_is_gone_does_not_become_the_current_one(
        self, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """GitPython runs git in the current directory where it cannot enter the one that it was given."""
        repository, _ = make(commit("one"))
        (tmp_path / "gone").mkdir()
        git = Git(tmp_path / "gone")
        (tmp_path / "gone").rmdir()
        monkeypatch.chdir(top(repository))
        with pytest.raises(EnvironmentProblem, match="is not a directory"):
            git.run("rev-parse", "HEAD")

    def test_variables_of_another_repository_do_not_count(
        self, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """git sets them for its hooks."""
        repository, shas = make(commit("one"))
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
        assert Repository.open(top(repository)).resolve("HEAD") == shas["one"]
        assert (os.environ["GIT_DIR"], os.environ["GIT_INDEX_FILE"]) == (
            str(tmp_path / "elsewhere"),
            str(tmp_path / "index"),
        )

    def test_gitpython_runs_nothing_when_it_is_imported(self, tmp_path: Path) -> None:
        """It would ask git for its version twice, and end where there is no git."""
        spy, trace = tmp_path / "git", tmp_path / "trace"
        spy.write_text(f"#!/bin/sh\necho $@ >> '{trace}'\n")
        spy.chmod(0o755)
        asked = "from pathlib import Path; from stitchback.adapters.git_process import Git; import sys, os; Git(Path('.')); print(sys.modules['git'].Git.GIT_PYTHON_GIT_EXECUTABLE, sorted(n for n in os.environ if n.startswith('GIT_PYTHON')))"
        environment = {**os.environ, "PATH": str(tmp_path), "GIT_PYTHON_REFRESH": "nonsense"}
        done = subprocess.run(
            [sys.executable, "-c", asked],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout == "git ['GIT_PYTHON_REFRESH']\n", done.stderr
        assert not trace.exists()


class TestResolving:
    @pytest.mark.parametrize(
        "ref", ["main", "HEAD", "@", "v1", "annotated", "refs/heads/main", "v1^0", "-dash"]
    )
    def test_every_kind_of_name(self, make: Make, ref: str) -> None:
        repository, shas = make(commit("one", tags=("v1",)))
        git(top(repository), "tag", "-a", "-m", "x", "annotated")
        git(top(repository), "update-ref", "refs/heads/-dash", "HEAD")
        assert repository.resolve(ref) == shas["one"]

    def test_shas_whole_and_short(self, make: Make) -> None:
        repository, shas = make(commit("one"))
        assert repository.resolve(shas["one"]) == repository.resolve(shas["one"][:9]) == shas["one"]

    def test_a_remote_tracking_branch(self, make: Make) -> None:
        repository, shas = make(commit("one"))
        git(top(repository), "update-ref", "refs/remotes/origin/release/2.4", "HEAD")
        assert repository.resolve("origin/release/2.4") == shas["one"]

    @pytest.mark.parametrize(
        "ref",
        [
            "nothing",
            "--all",
            "-x",
            "",
            "main..v1",
            "^main",
            "main:one.py",
            "HEAD^{tree}",
            "a\0b",
            "a\nb",
            "v1:",
        ],
    )
    def test_what_is_no_commit_is_told(self, make: Make, ref: str) -> None:
        repository, _ = make(commit("one", tags=("v1",)))
        with pytest.raises(EnvironmentProblem) as caught:
            repository.resolve(ref)
        assert caught.value.code == "SB504"

    @pytest.mark.parametrize(
        ("ref", "near"),
        [
            ("relase/2.4", "release/2.4"),
            ("release/2.5", "origin/release/2.5 or release/2.4"),
        ],
    )
    def test_near_names_are_the_hint(self, make: Make, ref: str, near: str) -> None:
        repository, _ = make(commit("one"), commit("two", "release/2.4", "one"))
        git(top(repository), "update-ref", "refs/remotes/origin/release/2.5", "HEAD")
        with pytest.raises(EnvironmentProblem) as caught:
            repository.resolve(ref)
        assert near in caught.value.hint

    def test_a_name_of_a_tag_and_a_branch_is_the_tag_and_is_told(self, make: Make) -> None:
        repository, shas = make(commit("one", tags=("release/2.4",)), commit("two", "release/2.4", "one"))
        assert repository.resolve("release/2.4") == shas["one"]
        (finding,) = repository.findings
        assert finding.code == "SB507"
        assert "stitchback uses refs/tags/release/2.4" in finding.message

    def test_merge_head(self, make: Make) -> None:
        repository, shas = make(commit("one"), commit("two", "side", "one"), commit("three", "main"))
        git(top(repository), "merge", "--no-commit", "--no-ff", "side")
        assert repository.resolve("MERGE_HEAD") == shas["two"]


class TestWhatIsCheckedOut:
    def test_by_name(self, make: Make) -> None:
        repository, shas = make(commit("one", tags=("v1",)), commit("two", "side", "one"))
        assert repository.head_branch() == "main"
        named = {
            ref: repository.is_checked_out(ref)
            for ref in ("main", "HEAD", "@", "refs/heads/main", "heads/main")
        }
        assert all(named.values()), named
        assert not any(repository.is_checked_out(ref) for ref in ("side", "v1", shas["one"], "nothing"))

    def test_a_tag_of_the_same_name_is_not_the_branch(self, make: Make) -> None:
        repository, _ = make(commit("one", tags=("main",)))
        assert not repository.is_checked_out("main")

    def test_a_detached_head_is_its_commit(self, make: Make) -> None:
        repository, shas = make(commit("one", tags=("v1",)), commit("two"), checkout="v1")
        assert repository.head_branch() is None
        assert repository.is_checked_out(shas["one"])
        assert repository.is_checked_out("v1")
        assert not repository.is_checked_out("main")


class TestHistory:
    def test_where_two_branches_parted(self, make: Make) -> None:
        repository, shas = make(commit("one"), commit("two", "side", "one"), commit("three"))
        assert repository.merge_base(shas["two"], shas["three"]) == shas["one"]
        assert repository.is_ancestor(shas["one"], shas["two"])
        assert not repository.is_ancestor(shas["two"], shas["three"])
        assert repository.is_ancestor(shas["two"], shas["two"])
        assert repository.findings == ()

    def test_unrelated_histories_are_told(self, make: Make) -> None:
        repository, shas = make(commit("one"), commit("two", "orphan"))
        with pytest.raises(EnvironmentProblem) as caught:
            repository.merge_base(shas["one"], shas["two"])
        assert caught.value.code == "SB505"

    def test_of_several_merge_bases_the_newest_is_taken_and_told(self, make: Make) -> None:
        repository, shas = make(
            commit("one"),
            commit("left", "left", "one"),
            commit("right", "right", "one"),
            commit("left2", "left", merges=("right",)),
            commit("right2", "right", merges=("left",)),
        )
        tips = shas["left2"], shas["right2"]
        assert repository.merge_bases(*tips) == (shas["right"], shas["left"])
        assert repository.merge_base(*tips) == repository.merge_base(*reversed(tips)) == shas["right"]
        assert [finding.code for finding in repository.findings] == ["SB506"]

    def test_where_a_patch_was_merged(self, make: Make) -> None:
        repository, shas = make(
            commit("fork"),
            commit("patch", "side", "fork"),
            commit("before"),
            commit("merge", merges=("side",)),
            commit("after"),
            commit("again", merges=("side",)),
        )
        found = repository.first_merge_of(shas["patch"], shas["again"])
        assert found == MergePoint(shas["merge"], shas["before"])
        assert repository.merge_base(shas["patch"], found.before) == shas["fork"]

    def test_a_patch_that_came_by_way_of_another_branch(self, make: Make) -> None:
        """Merged into `develop`, and that into mainline: mainline's own merge counts."""
        repository, shas = make(
            commit("fork"),
            commit("patch", "side", "fork"),
            commit("work", "develop", "fork"),
            commit("inner", "develop", merges=("side",)),
            commit("before", "main"),
            commit("merge", "main", merges=("develop",)),
        )
        assert repository.first_merge_of(shas["patch"], shas["merge"]) == MergePoint(
            shas["merge"], shas["before"]
        )

    def test_nothing_was_merged(self, make: Make) -> None:
        repository, shas = make(commit("fork"), commit("patch", "side", "fork"), commit("main1"))
        assert repository.first_merge_of(shas["patch"], shas["main1"]) is None
        assert repository.first_merge_of(shas["fork"], shas["main1"]) is None
        assert repository.first_merge_of(shas["main1"], shas["main1"]) is None

    def test_a_shallow_clone_is_told_with_the_remedy(self, make: Make, tmp_path: Path) -> None:
        origin, shas = make(commit("one"), commit("two"))
        git(tmp_path, "clone", "-q", "--depth=1", f"file://{top(origin)}", "shallow")
        with Repository.open(tmp_path / "shallow") as repository:
            assert repository.files("main")["two.py"].read() == b"two"
            for act in (repository.merge_base, repository.is_ancestor, repository.first_merge_of):
                with pytest.raises(EnvironmentProblem) as caught:
                    act(shas["one"], shas["two"])
                assert caught.value.code == "SB503"
                assert "--unshallow" in caught.value.hint

    def test_tags_and_branches(self, make: Make) -> None:
        repository, shas = make(
            commit("one", tags=("v2.9", "v2.10", "w1")), commit("two", "release/2.4", "one")
        )
        git(top(repository), "tag", "-a", "-m", "x", "v2.11", "release/2.4")
        git(top(repository), "tag", "v2.tree", "HEAD^{tree}")
        git(top(repository), "update-ref", "refs/remotes/origin/x", "HEAD")
        git(top(repository), "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/x")
        assert [tag.name for tag in repository.tags("v2.*")] == ["v2.9", "v2.10", "v2.11"]
        assert repository.tags("v2.11")[0].commit == shas["two"]
        assert [branch.name for branch in repository.branches()] == ["main", "release/2.4", "origin/x"]


def test_the_newest_commit_that_had_a_file(make: Make) -> None:
    """A name is a name: what git's globs would obey is none, and a folder is none."""
    repository, shas = make(commit("one", tags=("v1",)))
    place = top(repository)
    (place / "deep").mkdir()
    (place / "deep" / "0002_[a]*.py").write_text("x")
    git(place, "add", "-A")
    git(place, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "odd name")
    added = git(place, "rev-parse", "HEAD").strip()
    git(place, "rm", "-q", "deep/0002_[a]*.py")
    git(place, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "gone")
    assert added != shas["one"]
    assert repository.last_commit_with("0002_[a]*.py") == (added, "main")
    assert repository.last_commit_with("0002_*.py") is None
    assert repository.last_commit_with("deep/0002_[a]*.py") is None
    assert repository.last_commit_with("a\0b") is None
