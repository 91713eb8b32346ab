"""Models that neither side has to do with are left out of what is compared, and nothing is told otherwise for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fixture_repos import build_repository, case_names
from migration_values import add, char, create, migration, operation, tree
from plans_by_hand import patch

from stitchback.api.project import Project
from stitchback.api.reading_cases import PlanRequest, read_case
from stitchback.matching import match
from stitchback.matching.match import Comparison, compare
from stitchback.matching.sides import Sides, sides
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Tree
from stitchback.model.source import Opaque, Span
from stitchback.model.state import Field
from stitchback.model.values import Call, Constant, Reference

FOREIGN = Call(
    Reference("django.db.models.ForeignKey"),
    (),
    (("to", Constant("shop.owner")), ("to_field", Constant("code"))),
)


@pytest.mark.parametrize("case", case_names())
def test_what_is_told_of_the_fixtures_is_the_same_without_it(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build_repository(case, tmp_path / "repository")
    told = []
    for models in (match.start_models, lambda sides, apps: None):
        monkeypatch.setattr(match, "start_models", models)
        with Project.open(built.path) as project:
            found = [
                side.comparison for side in read_case(project, PlanRequest(tuple(built.case.patches))).sides
            ]
        told.append([(each.matches, each.patch_atoms, each.mainline_atoms) for each in found])
    assert told[0] == told[1]


def compared(*shared: object, hotfix: tuple[object, ...] = (), work: tuple[object, ...] = ()) -> Comparison:
    base = tree(migration("shop.0001_initial", "", *shared), ref="v1")
    ours = migration("shop.0002_hotfix", "shop.0001_initial", *hotfix)
    theirs = migration("shop.0002_work", "shop.0001_initial", *work)
    mainline = Tree("main", "main", {**base.migrations, theirs.key: theirs})
    return compare(sides(patch(ours, fork=base), mainline))


def test_only_the_models_that_a_side_names_are_there() -> None:
    given = (create("Item"), create("Other"), create("Third"))
    found = compared(*given, hotfix=(add("item", "a"),), work=(add("other", "b"),))
    assert {key.model for key in found.start.models} == {"item", "other"}


def test_a_model_is_followed_to_its_earlier_names() -> None:
    rename = operation("RenameModel", old_name=Constant("Thing"), new_name=Constant("Item"))
    found = compared(create("Thing", label=char()), rename, create("Other"), hotfix=(add("item", "a"),))
    assert found.start.models[ModelKey("shop", "item")].field("label")
    assert ModelKey("shop", "other") not in found.start.models


def test_a_field_that_is_renamed_elsewhere_is_renamed_where_it_is_referred_to() -> None:
    rename = operation(
        "RenameField", model_name=Constant("owner"), old_name=Constant("code"), new_name=Constant("number")
    )
    given = (create("Owner", code=char()), create("Item", owner=FOREIGN), rename)
    found = compared(*given, hotfix=(add("item", "a"),))
    assert ModelKey("shop", "owner") not in found.start.models
    owner = found.start.models[ModelKey("shop", "item")].field("owner")
    assert isinstance(owner, Field)
    assert owner.argument("to_field") == Constant("number")


def test_what_does_not_fit_elsewhere_hides_nothing_here() -> None:
    """A shared migration alters a model that is not there: that says nothing of another one that it makes."""
    found = compared(
        create("Item"), add("missing", "x"), hotfix=(add("item", "a"),), work=(add("item", "a"),)
    )
    assert [each.verdict.value for each in found.matches] == ["identical"]


def test_a_name_that_cannot_be_read_leaves_nothing_out() -> None:
    unread = operation(
        "AddField", model_name=Opaque("no", "x()", Span("a.py")), name=Constant("x"), field=char()
    )
    found = compared(create("Item"), create("Other"), hotfix=(add("item", "a"),), work=(unread,))
    assert {key.model for key in found.start.models} == {"item", "other"}


def test_what_is_within_another_operation_is_left_out_too() -> None:
    inner = replace(
        operation("SeparateDatabaseAndState"), state=(create("Other"), add("other", "x"), add("item", "y"))
    )
    found = compared(create("Item"), inner, hotfix=(add("item", "a"),))
    assert {key.model for key in found.start.models} == {"item"}
    assert found.start.models[ModelKey("shop", "item")].field("y")


def test_an_empty_branch_needs_no_model() -> None:
    base = tree(migration("shop.0001_initial", "", create("Item")), ref="v1")
    split: Sides = sides(patch(fork=base), Tree("main", "main", dict(base.migrations)))
    assert compare(split).start.models == {}
