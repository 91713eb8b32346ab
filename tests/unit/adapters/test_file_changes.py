"""Files of the working tree: all of them written, or none, and nothing else touched."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from git_places import Make, commit, git, top

from stitchback.adapters import file_changes, journal
from stitchback.adapters.file_changes import FileChange, home_of, recover, refuse_interrupted, write_changes
from stitchback.adapters.git import Repository
from stitchback.adapters.journal import PlannedContents
from stitchback.errors import EnvironmentProblem

pytestmark = pytest.mark.usefixtures("sealed")

OLD = {"app/a.py": b"a\r\n", "app/b.py": b"b", "other/c.py": b"\xffc\n"}
CHANGES = (
    FileChange("app/a.py", b"a\r\n", b"A\r\n"),
    FileChange("app/b.py", b"b", None),
    FileChange("app/new.py", None, b"new\n"),
    FileChange("new_app/migrations/d.py", None, b"d"),
    FileChange("other/c.py", b"\xffc\n", b"C"),
)
NEW = {"app/a.py": b"A\r\n", "app/new.py": b"new\n", "new_app/migrations/d.py": b"d", "other/c.py": b"C"}


@pytest.fixture
def repository(make: Make) -> Repository:
    return make(commit("one", files=OLD))[0]


def tree(root: Path) -> dict[str, bytes]:
    """Every file below, git's own left out; what is left lying about too."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and ".git" not in path.relative_to(root).parts:
            found[path.relative_to(root).as_posix()] = path.read_bytes()
    return found


def left_over(repository: Repository) -> list[str]:
    return sorted(path.name for path in home_of(repository).iterdir() if path.name != file_changes.LOCK)


def refused(repository: Repository, code: str, *changes: FileChange) -> EnvironmentProblem:
    """Refused with that code, the tree as it was, no new folder left in it."""
    before = tree(top(repository))
    with pytest.raises(EnvironmentProblem) as caught:
        write_changes(repository, changes or CHANGES)
    assert caught.value.code == code
    assert tree(top(repository)) == before
    assert not (top(repository) / "new_app").exists()
    assert not home_of(repository).is_dir() or left_over(repository) == []
    return caught.value


