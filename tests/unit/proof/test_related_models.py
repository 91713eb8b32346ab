"""A foreign key to a model that may not be there yet: `migrate APP` of a migration that does not depend on the other app."""

from __future__ import annotations

from migration_values import TRUE, add, create, foreign_key, keys, migration, remove
from plans_by_hand import FORK, candidate, changed, patch, situation

from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Refuted, SafePlan, Situation
from stitchback.model.state import SchemaState
from stitchback.proof import prove
from stitchback.schema.references import is_missing

SIZE = migration("shop.0003_size", "shop.0002_base", add("item", "size"))
KINDS = migration("blog.0002_kind", "blog.0001_initial", create("Kind"))


def key_to(model: str, *more: str) -> Migration:
    reference = foreign_key(model, null=TRUE)
    return migration("shop.0003_key", " ".join(("shop.0002_base", *more)), add("item", "key", reference))


def merged(*ours: Migration) -> SafePlan | Refuted:
    """The patch branch's migrations side by side with one of mainline's."""
    given = situation(SIZE, patches=[patch(*ours)])
    merge = migration("shop.0004_merge", "shop.0003_size shop.0003_key")
    return prove(candidate(given, *ours, merge), given)


def test_a_new_model_on_which_the_migration_does_not_depend() -> None:
    """A full `migrate` runs `blog` first; `migrate shop` does not, and Django raises ValueError."""
    outcome = merged(KINDS, key_to("blog.kind"))
    assert isinstance(outcome, Refuted)
    assert "migrate shop" in outcome.failures[0].rollout
    assert "Related model 'blog.kind' of shop.item cannot be resolved" in outcome.failures[0].message


def test_a_new_model_on_which_the_migration_depends() -> None:
    outcome = merged(KINDS, key_to("blog.kind", "blog.0002_kind"))
    assert isinstance(outcome, SafePlan)
    assert outcome.proof.bounded == ()


def test_a_model_that_every_database_but_a_new_one_has() -> None:
    outcome = merged(key_to("blog.post"))
    assert isinstance(outcome, SafePlan)
    assert outcome.proof.bounded == (
        "fresh install, migrate shop 0003_key: shop.0003_key refers to models of blog.0001_initial and does not depend on it",
    )
    declared = merged(key_to("blog.post", "blog.0001_initial"))
    assert isinstance(declared, SafePlan)
    assert declared.proof.bounded == ()


def test_mainlines_own_is_left_out() -> None:
    given = situation(key_to("blog.post"), patches=[patch(SIZE)])
    merge = migration("shop.0004_merge", "shop.0003_size shop.0003_key")
    outcome = prove(candidate(given, SIZE, merge), given)
    assert isinstance(outcome, SafePlan)
    assert [str(each) for each in outcome.proof.broken_on_mainline] == [
        "fresh install, migrate shop 0003_key: shop.0003_key refers to models of blog.0001_initial and does not depend on it"
    ]


def test_a_model_of_a_package_may_be_there() -> None:
    """No migration of its app is in the tree."""
    assert isinstance(merged(key_to("tags.tag")), SafePlan)
    assert isinstance(merged(key_to("tags.tag", "tags.0001_initial")), SafePlan)


def test_a_model_that_no_migration_creates() -> None:
    assert isinstance(merged(key_to("blog.nothing", *map(str, keys("blog.0001_initial")))), Refuted)


def test_a_shared_model_that_the_proof_leaves_out() -> None:
    """The fork point's `shop.0004` removes a reference to a model that no branch has changed since."""
    shared = (
        KINDS,
        migration(
            "shop.0003_kind",
            "shop.0002_base blog.0002_kind",
            add("item", "kind", foreign_key("blog.kind", null=TRUE)),
        ),
        migration("shop.0004_no_kind", "shop.0003_kind", remove("item", "kind")),
    )
    fork = changed(FORK, *shared)
    ours = migration("shop.0005_size", "shop.0004_no_kind", add("item", "size"))
    theirs = migration("shop.0005_weight", "shop.0004_no_kind", add("item", "weight"))
    given = Situation((patch(ours, fork=fork),), Tree("main", "main", changed(fork, theirs).migrations), ())
    merge = migration("shop.0006_merge", "shop.0005_size shop.0005_weight")
    assert isinstance(prove(candidate(given, ours, merge), given), SafePlan)


def test_a_model_is_missing_only_where_it_would_be_known() -> None:
    post = ModelKey.of("blog", "post")
    assert is_missing(SchemaState(migrated_apps=frozenset({"blog"})), post)
    assert not is_missing(SchemaState(migrated_apps=frozenset({"shop"})), post)
    assert not is_missing(SchemaState(migrated_apps=frozenset({"blog"}), left_out=frozenset({post})), post)
    assert not is_missing(
        SchemaState(migrated_apps=frozenset({"blog"}), opaque_apps=frozenset({"blog"})), post
    )
