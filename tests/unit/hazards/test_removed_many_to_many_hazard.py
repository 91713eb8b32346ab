"""Many-to-many fields whose table changes."""

from __future__ import annotations

from dataclasses import replace

from migration_values import add, alter, char, create, field, foreign_key, integer, operation, remove, rename
from rolling_cases import messages, recipe, rolling

from stitchback.hazards.removed_many_to_many import RemovedManyToMany
from stitchback.model.values import Constant, Dictionary

TAGS = field("ManyToManyField", to=Constant("shop.Tag"))
OLD = (create("Tag", name=char()), create("Item", name=char(), tags=TAGS))
TABLE = Dictionary(((Constant("db_table"), Constant("shop_item_tags")),)).items


def test_a_field_that_is_removed() -> None:
    case = rolling(remove("item", "tags"), old=OLD)
    assert messages(RemovedManyToMany(), case) == [
        "after shop.0002_step, table shop_item_tags does not exist, and the code of v1 uses shop.Item.tags"
    ]
    assert "migrations.RunSQL('DROP TABLE shop_item_tags', migrations.RunSQL.noop)," in recipe(
        RemovedManyToMany(), case
    )


def test_a_field_that_is_renamed() -> None:
    case = rolling(rename("item", "tags", "labels"), old=OLD)
    assert messages(RemovedManyToMany(), case) == [
        "after shop.0002_step, table shop_item_tags is named shop_item_labels, and the code of v1 uses shop.Item.tags"
    ]
    assert "db_table='shop_item_tags'" in recipe(RemovedManyToMany(), case)[1]


def test_a_table_that_gets_a_column_which_add_does_not_fill() -> None:
    link = create(
        "Link",
        {"db_table": Constant("shop_item_tags")},
        item=foreign_key("shop.Item"),
        tag=foreign_key("shop.Tag"),
    )
    through = alter(
        "item", "tags", field("ManyToManyField", to=Constant("shop.Tag"), through=Constant("shop.Link"))
    )
    onto = replace(operation("SeparateDatabaseAndState"), state=(link, through))
    case = rolling(onto, add("link", "rank", field("IntegerField", default=Constant(0))), old=OLD)
    assert messages(RemovedManyToMany(), case) == [
        "after shop.0003_step on sqlite, postgresql, column shop_item_tags.rank is NOT NULL without a default in the database, and the code of v1 uses shop.Item.tags"
    ]


def test_near_miss_a_field_that_is_added_and_one_that_changes_in_the_models_alone() -> None:
    assert (
        messages(
            RemovedManyToMany(), rolling(add("item", "tags", TAGS), old=(OLD[0], create("Item", name=char())))
        )
        == []
    )
    named = field("ManyToManyField", to=Constant("shop.Tag"), related_name=Constant("items"))
    assert messages(RemovedManyToMany(), rolling(alter("item", "tags", named), old=OLD)) == []
    assert messages(RemovedManyToMany(), rolling(add("item", "size", integer()), old=OLD)) == []
