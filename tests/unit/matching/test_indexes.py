"""Indexes that say the same: each of mainline's belongs to one of the patch branch's."""

from __future__ import annotations

from migration_values import migration
from plans_by_hand import patch, situation

from stitchback.matching.match import compare
from stitchback.matching.sides import sides
from stitchback.model.edits import NOWHERE
from stitchback.model.matches import Verdict
from stitchback.model.operations import Operation
from stitchback.model.values import Call, Constant, Items, Reference


def index(name: str) -> Operation:
    value = Call(
        Reference("django.db.models.Index"),
        (),
        (("fields", Items("list", (Constant("label"),))), ("name", Constant(name))),
    )
    arguments = (("index", value), ("model_name", Constant("item")))
    return Operation("AddIndex", "django.db.migrations.AddIndex", arguments, NOWHERE)


def verdicts(ours: tuple[str, ...], theirs: tuple[str, ...]) -> list[Verdict]:
    given = situation(
        migration("shop.0003_m", "shop.0002_base", *map(index, theirs)),
        patches=[patch(migration("shop.0003_p", "shop.0002_base", *map(index, ours)))],
    )
    matches = compare(sides(given.patches[0], given.mainline), {}).matches
    return [match.verdict for match in matches]


def test_one_index_of_mainlines_is_taken_once() -> None:
    assert verdicts(("a", "b"), ("a",)) == [Verdict.IDENTICAL, Verdict.PATCH_ONLY]
    assert verdicts(("a", "b"), ("b",)) == [Verdict.PATCH_ONLY, Verdict.IDENTICAL]
    assert verdicts(("a", "b"), ("c",)) == [Verdict.DIFFERENT, Verdict.PATCH_ONLY]
    assert verdicts(("a", "b"), ("c", "d")) == [Verdict.DIFFERENT, Verdict.DIFFERENT]
