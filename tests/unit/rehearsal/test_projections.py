"""What large trees have in common is taken as done, and the rehearsal sees the same as if all of it had been run."""

from __future__ import annotations

import django
import pytest
from migration_values import (
    add,
    alter,
    char,
    create,
    field,
    foreign_key,
    keys,
    migration,
    operation,
    run_python,
)
from plans_by_hand import BASE, DIAMOND, FORK, MAIN, P, X, candidate, changed, patch, situation
from rehearsing_by_hand import refusals, rehearsed

from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import TRUE, Call, Constant, Dictionary, Items, Reference
from stitchback.rehearsal import RehearsalAnswer, projections
from stitchback.rehearsal.projections import NOTHING, Projection, projection

CHECK = "condition" if django.VERSION >= (5, 1) else "check"
MERGE = migration("shop.0009_merge", "shop.0003_p shop.0003_x")


@pytest.fixture
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projections, "MOST_IN_FULL", -1)


def projected(result: Tree) -> Projection:
    trees = [tree for each in MAIN.patches for tree in (each.fork, each.tree)]
    return projection(MAIN.mainline, result, trees)


def test_a_small_tree_is_run_in_full() -> None:
    assert projected(DIAMOND.result) is NOTHING


@pytest.mark.usefixtures("_always")
def test_what_all_trees_have() -> None:
    found = projected(DIAMOND.result)
    assert found.below == {each.key for each in BASE}
    assert ("shop", "item") in found.relevant
    assert "color" in found.mentioned
    assert "base" not in found.mentioned


@pytest.mark.usefixtures("_always")
def test_not_what_one_of_them_has_otherwise() -> None:
    """And nothing that depends on it."""
    first = BASE[0].with_changes(operations=(create("Item", label=char(21)),))
    assert projected(changed(DIAMOND.result, first)).below == set(keys("blog.0001_initial"))


@pytest.mark.usefixtures("_always")
def test_not_what_a_new_migration_has_to_run_before() -> None:
    before = migration("crm.0001_early", "", run_before="shop.0002_base")
    assert projected(changed(DIAMOND.result, before)).below == set(
        keys("blog.0001_initial shop.0001_initial")
    )


@pytest.mark.usefixtures("_always")
def test_the_same_plans_pass_and_fail() -> None:
    assert refusals(DIAMOND, MAIN) == ""
    given = situation(X, patches=[patch(P)])
    twice = migration("shop.0010_twice", "shop.0009_merge", add("item", "base"))
    assert "duplicate column name: shop_item.base" in refusals(candidate(given, P, MERGE, twice), given)
    gone = migration("shop.0010_gone", "shop.0009_merge", alter("item", "nowhere", char(9)))
    assert "shop.0010_gone" in refusals(candidate(given, P, MERGE, gone), given)


@pytest.mark.usefixtures("_always")
def test_relations_between_what_is_left() -> None:
    """To models that were renamed below, to one that is left out, and to one with a key of its own."""
    below = (
        migration(
            "shop.0003_more", "shop.0002_base", create("Code", code=char(9, unique=TRUE)), create("Far")
        ),
        migration(
            "shop.0004_links",
            "shop.0003_more",
            add("item", "far", foreign_key("shop.far", null=TRUE)),
            add("code", "item", field("ManyToManyField", to=Constant("shop.item"))),
            run_python("fill"),
        ),
    )
    fork = changed(FORK, *below)
    ours = migration(
        "shop.0005_p",
        "shop.0004_links",
        add("item", "code", foreign_key("shop.code", to_field=Constant("code"), null=TRUE)),
    )
    theirs = migration("shop.0005_x", "shop.0004_links", add("item", "x"))
    given = situation(theirs, patches=[patch(ours, fork=fork)])
    onto = changed(given.mainline, *below)
    given = type(given)(given.patches, onto, (), given.policy)
    plan = candidate(given, ours, migration("shop.0009_merge", "shop.0005_p shop.0005_x"))
    answer = rehearsed(plan, given)
    assert (answer.disagreements, answer.remarks) == ((), ())
    assert answer.rehearsed == answer.total


def passes(*below: Migration, ours: Migration, theirs: Migration) -> RehearsalAnswer:
    """The merge of two migrations on top of what all trees have alike, which is the last of `below`."""
    fork = changed(FORK, *below)
    given = situation(theirs, patches=[patch(ours, fork=fork)])
    given = type(given)(given.patches, changed(given.mainline, *below), (), given.policy)
    merge = migration("shop.0009_merge", f"{ours.key} {theirs.key}")
    return rehearsed(candidate(given, ours, merge), given)


OURS = migration("shop.0005_p", "shop.0004_done", add("item", "color"))
THEIRS = migration("shop.0005_x", "shop.0004_done", add("item", "x"))


@pytest.mark.usefixtures("_always")
def test_an_index_on_the_attribute_of_a_foreign_key_keeps_the_key() -> None:
    """`fields=["maker_id"]`, where Django finds the field `maker`."""
    index = Call(
        Reference("django.db.models.Index"),
        (),
        (
            ("fields", Items("list", (Constant("maker_id"), Constant("color")))),
            ("name", Constant("by_maker")),
        ),
    )
    done = migration(
        "shop.0004_done",
        "shop.0002_base",
        create("Maker", label=char()),
        add("item", "maker", foreign_key("shop.maker", null=TRUE)),
        add("item", "color"),
        operation("AddIndex", model_name=Constant("item"), index=index),
    )
    ours = migration("shop.0005_p", "shop.0004_done", alter("item", "color", char(70)))
    answer = passes(done, ours=ours, theirs=THEIRS)
    assert (answer.disagreements, answer.rehearsed) == ((), answer.total)


