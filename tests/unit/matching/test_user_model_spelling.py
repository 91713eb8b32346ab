"""`settings.AUTH_USER_MODEL` and the string that it is are one to Django."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import (
    add,
    char,
    create,
    field,
    foreign_key,
    key,
    keys,
    migration,
    operation,
    run_python,
)
from plans_by_hand import FORK, P, changed, patch

from stitchback.matching.edited_shared_migrations import EditedSharedMigrations
from stitchback.matching.match import edited_since
from stitchback.matching.user_model_spelling import as_mainline_spells, dependencies_spelled
from stitchback.model.migrations import Migration, Swappable, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import Patch
from stitchback.model.values import Constant, Reference, Value

NAMED: Value = Reference("django.conf.settings.AUTH_USER_MODEL")
CASCADE = Reference("django.db.models.CASCADE")
KEY = key("shop.0002_base")


def owner(to: Value) -> Operation:
    return add("item", "owner", field("ForeignKey", to=to, on_delete=CASCADE))


def read(
    *operations: Operation, onto: tuple[Operation, ...], user: str = "people.Reader"
) -> tuple[Patch, Tree]:
    """The branch with these operations in the released shop.0002_base, as it is read, and mainline with those. `user`: mainline's."""

    def with_user(tree: Tree, label: str) -> Tree:
        return replace(tree, settings={"AUTH_USER_MODEL": label})

    def base(those: tuple[Operation, ...]) -> Migration:
        return migration("shop.0002_base", "shop.0001_initial", *those)

    fork = with_user(changed(FORK, base(operations)), "people.Reader")
    ours = patch(P, fork=fork)
    ours = replace(ours, tree=with_user(ours.tree, "people.Reader"))
    mainline = with_user(changed(fork, base(onto)), user)
    return as_mainline_spells(ours, mainline), mainline


@pytest.mark.parametrize("label", ["people.Reader", "people.reader"])
def test_the_users_model_by_its_name(label: str) -> None:
    for one, other in ((NAMED, Constant(label)), (Constant(label), NAMED)):
        ours, mainline = read(owner(one), onto=(owner(other),))
        assert edited_since(ours, mainline) == EditedSharedMigrations()
        assert ours.fork.migrations[KEY].operations == mainline.migrations[KEY].operations
        assert ours.tree.migrations[KEY].operations == mainline.migrations[KEY].operations
        assert ours.tree.migrations[P.key] is P


def test_within_a_list_of_fields_and_beside_another_edit() -> None:
    made = [
        create("Loan", reader=field("ForeignKey", to=to, on_delete=CASCADE))
        for to in (NAMED, Constant("people.Reader"))
    ]
    ours, mainline = read(made[0], onto=(made[1],))
    assert edited_since(ours, mainline) == EditedSharedMigrations()
    ours, mainline = read(made[0], add("item", "size"), onto=(made[1], add("item", "size", char(9))))
    assert ours.fork.migrations[KEY].operations == (made[1], add("item", "size"))
    assert edited_since(ours, mainline) == EditedSharedMigrations(schema=frozenset({KEY}))


def test_another_model_is_another_model() -> None:
    ours, mainline = read(owner(NAMED), onto=(add("item", "owner", foreign_key("people.Clerk")),))
    assert edited_since(ours, mainline) == EditedSharedMigrations(schema=frozenset({KEY}))


def test_a_setting_that_is_not_the_same_in_all_trees_names_nothing() -> None:
    ours, mainline = read(owner(NAMED), onto=(owner(Constant("people.Reader")),), user="people.Member")
    assert ours.fork.migrations[KEY].operations == (owner(NAMED),)
    assert edited_since(ours, mainline) == EditedSharedMigrations(schema=frozenset({KEY}))


def test_data_operations_stay_as_the_branch_has_them() -> None:
    """What they run is followed in the branch's own tree."""
    both = [operation("RunSQL", sql=sql) for sql in (NAMED, Constant("people.Reader"))]
    ours, _ = read(both[0], run_python("fill"), onto=(both[1], run_python("fill")))
    assert ours.fork.migrations[KEY].operations == (both[0], run_python("fill"))


def test_the_dependency_is_spelled_as_mainline_has_it() -> None:
    """On the first migration of the app: another one of its migrations is another dependency."""
    first, second = keys("people.__first__ people.0002_card")
    setting = Swappable("AUTH_USER_MODEL")
    for ours, theirs, read_as in (
        (setting, first, first),
        (first, setting, setting),
        (setting, second, setting),
        (second, setting, second),
    ):
        assert dependencies_spelled((ours,), (theirs,), "people.Reader") == (read_as,)
