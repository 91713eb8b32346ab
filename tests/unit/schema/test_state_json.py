"""States as JSON, and two states' difference."""

from __future__ import annotations

import json

from schema_sources import ITEM, state

from stitchback.api.schema import diff_states, state_to_json


def test_a_state_as_json() -> None:
    found = state_to_json(
        state(
            'CreateModel("A", [("id", AutoField(primary_key=True)), ("x", IntegerField(null=True))], {"unique_together": {("x", "id")}, "indexes": [Index(fields=["x"], name="i")], "constraints": [UniqueConstraint(fields=["x"], name="u")]})'
        )
    )
    assert found["shop.a"]["fields"] == {
        "id": {"class": "django.db.models.AutoField", "arguments": {"primary_key": "True"}},
        "x": {"class": "django.db.models.IntegerField", "arguments": {"null": "True"}},
    }
    assert found["shop.a"]["indexes"] == ["django.db.models.Index(fields=['x'], name='i')"]
    assert found["shop.a"]["constraints"] == ["django.db.models.UniqueConstraint(fields=['x'], name='u')"]
    assert found["shop.a"]["unique_together"] == [["x", "id"]]
    assert found["shop.a"]["opaque"] == []
    assert json.loads(json.dumps(found)) == found


def test_what_cannot_be_read_is_in_the_json_too() -> None:
    found = state_to_json(state('CreateModel("A", [("x", helper())], {"unique_together": helper()})'))
    assert found["shop.a"]["fields"]["x"]["class"] == ""
    assert len(found["shop.a"]["opaque"]) == 2


def lines(*changes: str) -> list[tuple[str, str, str, str]]:
    found = diff_states(state(ITEM), state(ITEM, *changes))
    return [(line["model"], line["kind"], line["name"], line["change"]) for line in found]


def test_no_difference() -> None:
    assert lines() == []


def test_what_differs_in_order() -> None:
    found = lines(
        'DeleteModel("Item"), CreateModel("Box", []), AlterField("Category", "code", CharField(max_length=9, unique=True, help_text="x")), AddField("Category", "a", IntegerField())'
    )
    assert found == [
        ("shop.box", "table", "", "added"),
        ("shop.category", "column", "a", "added"),
        ("shop.category", "column", "code", "same schema"),
        ("shop.item", "table", "", "removed"),
    ]


def test_words() -> None:
    (line,) = diff_states(
        state(ITEM), state(ITEM, 'AlterField("Item", "stock", IntegerField(null=True, db_index=True))')
    )
    assert (line["change"], line["differences"]) == ("different", ["null: False and True"])
