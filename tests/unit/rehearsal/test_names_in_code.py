"""What code names in plain sight, and what it is not asked for."""

from __future__ import annotations

import pytest

from stitchback.rehearsal.names_in_code import names_in_python, tables_in_sql

ITEM = ("shop", "Item")


def fields(body: str) -> set[str]:
    source = f"def forwards(apps, schema_editor):\n    Item = apps.get_model('shop', 'Item')\n    {body}"
    found = names_in_python(source)
    assert found.models == (ITEM,)
    return {name for _, name in (*found.fields, *found.attributes)}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("Item.objects.filter(slug='').update(name='x', note=1)", {"slug", "name", "note"}),
        ("Item.objects.exclude(owner__name='x').values_list('slug', flat=True)", {"owner", "slug"}),
        ("Item.objects.order_by('-made').first()", {"made"}),
        ("Item.objects.create(slug='x')", {"slug"}),
        ("Item(slug='x').save()", {"slug"}),
        ("Item.objects.get_or_create(slug='x', defaults={'name': 'y'})", {"slug", "name"}),
        ("Item.objects.filter(models.Q(a=1) | ~models.Q(b=2))", {"a", "b"}),
        ("for each in Item.objects.all():\n        print(each.slug)", {"slug"}),
    ],
)
def test_names_of_fields(body: str, names: set[str]) -> None:
    assert fields(body) == names


@pytest.mark.parametrize(
    "call",
    [
        "all()",
        "iterator()",
        "distinct()",
        "using('x')",
        "select_related('pk')",
        "prefetch_related('pk')",
        "order_by('pk')",
        "filter(pk=1)",
        "exclude(pk=1)",
        "only('pk')",
        "defer('pk')",
        "values('pk')",
        "values_list('pk')",
    ],
)
def test_what_is_asked_of_a_query_after_that(call: str) -> None:  # fmt: skip
    assert fields(f"Item.objects.{call}.filter(slug=1)") - {"pk"} == {"slug"}
    assert fields(f"Item._default_manager.{call}.update(slug=1)") - {"pk"} == {"slug"}
    assert fields(f"Item.objects.unknown().{call}.filter(slug=1)") == set()


@pytest.mark.parametrize(
    "call",
    [
        "get(slug=1)",
        "get_or_create(slug=1)",
        "update_or_create(slug=1)",
        "create(slug=1)",
        "only('slug')",
        "defer('slug')",
        "values('slug')",
        "earliest('slug')",
        "latest('slug')",
        "update_or_create(create_defaults={'slug': 1})",
    ],
)
def test_every_method_that_takes_names_of_fields(call: str) -> None:  # fmt: skip
    assert fields(f"Item.objects.{call}") == {"slug"}


@pytest.mark.parametrize(
    "body",
    [
        "Item.objects.annotate(many=Count('x')).filter(many__gt=1)",
        "Item.tags.through.objects.filter(item_id=1)",
        "for each in Item.objects.all():\n        each.made_up = 1\n        each.save()",
        "for each in Item.objects.values('pk'):\n        print(each.keys)",
        "for each in Item.objects.all():\n        print(each.get_slug())",
        "try:\n        Item.objects.update(slug=1)\n    except Exception:\n        pass",
        "if hasattr(Item, 'slug'):\n        Item.objects.update(slug=1)",
        "Item.objects.filter(**{'slug': 1})",
        "rows = unknown(Item)\n    rows.filter(slug=1)",
        "Item = other()\n    Item.objects.filter(slug=1)",
    ],
)
def test_what_may_be_no_field_is_not_asked_for(body: str) -> None:
    assert fields(body) - {"pk"} == set()


@pytest.mark.parametrize(
    "source", ["", "x = 1", "def f(): pass", "def f(apps): apps.get_model(name, 'Item')", "lambda: 1", "("]
)
def test_code_that_names_nothing(source: str) -> None:
    assert names_in_python(source).models == ()


def test_a_lambda_and_keywords() -> None:
    found = names_in_python(
        "lambda apps, _: apps.get_model(app_label='shop', model_name='Item').objects.update(a=1)"
    )
    assert found.fields == ((ITEM, "a"),)


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("UPDATE shop_item SET a = 1", ("shop_item",)),
        ('INSERT INTO "shop_item" SELECT * FROM public.shop_other', ("shop_item", "shop_other")),
        ("ALTER TABLE ONLY shop_item RENAME TO shop_other", ("shop_item",)),
        ("CREATE TABLE shop_item (a int); UPDATE shop_item SET a = 1", ()),
        ("DROP TABLE IF EXISTS shop_item", ()),
        ("-- UPDATE shop_item\nSELECT 'FROM shop_other'", ()),
        ("UPDATE elsewhere SET a = 1", ()),
    ],
)
def test_tables_in_sql(sql: str, names: tuple[str, ...]) -> None:
    assert tables_in_sql(sql, frozenset({"shop_item", "shop_other"})) == names
