"""What the hostile files hold, as bytes."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

HOTFIX = ("shop", "0003_item_colour")  # the release's own last migration

ODD_NAMES = (
    '0004_it\'s "quoted" `backticks` $(touch executed); DROP TABLE django_migrations; --',
    "0005_new\nline\rreturn\ttab \x1b[2J\x1b]0;owned\x07 \u202etfel_ot_thgir",
    "-0006--option=" + "long" * 50,
    " 0007_%s {0} ${HOME} %(name)s ::error file=x:: <img src=x onerror=alert(1)> back\\slash \udcff\udcfe ",
)
ODD_LABELS = (
    "it's",
    'dou"ble',
    "new\nline",
    "../../../etc",
    "/absolute/path",
    "shop'; DROP TABLE django_migrations; --",
    "dotted.label",
    "",
    "shop",  # the label of another app
    "\x1b[31mred",
    "label" * 2000,
)


def migration(parent: tuple[str, str] | None, operation: str, *more: tuple[str, str]) -> bytes:
    """A migration as makemigrations writes it, with that one operation."""
    dependencies = "".join(f"        {item!r},\n" for item in (parent, *more) if item)
    return (
        "from django.db import migrations, models\n\n\n"
        "class Migration(migrations.Migration):\n\n"
        f"    dependencies = [\n{dependencies}    ]\n\n"
        f"    operations = [\n        {operation},\n    ]\n"
    ).encode()


def add_field(name: str) -> str:
    return f"migrations.AddField('item', {name!r}, models.IntegerField(null=True))"


def create_model(name: str) -> str:
    return f"migrations.CreateModel({name!r}, [('id', models.BigAutoField(primary_key=True))])"


def app_config(folder: str, label: str) -> bytes:
    return f"from django.apps import AppConfig\n\n\nclass Odd(AppConfig):\n    name = {folder!r}\n    label = {label!r}\n".encode()


ESCAPING_MIGRATION = migration(HOTFIX, add_field("escaping")).replace(
    b"    dependencies",
    b"    replaces = [('shop', '../../../escaped_replaces'), ('../../x', '/escaped'), ('shop', 'x\\n\"')]\n\n"
    b"    run_before = [('../../../escaped_app', '../../escaped')]\n\n"
    b"    dependencies",
)

CONFLICT = b"""\
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
<<<<<<< HEAD
        ("shop", "0003_item_colour"),
=======
        ("shop", "0003_item_supplier"),
>>>>>>> origin/main
    ]

    operations = [
        migrations.AddField("item", "fabric", models.CharField(max_length=30, null=True)),
    ]
