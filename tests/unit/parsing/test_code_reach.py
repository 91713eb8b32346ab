"""Which models the code of a RunPython can reach, read without running it."""

from __future__ import annotations

import pytest

from stitchback.model.data_reach import EVERYTHING, Reach
from stitchback.model.values import Code

from .reading import operation

HELPED = """
import re
from django.db.models import F
from django.utils import timezone

APP = "shop"
FIELD = "colour"


def forwards(apps, schema_editor):
    fill(apps.get_model(APP, "Item"), schema_editor.connection.alias)
    for order in every(apps):
        order.item.save(update_fields=["price__net"])


def fill(model, alias):
    model.objects.using(alias).filter(**{FIELD: ""}).update(size=F("weight"), at=timezone.now())


def every(registry):
    return registry.get_model("sales.Order").objects.all()
"""


def reach(source: str, code: str = "forwards") -> Reach:
    found = operation(f"migrations.RunPython({code})", source).argument("code")
    assert isinstance(found, Code), found
    return found.reach


def body(line: str, head: str = "") -> Reach:
    return reach(
        f'{head}\ndef forwards(apps, schema_editor):\n    Item = apps.get_model("shop", "Item")\n    {line}\n'
    )


def test_models_are_found_in_functions_of_the_module_and_under_names_of_constants() -> None:
    found = reach(HELPED)
    assert found.models == {"shop.item", "sales.order"}
    assert not found.any_field


def test_the_words_are_those_of_identifiers_strings_and_lookups() -> None:
    words = reach(HELPED).words
    assert words >= {"colour", "size", "weight", "price", "net", "at"}
    assert "title" not in words


def test_a_field_that_the_code_does_not_name_is_not_used() -> None:
    found = body('Item.objects.filter(owner_id=3).update(Size="x")')
    assert found.names("owner")
    assert found.names("size")
    assert not found.names("label")


@pytest.mark.parametrize(
    "line",
    ["getattr(Item.objects.first(), name())", "Item._meta.get_fields()", 'setattr(Item, "a" + "b", 1)'],
)
def test_fields_may_be_named_in_a_way_that_cannot_be_read(line: str) -> None:
    assert body(line, "def name(): return 1").names("label")


@pytest.mark.parametrize(
    "line",
    [
        "call(apps)",
        "registry = apps",
        "find = apps.get_model",
        'apps.get_model("shop", Item.__name__)',
        'for name in names(): apps.get_model("shop", name)',
        "apps.get_models()",
        "apps.all_models",
        "schema_editor.create_model(Item)",
        'schema_editor.execute("DELETE FROM " + name)',
        "from shop.helpers import fill; fill()",
        "list(map(helper, Item.objects.all()))",
        "Helper().run()",
        "done()",
        "nothing_in_the_file_says_what_this_is()",
        'exec("x")',
    ],
)
def test_anything_else_may_reach_every_model(line: str) -> None:
    head = "from shop.work import done\nfrom shop.calls import call\ndef helper(x): return x\nclass Helper:\n    def run(self): ...\n"
    assert body(line, head) == EVERYTHING


def test_a_decorated_function_may_reach_every_model() -> None:
    assert (
        reach("from shop.work import once\n\n@once\ndef forwards(apps, schema_editor):\n    pass; pass\n")
        == EVERYTHING
    )


def test_sql_that_stands_in_the_code_is_known() -> None:
    found = body('schema_editor.execute("UPDATE shop_order SET paid = 1")')
    assert found.is_known
    assert found.words >= {"shop_order", "paid"}


@pytest.mark.parametrize(
    ("line", "head"),
    [
        ('schema_editor.execute("UPDATE shop_order SET paid = 1")', ""),
        ('run = schema_editor.execute; run("UPDATE shop_order SET paid = 1")', ""),
        ('Item.objects.raw("SELECT * FROM shop_order")', ""),
        ('Item.objects.extra(where=["paid"])', ""),
        ('getattr(Item.objects, "raw")("SELECT * FROM shop_order")', ""),
        (
            'Item.objects.annotate(a=Plain("SELECT 1", ()))',
            "from django.db.models.expressions import RawSQL as Plain",
        ),
        (
            'from django.db.models.expressions import RawSQL as Plain; Item.objects.annotate(a=Plain("SELECT 1", ()))',
            "",
        ),
    ],
)
def test_code_that_may_run_statements(line: str, head: str) -> None:
    found = body(line, head)
    assert found.runs_sql or not found.is_known


@pytest.mark.parametrize(
    "line",
    [
        'Item.objects.create(execute="order")',
        'Item.objects.update(label="raw, or extra")',
        "extra = Item.objects.all()",
    ],
)
def test_a_field_or_a_word_of_that_name_is_no_statement(line: str) -> None:
    found = body(line)
    assert found.is_known
    assert not found.runs_sql


def test_labels_from_loops_over_literals_and_from_arguments() -> None:
    found = reach(
        """
def forwards(apps, schema_editor):
    for app, name in (("shop", "Item"), ("sales", "Order")):
        apps.get_model(app, name).objects.update(a=1)
    for model in ["Client", "Card"]:
        count(apps, "crm", model)
    models = [apps.get_model(label) for label in ("crm.Call",)]

def count(apps, app, model, field="n"):
    apps.get_model(app_label=app, model_name=model).objects.update(**{field: 1})
"""
    )
    assert found.models == {
        "shop.item",
        "sales.order",
        "shop.order",
        "sales.item",
        "crm.client",
        "crm.card",
        "crm.call",
    }
    assert "n" in found.words


@pytest.mark.parametrize(
    "line",
    [
        "Item.objects.update(size=UNIT)",
        "Item.objects.update(state=Choices.OPEN)",
        "ContentType.objects.get_for_model(Item)",
    ],
)
def test_constants_that_are_imported_and_content_types_reach_nothing_else(line: str) -> None:
    head = (
        "from shop.settings import UNIT\nfrom shop.choices import Choices\n"
        "from django.contrib.contenttypes.models import ContentType\n"
    )
    found = body(line, head)
    assert found.is_known
    assert (found.models or frozenset()) - {"contenttypes.contenttype"} == {"shop.item"}


def test_an_imported_constant_that_is_called_may_reach_anything() -> None:
    assert body("UNIT()", "from shop.settings import UNIT") == EVERYTHING
    assert body("Choices.fill()", "from shop.choices import Choices") == EVERYTHING
