"""Which work on data a plan does, loses or does twice: each rule on its own, without an engine."""

from __future__ import annotations

from collections import Counter

from migration_values import add, key, migration, run_python
from plans_by_hand import FORK, candidate, changed, situation

from stitchback.model.configuration import DataAgreement
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Patch, Situation
from stitchback.proof.data_runs import (
    DataWork,
    data_work,
    other_versions,
    squashed_work,
    work_edited_in,
    work_instead,
    work_of,
)

FILL, CLEAN, MOVE = (run_python(name) for name in ("fill", "clean", "move"))


def data(name: str, *operations: object, replaces: str = "") -> Migration:
    return migration(name, "shop.0002_base", *operations, replaces=replaces)  # type: ignore[arg-type]


def works(*operations: object) -> frozenset[str]:
    return frozenset(work_of(data("shop.0009_any", *operations)))


def given(*mainline: Migration, ours: Migration, fork: Tree = FORK) -> Situation:
    onto = Tree("main", "main", changed(fork, *mainline).migrations)
    own = Patch(Tree("release/2.4", "release/2.4", changed(fork, ours).migrations), fork, (ours,), False)
    return Situation((own,), onto, (), situation().policy)


class TestWhatRanOtherwise:
    WORK = DataWork({"w": (key("shop.0003_p"), key("shop.0004_m"))}, frozenset())

    def said(self, work: DataWork, ran: str, fresh: str) -> list[str]:
        return [str(each) for each in work.wrong(tuple(ran.split()), tuple(fresh.split()))]

    def test_all_who_do_the_work_are_named(self) -> None:
        assert self.said(self.WORK, "w w", "w") == [
            "the data operation of shop.0003_p / shop.0004_m has run 2 times, on a fresh install 1"
        ]
        assert self.said(self.WORK, "", "w") == [
            "the data operation of shop.0003_p / shop.0004_m has not run"
        ]
        assert self.said(self.WORK, "w", "w") == []
        assert self.WORK.name("other") == "the data operation of other"

    def test_work_that_the_result_no_longer_has(self) -> None:
        dropped = DataWork({}, frozenset({"w"}))
        (line,) = self.said(dropped, "w", "")
        assert "missing from the reconciled tree" in line
        assert self.said(DataWork({}, frozenset()), "w", "") == []

    def test_other_work_instead_of_it(self) -> None:
        work = DataWork({}, frozenset(), {"w": frozenset({"old"})})
        assert self.said(work, "old", "w") == []
        assert len(self.said(work, "other", "w")) == 1
        assert self.said(DataWork({}, frozenset(), edited=frozenset({"w"})), "", "w") == []

    def test_what_the_project_has_decided(self) -> None:
        def agreed(decided: str) -> DataWork:
            agreement = DataAgreement(
                key("shop.0003_p"), decided == "may_repeat", decided == "may_miss", "counted"
            )
            return DataWork({}, frozenset({"gone"}), agreements={"w": agreement, "gone": agreement})

        again, missed = agreed("may_repeat"), agreed("may_miss")
        assert self.said(again, "w w", "w") == []
        assert "may run again" in again.agreed["w"]
        assert len(self.said(agreed("may_miss"), "w w", "w")) == 1
        assert self.said(missed, "", "w") == []
        assert "may never run" in missed.agreed["w"]
        assert len(self.said(agreed("may_repeat"), "", "w")) == 1
        assert self.said(missed, "gone", "") == []
        assert "some databases only" in missed.agreed["gone"]
        assert len(self.said(agreed("may_repeat"), "gone", "")) == 1

    def test_no_piece_counts_more_often_than_on_a_fresh_install(self) -> None:
        assert self.WORK.capped(("w", "w", "w", "x"), ("w", "w")) == (
            ("w", "w", "x"), ("the data operation of shop.0003_p / shop.0004_m",),
        )  # fmt: skip
        assert self.WORK.capped(("w", "x", "x"), ("w",)) == (("w", "x", "x"), ())
        assert self.WORK.settled("w", Counter("w")) is False


def test_who_does_the_work_on_either_branch() -> None:
    ours, theirs = data("shop.0003_p", FILL), data("shop.0004_m", FILL)
    on = given(theirs, ours=ours)
    plan = candidate(on)
    (work,) = works(FILL)
    assert data_work(plan, on).doers[work] == (key("shop.0003_p"), key("shop.0004_m"))
    assert data_work(plan, on).dropped == frozenset()


def test_work_that_no_remark_speaks_of_is_dropped() -> None:
    on = given(data("shop.0004_m", CLEAN), ours=data("shop.0003_p", FILL))
    assert data_work(candidate(on), on).dropped == works(FILL)
    assert data_work(candidate(on, remarks="shop.0003_p"), on).dropped == frozenset()
    assert data_work(candidate(on, without="shop.0004_m"), on).dropped == works(FILL, CLEAN)


def test_work_in_a_file_that_a_squash_replaces_is_done_by_the_squash_alone() -> None:
    """A fresh install never runs the file (random seed 72369)."""
    ours, column = data("shop.0003_p", add("item", "size"), FILL), data("shop.0003_m", add("item", "size"))
    swallowed = "shop.0003_m shop.0003_p"
    on = given(column, data("shop.0004_m", FILL), ours=ours)
    without = data("shop.0003_squashed", add("item", "size"), replaces=swallowed)
    assert data_work(candidate(on, ours, without, without="shop.0004_m"), on).dropped == works(FILL)
    having = data("shop.0003_squashed", add("item", "size"), FILL, replaces=swallowed)
    assert data_work(candidate(on, ours, having, without="shop.0004_m"), on).dropped == frozenset()


def test_work_that_mainlines_squash_leaves_out_is_elidable() -> None:
    squash = data("shop.0003_squashed", add("item", "size"), replaces="shop.0003_m shop.0004_m")
    on = given(
        data("shop.0003_m", add("item", "size")),
        data("shop.0004_m", FILL),
        squash,
        ours=data("shop.0003_p", FILL),
    )
    assert data_work(candidate(on), on).dropped == frozenset()


def test_other_versions_are_migrations_with_other_operations() -> None:
    on = given(data("shop.0003_same", FILL), ours=data("shop.0003_same", CLEAN))
    assert list(other_versions(on)) == [(key("shop.0003_same"), works(FILL), works(CLEAN))]
    equal = data("shop.0003_same", FILL)
    assert list(other_versions(given(equal, ours=equal.with_changes(blob="other")))) == []


def test_what_a_migration_of_the_same_name_did_instead() -> None:
    on = given(data("shop.0003_same", FILL, MOVE), ours=data("shop.0003_same", CLEAN, MOVE))
    (fill,) = works(FILL)
    assert work_instead(on) == {fill: works(CLEAN)}
    assert work_edited_in(on) == frozenset()


def test_what_mainline_put_into_a_released_migration() -> None:
    released = data("shop.0003_released", add("item", "z"))
    edited = released.with_changes(operations=(*released.operations, FILL))
    on = given(edited, ours=data("shop.0004_p", CLEAN), fork=changed(FORK, released))
    assert work_edited_in(on) == works(FILL)


def test_the_parts_of_a_squash_did_its_work() -> None:
    part = data("shop.0003_part", CLEAN)
    squash = migration("shop.0001_squashed", "", FILL, replaces="shop.0003_part")
    stitched = migration("shop.0003_stitched", "shop.0002_base", MOVE, replaces="shop.0003_p")
    on = given(squash, stitched, ours=data("shop.0003_p", MOVE), fork=changed(FORK, part))
    assert list(squashed_work(on)) == [(works(FILL), works(CLEAN))]
