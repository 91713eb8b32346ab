"""A dependency on the user model is one on the first migration of its app, also where all trees name the same model."""

from __future__ import annotations

from dataclasses import replace

from migration_values import add, char, create, foreign_key, keys, migration, tree
from plans_by_hand import candidate, changed, patch

from stitchback.model.migrations import Migration, Swappable, Tree
from stitchback.model.plans import Candidate, Patch, Policy, Refuted, SafePlan, Situation
from stitchback.proof import prove

SETTINGS = {"AUTH_USER_MODEL": "people.Reader"}
# "desk" comes before "people" by its name; "access" brings the first migration of "people" early.
DESK = migration("desk.0001_initial", "", create("Desk", label=char())).with_changes(
    dependencies=(Swappable("AUTH_USER_MODEL"),)
)
LINK = migration("desk.0002_card", "desk.0001_initial", add("desk", "card", foreign_key("people.card")))
PEOPLE = migration("people.0001_initial", "", create("Card", number=char()), create("Reader", name=char()))
ACCESS = migration("access.0001_initial", "people.0001_initial", create("Door", label=char()))
FORK = replace(tree(DESK, LINK, PEOPLE, ACCESS, ref="v2.4"), settings=SETTINGS)
OURS = migration("desk.0003_p", "desk.0002_card", add("desk", "room"))
LOCK = migration("access.0002_p", "access.0001_initial", add("door", "lock"))
THEIRS = migration("desk.0003_m", "desk.0002_card", add("desk", "floor"))
MERGE = migration("desk.0004_merge", "desk.0003_m desk.0003_p")


def named(files: Tree, ref: str) -> Tree:
    return replace(files, ref=ref, commit=ref, settings=SETTINGS)


def given() -> Situation:
    ours = patch(OURS, LOCK, fork=FORK)
    ours = Patch(named(ours.tree, "release/2.4"), FORK, ours.migrations)
    return Situation((ours,), named(changed(FORK, THEIRS), "main"), (), Policy())


def planned(*put: Migration) -> Candidate:
    return candidate(given(), OURS, LOCK, MERGE, *put)


def test_a_table_of_the_users_app_is_there_before_what_refers_to_it() -> None:
    outcome = prove(planned(), given())
    assert isinstance(outcome, SafePlan)
    assert outcome.proof.broken_on_mainline == ()


def test_a_plan_that_takes_the_dependency_away_is_refused() -> None:
    outcome = prove(planned(DESK.with_changes(dependencies=())), given())
    assert isinstance(outcome, Refuted)
    assert "desk.0002_card would no longer run after people.0001_initial" in str(outcome.failures)


def test_a_plan_that_makes_a_circle_by_it_is_refused() -> None:
    """The user model's first migration comes after what depends on it."""
    outcome = prove(planned(PEOPLE.with_changes(dependencies=keys("desk.0001_initial"))), given())
    assert isinstance(outcome, Refuted)


def test_a_setting_that_names_a_package_tells_of_no_migration() -> None:
    settings = {"AUTH_USER_MODEL": "auth.User"}
    link = LINK.with_changes(operations=(add("desk", "floor", char()),))
    fork = replace(changed(FORK, link), settings=settings)
    ours = patch(OURS, fork=fork)
    ours = replace(ours, tree=replace(ours.tree, settings=settings))
    theirs = THEIRS.with_changes(operations=(add("desk", "window"),))
    main = replace(changed(fork, theirs), ref="main", commit="main", settings=settings)
    case = Situation((ours,), main, (), Policy())
    outcome = prove(candidate(case, OURS, MERGE), case)
    assert isinstance(outcome, SafePlan)
    assert not {"auth", "admin"} & {key.app for each in outcome.proof.outcomes for key in each.will_run}