"""


def code_everywhere(marker: Path) -> dict[str, bytes]:
    """Files of the release, each of which would make the marker when it is imported or run."""
    write = f"open({str(marker)!r}, 'a').write(__name__ + chr(10))"
    alone = f"{write}\n".encode()
    places = ("manage.py", "sitecustomize.py", "conftest.py", "setup.py", "ast.py", "json.py", "click.py")
    packages = (
        "project/settings.py",
        "shop/apps.py",
        "shop/admin.py",
        "django/__init__.py",
        "git/__init__.py",
    )
    return {
        **dict.fromkeys((*places, *packages), alone),
        "shop/__init__.py": alone,
        "shop/models.py": alone,
        "shop/migrations/__init__.py": alone,
        "shop/management/commands/stitchback.py": alone,
        "pyproject.toml": b"[build-system]\nrequires = []\nbuild-backend = 'setup'\nbackend-path = ['.']\n",
        ".pre-commit-config.yaml": b"repos: []\n",
        "shop/migrations/0004_runs.py": _runs(write),
    }


def _runs(write: str) -> bytes:
    source = f'''
        """A migration that runs wherever Python runs something."""
        import os, sys
        from django.db import migrations, models

        MARK = lambda *args, **kwargs: {write} or args
        {write}
        text = f"{{ {write} }}"
        rows = [{write} for _ in range(3)]
        colours = {{MARK("a"): MARK("b")}}
        if MARK(): extra = MARK()
        try:
            1 / 0
        except MARK():
            pass

        def decorated(function): {write}; return function

        class Meta(type):
            def __new__(cls, *args): {write}; return super().__new__(cls, *args)
            def __getattr__(cls, name): {write}; return []

        class Text(str):
            def __add__(self, other): {write}; return self
            def __mod__(self, other): {write}; return self
            def __format__(self, spec): {write}; return self
            def __eq__(self, other): {write}; return True
            __hash__ = str.__hash__

        @decorated
        class Migration(migrations.Migration, metaclass=Meta):
            {write}
            def helper(value={write}): return value
            dependencies = [("shop", Text("0003_item_colour") + "")]
            operations = [
                migrations.AddField("item", "run" % MARK(), models.CharField(max_length={write}, default=MARK, null=True)),
                *MARK([]),
                __import__("os").system("echo run") and migrations.RunSQL("select 1"),
                eval({write!r}),
            ]
            replaces = [("shop", f"{{MARK()}}")]
            def __init__(self, *args): {write}; super().__init__(*args)

        {write}
        '''
    return dedent(source).lstrip().encode()


def computed_classes(marker: Path, folder: str) -> dict[str, bytes]:
    """Migration classes that nobody knows without running something."""
    write = f"open({str(marker)!r}, 'a').write(__name__)"
    body = "class Migration(migrations.Migration):\n    operations = []\n"
    start = f"from django.db import migrations, models\n\n{write}\n"
    files = {
        "0004_by_exec": f"exec({write + chr(10) + body!r})\n",
        "0005_by_type": "Migration = type('Migration', (migrations.Migration,), {'operations': globals().get('x', [])})\n",
        "0006_by_call": f"def make():\n    {write}\n    return migrations.Migration\n\n\nMigration = make()\n",
        "0007_by_globals": "globals()['Migration'] = type('M', (migrations.Migration,), {})\n",
        "0008_by_import": "from shop.nowhere import *\n",
        "0009_by_getattr": "def __getattr__(name):\n    return type(name, (migrations.Migration,), {})\n",
        "0010_deleted": f"{body}\n\ndel Migration\n",
        "0011_twice": f"{body}\n\nif {write}:\n    {body.replace(chr(10), chr(10) + '    ').rstrip()}\n",
        "0012_inherits_itself": "class Migration(Migration):\n    operations = Migration.operations\n",
    }
    return {f"{folder}/{name}.py": (start + text).encode() for name, text in files.items()}


def huge(size: int) -> bytes:
    """A migration of about that many bytes: good Python, line for line."""
    head = migration(HOTFIX, add_field("huge"))
    line = b"# " + b"x" * 76 + b"\n"
    value = b"ROWS = [\n" + b"    (1, 'text', None),\n" * (size // 44) + b"]\n"
    return head + value + line * (size // 2 // len(line))


def nested(depth: int) -> dict[str, bytes]:
    """name -> a migration with code nested that deep."""
    values = {
        "lists": "[" * depth + "]" * depth,
        "tuples": "(" * depth + "1," + ")," * depth,
        "dictionaries": "{1:" * depth + "1" + "}" * depth,
        "sums": "+".join(["[]"] * depth),
        "powers": "**".join(["1"] * depth),
        "signs": "-" * depth + "1",
        "nots": "not " * depth + "x",
        "attributes": "x" + ".y" * depth,
        "calls": "x" + "()" * depth,
        "subscripts": "x" + "[0]" * depth,
        "lambdas": "lambda: " * depth + "1",
        "conditions": "1 if x else " * depth + "1",
        "f_strings": "f'{" * 100 + "1" + "}'" * 100,
        "joined": "'a' " * depth,
        "compared": "1" + " < 1" * depth,
    }
    files = {name: migration(HOTFIX, text) for name, text in values.items()}
    chain = "".join(f"elif x == {number}:\n    pass\n" for number in range(depth))
    blocks = "".join("    " * level + "if x:\n" for level in range(95)) + "    " * 95 + "pass\n"
    assigned = "".join(f"a{number + 1} = [a{number}]\n" for number in range(depth))
    after = migration(HOTFIX, add_field("deep"))
    files["elif"] = after + f"\nx = 1\nif x:\n    pass\n{chain}".encode()
    files["blocks"] = after + f"\nx = 1\n{blocks}".encode()
    files["names"] = b"a0 = []\n" + assigned.encode() + migration(HOTFIX, f"*a{depth}")
    return files


def expensive() -> dict[str, bytes]:
    """name -> a migration that is short, and costs what no machine has, where somebody computes it."""
    doubled = "a0 = [('shop', 'x')]\n" + "".join(f"a{n + 1} = a{n} + a{n}\n" for n in range(60))
    joined = "s0 = 'x'\n" + "".join(f"s{n + 1} = s{n} + s{n}\n" for n in range(60))
    nested_names = "t0 = ('x',)\n" + "".join(f"t{n + 1} = (t{n}, t{n})\n" for n in range(60))
    digits = ", ".join(map(str, range(100)))
    rounds = " ".join(f"for x{n} in [{digits}]" for n in range(8))
    calls = "def f0(): return [1]\n" + "".join(f"def f{n + 1}(): return f{n}() + f{n}()\n" for n in range(60))
    return {
        "power": migration(HOTFIX, "models.CharField(max_length=9**9**9)"),
        "shift": migration(HOTFIX, "models.CharField(max_length=1 << 10**12)"),
        "text": migration(HOTFIX, "migrations.RunSQL('x' * 10**12)"),
        "items": migration(HOTFIX, "*([1] * 10**12)"),
        "width": migration(HOTFIX, "migrations.RunSQL('%1000000000000d' % 1)"),
        "format": migration(HOTFIX, "migrations.RunSQL(f'{1:1000000000000}')"),
        "rounds": migration(HOTFIX, f"*[x0 {rounds}]"),
        "range": migration(HOTFIX, "*[x for x in range(10**12)]"),
        "digits": migration(HOTFIX, "models.IntegerField(default=int('9' * 10**6))"),
        "number": migration(HOTFIX, f"models.IntegerField(default=0x{'f' * 1_000_000})"),
        "doubled": doubled.encode() + migration(HOTFIX, "*a60"),
        "joined": joined.encode() + migration(HOTFIX, "migrations.RunSQL(s60)"),
        "names": nested_names.encode() + migration(HOTFIX, "migrations.RunPython(t60)"),
        "calls": calls.encode() + migration(HOTFIX, "*f60()"),
        "while": b"x = []\nwhile True:\n    x.append(1)\n" + migration(HOTFIX, "*x"),
        "recursive": b"def f(x):\n    return f(f(x))\n\n\n" + migration(HOTFIX, "f(1)"),
        "endless": b"x = []\nfor y in x:\n    x.append(y)\nx.append(x)\nx = [x, x]\n"
        + migration(HOTFIX, "*x"),
        "regex": migration(HOTFIX, "migrations.RunSQL('" + "%(" * 50_000 + "')"),
    }


def not_text() -> dict[str, bytes]:
    """name -> bytes that are no text, or not the text that they say."""
    good = migration(HOTFIX, add_field("bytes"))
    return {
        "no_utf8": good + b"x = '\xff\xfe\xfa'\n",
        "nul": good + b"x = '\0'\n",
        "cookie": b"# -*- coding: no-such-codec -*-\n" + good,
        "cookie_and_bom": b"\xef\xbb\xbf# -*- coding: latin-1 -*-\n" + good,
        "rot13": b"# -*- coding: rot13 -*-\n" + good,
        "utf_7": b"# -*- coding: utf-7 -*-\n" + good,
        "utf_16": good.decode().encode("utf-16"),
        "random": bytes(range(256)) * 64,
        "empty": b"",
        "form_feed": b"\f\n" + good,
        "old_mac": good.replace(b"\n", b"\r"),
        "surrogates": good + b"x = '\\ud800'\n",
    }


def homeless() -> dict[str, bytes]:
    """name -> a migration with parents that nobody has."""
    return {
        "0004_lost": migration(
            ("shop", "0003_nobody_has_this"), add_field("lost"), ("nowhere", "0001_initial")
        ),
        "0005_escaping": migration(
            ("shop", "../../../../escaped_dependency"),
            add_field("escaping"),
            ("../../../escaped_app", "__first__"),
        ),
    }


def cycle() -> dict[str, bytes]:
    """name -> a migration of circles in `dependencies`, `run_before` and `replaces`."""
    head = b"    dependencies"
    hangs = {
        "0004_first": ("0006_third", ""),
        "0005_second": ("0004_first", ""),
        "0006_third": ("0005_second", ""),
        "0007_itself": ("0007_itself", ""),
        "0008_before": ("0003_item_colour", "    run_before = [('shop', '0003_item_colour')]\n\n"),
        "0009_replaces": ("0003_item_colour", "    replaces = [('shop', '0010_replaces')]\n\n"),
        "0010_replaces": (
            "0003_item_colour",
            "    replaces = [('shop', '0009_replaces'), ('shop', '0010_replaces')]\n\n",
        ),
        "0011_first": ("__first__", ""),
        "0012_latest": ("__latest__", ""),
    }
    return {
        name: migration(("shop", parent), add_field(f"round{number}")).replace(head, more.encode() + head)
        for number, (name, (parent, more)) in enumerate(hangs.items())
    }
