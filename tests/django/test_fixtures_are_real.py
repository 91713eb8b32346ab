"""Every fixture is a project as people have them: each ref by itself migrates a fresh database by real Django, and its
models fit its migrations, but for the refs that the story says are broken, which do not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fixture_repos import SKELETON, case_names, read_case

from stitchback.adapters.fixture_case import FixtureCase, build_commits

JUDGE = Path(__file__).parent / "fixture_judge.py"
Judge = Callable[[Path], str]


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    process = subprocess.Popen(
        [sys.executable, str(JUDGE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def ask(folder: Path) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{folder}\n")
        process.stdin.flush()
        (answer,) = json.loads(process.stdout.readline())
        return str(answer)

    yield ask
    process.stdin.close()
    process.stdout.close()
    process.wait()


def refs(case: FixtureCase) -> dict[str, str]:
    """Branch or tag -> id of the commit that it stands at."""
    found = {commit.branch: commit.id for commit in case.commits}
    return {**{tag: commit.id for commit in case.commits for tag in commit.tags}, **found}


@pytest.mark.parametrize("name", case_names())
def test_each_ref_is_what_the_story_says(name: str, judge: Judge, tmp_path: Path) -> None:
    case = read_case(name)
    contents = {commit.id: commit.files for commit in build_commits(case, SKELETON)}
    said: dict[str, str] = {}
    for ref, commit in refs(case).items():
        folder = tmp_path / ref.replace("/", "-")
        for path, content in contents[commit].items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        said[ref] = judge(folder)
    complaints = "\n\n".join(
        f"{ref}: {words}" for ref, words in said.items() if words and ref not in case.judge.broken
    )
    assert not complaints, complaints
    assert set(case.judge.broken) == {ref for ref, words in said.items() if words}, "a broken ref is broken"
