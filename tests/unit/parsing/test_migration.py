"""Migration files as people write them: the traps of CASES.md, 'Static traps seen', each as a case."""

from __future__ import annotations

import pytest

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Swappable, Unreadable
from stitchback.model.source import Opaque

from .reading import HEAD, body, migration, operations, read, shown

ADD = "migrations.AddField('item', '{}', models.IntegerField())"
A, B = ADD.format("a"), ADD.format("b")


def names(found: Migration) -> list[str]:
    """The added fields' names, "?" for what is opaque."""
    return ["?" if isinstance(item, Opaque) else str(item)[-3] for item in found.operations]


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        (f"operations = [{A}, {B}]", "", ""),
        (f"operations = ({A}, {B})", "", ""),
        (f"operations: list = [{A}, {B}]", "", ""),
        ("operations = OPS", f"OPS = [{A}, {B}]", ""),
        ("operations = [make(n) for n in 'ab']", f"def make(n): return {ADD.format('a').replace(chr(39) + 'a' + chr(39), 'n')}", ""),
        (f"operations = [{A}] + [{B}]", "", ""),
        (f"operations = []\n    operations += [{A}]\n    operations.append({B})", "", ""),
        (f"operations = [{B}]\n    operations.insert(0, {A})", "", ""),
        (f"operations = []\n    operations.extend([{A}, {B}])", "", ""),
        ("operations = OPS", "OPS = []", f"OPS.append({A})\nOPS.append({B})"),
        ("operations = OPS", "OPS = []\nfor n in ['a', 'b']:\n    OPS.append(migrations.AddField('item', n, models.IntegerField()))", ""),
        ("operations = []\n    for n in ('a', 'b'):\n        operations.append(migrations.AddField('item', n, models.IntegerField()))", "", ""),
        (f"operations = [{A}]", "", f"Migration.operations.append({B})"),
        (f"operations = [{A}]", "", f"Migration.operations += [{B}]"),
        ("operations = []", "", f"Migration.operations = [{A}, {B}]"),
        ("operations = [*OPS, *MORE]", f"OPS = [{A}]\nMORE = ({B},)", ""),
        ("operations = make()", f"def make():\n    found = []\n    found.append({A})\n    found.append({B})\n    return found", ""),
        (f"operations = list(x for x in [{A}, {B}])", "", ""),
        (f"if True:\n        operations = [{A}, {B}]", "", ""),
        (f"operations = [{A}]\n    more = operations\n    more.append({B})", "", ""),
    ],
)  # fmt: skip
def test_two_operations(text: str, before: str, after: str) -> None:
    assert names(body(f"    {text}", before, after)) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "before", "after", "expected"),
    [
        ("operations = OPS", "OPS = []\nfor n in load():\n    OPS.append(n)", "", ["?"]),
        ("operations = OPS", "OPS = []\ndef fill(): OPS.append(1)\nfill()", "", ["?"]),
        ("operations = OPS", "from lib import fill\nOPS = []\nfill(OPS)", "", ["?"]),
        ("operations = OPS", "OPS = []\nwhile more(): OPS.append(1)", "", ["?"]),
        ("operations = OPS", "OPS = []\nwith open('x') as f:\n    OPS.extend(f)", "", ["?"]),
        ("operations = load()", "from lib import load", "", ["?"]),
        ("operations = property(lambda self: [])", "", "", ["?"]),
        ("def operations(self): return []", "", "", ["?"]),
        (f"operations = [{A}]", "from lib import change", "change(Migration)", ["?"]),
        (f"operations = [{A}]", "", "Migration.operations[0].name = 'x'", ["?"]),
        (f"operations = [{A}]", "from lib import flag", f"if flag():\n    Migration.operations.append({B})", ["a", "?"]),
        (f"operations = [{A}]\n    if flag:\n        operations += [{B}]", "from lib import flag", "", ["a", "?"]),
        (f"operations = [{A}]\n    if flag:\n        operations.insert(0, {B})", "from lib import flag", "", ["?", "a"]),
        (f"operations = [{A}] + load()", "from lib import load", "", ["a", "?"]),
        (f"operations = [{A}, *load(), {B}]", "from lib import load", "", ["a", "?", "b"]),
        (f"if flag:\n        operations = [{A}]", "from lib import flag", "", ["?"]),
        (f"try:\n        operations = [{A}]\n    except Exception:\n        operations = []", "", "", ["?"]),
        (f"operations = [{A} if flag else {B}]", "from lib import flag", "", ["?"]),
        (f"operations = [{A}]\n    for x in load():\n        operations.append(x)", "from lib import load", "", ["?"]),
        (f"operations = [{A}]", "", "del Migration.operations[0]", ["?"]),
        (f"operations = [{A}]", "", "Migration.operations.sort(key=str)", ["?"]),
    ],
)  # fmt: skip
def test_what_is_not_known_never_reads_as_nothing(
    text: str, before: str, after: str, expected: list[str]
) -> None:
    assert names(body(f"    {text}", before, after)) == expected