@pytest.mark.usefixtures("_always")
def test_a_model_that_inherits_from_an_installed_package() -> None:
    bases = Items("tuple", (Constant("auth.user"),))
    staff = operation(
        "CreateModel",
        name=Constant("Staff"),
        fields=Items("list", ()),
        bases=bases,
        options=Dictionary(((Constant("proxy"), TRUE),)),
    )
    done = migration(
        "shop.0004_done",
        "shop.0002_base",
        staff,
        add("item", "owner", foreign_key("shop.staff", null=TRUE)),
    )
    ours = migration("shop.0005_p", "shop.0004_done", alter("item", "owner", foreign_key("shop.staff")))
    answer = passes(done, ours=ours, theirs=THEIRS)
    assert (answer.disagreements, answer.rehearsed) == ((), answer.total)


@pytest.mark.usefixtures("_always")
def test_a_check_on_a_reference_to_a_model_with_a_key_of_its_own() -> None:
    """What it compares with is a value of that key. The model was renamed since."""
    code = field("CharField", max_length=Constant(9), primary_key=TRUE)
    kind = operation(
        "CreateModel",
        name=Constant("Kind"),
        fields=Items("list", (Items("tuple", (Constant("code"), code)),)),
    )
    renamed = operation("RenameModel", old_name=Constant("Kind"), new_name=Constant("Sort"))
    check = Call(
        Reference("django.db.models.CheckConstraint"),
        (),
        (
            (
                CHECK,
                Call(
                    Reference("django.db.models.Q"),
                    (),
                    (("sort", Constant("audio")), ("base", Constant("x"))),
                ),
            ),
            ("name", Constant("sound")),
        ),
    )
    done = migration(
        "shop.0004_done",
        "shop.0002_base",
        kind,
        renamed,
        add("item", "sort", foreign_key("shop.sort", null=TRUE)),
        operation("AddConstraint", model_name=Constant("item"), constraint=check),
    )
    ours = migration("shop.0005_p", "shop.0004_done", alter("item", "base", char(70, null=TRUE)))
    answer = passes(done, ours=ours, theirs=THEIRS)
    assert (answer.disagreements, answer.rehearsed) == ((), answer.total)


UNREAD = Opaque("a call of the project", "make()", Span("shop/migrations/0003_more.py", 3))


@pytest.mark.usefixtures("_always")
@pytest.mark.parametrize("more", [UNREAD, create("Maker", label=UNREAD)])
def test_what_follows_an_unread_operation_in_its_app_is_no_error_of_the_rehearsal(
    more: Operation | Opaque,
) -> None:
    """The model `maker` may be made by it. Another app's model that points at it is rehearsed."""
    below = (
        migration("shop.0003_more", "shop.0002_base", more),
        migration("shop.0004_done", "shop.0003_more", alter("maker", "label", char(80))),
        migration(
            "blog.0002_maker",
            "blog.0001_initial shop.0004_done",
            add("post", "maker", foreign_key("shop.maker", null=TRUE)),
        ),
    )
    post = migration(
        "blog.0003_x",
        "blog.0002_maker",
        alter("post", "title", char(70)),
        alter("post", "maker", foreign_key("shop.maker")),
    )
    answer = passes(*below, ours=OURS, theirs=post)
    assert answer.disagreements == ()
    assert answer.rehearsed == answer.total
    used = migration("shop.0005_x", "shop.0004_done", alter("maker", "label", char(90)))
    answer = passes(*below, ours=OURS, theirs=used)
    assert answer.disagreements == ()
    assert answer.rehearsed < answer.total
    assert any("shop.0003_more" in each for each in answer.remarks)


@pytest.mark.usefixtures("_always")
def test_a_remaining_migration_that_points_at_what_an_unread_operation_may_make() -> None:
    def below(more: Operation | Opaque) -> tuple[Migration, Migration]:
        first = migration("shop.0003_more", "shop.0002_base", more)
        return first, migration("shop.0004_done", "shop.0003_more", alter("maker", "label", char(80)))

    order = create("Order", maker=foreign_key("shop.maker"))
    theirs = migration("blog.0002_x", "blog.0001_initial shop.0004_done", order)
    answer = passes(*below(create("Maker", label=UNREAD)), ours=OURS, theirs=theirs)
    assert (answer.disagreements, answer.rehearsed) == ((), answer.total)
    made = migration(
        "shop.0005_x",
        "shop.0004_done",
        create("Maker", label=char()),
        add("item", "maker", foreign_key("shop.maker", null=TRUE)),
    )
    answer = passes(*below(UNREAD), ours=OURS, theirs=made)
    assert (answer.disagreements, answer.rehearsed) == ((), answer.total)


@pytest.mark.usefixtures("_always")
def test_what_fails_without_an_unread_operation_is_still_refused() -> None:
    done = migration("shop.0004_done", "shop.0002_base", create("Maker", label=char()))
    used = migration("shop.0005_x", "shop.0004_done", alter("maker", "nowhere", char(90)))
    answer = passes(done, ours=OURS, theirs=used)
    assert "nowhere" in str(answer)
