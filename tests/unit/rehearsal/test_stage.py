"""How the rehearsal makes old databases: from nothing, or from one that it has made before. Without Django."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from stitchback.rehearsal.stage import MadeDatabase, RehearsalStage

NOTHING: Any = None
EMPTY = MadeDatabase(NOTHING, frozenset())
Rows = frozenset[tuple[str, str]]


def rows(text: str) -> Rows:
    return frozenset(("shop", name) for name in text)


def made(text: str) -> MadeDatabase:
    return MadeDatabase(NOTHING, rows(text))


class TestTreesOneAfterTheOther:
    def asked(
        self, *answers: MadeDatabase | None, ledger: Rows | None = None
    ) -> tuple[MadeDatabase | None, list[Any]]:
        calls: list[Any] = []

        def deployed(
            recipe: Any, before: MadeDatabase, number: int, wanted: Rows | None
        ) -> MadeDatabase | None:
            calls.append((recipe, before, number, wanted))
            return answers[len(calls) - 1]

        stage: Any = SimpleNamespace(empty=EMPTY, _deployed=deployed)
        return RehearsalStage.database(stage, tuple(range(len(answers))), ledger), calls

    def test_each_begins_with_what_the_one_before_has_made(self) -> None:
        first, second = made("a"), made("ab")
        found, calls = self.asked(first, second, ledger=rows("ab"))
        assert found is second
        assert calls == [((0,), EMPTY, 0, None), ((0, 1), first, 1, rows("ab"))]

    def test_one_that_cannot_be_made_is_no_ground_for_the_next(self) -> None:
        found, calls = self.asked(None, made("ab"))
        assert (found, len(calls)) == (None, 1)


class TestOneTree:
    def deployed(
        self, ledger: Rows | None, *known: MadeDatabase, after: MadeDatabase | None = None
    ) -> tuple[MadeDatabase | None, list[MadeDatabase]]:
        """What it gives, and from where it migrates."""
        starts: list[MadeDatabase] = []

        def migrated(start: MadeDatabase, number: int, wanted: Rows | None) -> MadeDatabase | None:
            starts.append(start)
            return after

        place = ((1,), -1 if ledger is None else 0)
        stage: Any = SimpleNamespace(
            foreign=lambda recipe: rows("z"), made={(*place[0], place[1]): list(known)}, _migrated=migrated
        )
        return RehearsalStage._deployed(stage, (1,), EMPTY, 1, ledger), starts

    def test_the_largest_that_has_only_such_rows(self) -> None:
        wanted = made("abcd")
        known = made("ab"), made("abx"), made("a"), made("abcdx")
        found, starts = self.deployed(rows("abcd"), *known, after=wanted)
        assert found is wanted
        assert starts == [known[0]]

    def test_from_nothing_where_there_is_none(self) -> None:
        assert self.deployed(rows("abcd"), made("abx"), after=made("abcd"))[1] == [EMPTY]

    def test_one_that_is_there_is_not_made_again(self) -> None:
        same = made("abz")  # rows of installed packages do not count
        assert self.deployed(rows("ab"), same) == (same, [])
        assert self.deployed(None, same) == (same, [])

    def test_not_one_with_other_rows(self) -> None:
        assert self.deployed(rows("ab"), after=made("abc"))[0] is None
        assert self.deployed(rows("ab"), after=None)[0] is None
        assert self.deployed(None, after=made("abc"))[0] == made("abc")
