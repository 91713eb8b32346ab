"""A reference to a model of another app without a dependency, where a third app's migrations make Django run the two in the right order."""

from __future__ import annotations

from migration_values import add, create, foreign_key, key, migration, tree

from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import BrokenOnMainline, Candidate, Patch, Refuted, SafePlan, Situation
from stitchback.proof import prove
from stitchback.proof.supplied_order import SuppliedOrder

CLUBS = migration("clubs.0001_initial", "", create("Club"))
BADGES = migration("badges.0001_initial", "", create("Badge", club=foreign_key("clubs.Club")))
AWARDS = migration(
    "awards.0001_initial", "clubs.0001_initial", create("Award", club=foreign_key("clubs.Club"))
)
COLOUR = migration("badges.0002_colour", "badges.0001_initial", add("badge", "colour"))
TOWN = migration("clubs.0002_town", "clubs.0001_initial", add("club", "town"))


def situation(*shared: Migration) -> Situation:
    """Git has merged the branch, which changed both apps."""
    fork = tree(*shared, ref="v2.4")
    merged = fork.with_migrations({each.key: each for each in (COLOUR, TOWN)})
    patch = Patch(Tree("release", "release", merged.migrations), fork, (COLOUR, TOWN), merged=True)
    year = migration("awards.0002_year", "awards.0001_initial", add("award", "year"))
    own = {year.key: year} if AWARDS in shared else {}
    return Situation((patch,), Tree("main", "main", merged.with_migrations(own).migrations), ())


def proved(given: Situation) -> SafePlan | Refuted:
    return prove(Candidate({}, (), given.mainline), given)


def test_the_slice_keeps_the_order_that_another_app_supplies() -> None:
    outcome = proved(situation(CLUBS, BADGES, AWARDS))
    assert isinstance(outcome, SafePlan)
    (left_out,) = outcome.proof.broken_on_mainline
    assert left_out == BrokenOnMainline(
        "fresh install",
        "badges.0001_initial refers to models of clubs.0001_initial and does not depend on it",
        key("badges.0001_initial"),
        "fresh",
        ("migrate badges 0001_initial",),
    )


def test_an_order_that_no_migration_supplies_is_not_invented() -> None:
    given = situation(CLUBS, BADGES)
    assert SuppliedOrder(given).added == {}
    assert isinstance(proved(given), Refuted)


def test_a_declared_dependency_needs_no_other() -> None:
    declared = BADGES.with_changes(dependencies=(CLUBS.key,))
    assert SuppliedOrder(situation(CLUBS, declared, AWARDS)).added == {}


def test_a_result_in_another_order_is_taken_as_it_is() -> None:
    """A migration of the plan that depends on badges runs before awards."""
    given = situation(CLUBS, BADGES, AWARDS)
    early = migration("aa.0001_initial", "badges.0001_initial", create("Early"))
    result = given.mainline.with_migrations({early.key: early})
    found = SuppliedOrder(given)
    assert found.tree(given.mainline).migrations[BADGES.key].dependencies == (CLUBS.key,)
    assert found.tree(result).migrations[BADGES.key].dependencies == ()


class TestDependenciesThatThePlanLoses:
    """Django loads a model's relations before an operation runs: `migrate badges` fails on an empty database."""

    OWN = migration(
        "badges.0002_award",
        "badges.0001_initial awards.0001_initial",
        add("badge", "award", foreign_key("awards.Award")),
    )
    TIMES = migration("badges.0002_times", "badges.0001_initial", add("badge", "times"))

    def lost(self, own: Migration, *written: Migration) -> list[str]:
        shared = (CLUBS, AWARDS, BADGES.with_changes(dependencies=(CLUBS.key,)))
        fork = tree(*shared, ref="v2.4")
        patch = Patch(Tree("release", "release", {**fork.migrations, own.key: own}), fork, (own,))
        # Mainline makes Django run awards first.
        mainline = tree(*shared, self.TIMES.with_changes(dependencies=(BADGES.key, AWARDS.key)), ref="main")
        given = Situation((patch,), mainline, ())
        return list(SuppliedOrder(given).lost(mainline.with_migrations({each.key: each for each in written})))

    def bridge(self, dependencies: str) -> Migration:
        return migration("badges.0003_bridge", dependencies, *self.OWN.operations)

    def test_a_new_file_refers_to_a_model_and_does_not_depend_on_it(self) -> None:
        first = migration("aaa.0001_initial", "awards.0001_initial", create("First"))
        assert self.lost(self.OWN, first, self.bridge("badges.0001_initial")) == [
            "badges.0003_bridge refers to models of awards.0001_initial and does not depend on it"
        ]

    def test_near_miss_it_depends_on_it(self) -> None:
        assert self.lost(self.OWN, self.bridge("badges.0001_initial awards.0001_initial")) == []

    def test_near_miss_the_patch_branch_itself_does_not_depend_on_it(self) -> None:
        own = self.OWN.with_changes(dependencies=(BADGES.key,))
        assert self.lost(own, own) == []
