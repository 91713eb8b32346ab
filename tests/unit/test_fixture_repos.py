"""The builder of fixture repositories: the same SHAs everywhere, and no typing mistake passes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from fixture_repos import SKELETON, build_repository, case_names, read_case

from stitchback.adapters.fixture_case import files_under
from stitchback.adapters.git import MergePoint, Repository
from stitchback.adapters.git_build import BuildCommit, build, quoted
from stitchback.errors import EnvironmentProblem

CASE = """
title = "A title"
story = "A story."
patches = ["release/2.4"]
onto = "main"

[[commits]]
id = "fork"
branch = "main"
trees = ["base"]
message = "Release 2.4 is cut"
tags = ["v2.4"]

[[commits]]
id = "hotfix"
branch = "release/2.4"
from = "fork"
trees = ["base", "hotfix"]
delete = ["shop/old.py"]
message = "Hotfix"

[[commits]]
id = "merge"
branch = "main"
trees = ["base"]
merge = "release/2.4"
message = "Merge"

[expect]
exit = 0
strategies = { shop = "merge" }
"""


@pytest.fixture
def case(tmp_path: Path) -> Path:
    folder = tmp_path / "a-case"
    for path, content in {
        "base/project/apps.txt": "shop\n",
        "base/shop/models.py": "base\n",
        "base/shop/old.py": "old\n",
        "base/shop/__pycache__/models.pyc": "left by a run\n",
        "hotfix/shop/models.py": "hotfix\n",
        "case.toml": CASE,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
    return folder


def test_a_commit_holds_the_skeleton_and_its_trees_and_nothing_else(case: Path, tmp_path: Path) -> None:
    built = build_repository(case, tmp_path / "repository")
    with Repository.open(built.path) as repository:
        files = {path: file.read() for path, file in repository.files("release/2.4").items()}
    expected = {**files_under(SKELETON), "project/apps.txt": b"shop\n", "shop/models.py": b"hotfix\n"}
    assert files == expected


def test_branches_tags_and_merges_are_as_told(case: Path, tmp_path: Path) -> None:
    built = build_repository(case, tmp_path / "repository")
    with Repository.open(built.path) as repository:
        assert {ref.name: ref.commit for ref in repository.branches()} == {
            "main": built.commits["merge"],
            "release/2.4": built.commits["hotfix"],
        }
        assert repository.resolve("v2.4") == built.commits["fork"]
        merged = repository.first_merge_of(built.commits["hotfix"], built.commits["merge"])
        assert merged == MergePoint(built.commits["merge"], built.commits["fork"])
        assert repository.head_branch() == "main"
        assert repository.dirty_paths(repository.files("WORKTREE")) == ()


def test_shas_do_not_depend_on_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user's HOME, identity, dates, line ends, signing, hooks and default branch."""
    (tmp_path / ".gitconfig").write_text(
        "[user]\nname = Me\nemail = me@example.com\n[core]\nautocrlf = true\n[commit]\ngpgsign = true\n"
        "[init]\ndefaultBranch = trunk\ntemplateDir = /nowhere\n[i18n]\ncommitEncoding = latin-1\n"
    )
    for name, value in {
        "HOME": tmp_path,
        "GIT_AUTHOR_NAME": "Me",
        "GIT_COMMITTER_DATE": "2001-01-01",
        "TZ": "Asia/Tokyo",
    }.items():
        monkeypatch.setenv(name, str(value))
    first = BuildCommit("one", "main", {"a.py": b"x\r\ny\n"}, "Eins: \u00e4", tags=("v1",))
    second = BuildCommit("two", "side", {"a.py": b"z\n"}, "Zwei", start="one")
    shas = build([first, second], tmp_path / "repository", checkout="main")
    assert shas == {
        "one": "5abdc3408186dae8dd508b8f1f4e1e33ca4e58b5",
        "two": "21b6972863278f51e08334a27d21b35a1ec7cdab",
    }
    assert (tmp_path / "repository" / "a.py").read_bytes() == b"x\r\ny\n"
    log = subprocess.run(
        ["git", "log", "-1", "--format=%an <%ae> %aI", "side"],
        cwd=tmp_path / "repository",
        capture_output=True,
        text=True,
        check=True,
    )
    assert log.stdout.strip() == "Fixture <fixture@example.com> 2024-01-01T01:00:00+00:00"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('onto = "main"', 'onto = "main"\nontoo = "x"', "unknown keys for FixtureCase: ontoo"),
        ("exit = 0", "exit = 0\nverdict = []", "unknown keys for Expectation: verdict"),
        ('tags = ["v2.4"]', 'tag = ["v2.4"]', "unknown keys for CaseCommit: tag"),
        ('story = "A story."', "", "story"),
        ("shop/old.py", "shop/other.py", "no file 'shop/other.py' to delete"),
        ('"base", "hotfix"', '"base", "hotfx"', "hotfx is not a folder"),
        ('from = "fork"', 'from = "frok"', "no commit or branch 'frok'"),
        ('merge = "release/2.4"', 'merge = "release/2.5"', "no commit or branch 'release/2.5'"),
        ('id = "merge"', 'id = "fork"', "two commits are called 'fork'"),
        ('merge = "release/2.4"', 'from = "hotfix"', "main exists already"),
    ],
)
def test_a_mistake_in_a_case_is_told(case: Path, tmp_path: Path, old: str, new: str, words: str) -> None:
    (case / "case.toml").write_text(CASE.replace(old, new))
    with pytest.raises(ValueError, match=words):
        build_repository(case, tmp_path / "repository")


def test_a_folder_with_something_in_it_is_left(case: Path, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="is not empty"):
        build_repository(case, tmp_path)


def test_names_of_any_bytes_are_quoted() -> None:
    assert quoted('a "b"\n\\\udce4') == '"a \\042b\\042\\012\\134\\344"'


@pytest.mark.parametrize("name", case_names())
def test_every_case_can_be_read(name: str) -> None:
    case = read_case(name)
    assert case.title
    assert case.story
    assert {case.onto, *case.patches} <= {
        *case.branches,
        *(tag for commit in case.commits for tag in commit.tags),
    }
