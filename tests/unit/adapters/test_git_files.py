"""The door to git: files of a commit, of the index and on disk; nothing of the repository runs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from git_places import ODD_NAMES, Make, commit, git, top

from stitchback.adapters import git_objects, git_worktree
from stitchback.adapters.git import DiskFiles, Repository
from stitchback.adapters.git_process import Git, GitResult
from stitchback.errors import EnvironmentProblem

pytestmark = pytest.mark.usefixtures("sealed")


class TestFilesOfACommit:
    def test_paths_of_any_bytes(self, make: Make) -> None:
        repository, _ = make(commit("one", files=ODD_NAMES))
        files = repository.files("main")
        assert {path: file.read() for path, file in files.items()} == ODD_NAMES
        assert list(files) == sorted(ODD_NAMES)

    def test_read_at_once_and_one_by_one_is_the_same(self, make: Make) -> None:
        contents = {f"f{number}.py": b"x" * number + b"\n\r\0" for number in range(200)}
        repository, _ = make(commit("one", files=contents))
        files = repository.files("main")
        files.prefetch(path for path in files if path.endswith("0.py"))
        assert {path: files[path].read() for path in files} == contents

    @pytest.mark.parametrize(("first", "chunk"), [(1, 1), (7, 30), (150, 4096)])
    def test_git_reads_on_while_the_first_are_looked_at(
        self, make: Make, monkeypatch: pytest.MonkeyPatch, first: int, chunk: int
    ) -> None:
        monkeypatch.setattr(git_objects, "PREFETCH_FIRST", first)
        monkeypatch.setattr(git_objects, "PREFETCH_CHUNK", chunk)
        contents = {f"f{number}.py": b"x" * number for number in range(200)}
        repository, _ = make(commit("one", files=contents))
        files = repository.files("main")
        repository.prefetch([files["f3.py"].blob, "0" * 40, *(files[path].blob for path in contents)])
        assert {path: files[path].read() for path in reversed(list(files))} == contents
        files.prefetch(contents)
        with pytest.raises(EnvironmentProblem):
            repository.read_blob("0" * 40)
        repository.close()
        assert files["f3.py"].read() == b"xxx"

    def test_what_did_not_come_is_asked_for_again(self, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(git_objects, "PREFETCH_FIRST", 1)
        contents = {f"f{number}.py": b"x" * number for number in range(20)}
        repository, _ = make(commit("one", files=contents))
        files = repository.files("main")
        run, asked = Git.run, []

        def failing(self: Git, *arguments: str, **options: Any) -> GitResult:
            asked.append(arguments)
            if len(asked) > 2:  # the sizes and the first blob
                raise EnvironmentProblem("SB501", "git failed")
            return run(self, *arguments, **options)

        monkeypatch.setattr(Git, "run", failing)
        files.prefetch(contents)
        assert {path: files[path].read() for path in files} == contents
        assert len(asked) == 3

    def test_an_entry_names_its_blob_and_mode(self, make: Make) -> None:
        repository, _ = make(commit("one", files={"a": b"hello\n"}))
        entry = repository.files("main")["a"]
        assert (entry.blob, entry.mode) == ("ce013625030ba8dba906f756967f9e9ca394464a", "100644")
        assert repository.read_blob(entry.blob) == b"hello\n"

    def test_links_and_submodules_are_not_followed(self, make: Make) -> None:
        repository, shas = make(commit("one", files={"a": b"hello\n"}))
        link = git(top(repository), "hash-object", "-w", "--stdin", stdin=b"/etc/passwd")
        lines = f"120000 blob {link}\tlink\n160000 commit {shas['one']}\tmodule\n"
        tree = git(top(repository), "mktree", stdin=lines.encode())
        made = git(top(repository), "commit-tree", "-m", "x", tree)
        files = repository.files(made)
        assert list(files) == ["link"]
        assert files["link"].is_symlink
        assert files["link"].read() == b"/etc/passwd"

    def test_a_blob_that_is_not_there_is_told_and_reading_goes_on(self, make: Make) -> None:
        repository, _ = make(commit("one"))
        repository.prefetch(["0" * 40])
        for _ in range(2):
            with pytest.raises(EnvironmentProblem) as caught:
                repository.read_blob("0" * 40)
            assert caught.value.code == "SB503"
        assert repository.files("main")["one.py"].read() == b"one"

    def test_a_partial_clone_fetches_nothing(self, make: Make, tmp_path: Path) -> None:
        origin, _ = make(commit("one"))
        git(top(origin), "config", "uploadpack.allowFilter", "true")
        git(
            tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{top(origin)}", "partial"
        )
        with Repository.open(tmp_path / "partial") as repository:
            with pytest.raises(EnvironmentProblem) as caught:
                repository.files("main")["one.py"].read()
            assert caught.value.code == "SB503"
            assert "--filter" in caught.value.hint

    def test_a_repository_of_sha256(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "-q", "--object-format=sha256", "r")
        git(tmp_path / "r", "config", "user.email", "x@example.com")
        git(tmp_path / "r", "config", "user.name", "x")
        (tmp_path / "r" / "a.py").write_bytes(b"hello\n")
        git(tmp_path / "r", "add", ".")
        git(tmp_path / "r", "commit", "-qm", "x")
        with Repository.open(tmp_path / "r") as repository:
            assert repository.files("HEAD")["a.py"].blob == repository.files("WORKTREE")["a.py"].blob
            new = repository.commit_to_branch("b", {"a.py": None}, "m", repository.resolve("HEAD"))
            assert list(repository.files(new)) == []


@pytest.mark.parametrize("option", ["--index-version=4", "--split-index"])
def test_every_kind_of_index(make: Make, option: str) -> None:
    repository, _ = make(commit("one", files=ODD_NAMES))
    git(top(repository), "update-index", option)
    assert list(repository.files("INDEX")) == sorted(ODD_NAMES)
    assert {path: file.read() for path, file in repository.files("WORKTREE").items()} == ODD_NAMES


class TestTheWorkingTree:
    def test_tracked_and_untracked_as_on_disk(self, make: Make) -> None:
        repository, _ = make(
            commit("one", files={"same": b"1\n", "changed": b"1\n", "gone": b"1\n", ".gitignore": b"*.log\n"})
        )
        root = top(repository)
        (root / "changed").write_bytes(b"2\r\n")
        (root / "gone").unlink()
        (root / "x.log").write_bytes(b"")
        (root / "new").mkdir()
        (root / "new" / "er").write_bytes(b"3\n")
        files = repository.files("WORKTREE")
        assert {path: file.read() for path, file in files.items()} == {
            ".gitignore": b"*.log\n", "changed": b"2\r\n", "new/er": b"3\n", "same": b"1\n",
        }  # fmt: skip
        assert files["same"].blob == repository.files("HEAD")["same"].blob
        assert files["changed"].blob == git(root, "hash-object", "--no-filters", "changed")
        assert list(repository.files("INDEX")) == [".gitignore", "changed", "gone", "same"]
        assert repository.files("INDEX")["changed"].read() == b"1\n"

    def test_paths_of_any_bytes(self, make: Make) -> None:
        repository, _ = make(commit("one", files=ODD_NAMES))
        assert {path: file.read() for path, file in repository.files("WORKTREE").items()} == ODD_NAMES
        assert list(repository.files("INDEX")) == sorted(ODD_NAMES)

    def test_links_are_not_followed_neither_on_the_way(self, make: Make, tmp_path: Path) -> None:
        repository, _ = make(commit("one", files={"app/m.py": b"1\n", "other.py": b"2\n"}))
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "m.py").write_bytes(b"secret\n")
        root = top(repository)
        (root / "app" / "m.py").unlink()
        (root / "app").rmdir()
        (root / "app").symlink_to(tmp_path / "outside")
        (root / "other.py").unlink()
        (root / "other.py").symlink_to(tmp_path / "outside" / "m.py")
        files = repository.files("WORKTREE")
        assert list(files) == ["app", "other.py"]
        assert files["other.py"].is_symlink
        assert files["other.py"].read() == os.fsencode(tmp_path / "outside" / "m.py")

    def test_a_file_is_read_once(self, make: Make) -> None:
        repository, _ = make(commit("one"))
        entry = repository.files("WORKTREE")["one.py"]
        before = entry.blob
        (top(repository) / "one.py").write_bytes(b"other")
        assert (entry.read(), entry.blob) == (b"one", before)

    def test_a_file_that_goes_meanwhile_is_told(self, make: Make) -> None:
        repository, _ = make(commit("one"))
        (top(repository) / "one.py").write_bytes(b"changed")
        files = repository.files("WORKTREE")
        (top(repository) / "one.py").unlink()
        with pytest.raises(EnvironmentProblem) as caught:
            files["one.py"].read()
        assert caught.value.code == "SB510"

    def test_an_unchanged_file_is_not_read_again_and_a_changed_one_is(self, make: Make) -> None:
        repository, _ = make(commit("one", files={"same.py": b"same\n", "other.py": b"other\n"}))
        (top(repository) / "other.py").write_bytes(b"OTHER\n")
        files = repository.files("WORKTREE")
        (top(repository) / "same.py").unlink()
        assert {path: entry.read() for path, entry in files.items()} == {
            "same.py": b"same\n",
            "other.py": b"OTHER\n",
        }

    def test_a_file_whose_line_ends_git_turns_is_read_from_disk(self, make: Make) -> None:
        lines = {".gitattributes": b"*.py text eol=crlf\n", "a.py": b"1\n2\n", "b.py": b"one line"}
        repository, _ = make(commit("one", files=lines))
        (top(repository) / "a.py").write_bytes(b"1\r\n2\r\n")
        git(top(repository), "add", "a.py")
        files = repository.files("WORKTREE")
        assert files["a.py"].read() == b"1\r\n2\r\n"
        assert files["a.py"].blob == git(top(repository), "hash-object", "--no-filters", "a.py")
        assert files["b.py"].read() == b"one line"

    def test_a_file_that_a_filter_made_is_read_from_disk(self, make: Make) -> None:
        repository, _ = make(commit("one", files={".gitattributes": b"*.py filter=turn\n", "a.py": b"abc\n"}))
        root = top(repository)
        git(root, "config", "filter.turn.clean", "tr x a")
        git(root, "config", "filter.turn.smudge", "tr a x")
        (root / "a.py").unlink()
        git(root, "checkout", "--", "a.py")
        assert (root / "a.py").read_bytes() == b"xbc\n"
        assert repository.files("WORKTREE")["a.py"].read() == b"xbc\n"

    def test_a_file_that_git_was_told_not_to_look_at_is_read_from_disk(self, make: Make) -> None:
        repository, _ = make(commit("one", files={"a.py": b"abc\n"}))
        git(top(repository), "update-index", "--assume-unchanged", "a.py")
        (top(repository) / "a.py").write_bytes(b"xyz\n")
        assert repository.files("WORKTREE")["a.py"].read() == b"xyz\n"

    def test_a_file_changed_to_the_same_size_is_seen(self, make: Make) -> None:
        repository, _ = make(commit("one", files={"a.py": b"abc\n"}))
        place = top(repository) / "a.py"
        times = place.stat()
        place.write_bytes(b"xyz\n")
        os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert repository.files("WORKTREE")["a.py"].read() == b"xyz\n"

    def test_a_pipe_in_a_files_place_is_not_waited_for(self, make: Make) -> None:
        repository, _ = make(commit("one"))
        (top(repository) / "one.py").unlink()
        os.mkfifo(top(repository) / "one.py")
        with pytest.raises(EnvironmentProblem, match="no longer a regular file"):
            repository.files("WORKTREE")["one.py"].read()

    def test_a_sparse_checkout_keeps_what_it_leaves_out(self, make: Make) -> None:
        repository, _ = make(commit("one", files={"in/a.py": b"1\n", "out/b.py": b"2\n", "top.py": b"3\n"}))
        git(top(repository), "sparse-checkout", "set", "in")
        assert not (top(repository) / "out").exists()
        assert repository.files("WORKTREE")["out/b.py"].read() == b"2\n"
        assert list(repository.files("WORKTREE")) == ["in/a.py", "out/b.py", "top.py"]

    def test_an_unmerged_path_is_none_of_the_index(self, make: Make) -> None:
        repository, _ = make(
            commit("one", files={"a.py": b"base\n"}),
            commit("two", "side", "one", files={"a.py": b"theirs\n"}),
            commit("three", files={"a.py": b"ours\n"}),
        )
        subprocess.run(["git", "merge", "side"], cwd=top(repository), capture_output=True, check=False)
        assert list(repository.files("INDEX")) == []
        files = repository.files("WORKTREE")
        assert isinstance(files, DiskFiles)
        assert files["a.py"].read() == b"ours\n"
        assert b"<<<<<<<" in files.conflicted["a.py"].read()

    def test_dirty_paths(self, make: Make) -> None:
        names = ("clean", "changed", "staged", "gone", "untracked", "ignored", "absent", 'quo"te')
        repository, _ = make(
            commit(
                "one",
                files={
                    ".gitignore": b"ignored\n",
                    **dict.fromkeys(("clean", "changed", "staged", "gone"), b"1\n"),
                },
            )
        )
        root = top(repository)
        for name in ("changed", "staged", "untracked", "ignored", 'quo"te'):
            (root / name).write_bytes(b"2\n")
        (root / "gone").unlink()
        git(root, "add", "staged")
        (root / "staged").write_bytes(b"1\n")
        assert repository.dirty_paths(names) == (
            "changed",
            "gone",
            "ignored",
            'quo"te',
            "staged",
            "untracked",
        )
        assert repository.dirty_paths(["clean", "absent"]) == ()
        assert repository.dirty_paths([]) == ()

    def test_a_file_that_git_moves_into_a_renamed_folder_is_not_dirty(self, make: Make) -> None:
        """Whether git asks (`CONFLICT (file location)`) or not; as soon as a person changes it, it is."""
        many = {f"old/{number}.py": b"%d\n" % number for number in range(3)}
        repository, _ = make(
            commit("one", files=many),
            commit("two", "side", "one", files={**many, "old/new.py": b"hotfix\n"}),
            commit("three", files={path.replace("old", "new"): text for path, text in many.items()}),
        )
        root, moved = top(repository), "new/new.py"
        for directories in ("conflict", "true"):
            arguments = ["git", "-c", f"merge.directoryRenames={directories}", "merge", "--no-commit", "side"]
            subprocess.run(arguments, cwd=root, capture_output=True, check=False)
            assert (root / moved).read_bytes() == b"hotfix\n"
            assert repository.dirty_paths([moved]) == ()
            (root / moved).write_bytes(b"mine\n")
            assert repository.dirty_paths([moved]) == (moved,)
            git(root, "add", moved)
            assert repository.dirty_paths([moved]) == (moved,)
            git(root, "reset", "-q", "--hard")

    def test_line_ends_made_by_the_checkout_are_not_dirt(self, make: Make) -> None:
        repository, _ = make(commit("one", files={"a.py": b"1\n"}))
        git(top(repository), "config", "core.autocrlf", "true")
        (top(repository) / "a.py").unlink()
        git(top(repository), "checkout", "a.py")
        (top(repository) / "a.py").touch()
        assert (top(repository) / "a.py").read_bytes() == b"1\r\n"
        assert repository.dirty_paths(["a.py"]) == ()
        (top(repository) / "a.py").write_bytes(b"2\r\n")
        assert repository.dirty_paths(["a.py"]) == ("a.py",)


def test_nothing_of_the_repository_runs(make: Make, tmp_path: Path) -> None:
    """Monitor, hooks, filters, text conversion, an external diff, a signing program: each would leave a trace."""
    attributes = b"*.py filter=spy diff=spy\n"
    repository, shas = make(
        commit("one", files={"a.py": b"1\n", ".gitattributes": attributes}), commit("two", "side", "one")
    )
    root, trace = top(repository), tmp_path / "trace"
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\necho $0 $@ >> '{trace}'\ncat\n")
    spy.chmod(0o755)
    hooks = root / ".git" / "hooks"
    hooks.mkdir()
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "pre-commit", "post-commit"):
        (hooks / hook).symlink_to(spy)
    settings = {
        "core.fsmonitor": spy, "core.hooksPath": hooks, "filter.spy.clean": spy, "filter.spy.smudge": spy,
        "filter.spy.process": spy, "filter.spy.required": "true", "diff.spy.textconv": spy, "diff.spy.command": spy,
        "diff.external": spy, "core.pager": spy, "core.editor": spy, "gpg.program": spy, "log.showSignature": "true",
        "core.alternateRefsCommand": spy, "core.sshCommand": spy,
    }  # fmt: skip
    for name, value in settings.items():
        git(root, "config", name, str(value))
    trace.unlink(missing_ok=True)
    (root / "a.py").write_bytes(b"2\n")
    with Repository.open(root) as hostile:
        for ref in ("main", "INDEX", "WORKTREE"):
            assert [file.read() for file in hostile.files(ref).values()]
        assert hostile.dirty_paths(["a.py", "b.py"]) == ("a.py",)
        hostile.merge_base(shas["one"], shas["two"])
        hostile.first_merge_of(shas["two"], shas["one"])
        hostile.commit_to_branch("new", {"a.py": b"3\n"}, "m", shas["one"])
    assert not trace.exists(), trace.read_text()


def test_reading_leaves_the_repository_as_it_is(make: Make) -> None:
    repository, shas = make(commit("one"), commit("two", "side", "one"))
    (top(repository) / "one.py").touch()  # git status would refresh the index

    def snapshot() -> dict[str, tuple[int, bytes]]:
        found = [path for path in repository.git_dir.rglob("*") if path.is_file()]
        return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in found}

    before = snapshot()
    for ref in ("main", "INDEX", "WORKTREE"):
        assert [file.read() for file in repository.files(ref).values()]
    repository.dirty_paths(["one.py"])
    repository.merge_base(shas["one"], shas["two"])
    assert snapshot() == before


class TestLargeFiles:
    """Of a file with more than LARGEST_READ bytes, only so many are read, and one more."""

    @pytest.fixture
    def contents(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
        for module in (git_objects, git_worktree):
            monkeypatch.setattr(module, "LARGEST_READ", 1_000)
        return {"a.py": b"a" * 3_000_000, "b.py": b"b" * 1_001, "c.py": b"c" * 1_000, "d.py": b"d"}

    def test_of_a_commit(
        self, make: Make, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repository, _ = make(commit("one", files=contents))
        files = repository.files("main")
        wanted = {path: content[:1_001] for path, content in contents.items()}
        assert {path: files[path].read() for path in files} == wanted
        run, given = Git.run, []

        def counting(self: Git, *arguments: str, **options: Any) -> GitResult:
            given.append(run(self, *arguments, **options))
            return given[-1]

        monkeypatch.setattr(Git, "run", counting)
        files.prefetch(contents)
        assert sum(len(each.stdout) for each in given) < 2_000, "git is not asked for a large one"
        assert {path: files[path].read() for path in files} == wanted

    def test_on_disk(self, make: Make, contents: dict[str, bytes]) -> None:
        repository, _ = make(commit("one", files={"x.py": b"x"}))
        root = top(repository)
        for path, content in contents.items():
            (root / path).write_bytes(content)
        files = repository.files("WORKTREE")
        assert {path: files[path].read() for path in contents} == {
            path: content[:1_001] for path, content in contents.items()
        }
        assert {path: files[path].blob for path in contents} == {
            path: git(root, "hash-object", "--no-filters", path) for path in contents
        }