def test_operations_that_are_not_said_are_none() -> None:
    assert body("    pass").operations == ()


@pytest.mark.parametrize(
    "line", ["print('x')", "import logging\nlogging.getLogger('x').info(OPS)", "assert OPS", "OPS"]
)
def test_what_changes_nothing_taints_nothing(line: str) -> None:
    assert names(body("    operations = OPS", f"OPS = [{A}]\n{line}")) == ["a"]


def test_dependencies() -> None:
    found = body(
        """    dependencies = [
        ('shop', '0001_initial'),
        ['auth', '__first__'],
        ("contenttypes", "__latest__"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency("accounts.User"),
        (APP, '0002'),
        settings.OTHER,
        make(),
    ]
    run_before = [('admin', '0001_initial')]
    replaces = [('shop', '0002_old'), ('shop', '0003_old')]
    initial = True
    atomic = False""",
        "from django.conf import settings\nfrom lib import make\nAPP = 'other'",
    )
    assert found.dependencies[:6] == (
        MigrationKey("shop", "0001_initial"),
        MigrationKey("auth", "__first__"),
        MigrationKey("contenttypes", "__latest__"),
        Swappable("AUTH_USER_MODEL"),
        MigrationKey("accounts", "__first__"),
        MigrationKey("other", "0002"),
    )
    assert [type(item) for item in found.dependencies[6:]] == [Opaque, Opaque]
    assert found.run_before == (MigrationKey("admin", "0001_initial"),)
    assert found.ghosts == (MigrationKey("shop", "0002_old"), MigrationKey("shop", "0003_old"))
    assert (found.initial, found.atomic) == (True, False)
    assert len(found.opaques) == 2


def test_dependencies_that_are_added_on_a_condition() -> None:
    found = body(
        "    dependencies = [('shop', '0001')]\n    if apps.is_installed('x'):\n        dependencies.append(('x', '0001'))",
        "from django.apps import apps",
    )
    assert found.parents == (MigrationKey("shop", "0001"),)
    assert len(found.dependencies) == 2
    assert "condition" in str(found.opaques[0])
    assert "is_installed" in found.opaques[0].source


def test_dependencies_by_swapper() -> None:
    found = body(
        "    dependencies = [swapper.dependency('org', 'User'), swapper.dependency('org', 'User', version='0004')]",
        "import swapper",
    )
    assert found.dependencies == (MigrationKey("org", "__first__"), MigrationKey("org", "0004"))


def test_replaces_from_a_helper() -> None:
    before = "def squashed(*numbers): return [('shop', f'{n:s}_x') for n in numbers]\n"
    assert len(body("    replaces = squashed('1')", before).opaques) == 1
    before = "def squashed(*numbers): return [('shop', f'{n}_x') for n in numbers]\n"
    assert body("    replaces = squashed('1', '2')", before).ghosts == (
        MigrationKey("shop", "1_x"),
        MigrationKey("shop", "2_x"),
    )


def test_a_base_of_the_module() -> None:
    found = migration(
        f"{HEAD}class Base(migrations.Migration):\n    atomic = False\n    operations = [{A}]\n"
        "class Migration(Base):\n    dependencies = [('shop', '0001')]\n"
    )
    assert names(found) == ["a"]
    assert found.atomic is False
    assert found.parents == (MigrationKey("shop", "0001"),)
    assert not found.opaques


def test_a_base_of_the_package() -> None:
    package = {
        "shop/migrations/__init__.py": f"{HEAD}class Base(migrations.Migration):\n    initial = True\n"
    }
    source = f"{HEAD}from . import Base\nclass Migration(Base):\n    operations = [{A}]\n"
    found = migration(source, others=package)
    assert found.initial is True
    assert not found.opaques