class TestWriting:
    def test_all_is_written(self, repository: Repository) -> None:
        write_changes(repository, CHANGES)
        assert tree(top(repository)) == NEW
        assert left_over(repository) == []

    def test_nothing_is_nothing(self, repository: Repository) -> None:
        write_changes(repository, ())
        assert tree(top(repository)) == OLD
        assert not home_of(repository).exists()

    def test_modes_stay(self, repository: Repository) -> None:
        script = top(repository) / "app" / "a.py"
        git(top(repository), "update-index", "--chmod=+x", "app/a.py")
        git(top(repository), "commit", "-qm", "executable")
        script.chmod(0o751)
        write_changes(repository, CHANGES)
        assert stat.S_IMODE(script.stat().st_mode) == 0o751

    def test_a_new_file_has_the_mode_of_new_files(self, repository: Repository) -> None:
        mask = os.umask(0o027)
        try:
            write_changes(repository, CHANGES)
        finally:
            os.umask(mask)
        assert stat.S_IMODE((top(repository) / "app/new.py").stat().st_mode) == 0o640

    def test_names_and_contents_of_any_kind(self, repository: Repository) -> None:
        odd = {"app/ü '\"\n.py": bytes(range(256)), "app/-rf": b"", "app/\udcff.py": b"x" * 100_000}
        write_changes(repository, [FileChange(path, None, content) for path, content in odd.items()])
        assert {path: (top(repository) / path).read_bytes() for path in odd} == odd

    def test_what_is_there_already_is_fine(self, repository: Repository) -> None:
        write_changes(repository, (FileChange("app/a.py", b"a\r\n", b"a\r\n"),))
        assert tree(top(repository)) == OLD

    def test_the_git_directory_on_another_disk(
        self, repository: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def other_disk(source: object, target: object) -> None:
            raise OSError(18, "Invalid cross-device link")

        monkeypatch.setattr(os, "link", other_disk)
        home = home_of(repository)
        journal.draft(
            home,
            {one.path: PlannedContents(one.before, one.after, 0o644) for one in CHANGES},
            file_changes._origin(repository),
        )
        journal.decide(home)
        assert recover(repository)
        assert tree(top(repository)) == NEW


class TestRefusing:
    def test_a_file_that_was_changed(self, repository: Repository) -> None:
        (top(repository) / "app/a.py").write_bytes(b"mine")
        problem = refused(repository, "SB512", FileChange("app/a.py", b"mine", b"x"), CHANGES[1])
        assert "app/a.py" in problem.message

    def test_a_file_that_was_changed_and_staged(self, repository: Repository) -> None:
        (top(repository) / "app/a.py").write_bytes(b"mine")
        git(top(repository), "add", "app/a.py")
        refused(repository, "SB512", FileChange("app/a.py", b"mine", b"x"))

    def test_a_file_that_git_does_not_know(self, repository: Repository) -> None:
        (top(repository) / "app/new.py").write_bytes(b"mine")
        refused(repository, "SB513")
        refused(repository, "SB512", FileChange("app/new.py", b"mine", b"x"))

    def test_a_file_that_changed_since_it_was_read(self, repository: Repository) -> None:
        refused(repository, "SB513", CHANGES[1], FileChange("app/a.py", b"as it was read", b"x"))
        refused(repository, "SB513", CHANGES[1], FileChange("app/gone.py", b"as it was read", None))

    def test_a_file_outside_of_a_sparse_checkout(self, repository: Repository) -> None:
        """It was read from the index: running the command again does not help."""
        path = CHANGES[1].path
        git(top(repository), "update-index", "--skip-worktree", path)
        (top(repository) / path).unlink()
        assert "sparse-checkout add" in refused(repository, "SB513", CHANGES[1]).hint

    @pytest.mark.parametrize(
        "path",
        [
            "../x.py",
            "app/../../x.py",
            "/tmp/x.py",
            ".git/hooks/x",
            "app/.GIT/x",
            "link/x.py",
            "app/link.py",
            "",
        ],
    )
    def test_a_path_that_leads_out(self, repository: Repository, path: str, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (top(repository) / "link").symlink_to(outside)
        (top(repository) / "app/link.py").symlink_to(outside / "x.py")
        refused(repository, "SB515", CHANGES[0], FileChange(path, None, b"x"))
        assert list(outside.iterdir()) == []

    def test_a_link_to_another_folder_of_the_tree(self, repository: Repository) -> None:
        (top(repository) / "link").symlink_to("app")
        refused(repository, "SB515", FileChange("link/x.py", None, b"x"))

    def test_a_file_in_the_place_of_a_folder(self, repository: Repository) -> None:
        refused(repository, "SB514", CHANGES[0], FileChange("app/a.py/new/x.py", None, b"x"))

    def test_a_folder_in_the_place_of_a_file(self, repository: Repository) -> None:
        refused(repository, "SB514", CHANGES[0], FileChange("app", None, b"x"))

    @pytest.mark.parametrize("what", ["app", "app/a.py"])
    def test_no_permission(self, repository: Repository, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
        locked = top(repository) / what
        locked.chmod(0o555 if locked.is_dir() else 0o444)
        if os.geteuid() == 0:  # root may do everything: ask as another would be answered
            monkeypatch.setattr(
                os, "access", lambda path, mode: not (mode & os.W_OK and Path(path) == locked)
            )
        refused(repository, "SB514")
        locked.chmod(0o755)

    def test_a_git_directory_that_cannot_be_written(self, repository: Repository) -> None:
        home_of(repository).write_bytes(b"a file is in the way")
        before = tree(top(repository))
        with pytest.raises(EnvironmentProblem, match="is not a folder"):
            write_changes(repository, CHANGES)
        assert tree(top(repository)) == before

    def test_another_writer(self, repository: Repository) -> None:
        home_of(repository).mkdir()
        with open(home_of(repository) / file_changes.LOCK, "w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            refused(repository, "SB516")
        write_changes(repository, CHANGES)

    def test_a_python_that_cannot_be_started(
        self, repository: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.executable", "/bin/false")
        refused(repository, "SB514")

    def test_a_disk_that_is_full(self, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(path: Path, content: bytes, mode: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(journal, "_write", full)
        assert "No space left" in refused(repository, "SB514").message


class TestFinishing:
    """What the next command finds, and does."""

    def drafted(self, repository: Repository) -> Path:
        home = home_of(repository)
        intents = {one.path: PlannedContents(one.before, one.after, 0o644) for one in CHANGES}
        journal.draft(home, intents, file_changes._origin(repository))
        return home

    def test_what_was_not_decided_is_forgotten(self, repository: Repository) -> None:
        self.drafted(repository)
        assert not recover(repository)
        assert tree(top(repository)) == OLD
        assert left_over(repository) == []

    def test_what_was_decided_is_done(self, repository: Repository) -> None:
        journal.decide(self.drafted(repository))
        assert recover(repository)
        assert tree(top(repository)) == NEW
        assert left_over(repository) == []
        assert not recover(repository)

    def test_the_next_writing_finishes_first(self, repository: Repository) -> None:
        journal.decide(self.drafted(repository))
        write_changes(repository, (FileChange("other/d.py", None, b"d"),))
        assert tree(top(repository)) == {**NEW, "other/d.py": b"d"}

    def test_a_repository_that_has_moved_meanwhile(self, repository: Repository, tmp_path: Path) -> None:
        journal.decide(self.drafted(repository))
        top(repository).rename(tmp_path / "moved")
        with Repository.open(tmp_path / "moved") as moved:
            assert recover(moved)
            assert tree(tmp_path / "moved") == NEW

    def test_a_command_that_only_reads_finishes_nothing(self, repository: Repository) -> None:
        refuse_interrupted(repository)
        home = self.drafted(repository)
        refuse_interrupted(repository)  # nothing was decided, so the tree is the old one
        journal.decide(home)
        with pytest.raises(EnvironmentProblem, match="interrupted") as caught:
            refuse_interrupted(repository)
        assert caught.value.code == "SB519"
        assert tree(top(repository)) == OLD
        assert recover(repository)
        refuse_interrupted(repository)

    def test_somebody_elses_change_is_kept_and_ours_taken_back(self, repository: Repository) -> None:
        home = self.drafted(repository)
        journal.decide(home)
        (top(repository) / "app/a.py").write_bytes(b"A\r\n")  # as far as the writing had got
        (top(repository) / "other/c.py").write_bytes(b"mine")
        with pytest.raises(EnvironmentProblem) as caught:
            recover(repository)
        assert caught.value.code == "SB513"
        assert tree(top(repository)) == {**OLD, "other/c.py": b"mine"}
        assert left_over(repository) == []

    def test_what_was_finished_is_not_done_again(self, repository: Repository) -> None:
        """Killed while it cleared up: whoever has edited the files since keeps his edits."""
        home = self.drafted(repository)
        journal.decide(home)
        os.rename(home / journal.DECIDED, home / journal.DONE)
        (top(repository) / "app/a.py").write_bytes(b"mine")
        assert not recover(repository)
        assert tree(top(repository)) == {**OLD, "app/a.py": b"mine"}
        assert left_over(repository) == []

    def test_a_file_that_cannot_be_put_in_place(
        self, repository: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """All that was put in place before it is taken back."""
        journal.decide(self.drafted(repository))
        real = os.replace

        def replace(source: Path, target: Path) -> None:
            if target.name == "c.py":
                raise OSError(28, "No space left on device")
            real(source, target)

        monkeypatch.setattr(os, "replace", replace)
        with pytest.raises(EnvironmentProblem, match="No space left"):
            recover(repository)
        assert tree(top(repository)) == OLD
        assert not (top(repository) / "new_app").exists()
        assert left_over(repository) == []


CALLS = ("replace", "rename", "unlink", "link", "fsync", "chmod", "mkdir", "rmdir")


def killed_at(call: int, work: Callable[[], Any]) -> bool:
    """Runs the work in a process of its own that dies, without any clearing up, at its call-th touch of the disk. Whether it died."""
    child = os.fork()
    if child == 0:
        left = [call]
        for name in CALLS:
            setattr(os, name, _dying(getattr(os, name), left))
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def _dying(real: Callable[..., Any], left: list[int]) -> Callable[..., Any]:
    def touch(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)

    return touch


@pytest.fixture
def places(tmp_path: Path) -> Callable[[], tuple[Path, Path]]:
    """Fresh pairs of a home and a working tree with the old files."""
    count = 0

    def made() -> tuple[Path, Path]:
        nonlocal count
        count += 1
        home, root = tmp_path / f"home{count}", tmp_path / f"tree{count}"
        home.mkdir()
        for path, content in OLD.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        return home, root

    return made


ORIGIN = "main 0123"
INTENTS = {one.path: PlannedContents(one.before, one.after, 0o644) for one in CHANGES}


def write(home: Path, root: Path) -> None:
    journal.draft(home, INTENTS, ORIGIN)
    journal.decide(home)
    journal.finish_or_discard(home, root, ORIGIN)


def test_killed_at_every_touch_of_the_disk(places: Callable[[], tuple[Path, Path]]) -> None:
    """Writer and finisher both killed: what the next command leaves is the old tree or the new one."""
    seen = set()
    for call in range(1000):
        home, root = places()
        died = killed_at(call, lambda home=home, root=root: write(home, root))  # type: ignore[misc]
        decided = (home / journal.DECIDED).exists()
        journal.finish_or_discard(home, root, ORIGIN)
        assert tree(root) in (OLD, NEW), call
        assert not decided or tree(root) == NEW
        assert list(home.iterdir()) == []
        seen.add("old" if tree(root) == OLD else "new")
        if not died:
            break
    assert seen == {"old", "new"}
    assert call > 30


def test_killed_again_while_it_is_finished(places: Callable[[], tuple[Path, Path]]) -> None:
    for call in range(1000):
        home, root = places()
        killed_at(15 + call % 20, lambda home=home, root=root: write(home, root))  # type: ignore[misc]
        died = killed_at(call, lambda home=home, root=root: journal.finish_or_discard(home, root, ORIGIN))  # type: ignore[misc]
        journal.finish_or_discard(home, root, ORIGIN)
        assert tree(root) in (OLD, NEW), call
        if not died and call > 40:
            break


def test_killed_while_it_is_taken_back(places: Callable[[], tuple[Path, Path]]) -> None:
    for call in range(1000):
        home, root = places()
        journal.draft(home, INTENTS, ORIGIN)
        journal.decide(home)
        (root / "app/a.py").write_bytes(b"A\r\n")
        (root / "app/new.py").write_bytes(b"new\n")
        (root / "other/c.py").write_bytes(b"mine")

        def settle(home: Path = home, root: Path = root) -> None:
            with pytest.raises(journal.ChangedMeanwhile):
                journal.finish_or_discard(home, root, ORIGIN)

        died = killed_at(call, settle)
        if (home / journal.DECIDED).exists():
            settle()
        journal.finish_or_discard(home, root, ORIGIN)
        assert tree(root) == {**OLD, "other/c.py": b"mine"}, call
        if not died:
            break


def test_the_list_is_plain_json(places: Callable[[], tuple[Path, Path]]) -> None:
    home, _ = places()
    journal.draft(home, {"app/\udcff.py": PlannedContents(None, b"x", 0o644)}, ORIGIN)
    (entry,) = json.loads((home / journal.DRAFT / journal.LIST).read_bytes())["files"]
    assert entry["path"] == "app/\udcff.py"


class TestForeign:
    """A folder below the git directory that came with a copy of the repository: nothing is written, read or deleted through it."""

    def decided(self, repository: Repository, **changed: Any) -> Path:
        home = home_of(repository)
        journal.draft(
            home, {"app/new.py": PlannedContents(None, b"new\n", 0o644)}, file_changes._origin(repository)
        )
        listed = json.loads((home / journal.DRAFT / journal.LIST).read_bytes())
        listed["files"][0] |= {key: value for key, value in changed.items() if key != "origin"}
        listed |= {key: value for key, value in changed.items() if key == "origin"}
        (home / journal.DRAFT / journal.LIST).write_text(json.dumps(listed))
        journal.decide(home)
        return home

    def foreign(self, repository: Repository, reason: str) -> None:
        before = tree(top(repository))
        with pytest.raises(EnvironmentProblem, match=reason) as caught:
            recover(repository)
        assert caught.value.code == "SB518"
        with pytest.raises(EnvironmentProblem):
            write_changes(repository, CHANGES)
        assert tree(top(repository)) == before

    @pytest.mark.parametrize(
        "path",
        [
            "/tmp/stitchback-outside",
            "../outside.py",
            ".git/hooks/pre-commit",
            "app/../../x.py",
            "",
            "linked/x.py",
        ],
    )
    def test_a_path_elsewhere(self, repository: Repository, tmp_path: Path, path: str) -> None:
        (top(repository) / "linked").symlink_to(tmp_path)
        self.decided(repository, path=path)
        self.foreign(repository, "not a file of this working tree")
        assert not (tmp_path / "x.py").exists()
        assert not Path("/tmp/stitchback-outside").exists()

    def test_another_content_than_listed(self, repository: Repository) -> None:
        (self.decided(repository) / journal.DECIDED / "0.after").write_bytes(b"other\n")
        self.foreign(repository, "does not hold what it lists")

    def test_a_content_that_is_a_link(self, repository: Repository, tmp_path: Path) -> None:
        (tmp_path / "secret").write_bytes(b"new\n")
        content = self.decided(repository) / journal.DECIDED / "0.after"
        content.unlink()
        content.symlink_to(tmp_path / "secret")
        self.foreign(repository, "cannot be read")

    def test_another_branch_or_commit(self, repository: Repository) -> None:
        self.decided(repository, origin="other 0123")
        self.foreign(repository, "another branch or commit")

    @pytest.mark.parametrize(
        "listed", [b"", b"[]", b"[" * 100_000, b'{"origin": 1}', b'{"files": [3], "origin": ""}', b"\xff"]
    )
    def test_a_list_that_is_none(self, repository: Repository, listed: bytes) -> None:
        (self.decided(repository) / journal.DECIDED / journal.LIST).write_bytes(listed)
        self.foreign(repository, "not a list that stitchback has written")

    @pytest.mark.parametrize("name", ["", journal.DRAFT, journal.DONE, journal.DECIDED])
    def test_a_link_in_place_of_a_folder(self, repository: Repository, tmp_path: Path, name: str) -> None:
        mine = tmp_path / "mine"
        for folder in (journal.DRAFT, journal.DONE):
            (mine / folder).mkdir(parents=True)
            (mine / folder / "thesis").write_bytes(b"x")
        home = home_of(repository)
        if name:
            home.mkdir()
        (home / name if name else home).symlink_to(mine)
        self.foreign(repository, "is not a folder")
        assert len(list(mine.rglob("thesis"))) == 2
        assert file_changes.LOCK not in {path.name for path in mine.iterdir()}

    def test_another_users_folder(self, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
        self.decided(repository)
        monkeypatch.setattr(os, "geteuid", lambda: 4711)
        self.foreign(repository, "belongs to another user")
