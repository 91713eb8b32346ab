"""The difference of two models with thousands of fields looks at few of them."""

from __future__ import annotations

import pytest

from stitchback.model.values import Constant
from stitchback.schema.atoms_between import Parts, without_common_ends

COUNT = 3000
FIELDS: Parts = tuple((f"f{number}", Constant(number)) for number in range(COUNT))
NEW = ("new", Constant("new"))


@pytest.mark.parametrize("place", [0, 1, COUNT // 2, COUNT - 1, COUNT])
def test_one_field_more_or_less(place: int) -> None:
    more = (*FIELDS[:place], NEW, *FIELDS[place:])
    assert without_common_ends(FIELDS, more) == ((), (NEW,))
    assert without_common_ends(more, FIELDS) == ((NEW,), ())


@pytest.mark.parametrize("place", [0, 1, COUNT // 2, COUNT - 1])
def test_one_field_in_another_shape(place: int) -> None:
    other = (*FIELDS[:place], (f"f{place}", Constant("other")), *FIELDS[place + 1 :])
    assert without_common_ends(FIELDS, other) == ((FIELDS[place],), (other[place],))


def test_nothing_in_common_and_everything() -> None:
    assert without_common_ends(FIELDS, FIELDS) == ((), ())
    assert without_common_ends((), (NEW,)) == ((), (NEW,))
    assert without_common_ends((NEW,), FIELDS[:2]) == ((NEW,), FIELDS[:2])


def test_a_field_that_moved_is_between_the_ends() -> None:
    before, after = without_common_ends(FIELDS[:4], (FIELDS[0], FIELDS[2], FIELDS[1], FIELDS[3]))
    assert (before, after) == (FIELDS[1:3], (FIELDS[2], FIELDS[1]))