def test_a_base_that_nobody_has() -> None:
    found = migration(f"{HEAD}from lib import Base\nclass Migration(Base):\n    operations = [{A}]\n")
    assert names(found) == ["a"]
    assert [isinstance(item, Opaque) for item in found.dependencies] == [True]
    assert found.opaque_attributes


def test_a_migration_that_is_imported() -> None:
    others = {"shop/base.py": f"{HEAD}class Migration(migrations.Migration):\n    operations = [{A}]\n"}
    assert names(migration("from shop.base import Migration\n", others=others)) == ["a"]


def test_a_migration_under_another_name() -> None:
    found = migration(f"{HEAD}class Mine(migrations.Migration):\n    operations = [{A}]\nMigration = Mine\n")
    assert names(found) == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "def __init__(self, name, app_label):\n        super().__init__(name, 'django_celery_results')",
        "def apply(self, project_state, schema_editor, collect_sql=False):\n        return project_state",
        "def mutate_state(self, project_state, preserve=True):\n        return project_state",
        "def apply(self, state, editor, collect_sql=False):\n        load()\n        return super().apply(state, editor, collect_sql)",
        "def apply(self, state, editor, collect_sql=False):\n        print(load())\n        return super().apply(state, editor, collect_sql)",
        "def apply(self, state, editor, collect_sql=False):\n        return super().apply(editor, state, collect_sql)",
        "def apply(self, state, editor, collect_sql=False):\n        return super().apply(state, editor)",
        "def apply(self, state, editor, collect_sql=False):\n        super().apply(state, editor, collect_sql)",
        "def apply(self, state, editor, collect_sql=False):\n        return super().unapply(state, editor, collect_sql)",
        "def apply(self, state, editor, collect_sql=False):\n        after = super().apply(state, editor, collect_sql)\n        return state",
        "def apply(self, state, editor, collect_sql=False):\n        if load.wanted:\n            return super().apply(state, editor, collect_sql)",
        "@load\n    def apply(self, *args):\n        return super().apply(*args)",
        "atomic = load()",
        "initial = load()",
    ],
)
def test_what_else_a_class_may_do_is_told(text: str) -> None:
    assert body(f"    {text}", "from lib import load").opaque_attributes


@pytest.mark.parametrize(
    "text",
    [
        "def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)",
        "def unapply(self, *args, **kwargs): raise ValueError",
        "def apply(self, *args, **kwargs):\n        return super().apply(*args, **kwargs)",
        "def apply(self, state, editor, collect_sql=False):\n        'Logs.'\n        log.info('%s begins', self.name)\n        return super().apply(state, editor, collect_sql=collect_sql)",
        "def apply(self, state, editor, collect_sql=False):\n        print('begins')\n        after = super().apply(state, editor, collect_sql)\n        print(f'{self.name} ends')\n        return after",
        "def mutate_state(self, project_state, preserve=True):\n        return super().mutate_state(project_state, preserve)",
        "dumpsql = True",
        "def forwards(apps, schema_editor): pass",
        "'''A docstring.'''",
    ],
)
def test_what_changes_nothing_is_not_told(text: str) -> None:
    assert not body(f"    {text}").opaques


def test_a_decorated_class() -> None:
    found = migration(
        f"{HEAD}from lib import deco\n@deco\nclass Migration(migrations.Migration):\n    pass\n"
    )
    assert found.opaque_attributes


def test_functions_in_the_class() -> None:
    text = "    def forwards(apps, schema_editor):\n        apps.x()\n    operations = [migrations.RunPython(forwards)]"
    assert shown(body(text).operations)[0].startswith("RunPython(code=<forwards ")


