"""Columns that do not keep all values."""

from __future__ import annotations

import pytest
from migration_values import alter, char, create, field
from rolling_cases import messages, recipe, rolling

from stitchback.hazards.narrower_column import NarrowerColumn
from stitchback.model.values import TRUE, Call, Constant


def decimal(digits: int, places: int) -> Call:
    return field("DecimalField", max_digits=Constant(digits), decimal_places=Constant(places))


SERVERS, ALL = " on postgresql, mysql", ""
CASES = [
    (char(30), char(10), SERVERS, "text of more than 10 characters"),
    (field("TextField"), char(10), SERVERS, "text of more than 10 characters"),
    (field("BigIntegerField"), field("IntegerField"), SERVERS, "numbers outside -2147483648 to 2147483647"),
    (field("IntegerField"), field("PositiveIntegerField"), ALL, "negative numbers"),
    (
        field("PositiveIntegerField"),
        field("IntegerField"),
        " on mysql",
        "numbers outside -2147483648 to 2147483647",
    ),
    (decimal(9, 2), decimal(5, 2), SERVERS, "numbers of more than 3 digits before the point"),
    (decimal(9, 4), decimal(9, 2), SERVERS, "more than 2 decimal places"),
    (char(30), field("IntegerField"), ALL, "values of varchar(30)"),
    (field("BooleanField"), field("IntegerField"), " on postgresql", "true and false"),
    (field("BigIntegerField"), field("FloatField"), ALL, "numbers of more than 15 digits"),
    (field("IntegerField"), field("FloatField"), " on sqlite", "numbers of more than 15 digits"),
    (field("DateTimeField"), field("DateField"), ALL, "values of DateTimeField"),
]


@pytest.mark.parametrize(("before", "after", "engines", "values"), CASES)
def test_values_that_the_column_does_not_keep(before: Call, after: Call, engines: str, values: str) -> None:
    case = rolling(alter("item", "value", after), old=(create("Item", value=before),))
    (message,) = messages(NarrowerColumn(), case)
    assert message.startswith(f"after shop.0002_step{engines}, column shop_item.value is ")
    assert f", which does not keep {values}, and the code of v1 may write " in message


def test_the_recipe_of_another_type_is_a_second_column() -> None:
    case = rolling(alter("item", "value", field("IntegerField")), old=(create("Item", value=char(30)),))
    assert (
        recipe(NarrowerColumn(), case)[1]
        == 'migrations.AddField("item", "new_value", models.IntegerField(null=True)),'
    )


WIDER = [
    (char(10), char(30)),
    (char(10), field("TextField")),
    (field("SmallIntegerField"), field("IntegerField")),
    (decimal(5, 2), decimal(9, 4)),
    (field("IntegerField"), decimal(20, 2)),
    (char(30), char(30, unique=TRUE, default=Constant("x"), null=TRUE)),
]


@pytest.mark.parametrize(("before", "after"), WIDER)
def test_near_miss_columns_that_keep_all_values(before: Call, after: Call) -> None:
    case = rolling(alter("item", "value", after), old=(create("Item", value=before),))
    assert messages(NarrowerColumn(), case) == []
