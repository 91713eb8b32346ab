"""Which migrations are shared by all trees with everything below them, and what a change takes out of them."""

from __future__ import annotations

from migration_values import add, key, keys, migration, tree

from stitchback.graph.resolution import FIRST, LATEST
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Migration
from stitchback.model.source import Opaque, Span
from stitchback.proof.relevance.shared_migrations import applied_in, shared_keys, ties

A1, A2, A3 = (migration(f"a.000{n}", f"a.000{n - 1}" if n > 1 else "") for n in (1, 2, 3))
B1 = migration("b.0001")


def shared(ours: list[Migration], theirs: list[Migration], *ledgers: Ledger) -> str:
    return " ".join(map(str, sorted(shared_keys([tree(*ours), tree(*theirs)], ledgers))))


def changed(given: Migration) -> Migration:
    return given.with_changes(operations=(add("item", "other"),), blob="other")


def test_another_migration_takes_along_what_depends_on_it() -> None:
    assert shared([A1, A2, A3, B1], [A1, A2, A3, B1]) == "a.0001 a.0002 a.0003 b.0001"
    assert shared([A1, A2, A3, B1], [A1, changed(A2), A3, B1]) == "a.0001 b.0001"
    assert shared([A1, A2, A3, B1], [A1, A2, B1]) == "a.0001 a.0002 b.0001"


def test_a_parent_that_is_not_there() -> None:
    lost = migration("a.0002", "a.0001 a.gone")
    assert shared([A1, lost], [A1, lost]) == "a.0001"
    foreign = migration("a.0002", "a.0001 elsewhere.0001")
    assert shared([A1, foreign], [A1, foreign]) == "a.0001 a.0002"


def test_what_a_ledger_lacks_is_not_shared() -> None:
    files = [A1, A2, A3]
    assert shared(files, files, Ledger.of(*keys("a.0001 a.0002"))) == "a.0001 a.0002"


def test_a_squash_is_applied_by_the_rows_of_its_parts() -> None:
    squash = migration("a.0001_squashed", replaces="a.0001 a.0002")
    assert applied_in(frozenset(keys("a.0001 a.0002")), tree(squash)) == {
        *keys("a.0001 a.0002 a.0001_squashed")
    }
    assert applied_in(frozenset(keys("a.0001")), tree(squash)) == {*keys("a.0001")}
    assert applied_in(frozenset(), tree(A1)) == set()


def test_a_squash_and_its_parts_are_shared_together_or_not_at_all() -> None:
    squash = migration("a.0001_squashed", replaces="a.0001 a.0002")
    behind = migration("a.0003", "a.0001_squashed")
    assert (
        shared([A1, A2, squash, behind], [A1, A2, squash, behind]) == "a.0001 a.0001_squashed a.0002 a.0003"
    )
    assert shared([A1, A2, squash, behind], [A1, changed(A2), squash, behind]) == ""
    assert shared([A1, A2, squash, behind], [A1, A2, changed(squash), behind]) == ""


def test_a_dependency_on_what_a_squash_replaces_is_one_on_the_squash() -> None:
    squash = migration("a.0001_squashed", replaces="a.0001 a.0002")
    behind = migration("a.0003", "a.0002")
    assert shared([squash, behind], [squash, behind]) == "a.0001_squashed a.0003"
    assert shared([squash, behind], [changed(squash), behind]) == ""


def test_what_another_migration_says_it_runs_before() -> None:
    before = migration("b.0002", "b.0001", run_before="a.0002")
    assert shared([A1, A2, B1, before], [A1, A2, B1, before]) == "a.0001 a.0002 b.0001 b.0002"
    assert shared([A1, A2, B1, before], [A1, A2, B1]) == "a.0001 b.0001"


def test_the_first_and_the_latest_of_an_app() -> None:
    first, latest = (
        migration("b.0001", (MigrationKey("a", name),)) for name in (FIRST, LATEST)
    )  # fmt: skip
    assert shared([A1, first], [A1, first]) == "a.0001 b.0001"
    assert shared([A1, latest], [A1, latest]) == "a.0001"
    assert shared([A1, first], [changed(A1), first]) == ""
    own = migration("a.0002", (MigrationKey("a", FIRST), key("a.0001")))
    assert shared([A1, own], [A1, own]) == "a.0001 a.0002"
    other = migration("a.0000")
    assert shared([A1, first], [other, first]) == ""


def test_unread_names_are_not_shared() -> None:
    unread = Opaque("cannot be read", "x", Span("a/migrations/x.py", 1))
    for given in (
        A2.with_changes(dependencies=(*A2.dependencies, unread)),
        A2.with_changes(run_before=(unread,)),
    ):
        assert shared([A1, given], [A1, given]) == "a.0001"


def test_a_plan_takes_out_what_it_changes_and_what_depends_on_it() -> None:
    squash = migration("b.0001_squashed", replaces="b.0001")
    files = tree(A1, A2, A3, B1, squash)
    known = ties([files], ())

    def left(*given: Migration | MigrationKey) -> str:
        return " ".join(map(str, sorted(known.without(given))))

    assert left() == left(migration("c.0001")) == "a.0001 a.0002 a.0003 b.0001 b.0001_squashed"
    assert left(changed(A2)) == left(key("a.0002")) == "a.0001 b.0001 b.0001_squashed"
    assert left(migration("c.0001", replaces="a.0003")) == "a.0001 a.0002 b.0001 b.0001_squashed"
    assert left(migration("c.0001", run_before="a.0003")) == "a.0001 a.0002 b.0001 b.0001_squashed"
    assert left(key("b.0001")) == left(key("b.0001_squashed")) == "a.0001 a.0002 a.0003"
