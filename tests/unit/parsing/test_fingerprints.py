"""When two functions count as the same code."""

from __future__ import annotations

import pytest

from stitchback.model.values import Call, Code, Constant

from .reading import operation


def code(source: str, text: str = "forwards") -> Code:
    found = operation(f"migrations.RunPython({text})", source).argument("code")
    assert isinstance(found, Code), found
    return found


PLAIN = """
def forwards(apps, schema_editor):
    Item = apps.get_model("shop", "Item")
    for item in Item.objects.all():
        item.color = pick(item.size)
        item.save()

def pick(size):
    return COLORS[size]

COLORS = {"a": "red"}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("item", "thing"),
        ("apps, schema_editor", "a, s"),
        ("def forwards(apps, schema_editor):\n", 'def forwards(apps, schema_editor):\n    """Colours."""\n    # why\n\n'),
        ("(apps, schema_editor)", "(apps: object, schema_editor: object) -> None"),
        ("pick", "choose"),
        ("def pick(size):\n    return COLORS[size]", "def pick(s):\n    return (COLORS\n        [s])"),
        ("COLORS", "PALETTE"),
    ],
)  # fmt: skip
def test_same(old: str, new: str) -> None:
    other = (
        PLAIN.replace(old, new)
        if old != "apps, schema_editor"
        else PLAIN.replace(old, new).replace("apps.", "a.")
    )
    assert code(PLAIN) == code(other)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"red"', '"blue"'),  # a constant that a helper uses
        ("return COLORS[size]", "return COLORS[size].upper()"),  # the helper
        ('"Item"', '"Order"'),
        ("item.color", "item.colour"),  # attributes are no locals
        ("item.save()", "item.save(); item.check()"),
        ("objects.all()", "objects.filter(a=1)"),
        ("pick(item.size)", "pick(size=item.size)"),
    ],
)
def test_other(old: str, new: str) -> None:
    assert code(PLAIN) != code(PLAIN.replace(old, new))


LOGGING = """
import logging
from tasks import report

logger = logging.getLogger(__name__)

def forwards(apps, schema_editor):
    for item in apps.get_model("shop", "Item").objects.all():
        item.save()
"""


@pytest.mark.parametrize(
    "message",
    [
        "logger.info('saved %s of %s', item.pk, len(ITEMS))",
        "logger.warning('{}'.format(item), extra={'pk': item.pk})",
        "logging.debug(f'{item.pk}: {str(item)}')",
        "print(item)",
        "pass",
        "'saved'",
        "if item.pk == 3: logger.info('three')\n        elif item.name: pass\n        else: print('other')",
    ],
)
def test_a_message_is_no_work(message: str) -> None:
    assert code(LOGGING) == code(LOGGING.replace("item.save()", f"item.save()\n        {message}"))


@pytest.mark.parametrize(
    "statement",
    [
        "logger.info('saved %s', item.delete())",
        "print(*item.tags.clear())",
        "report.info('saved')",
        "item.info('saved')",
        "logger.addHandler(item)",
        "if item.delete(): logger.info('gone')",
        "if item.pk: logger.info('x')\n        else: item.delete()",
        "logger.info(name := 'x')",
        "raise ValueError",
        "return logger.info('saved')",
        "yield logger.info('saved')",
    ],
)
def test_near_miss_a_statement_that_may_do_work(statement: str) -> None:
    assert code(LOGGING) != code(LOGGING.replace("item.save()", f"item.save()\n        {statement}"))


@pytest.mark.parametrize(
    ("name", "definition"),
    [
        ("print", "def print(item): item.delete()"),
        ("len", "def len(item): item.delete()"),
        ("len", "from tasks import len"),
    ],
)
def test_near_miss_a_builtin_s_name_that_the_module_has(name: str, definition: str) -> None:
    source = f"{LOGGING}\n{definition}\n"
    call = "print(item)" if name == "print" else "logger.info(len(item))"
    assert code(source) != code(source.replace("item.save()", f"item.save()\n        {call}"))


def test_parameters_that_calls_name_are_kept() -> None:
    source = "def forwards(x, y):\n    f(a=x, b=y)\ndef f(a, b):\n    return a - b\n"
    assert code(source) != code(source.replace("def f(a, b)", "def f(b, a)").replace("a - b", "b - a"))


def test_what_a_closure_holds_belongs_to_it() -> None:
    source = "def make(name):\n    def inner(apps, schema_editor):\n        use(name)\n    return inner\n"
    first, second = code(source, "make('a')"), code(source, "make('b')")
    assert first != second
    assert first == code(source.replace("inner", "run"), "make('a')")


def test_an_import_is_part_of_it() -> None:
    source = "from a import work\ndef forwards(apps, schema_editor):\n    work(apps)\n"
    assert code(source) != code(source.replace("from a", "from b"))


@pytest.mark.parametrize(
    "body", ["pass", "return", "return None", '"""Nothing."""', "...", "pass\n    return"]
)
def test_empty(body: str) -> None:
    assert code(f"def forwards(apps, schema_editor):\n    {body}\n").empty


def test_a_lambda_may_be_empty() -> None:
    assert code("", "lambda apps, schema_editor: None").empty
    assert not code("", "lambda apps, schema_editor: apps.get_model('a', 'b')").empty


@pytest.mark.parametrize("body", ["print(1)", "return apps", "raise ValueError"])
def test_not_empty(body: str) -> None:
    assert not code(f"def forwards(apps, schema_editor):\n    {body}\n").empty


def test_functions_that_use_each_other() -> None:
    source = "def forwards(a, s):\n    back(a)\ndef back(a):\n    forwards(a, 1)\n"
    assert code(source) == code(source.replace("back", "other"))


def test_the_source_can_be_written_again() -> None:
    assert code("def forwards(apps, schema_editor):\n    x = 1  # one\n").source == (
        "def forwards(apps, schema_editor):\n    x = 1"
    )


def test_a_class_is_called() -> None:
    found = operation(
        "migrations.RunPython(Run(3))", "class Run:\n    def __init__(self, n): pass\n"
    ).argument("code")
    assert isinstance(found, Call)
    assert isinstance(found.callee, Code)
    assert found.args == (Constant(3),)


CIRCLE = """
class Prefix:
    def get(self):
        return _prefix.name, OTHERS

_prefix = Prefix(1)
OTHERS = [_prefix, {"a": Prefix}]

def forwards(apps, schema_editor):
    _prefix.get()
"""


def test_a_class_may_use_a_name_that_stands_for_one_of_its_own_objects() -> None:
    assert code(CIRCLE) == code(CIRCLE.replace("apps, schema_editor", "a, s"))
    for old, new in (("Prefix(1)", "Prefix(2)"), ('"a"', '"b"'), (".name", ".title"), ("Prefix}", "int}")):
        assert code(CIRCLE) != code(CIRCLE.replace(old, new))
