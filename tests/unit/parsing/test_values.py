"""Expressions in migrations, read without running them."""

from __future__ import annotations

from typing import Any

import pytest

from stitchback.model.source import Opaque
from stitchback.model.values import Call, Code, Constant, Dictionary, Items, Reference, Value, render

from .reading import operation


def value(text: str, before: str = "", **kwargs: Any) -> Value:
    """The value of an expression that stands as an argument in a migration."""
    found = operation(f"migrations.RunSQL('', hints={text})", before, **kwargs).argument("hints")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'a' 'b'", "'ab'"),
        ("-1", "-1"),
        ("2 ** 10", "1024"),
        ("'%s_%d' % ('a', 3)", "'a_3'"),
        ("'%(x)s' % {'x': 1}", "'1'"),
        ("'{}-{a}'.format(1, a=2)", "'1-2'"),
        ("f'{1 + 1}x{\"y\"!r}'", "\"2x'y'\""),
        ("', '.join(['a', 'b'])", "'a, b'"),
        ("[1] + [2] * 2", "[1, 2, 2]"),
        ("(1, *(2, 3))", "(1, 2, 3)"),
        ("{'b', 'a'}", "{'a', 'b'}"),
        ("set(['b', 'a', 'b'])", "{'a', 'b'}"),
        ("frozenset()", "frozenset([])"),
        ("dict(a=1, **{'b': 2})", "{'a': 1, 'b': 2}"),
        ("{**{'a': 1}, 'b': 2}", "{'a': 1, 'b': 2}"),
        ("[x * 2 for x in range(4) if x % 2]", "[2, 6]"),
        ("{k: v for k, v in zip('ab', (1, 2))}", "{'a': 1, 'b': 2}"),
        ("[f'{i}{n}' for i, n in enumerate(['x', 'y'], 1)]", "['1x', '2y']"),
        ("[1, 2, 3][-1]", "3"),
        ("[1, 2, 3][1:]", "[2, 3]"),
        ("{'a': 5}['a']", "5"),
        ("{'a': 5}.get('b', 6)", "6"),
        ("list({'a': 5}.items())", "[('a', 5)]"),
        ("1 if 2 > 1 else 3", "1"),
        ("'' or 'x'", "'x'"),
        ("not []", "True"),
        ("(lambda a, b=2: [a, b])(1)", "[1, 2]"),
        ("...", "Ellipsis"),
        ("b'x'", "b'x'"),
        ("models.Q(a=1) | ~models.Q(b=2)", "operator.or_(django.db.models.Q(a=1), operator.invert(django.db.models.Q(b=2)))"),
        ("models.F('a') + 1", "operator.add(django.db.models.F('a'), 1)"),
        ("datetime.timedelta(days=1)", "datetime.timedelta(days=1)"),
        ("settings.FOO", "django.conf.settings.FOO"),
        ("getattr(settings, 'FOO')", "django.conf.settings.FOO"),
        ("dict", "builtins.dict"),
        ("uuid4", "uuid.uuid4"),
        ("models.fields.related.ForeignKey", "django.db.models.ForeignKey"),
        ("models.deletion.CASCADE", "django.db.models.CASCADE"),
        ("RunPython.noop", "django.db.migrations.RunPython.noop"),
        ("jsonb.JSONField()", "django.contrib.postgres.fields.JSONField()"),
        ("gis.CharField()", "django.db.models.CharField()"),
        ("gis.PointField()", "django.contrib.gis.db.models.PointField()"),
        ("timezone.now().date()", "builtins.getattr(django.utils.timezone.now(), 'date')()"),
        ("f'{settings.A}x'", "builtins.getattr('', 'join')([builtins.format(django.conf.settings.A), 'x'])"),
        ("f'{1:>5000}'", "builtins.getattr('', 'join')([builtins.format(1, '>5000')])"),
        ("'{}'.format(settings.A)", "builtins.getattr('{}', 'format')(django.conf.settings.A)"),
        ("sys.version_info >= (3,)", "True"),
        ("django.VERSION[:2] < (1, 9)", "False"),
        ("django.VERSION[0] >= 2", "True"),
    ],
)  # fmt: skip
def test_known(text: str, expected: str) -> None:
    imports = (
        "import datetime, sys, django\nfrom uuid import uuid4\nfrom django.conf import settings\n"
        "from django.utils import timezone\nfrom django.db.migrations.operations.special import RunPython\n"
        "from django.contrib.postgres.fields import jsonb\nfrom django.contrib.gis.db import models as gis\n"
    )
    assert render(value(text, imports)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[x for x in unknown()]",
        "1 if settings.A else 2",
        "settings.A or 1",
        "f'{nowhere}'",
        "nowhere",
        "{**settings.A}",
        "[*settings.A]",
        "(yield)",
    ],
)
def test_not_known(text: str) -> None:
    found = value(text, "from django.conf import settings\ndef unknown():\n    return open('x').read()\n")
    opaque = [found] if isinstance(found, Opaque) else [
        item for item in getattr(found, "items", ()) if isinstance(item, Opaque)
    ]  # fmt: skip
    assert opaque
    assert opaque[0].span.path == "shop/migrations/0002_x.py"
    assert opaque[0].span.line > 5


@pytest.mark.parametrize(
    "text",
    [
        "'x' * 10**9",
        "'%1000000000d' % 1",
        "[0] * 10**9",
        "10 ** 10 ** 10",
        "1 << 10**9",
        "'a' * 99999 * 99999",
        "'{:>999999999}'.format(1)",
        "list(range(10**12))",
        "[a for a in range(9999) for b in range(9999)]",
    ],
)
def test_computations_that_would_be_huge_are_left(text: str) -> None:
    found = value(text)
    assert isinstance(found, Call | Opaque)


