"""The door to git: commits on branches that nobody has checked out, and worktrees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from git_places import ODD_NAMES, Make, commit, git, top

from stitchback.adapters import git_commit
from stitchback.errors import EnvironmentProblem

pytestmark = pytest.mark.usefixtures("sealed")


class TestWriting:
    def test_a_new_branch(self, make: Make) -> None:
        repository, shas = make(commit("one", files={"keep": b"1\n", "change": b"1\n", "drop": b"1\n"}))
        before = (
            git(top(repository), "status", "--porcelain=v2", "--branch"),
            (repository.git_dir / "index").read_bytes(),
        )
        contents = {"change": b"2\r\n", "drop": None, "deep/er/new": b"\xff\0", **ODD_NAMES}
        new = repository.commit_to_branch("stitched", contents, "Stitch\n\nWhy.\n", shas["one"])
        assert {path: file.read() for path, file in repository.files("stitched").items()} == {
            "keep": b"1\n", "change": b"2\r\n", "deep/er/new": b"\xff\0", **ODD_NAMES,
        }  # fmt: skip
        assert (
            git(top(repository), "log", "-1", "--format=%H %P %s", "stitched")
            == f"{new} {shas['one']} Stitch"
        )
        after = (
            git(top(repository), "status", "--porcelain=v2", "--branch"),
            (repository.git_dir / "index").read_bytes(),
        )
        assert after == before
        assert not list(repository.git_dir.glob("stitchback-*"))

    def test_a_branch_goes_on(self, make: Make) -> None:
        repository, shas = make(commit("one"), commit("two", "side", "one"))
        new = repository.commit_to_branch("side", {"x": b"x"}, "m", shas["two"])
        assert repository.resolve("side") == new
        assert repository.is_ancestor(shas["two"], new)

    def test_a_file_stays_executable(self, make: Make) -> None:
        repository, _ = make(commit("one"))
        root = top(repository)
        git(root, "update-index", "--chmod=+x", "one.py")
        git(root, "commit", "-qm", "x")
        new = repository.commit_to_branch("side", {"one.py": b"changed"}, "m", repository.resolve("HEAD"))
        assert repository.files(new)["one.py"].mode == "100755"

    def test_nothing_to_change_makes_no_commit(self, make: Make) -> None:
        repository, shas = make(commit("one"), commit("two", "side", "one"))
        assert (
            repository.commit_to_branch("side", {"two.py": b"two", "absent": None}, "m", shas["two"])
            == shas["two"]
        )
        assert repository.resolve("side") == shas["two"]

    def test_without_an_identity_it_is_told(self, make: Make) -> None:
        repository, shas = make(commit("one"))
        git(top(repository), "config", "--unset", "user.email")
        git(top(repository), "config", "user.useConfigOnly", "true")
        with pytest.raises(EnvironmentProblem) as caught:
            repository.commit_to_branch("side", {"x": b"x"}, "m", shas["one"])
        assert "user.email" in caught.value.hint

    def test_a_branch_that_moved_is_left(self, make: Make) -> None:
        repository, shas = make(commit("one"), commit("two", "side", "one"))
        with pytest.raises(EnvironmentProblem) as caught:
            repository.commit_to_branch("side", {"x": b"x"}, "m", shas["one"])
        assert caught.value.code == "SB508"
        assert repository.resolve("side") == shas["two"]

    @pytest.mark.parametrize("exists", [True, False])
    def test_a_branch_that_moves_while_the_commit_is_made_is_left(
        self, make: Make, monkeypatch: pytest.MonkeyPatch, exists: bool
    ) -> None:
        """Another process moves, or creates, the branch after it was read and before it is written."""
        repository, shas = make(commit("one"), commit("two", "other", "one"))
        if exists:
            git(top(repository), "branch", "side", shas["one"])
        make_commit = git_commit._commit

        def interrupted(*arguments: Any) -> str:
            made = make_commit(*arguments)
            git(top(repository), "update-ref", "refs/heads/side", shas["two"])
            return made

        monkeypatch.setattr(git_commit, "_commit", interrupted)
        with pytest.raises(EnvironmentProblem, match=f"side is at {shas['two'][:12]}") as caught:
            repository.commit_to_branch("side", {"x": b"x"}, "m", shas["one"])
        assert caught.value.code == "SB508"
        assert repository.resolve("side") == shas["two"]

    def test_a_branch_that_is_checked_out_is_left(self, make: Make, tmp_path: Path) -> None:
        repository, shas = make(commit("one"), commit("two", "side", "one"))
        git(top(repository), "worktree", "add", "-q", str(tmp_path / "elsewhere"), "side")
        for branch, parent in (("main", "one"), ("side", "two")):
            with pytest.raises(EnvironmentProblem, match="is checked out"):
                repository.commit_to_branch(branch, {"x": b"x"}, "m", shas[parent])

    @pytest.mark.parametrize(
        "path", ["../x", ".git/hooks/post-commit", "/etc/x", "a/../x", "one.py/x", "", "shared.py/"]
    )
    def test_a_path_that_git_does_not_take_writes_nothing(self, make: Make, path: str) -> None:
        repository, shas = make(commit("one"))
        with pytest.raises(EnvironmentProblem) as caught:
            repository.commit_to_branch("side", {"fine.py": b"", path: b"x"}, "m", shas["one"])
        assert caught.value.code == "SB508"
        assert [branch.name for branch in repository.branches()] == ["main"]

    @pytest.mark.parametrize("branch", ["a..b", "-x", "a b", "", "HEAD", "x.lock", "a\0b", "/x"])
    def test_a_name_that_git_does_not_take(self, make: Make, branch: str) -> None:
        repository, shas = make(commit("one"))
        with pytest.raises(EnvironmentProblem, match="not a valid branch name"):
            repository.commit_to_branch(branch, {"x": b"x"}, "m", shas["one"])
