"""Plans that fail on every database, or lose values, each for another reason that no look at names and types shows: the second judge,
alone, refuses each, and lets the right plan beside it pass."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import (
    add,
    alter,
    char,
    create,
    field,
    foreign_key,
    integer,
    keys,
    migration,
    operation,
    remove,
    tree,
)
from migration_values import run_python as empty_code
from plans_by_hand import (
    DIAMOND,
    FORK,
    HAND,
    MAIN,
    M,
    P,
    S,
    X,
    Y,
    candidate,
    changed,
    patch,
    situation,
)
from rehearsing_by_hand import refusals, rehearsed

from stitchback.model.migrations import Migration, Swappable
from stitchback.model.operations import Operation
from stitchback.model.plans import Patch, Situation
from stitchback.model.values import TRUE, Call, Code, Constant, Items, Reference
from stitchback.rehearsal.projections import MOST_IN_FULL


def index(model: str, column: str, name: str) -> Operation:
    fields = Items("list", (Constant(column),))
    made = Call(Reference("django.db.models.Index"), (), (("fields", fields), ("name", Constant(name))))
    return operation("AddIndex", model_name=Constant(model), index=made)


def rename_model(old: str, new: str) -> Operation:
    return operation("RenameModel", old_name=Constant(old), new_name=Constant(new))


def run_python(body: str) -> Operation:
    source = f"def forwards(apps, schema_editor):\n    {body}"
    return operation("RunPython", code=Code("forwards", f"fingerprint of {body}", source))


def merge(*parents: str) -> Migration:
    return migration("shop.0009_merge", " ".join(parents))


def with_patch(*own: Migration, mainline: tuple[Migration, ...] = (X,)) -> Situation:
    return situation(*mainline, patches=[patch(*own)])


SLUG = migration("shop.0003_slug", "shop.0002_base", add("item", "slug"))
NOTE = migration("shop.0004_note", "shop.0003_slug", add("item", "note"))


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (index("item", "slug", "item_slug"), "has no field named 'slug'"),
        (run_python("apps.get_model('shop', 'Item').objects.update(slug='x')"), "no field named 'slug'"),
        (
            run_python("for each in apps.get_model('shop', 'Item').objects.all():\n        print(each.slug)"),
            "object has no attribute 'slug'",
        ),
    ],
)
def test_an_ancestor_that_a_later_migration_needs(last: Operation, said: str) -> None:
    """FACTS F32."""
    user = migration("shop.0005_user", "shop.0004_note", last)
    given = with_patch(SLUG, NOTE, user)
    whole = candidate(given, SLUG, NOTE, user, merge("shop.0003_x", "shop.0005_user"))
    assert refusals(whole, given) == ""
    cut = candidate(
        given,
        SLUG,
        NOTE.with_changes(dependencies=keys("shop.0002_base")),
        user,
        merge("shop.0003_x", "shop.0003_slug", "shop.0005_user"),
    )
    found = refusals(cut, given)
    assert "fresh install | migrate | shop.0005_user" in found
    assert said in found


@pytest.mark.parametrize(
    "step",
    [
        run_python("apps.get_model('shop', 'Item').objects.update(base='x')"),
        run_python(
            "Item = apps.get_model('shop.Item')\n    for each in Item.objects.all():\n        each.save()"
        ),
        operation("RunSQL", sql=Constant("UPDATE shop_item SET base = 'x'")),
    ],
)
def test_a_data_step_on_a_model_that_the_patch_renames(step: Operation) -> None:
    renamed = migration("shop.0003_memo", "shop.0002_base", rename_model("Item", "Memo"))
    fill = migration("shop.0003_fill", "shop.0002_base", step)
    given = with_patch(renamed, mainline=(fill,))
    wrong = candidate(given, renamed, merge("shop.0003_fill", "shop.0003_memo"))
    assert "shop.0003_fill" in refusals(wrong, given)


def test_code_that_asks_for_a_model_of_an_installed_package() -> None:
    """Its migrations are in no tree; where nothing refers to the package, the rehearsal has no model of it at all."""
    body = "apps.get_model('auth', 'Group').objects.filter(name='clerks').delete()"
    given = with_patch(migration("shop.0003_clerks", "shop.0002_base", run_python(body)))
    (ours,) = given.patches[0].migrations
    assert refusals(candidate(given, ours, merge("shop.0003_x", "shop.0003_clerks")), given) == ""
    pointed = add("item", "group", foreign_key("auth.group", null=TRUE))
    given = with_patch(migration("shop.0003_clerks", "shop.0002_base", pointed, run_python(body)))
    (ours,) = given.patches[0].migrations
    assert refusals(candidate(given, ours, merge("shop.0003_x", "shop.0003_clerks")), given) == ""


def test_code_that_asks_for_a_model_of_the_tree_that_is_not_there() -> None:
    memo = migration("shop.0003_memo", "shop.0002_base", create("Memo", text=char()))
    fill = migration(
        "shop.0004_fill", "shop.0003_memo", run_python("apps.get_model('shop', 'Memo').objects.all()")
    )
    given = with_patch(memo, fill)
    whole = candidate(given, memo, fill, merge("shop.0003_x", "shop.0004_fill"))
    assert refusals(whole, given) == ""
    first = fill.with_changes(dependencies=keys("shop.0002_base"))
    after = memo.with_changes(dependencies=keys("shop.0004_fill"))
    cut = candidate(given, after, first, merge("shop.0003_x", "shop.0003_memo"))
    assert "LookupError: App 'shop' doesn't have a 'Memo' model." in refusals(cut, given)


def test_work_that_two_migrations_do_and_a_squash_leaves_out() -> None:
    """Mainline runs one function twice. A fresh install, by the squash, never does; the fork point's databases have a part of it."""
    fill = run_python("apps.get_model('shop', 'Item').objects.update(base='x')")
    parts = (
        migration("shop.0003_x", "shop.0002_base", fill),
        migration("shop.0004_x", "shop.0003_x", fill),
    )
    squash = migration(
        "shop.0002_squashed",
        "shop.0001_initial",
        add("item", "base"),
        add("item", "x"),
        replaces="shop.0002_base shop.0003_x shop.0004_x",
    )
    parts = (parts[0].with_changes(operations=(fill, add("item", "x"))), parts[1])
    ours = migration("shop.0003_p", "shop.0002_base", add("item", "color"))
    given = with_patch(ours, mainline=(*parts, squash))
    answer = rehearsed(candidate(given, ours, merge("shop.0003_p", "shop.0004_x")), given)
    assert (answer.disagreements, answer.baseline) == ((), ())


