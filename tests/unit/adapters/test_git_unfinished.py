"""What git has begun and not finished, as its own files say it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from git_places import Make, commit, git, top

from stitchback.adapters.git import Repository
from stitchback.adapters.git_unfinished import has_conflict_markers, is_as_git_left_it
from stitchback.model.files import Kind, Unfinished


def both_sides(make: Make) -> tuple[Repository, dict[str, str]]:
    """`main` is checked out; a merge with `side` has a conflict in a.py."""
    return make(
        commit("one", files={"a.py": b"base\n"}),
        commit("two", "side", "one", files={"a.py": b"theirs\n"}),
        commit("three", files={"a.py": b"ours\n"}),
    )


def attempt(repository: Repository, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=top(repository), capture_output=True, check=False)


def test_nothing(make: Make) -> None:
    repository, _ = both_sides(make)
    assert repository.unfinished() is None


def test_a_merge(make: Make) -> None:
    repository, commits = both_sides(make)
    attempt(repository, "merge", "side")
    assert repository.unfinished() == Unfinished(Kind.MERGE, (commits["two"],), commits["three"])


def test_a_cherry_pick(make: Make) -> None:
    repository, commits = both_sides(make)
    attempt(repository, "cherry-pick", "side")
    assert repository.unfinished() == Unfinished(Kind.CHERRY_PICK, (commits["two"],), commits["three"])


def test_a_rebase_is_onto_the_other_branch_whatever_head_is(make: Make) -> None:
    repository, commits = both_sides(make)
    for backend in ("--merge", "--apply"):
        git(top(repository), "checkout", "-q", "side")
        attempt(repository, "rebase", backend, "main")
        found = repository.unfinished()
        assert found == Unfinished(Kind.REBASE, (commits["two"],), commits["three"], commits["two"])
        attempt(repository, "rebase", "--abort")


def test_what_is_no_commit_of_this_repository_is_passed_over(make: Make) -> None:
    repository, commits = both_sides(make)
    place = repository.git_dir / "MERGE_HEAD"
    for text in ("", "side\n", f"{'0' * 40}\n", "../../etc/passwd\n", f"{commits['three']}\n"):
        place.write_text(text, encoding="utf-8")
        assert repository.unfinished() is None
    place.unlink()
    place.symlink_to(repository.git_dir / "refs" / "heads" / "side")
    assert repository.unfinished() is None


def test_a_mail_that_is_applied_is_no_rebase(make: Make) -> None:
    repository, _ = both_sides(make)
    (repository.git_dir / "rebase-apply").mkdir()
    (repository.git_dir / "rebase-apply" / "applying").write_text("", encoding="utf-8")
    assert repository.unfinished() is None


def test_the_lines_of_a_conflict_are_gits_where_a_version_has_them() -> None:
    conflict = b"<<<<<<< HEAD\nours\n||||||| 1a2b3c4\nbase\n=======\r\ntheirs\r\n>>>>>>> side\n"
    versions = (b"base\n", b"ours\n", b"theirs\n")
    assert has_conflict_markers(conflict)
    assert is_as_git_left_it(conflict, versions)
    assert not is_as_git_left_it(conflict.replace(b"ours", b"mine"), versions)
    assert not has_conflict_markers(b"=======\n<<<<<<< HEAD\n")
    assert not has_conflict_markers(b"print(1 <<<<<<< 2)\n")


def settled_as_head(make: Make) -> tuple[Repository, Path]:
    """A cherry-pick with a conflict in app/a.py, of which the file on disk is HEAD's."""
    repository, _ = make(
        commit("one", files={"app/a.py": b"base\n", "models.py": b"base\n"}),
        commit("two", "side", "one", files={"app/a.py": b"theirs\n", "models.py": b"base\n"}),
        commit("three", files={"app/a.py": b"ours\n", "models.py": b"base\n"}),
    )
    attempt(repository, "cherry-pick", "side")
    assert not repository.adds_nothing(["app"])
    (top(repository) / "app/a.py").write_bytes(b"ours\n")
    return repository, top(repository)


def test_nothing_is_left_of_a_commit_whose_conflict_is_settled_as_head_has_it(make: Make) -> None:
    repository, place = settled_as_head(make)
    assert repository.adds_nothing(["app"])
    (place / "note.txt").write_bytes(b"not added\n")
    assert repository.adds_nothing(["app"])


def test_near_miss_a_conflict_elsewhere_or_another_change_is_left(make: Make) -> None:
    repository, place = settled_as_head(make)
    assert not repository.adds_nothing(["models"])
    (place / "app/new.py").write_bytes(b"new\n")
    assert not repository.adds_nothing(["app"])
    (place / "app/new.py").unlink()
    (place / "models.py").write_bytes(b"changed\n")
    assert not repository.adds_nothing(["app"])
    git(place, "add", "models.py")
    (place / "models.py").write_bytes(b"base\n")
    assert not repository.adds_nothing(["app"])