def test_a_list_of_itself_doubled_is_bounded() -> None:
    doubled = "a = [1]\n" + "a = [a, a]\n" * 60
    assert isinstance(value("a", doubled), Opaque)


def test_functions_that_call_each_other_are_bounded() -> None:
    doubled = "def f0(): return [1]\n" + "".join(
        f"def f{i}(): return [f{i - 1}(), f{i - 1}()]\n" for i in range(1, 60)
    )
    assert isinstance(value("f59()", doubled), Opaque | Items)
    assert isinstance(value("f()", "def f(): return f()\n"), Opaque)


def test_imports_under_other_names() -> None:
    assert value("m.CharField()", "import django.db.models as m") == Call(
        Reference("django.db.models.CharField")
    )
    assert value("C()", "from django.db.models import CharField as C") == Call(
        Reference("django.db.models.CharField")
    )
    assert value("a.b.c", "import a.b") == Reference("a.b.c")
    assert value("fields.x", "from .. import fields") == Reference("shop.fields.x")
    assert value("y", "from ..fields import x as y") == Reference("shop.fields.x")


def test_keywords_are_sorted_and_spread() -> None:
    found = value("models.CharField(null=True, **COMMON)", "COMMON = {'max_length': 5, 'blank': True}")
    assert render(found) == "django.db.models.CharField(blank=True, max_length=5, null=True)"


def test_constants_of_the_module_and_of_the_tree() -> None:
    others = {"shop/constants.py": "SIZE = 40\nKINDS = [('a', 'A')]\nclass Status:\n    DRAFT = 'draft'\n"}
    before = (
        "from shop import constants\nfrom shop.constants import KINDS, Status\nLENGTH = constants.SIZE * 2"
    )
    assert value("LENGTH", before, others=others) == Constant(80)
    assert render(value("KINDS", before, others=others)) == "[('a', 'A')]"
    assert value("Status.DRAFT", before, others=others) == Constant("draft")


def test_functions_of_the_tree_stay_references() -> None:
    others = {"shop/models.py": "def upload_to(instance, name):\n    return name\n"}
    assert value("shop.models.upload_to", "import shop.models", others=others) == Reference(
        "shop.models.upload_to"
    )


def test_a_constant_that_a_package_passes_on() -> None:
    others = {"shop/conf/__init__.py": "from .sizes import *\n", "shop/conf/sizes.py": "SIZE = 7\n"}
    assert value("SIZE", "from shop.conf import SIZE", others=others) == Constant(7)


def test_modules_that_import_each_other() -> None:
    others = {"shop/a.py": "from shop.b import Y\nX = Y\n", "shop/b.py": "from shop.a import X\nY = X\n"}
    assert isinstance(value("X", "from shop.a import X", others=others), Reference)


def test_order_in_other_modules_is_kept() -> None:
    others = {"shop/c.py": "BASE = ['a']\nALL = BASE + ['b']\nBASE.append('c')\n"}
    assert render(value("ALL", "from shop.c import ALL", others=others)) == "['a', 'b']"
    assert render(value("BASE", "from shop.c import BASE", others=others)) == "['a', 'c']"


def test_a_setting_with_a_default() -> None:
    text, before = "getattr(settings, 'SHOP_MAX', 10)", "from django.conf import settings"
    assert value(text, before) == Constant(10)
    assert value(text, before, others={"project/settings.py": "SHOP_MAX = 20\n"}) == Constant(20)
    unknown = value(
        text, before, others={"project/settings.py": "import os\nSHOP_MAX = os.environ['X'] or 3\n"}
    )
    assert isinstance(unknown, Call)


def test_the_user_model_stays_a_setting() -> None:
    before = "from django.conf import settings"
    user = Reference("django.conf.settings.AUTH_USER_MODEL")
    assert value("settings.AUTH_USER_MODEL", before) == user
    assert value("getattr(settings, 'AUTH_USER_MODEL', 'auth.User')", before) == user


def test_names_bound_on_a_condition() -> None:
    before = "from django.conf import settings\nif settings.A:\n    x, y = 1, 5\nelse:\n    x, y = 2, 5\n"
    assert isinstance(value("x", before), Opaque)
    assert value("y", before) == Constant(5)
    only_once = "from django.conf import settings\nif settings.A:\n    z = 1\n"
    assert isinstance(value("z", only_once), Opaque)


def test_an_import_that_is_tried() -> None:
    before = "try:\n    from a import B\nexcept ImportError:\n    raise\n"
    assert value("B", before) == Reference("a.B")
    assert isinstance(
        value("B", "try:\n    from a import B\nexcept ImportError:\n    from c import B\n"), Opaque
    )


def test_dictionaries_that_are_filled() -> None:
    before = "d = {'a': 1}\nd['b'] = 2\nd.update({'c': 3})\n"
    assert value("d", before) == Dictionary(
        ((Constant("a"), Constant(1)), (Constant("b"), Constant(2)), (Constant("c"), Constant(3)))
    )


def test_code_of_the_module() -> None:
    assert isinstance(value("forwards", "def forwards(apps, schema_editor):\n    pass\n"), Code)
    assert isinstance(value("lambda: 1"), Code)


@pytest.mark.parametrize("text", ["'%s' % x for x in 3", "nan", "10**400"])
def test_what_is_no_literal_is_no_crash(text: str) -> None:
    value(f"({text})")