def test_an_index_on_a_field_that_is_gone() -> None:
    """FACTS F33."""
    hot = migration("shop.0003_hot", "shop.0002_base", index("item", "base", "item_base"))
    gone = migration("shop.0003_gone", "shop.0002_base", remove("item", "base"))
    late = migration(
        "shop.0004_late", "shop.0003_gone", index("item", "base", "item_base"), replaces="shop.0003_hot"
    )
    given = with_patch(hot, mainline=(gone,))
    assert "has no field named 'base'" in refusals(candidate(given, late), given)


def test_a_released_migration_that_mainline_edited() -> None:
    """FACTS F38. Mainline alone ends so too: it is no fault of the plan, and no database that counts as fine."""
    edited = changed(
        FORK,
        FORK.migrations[keys("shop.0002_base")[0]].with_changes(
            operations=(add("item", "base"), add("item", "extra"))
        ),
    )
    onto = replace(changed(edited, X), ref="main")
    given = Situation((patch(P),), onto, (), MAIN.policy)
    answer = rehearsed(candidate(given, P, merge("shop.0003_x", "shop.0003_p")), given)
    assert answer.disagreements == ()
    said = {(each.population, each.message) for each in answer.baseline}
    assert ("fork point of release/2.4", "column shop_item.extra is missing") in said
    assert ("release/2.4 to its end", "column shop_item.extra is missing") in said


def test_another_user_model() -> None:
    """FACTS F37."""
    user = Swappable("AUTH_USER_MODEL")
    owner = field(
        "ForeignKey",
        to=Reference("django.conf.settings.AUTH_USER_MODEL"),
        on_delete=Reference("django.db.models.CASCADE"),
        null=TRUE,
    )
    first = migration("shop.0001_initial", (user,), create("Item", owner=owner))
    ours = migration("shop.0002_p", "shop.0001_initial", add("item", "color"))
    people = migration(
        "people.0001_initial", "", create("User", {"db_table": Constant("auth_user")}, name=char())
    )
    fork = replace(tree(first, ref="v1"), settings={"AUTH_USER_MODEL": "auth.User"})
    release = replace(tree(first, ours, ref="release"), settings=dict(fork.settings))

    def refused(model: str) -> str:
        onto = replace(tree(first, people, ref="main"), settings={"AUTH_USER_MODEL": model})
        given = Situation((Patch(release, fork, (ours,)),), onto, (), MAIN.policy)
        return refusals(candidate(given, ours), given)

    assert "shop.0001_initial is applied before its dependency people.0001_initial" in refused("people.User")
    assert "people" not in refused("auth.User")


def test_a_column_that_a_remake_of_the_table_would_make_up() -> None:
    """FACTS F34: SQLite reads the name of a column that is not there as a text."""
    theirs = migration("shop.0003_hotfix", "shop.0002_base", add("item", "u1", integer()))
    ours = migration("shop.0003_hotfix", "shop.0002_base", add("item", "color"))
    longer = migration("shop.0004_longer", "shop.0003_hotfix", alter("item", "base", char(60, null=TRUE)))
    bridge = migration("shop.0005_bridge", "shop.0004_longer", add("item", "color"))
    given = with_patch(ours, mainline=(theirs, longer))
    assert "SQLite recreates shop_item from models with other columns" in refusals(
        candidate(given, bridge), given
    )


