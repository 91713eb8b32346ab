"""A proof with released migrations that mainline edited: each database is made with the file that it met."""

from __future__ import annotations

from dataclasses import replace

from migration_values import add, integer, key, keys, migration
from plans_by_hand import FORK, P, candidate, changed, patch, situation

from stitchback.model.migrations import Migration, Swappable, Tree
from stitchback.model.plans import Patch, Refuted, SafePlan, Situation
from stitchback.proof import prove
from stitchback.strategies.written_operations import conditional, state_only

BASE = FORK.migrations[key("shop.0002_base")]
MORE = BASE.with_changes(operations=(*BASE.operations, add("item", "more", integer())))
BRIDGE = migration("shop.0003_bridge", "shop.0002_base", conditional(add("item", "more", integer())))


def edited(*mainline: Migration, own: tuple[Migration, ...] = (), fork: Tree = FORK) -> Situation:
    tree = Tree("main", "main", changed(fork, *mainline).migrations)
    return Situation((patch(*own, fork=fork),), tree, ())


def test_a_released_database_that_lacks_the_column_is_left_out_and_never_served() -> None:
    given = edited(MORE)
    found = prove(candidate(given), given)
    assert isinstance(found, SafePlan), found.failures
    assert list(map(str, found.proof.broken_on_mainline)) == [
        "fork point of release/2.4: column shop_item.more is missing"
    ]
    assert found.proof.left_out_released == 1


def test_a_patched_database_that_lacks_the_column_refuses_the_plan() -> None:
    given = edited(MORE, own=(P,))
    found = prove(candidate(given, P), given)
    assert isinstance(found, Refuted)
    assert found.failures[0].population.startswith("release/2.4 up to")


def test_what_mainline_has_taken_out_of_the_database_since_is_not_there() -> None:
    """An operation that the released file does to the database, and mainline's file to the state alone."""
    more = add("item", "more", integer())
    released = changed(FORK, BASE.with_changes(operations=(*BASE.operations, more)))
    given = edited(
        BASE.with_changes(operations=(*BASE.operations, state_only(more))), own=(P,), fork=released
    )
    found = prove(candidate(given, P), given)
    assert isinstance(found, Refuted)
    assert "column shop_item.more exists, and a fresh install has none" in found.failures[0].message


def test_what_every_branch_does_to_the_state_alone_counts_as_there() -> None:
    more = add("item", "more", integer())
    alone = BASE.with_changes(operations=(*BASE.operations, state_only(more)))
    given = edited(alone, own=(P,), fork=changed(FORK, alone))
    assert isinstance(prove(candidate(given, P), given), SafePlan)


def test_a_migration_that_makes_what_is_missing_serves_both_kinds_of_database() -> None:
    """Mainline's own databases were made with the new file, though their rows are those of the fork point."""
    given = edited(MORE)
    found = prove(candidate(given, BRIDGE), given)
    assert isinstance(found, SafePlan), found.failures
    assert found.proof.broken_on_mainline == ()
    assert [each.population.name for each in found.proof.outcomes] == [
        "fresh install",
        "fork point of release/2.4",
        "main up to the fork point",
    ]


def test_a_new_database_of_a_branch_that_has_edited_a_released_file_is_tried() -> None:
    """It has the rows of the fork point and another schema; without it nothing would be refused here."""
    plain = BRIDGE.with_changes(operations=(add("item", "more", integer()),))
    for bridge, kind in ((BRIDGE, SafePlan), (plain, Refuted)):
        given = situation(bridge, patches=(patch(MORE),))
        found = prove(candidate(given), given)
        assert isinstance(found, kind)
        if isinstance(found, SafePlan):
            names = [each.population.name for each in found.proof.outcomes]
            assert "release/2.4 up to the fork point" in names


def test_one_that_makes_it_without_a_look_fails_for_mainlines_databases() -> None:
    plain = BRIDGE.with_changes(operations=(add("item", "more", integer()),))
    given = edited(MORE)
    assert isinstance(prove(candidate(given, plain), given), Refuted)


def test_a_released_migration_with_its_old_dependencies_again_serves_the_release() -> None:
    """Mainline's own databases are made from nothing: no database of the fork point gets there."""
    below = migration("shop.0001_below", "shop.0001_initial", add("item", "below", integer()))
    hung = BASE.with_changes(dependencies=keys("shop.0001_below"))
    given = edited(below, hung)
    merge = migration("shop.0003_merge", "shop.0002_base shop.0001_below")
    found = prove(candidate(given, BASE, merge), given)
    assert isinstance(found, SafePlan), found.failures
    assert found.proof.broken_on_mainline == ()
    populations = {each.population.name: set(each.population.ledger) for each in found.proof.outcomes}
    assert below.key not in populations["main up to the fork point"]
    assert BASE.key not in populations["main up to the fork point"]
    assert BASE.key in populations["main up to shop.0002_base"]
    as_it_is = prove(candidate(given), given)
    assert isinstance(as_it_is, SafePlan)
    assert as_it_is.proof.left_out_released == 1


USER = Swappable("AUTH_USER_MODEL")
OWNED = migration("crm.0001_initial", (USER,))
PEOPLE = migration("people.0001_initial", "auth.0012_x")


def swapped(
    *own: Migration, old: str, new: str, installed: tuple[str, ...] = (), fork: Tree = FORK
) -> Situation:
    """Mainline adds the app people; its settings name `new` for the user model, those of the release `old`."""
    base = replace(fork, settings={"AUTH_USER_MODEL": old}, of_user_model=installed)
    tree = replace(changed(base, *own), ref="release")
    onto = replace(changed(base, PEOPLE), ref="main", settings={"AUTH_USER_MODEL": new})
    return Situation((Patch(tree, base, own),), onto, ())


def test_a_released_migration_that_depends_on_the_user_model_fails_where_it_was_swapped() -> None:
    """FACTS F37."""
    fork = changed(FORK, OWNED)
    given = swapped(P, old="auth.User", new="people.User", fork=fork)
    found = prove(candidate(given, P), given)
    assert isinstance(found, Refuted)
    assert (
        "crm.0001_initial is applied before its dependency people.0001_initial" in found.failures[0].message
    )
    same = swapped(P, old="auth.User", new="auth.User", fork=fork)
    assert isinstance(prove(candidate(same, P), same), SafePlan)


def test_an_installed_package_that_depends_on_the_user_model_fails_too() -> None:
    given = swapped(P, old="auth.User", new="people.User", installed=("admin",))
    found = prove(candidate(given, P), given)
    assert isinstance(found, Refuted)
    assert (
        "admin.0001_initial is applied before its dependency people.0001_initial" in found.failures[0].message
    )


def test_where_nothing_depends_on_the_user_model_it_may_be_swapped() -> None:
    given = swapped(P, old="auth.User", new="people.User")
    assert isinstance(prove(candidate(given, P), given), SafePlan)


def test_a_user_model_of_a_package_that_the_release_did_not_have_is_new_to_every_database() -> None:
    given = swapped(P, old="auth.User", new="members.Member", installed=("admin",))
    found = prove(candidate(given, P), given)
    assert isinstance(found, Refuted)
    assert (
        "admin.0001_initial is applied before its dependency members.0001_initial"
        in found.failures[0].message
    )


def test_a_user_model_that_the_release_had_already_is_no_news() -> None:
    given = swapped(
        P, old="people.User", new="people.User", installed=("admin",), fork=changed(FORK, OWNED, PEOPLE)
    )
    assert isinstance(prove(candidate(given, P), given), SafePlan)