def test_provenance() -> None:
    text = '# stitchback: replaces shop.0003 of release\n    # stitchback: takes operations from shop.0005\nx = """\n# stitchback: no\n"""\n#stitchback: no\n'
    assert migration(f"{HEAD}class Migration(migrations.Migration):\n    pass\n    {text}").provenance == (
        "replaces shop.0003 of release",
        "takes operations from shop.0005",
    )


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("x = (", "syntax error"),
        ("X = = 1", "syntax error"),
        ("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n", "conflict markers"),
        (b"x = 1\x00", "null bytes"),
        (b"x = '\xff'", "utf-8"),
        (b"# coding: no-such\nx = 1", "encoding"),
        ("", "no Migration class"),
        ("Migration = 3", "no Migration class"),
        ("class Migration: pass", "does not extend"),
        ("class Migration(object): pass", "does not extend"),
        ("from south.v2 import SchemaMigration\nclass Migration(SchemaMigration): pass", "South"),
        ("x = " + "[" * 10_000, ""),
        ("x = " + "(" * 10_000 + ")" * 10_000, ""),
        ("x = " + "-" * 100_000 + "1", "deep"),
        ("x = " + ".".join("a" * 50_000), "deep"),
        ("x = 1" + " + 1" * 100_000, "deep"),
        (b"#" * 6_000_000, "bytes"),
    ],
)  # fmt: skip
def test_files_that_give_no_migration(source: str | bytes, reason: str) -> None:
    found = read(source)
    assert isinstance(found, Unreadable)
    assert reason.lower() in found.reason.lower()
    assert found.key == MigrationKey("shop", "0002_x")
    assert found.span.path == "shop/migrations/0002_x.py"


def test_a_conflict_s_place() -> None:
    found = read("x = 1\n\n<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n")
    assert isinstance(found, Unreadable)
    assert found.span.line == 3


PLAIN = f"{HEAD}class Migration(migrations.Migration):\n    operations = [{A}]  # é\n"


@pytest.mark.parametrize(
    "source",
    [
        PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        b"# -*- coding: latin-1 -*-\n" + PLAIN.encode("latin-1"),
        PLAIN.replace("\n", "\r").encode(),
    ],
)
def test_bytes_of_every_kind(source: bytes) -> None:
    assert names(migration(source)) == ["a"]


def test_deep_but_not_too_deep() -> None:
    text = "models.Q(a=1)" + " | models.Q(b=2)" * 40
    (found,) = operations(f"[migrations.RunSQL('', hints={text})]")
    assert not isinstance(found, Opaque)
    assert not found.opaques
    longer = "'a'" + " + 'b'" * 600
    (found,) = operations(f"[migrations.RunSQL({longer})]")
    assert "a" + "b" * 600 in str(found)


def test_nothing_is_run() -> None:
    source = f"import sys\nsys.exit(3)\nopen('/nonexistent')\n1 / 0\nraise SystemExit\n{PLAIN}"
    assert names(migration(source)) == ["a"]


def test_odd_names() -> None:
    found = body(
        "    dependencies = [('sh\"op', '0001\\n../x')]\n    operations = [migrations.AddField('it\"em', \"a'\", None)]"
    )
    assert found.parents == (MigrationKey('sh"op', "0001\n../x"),)


def test_imports_that_every_django_has() -> None:
    before = "try:\n    from django.contrib.postgres.fields import JSONField\nexcept ImportError:\n    from x import JSONField\n"
    (found,) = operations("[migrations.AddField('a', 'b', JSONField())]", before)
    assert "django.contrib.postgres.fields.JSONField()" in str(found)


def test_a_class_on_a_condition() -> None:
    found = read(f"{HEAD}from lib import x\nif x:\n    class Migration(migrations.Migration): pass\n")
    assert isinstance(found, Unreadable)
    assert "condition" in found.reason


def test_byte_strings_of_python_2_name_migrations_as_strings_do() -> None:
    found = body("    replaces = [(b'shop', '0001_old')]\n    dependencies = [('crm', b'0001_initial')]")
    assert found.ghosts == (MigrationKey("shop", "0001_old"),)
    assert found.dependencies == (MigrationKey("crm", "0001_initial"),)
    assert not found.opaques


def test_a_helper_that_adds_on_a_condition_gives_what_it_always_gives() -> None:
    helper = """
def needed():
    found = [('shop', '0001')]
    if settings.INSTALLED_APPS:
        found.append(('x', '0001'))
    return found

def either():
    if settings.INSTALLED_APPS:
        return [('shop', '0001')]
    return [('x', '0001')]
"""
    before = f"from django.conf import settings\n{helper}"
    found = body("    dependencies = needed()", before)
    assert found.dependencies[0] == MigrationKey("shop", "0001")
    assert [isinstance(item, Opaque) for item in found.dependencies[1:]] == [True]
    assert [
        isinstance(item, Opaque) for item in body("    dependencies = either()", before).dependencies
    ] == [True]