def test_a_column_that_is_made_twice() -> None:
    """FACTS F31: SQLite would remake the table without an error, and give each row the default."""
    given = situation(X, M, Y)
    said = refusals(candidate(given, P, merge("shop.0003_p", "shop.0005_y")), given)
    assert "duplicate column name: shop_item.color" in said


def test_a_row_that_is_forgotten() -> None:
    """FACTS F12."""
    assert refusals(DIAMOND, MAIN) == ""
    assert "shop.0004_m is applied before its dependency shop.0003_s" in refusals(
        candidate(MAIN, S, M.with_changes(operations=(), dependencies=keys("shop.0003_x shop.0003_s"))), MAIN
    )


def test_a_row_that_is_forgotten_and_shows_at_the_next_release() -> None:
    """FACTS F7: the deploy itself says that there is nothing to do."""
    replacing = M.with_changes(replaces=keys("shop.0003_p"))
    assert refusals(candidate(MAIN, replacing, hand=HAND), MAIN) == ""
    said = refusals(candidate(MAIN, replacing), MAIN)
    assert "main | migrate, then the next release's migrate" in said
    assert "main | migrate |" not in said


def test_work_that_leaves_nothing_may_run_any_number_of_times() -> None:
    nothing = empty_code("noop", empty=True)
    ours = P.with_changes(operations=(*P.operations, nothing))
    theirs = M.with_changes(operations=(*M.operations, nothing))
    given = situation(X, theirs, Y, patches=[patch(ours)])
    emptied = theirs.with_changes(operations=(nothing,), dependencies=keys("shop.0003_x shop.0003_s"))
    assert refusals(candidate(given, S, emptied, hand=HAND), given) == ""


def test_two_leaves() -> None:
    assert "multiple leaf nodes" in refusals(candidate(MAIN, S), MAIN)


def test_a_data_operation_that_would_run_twice() -> None:
    fill = run_python("apps.get_model('shop', 'Item').objects.update(base='x')")
    ours = P.with_changes(operations=(*P.operations, fill))
    theirs = M.with_changes(operations=(*M.operations, fill))
    given = situation(X, theirs, Y, patches=[patch(ours)])
    plan = candidate(
        given,
        S.with_changes(operations=ours.operations),
        theirs.with_changes(operations=(fill,), dependencies=keys("shop.0003_x shop.0003_s")),
        hand=HAND,
    )
    # On a fresh install it runs twice as well, so that is what the tree says; on a patched one there is the run of the release.
    assert refusals(plan, given) == ""
    once = replace(plan, result=changed(plan.result, S.with_changes(operations=P.operations)))
    assert "shop.0004_m | its data operation has run 2 times" in refusals(once, given)


def test_a_constraint_that_only_the_state_has() -> None:
    """What a separate state operation says was made by nobody."""
    unique = Call(
        Reference("django.db.models.UniqueConstraint"),
        (),
        (("fields", Items("tuple", (Constant("base"),))), ("name", Constant("one_base"))),
    )
    add_it = operation("AddConstraint", model_name=Constant("item"), constraint=unique)
    by_hand = Operation(
        "SeparateDatabaseAndState",
        "django.db.migrations.SeparateDatabaseAndState",
        (),
        add_it.span,
        (),
        (add_it,),
    )
    given = with_patch(P)
    wrong = candidate(given, P, merge("shop.0003_x", "shop.0003_p").with_changes(operations=(by_hand,)))
    assert 'different from the models: shop_item: unique ("base") is missing' in refusals(wrong, given)
    right = candidate(given, P, merge("shop.0003_x", "shop.0003_p").with_changes(operations=(add_it,)))
    assert refusals(right, given) == ""


def test_a_model_that_the_projection_leaves_out_and_a_remaining_one_refers_to() -> None:
    """One migration makes both, and there are too many shared migrations to execute each of them."""
    both = migration(
        "blog.0002_both",
        "blog.0001_initial",
        create("Region", name=char()),
        create("Office", region=foreign_key("blog.region"), name=char()),
    )
    chain = [migration("blog.0003_n0", "blog.0002_both")]
    for number in range(1, MOST_IN_FULL):
        after = f"blog.{chain[-1].key.name}"
        chain.append(migration(f"blog.{number + 3:04d}_n{number}", after, add("post", f"n{number}")))
    fork = changed(FORK, both, *chain)
    floor = migration("blog.0900_floor", f"blog.{chain[-1].key.name}", add("office", "floor"))
    given = situation(both, *chain, X, patches=[patch(floor, fork=fork)])
    assert refusals(candidate(given, floor), given) == ""
    twice = migration("blog.0901_twice", "blog.0900_floor", add("office", "floor"))
    assert "duplicate column name: blog_office.floor" in refusals(candidate(given, floor, twice), given)
