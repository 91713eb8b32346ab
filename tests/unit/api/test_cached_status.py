"""Answers of `status` that are kept: the same as worked out anew, given only where the very same is asked of the very same."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pytest
from fixture_repos import build_repository, case_names

from stitchback.adapters import status_cache
from stitchback.adapters.cache_file import place_of
from stitchback.adapters.status_cache import CachedAnswer, KeptAnswers
from stitchback.api import cached_status
from stitchback.api.cached_status import StatusRequest, answer_status
from stitchback.errors import EnvironmentProblem, StitchbackError

ASKED = StatusRequest(("release/2.4",), "HEAD", "text", False)


@dataclass
class Shop:
    """A repository, and how often an answer was worked out."""

    path: Path
    made: int = 0

    def ask(self, asked: StatusRequest = ASKED) -> CachedAnswer:
        return answer_status(self.path, asked)

    def asks_anew(self, asked: StatusRequest = ASKED) -> bool:
        before = self.made
        self.ask(asked)
        return self.made > before

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, name: str, content: str) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        return file


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    found = Shop(build_repository("same-column-mid-chain", tmp_path / "shop").path)
    work = cached_status._answer

    def counted(*arguments: object) -> CachedAnswer:
        found.made += 1
        return work(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(cached_status, "_answer", counted)
    return found


@pytest.mark.parametrize(("name", "output_format"), [*zip(case_names(), cycle(("text", "json", "github")))])
def test_what_is_kept_is_what_is_worked_out(name: str, output_format: str, tmp_path: Path) -> None:
    built = build_repository(name, tmp_path / "repository")
    asked = StatusRequest(built.case.patches, "HEAD", output_format, True)
    try:
        first = answer_status(built.path, asked)
    except StitchbackError as error:
        with pytest.raises(type(error), match=re.escape(error.message)):
            answer_status(built.path, asked)
        return
    assert answer_status(built.path, asked) == first
    for place in place_of(built.path / ".git", "x", "").parent.iterdir():
        place.unlink()
    assert answer_status(built.path, asked) == first


def test_the_same_question_is_answered_once(shop: Shop) -> None:
    first = shop.ask()
    assert first.exit_code == 1
    assert "0003_item_colour" in first.text
    assert shop.ask() == first
    assert shop.made == 1


@pytest.mark.parametrize(
    "other",
    [
        ASKED._replace(output_format="json"),
        ASKED._replace(verbose=True),
        ASKED._replace(onto="main"),
        ASKED._replace(onto="main^0"),
    ],
)
def test_another_question_is_another_answer(shop: Shop, other: StatusRequest) -> None:
    shop.ask()
    assert shop.asks_anew(other)
    assert not shop.asks_anew(other)


def edited(shop: Shop) -> None:
    shop.write("shop/migrations/0002_item_price.py", "raise SystemExit\n")


def untracked(shop: Shop) -> None:
    shop.write("shop/migrations/0009_new.py", "")


def settings_changed(shop: Shop) -> None:
    shop.write("config/settings.py", "AUTH_USER_MODEL = 'people.Person'\n")


def gone(shop: Shop) -> None:
    next((shop.path / "shop" / "migrations").glob("0002*.py")).unlink()


def configured(shop: Shop) -> None:
    shop.write("pyproject.toml", "[tool.stitchback]\nstrategy = 'diamond'\n")


def committed(shop: Shop) -> None:
    shop.git("commit", "--quiet", "--allow-empty", "-m", "More")


def patched(shop: Shop) -> None:
    tree = shop.git("rev-parse", "release/2.4^{tree}")
    commit = shop.git("commit-tree", tree, "-p", "release/2.4", "-m", "More")
    shop.git("update-ref", "refs/heads/release/2.4", commit)


def on_another_branch(shop: Shop) -> None:
    shop.git("switch", "--quiet", "-c", "other")


def a_tag_of_that_name(shop: Shop) -> None:
    shop.git("tag", "release/2.4", "release/2.4")


def staged_only(shop: Shop) -> None:
    file = shop.write("shop/migrations/0009_new.py", "")
    shop.git("add", ".")
    file.unlink()
    shop.write("shop/migrations/0009_new.py", "x = 1\n")


CHANGES: tuple[Callable[[Shop], None], ...] = (
    edited,
    untracked,
    settings_changed,
    gone,
    configured,
    committed,
    patched,
    on_another_branch,
    a_tag_of_that_name,
    staged_only,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_nothing_stale_is_given(shop: Shop, change: Callable[[Shop], None]) -> None:
    shop.ask()
    change(shop)
    assert shop.asks_anew()
    assert not shop.asks_anew()


def test_an_edit_within_the_same_second_of_the_same_size(shop: Shop) -> None:
    file = next((shop.path / "shop" / "migrations").glob("0002*.py"))
    before, status = file.read_text(encoding="utf-8"), file.stat()
    shop.ask()
    file.write_text(before.replace("import", "imp0rt", 1), encoding="utf-8")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert shop.asks_anew()


def test_another_tool_asks_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.ask()
    monkeypatch.setattr(status_cache, "version_of", lambda *names: "another")
    assert shop.asks_anew()


def replaced(shop: Shop) -> None:
    shop.git("replace", "main~1", "main")


def packed_replacement(shop: Shop) -> None:
    shop.git("replace", "main~1", "main")
    shop.git("pack-refs", "--all")


def grafted(shop: Shop) -> None:
    shop.write(".git/info/grafts", shop.git("rev-parse", "main") + "\n")


@pytest.mark.parametrize("rewrite", [replaced, packed_replacement, grafted], ids=lambda each: each.__name__)
def test_where_history_may_be_rewritten_nothing_is_kept(shop: Shop, rewrite: Callable[[Shop], None]) -> None:
    asked = ASKED._replace(onto="main^0")
    shop.ask(asked)
    rewrite(shop)
    for _ in range(2):
        before = shop.made
        with contextlib.suppress(EnvironmentProblem):  # SB505, where nothing is in common any more
            shop.ask(asked)
        assert shop.made > before


def test_a_shallow_clone_keeps_nothing(shop: Shop, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", "--no-single-branch", f"file://{shop.path}", clone], check=True
    )
    for _ in range(2):
        with pytest.raises(StitchbackError, match="shallow"):
            answer_status(clone, ASKED._replace(patches=("origin/release/2.4",)))


def test_a_ref_that_moves_meanwhile(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    work = cached_status._answer

    def moved(*arguments: object) -> CachedAnswer:
        patched(shop)
        return work(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(cached_status, "_answer", moved)
    shop.ask()
    assert not list(place_of(shop.path / ".git", "x", "").parent.glob("answers-*"))


def test_an_error_is_not_kept(shop: Shop) -> None:
    for _ in range(2):
        with pytest.raises(StitchbackError, match="no branch, tag or commit"):
            shop.ask(ASKED._replace(patches=("release/9",)))


class TestWhatLiesOnDisk:
    def test_damaged(self, shop: Shop) -> None:
        good = shop.ask()
        (place,) = place_of(shop.path / ".git", "x", "").parent.glob("answers-*")
        content = place.read_bytes()
        for bad in (b"", content[:-3], content.replace(b"item", b"itym"), b"x" * 100):
            place.write_bytes(bad)
            assert shop.asks_anew()
            assert shop.ask() == good

    def test_answers_that_are_none(self, shop: Shop) -> None:
        shop.ask()
        kept = KeptAnswers(shop.path / ".git")
        (key,) = kept._kept
        for bad in (None, "text", ("text",), (1, 1), ("text", "1"), ("text", 1, 2)):
            kept._kept[key] = bad
            assert kept.get(key) is None

    def test_the_oldest_go(self, tmp_path: Path) -> None:
        kept = KeptAnswers(tmp_path)
        for number in range(40):
            kept.put(str(number), CachedAnswer("", number))
        again = KeptAnswers(tmp_path)
        assert [number for number in range(40) if again.get(str(number))] == list(range(24, 40))

    def test_a_place_that_cannot_be_written_to(self, shop: Shop) -> None:
        place_of(shop.path / ".git", "x", "").parent.write_bytes(b"a file in the way")
        first = shop.ask()
        assert shop.ask() == first
        assert shop.made == 2
