"""When two data operations do the same work: their code and all that it reaches in the tree, each tree read on its own."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from stitchback.model.data_reach import EVERYTHING, Reach
from stitchback.model.keys import MigrationKey
from stitchback.model.operations import Followed

from .reading import HEAD, tree_of

ENSURE = """
from shop.kinds import KINDS, Kind
from shop import kinds as known
import shop.names

def ensure(apps, schema_editor, how=shop.names.plain):
    for name in KINDS:
        store(apps, name)

def store(apps, name):
    apps.get_model("shop", "Kind").objects.update_or_create(name=shop.names.clean(name), rank=Kind.RANK)

def unused():
    return 1
"""
KINDS = """
KINDS = ["first"]
OTHER = ["x"]
ALL = KINDS + OTHER

class Base:
    def rank(self):
        return 1

class Kind(Base):
    RANK = 1
"""
NAMES = """
def clean(name):
    return plain(name).strip()

def plain(name):
    return clean(name) if name else name
"""
TREE = {"shop/ensure.py": ENSURE, "shop/kinds.py": KINDS, "shop/names.py": NAMES}
RUN = "migrations.RunPython(ensure)"


def followed(
    operation: str = RUN,
    before: str = "from shop.ensure import ensure",
    files: Mapping[str, str] = TREE,
    name: str = "0002_x",
) -> Followed:
    source = f"{HEAD}{before}\nclass Migration(migrations.Migration):\n    operations = [{operation}]\n"
    packages = {"shop/__init__.py": "", "shop/migrations/__init__.py": ""}
    tree = tree_of({**packages, **files, f"shop/migrations/{name}.py": source})
    (work,) = tree.works.of(tree.migrations[MigrationKey("shop", name)])
    return work.followed


def changed(path: str, old: str, new: str) -> dict[str, str]:
    assert old in TREE[path]
    return {**TREE, path: TREE[path].replace(old, new)}


def test_what_it_reaches() -> None:
    found = followed()
    assert not found.unknown
    assert set(found.reached) == {
        "shop.ensure.ensure",
        "shop.ensure.store",
        "shop.kinds.Base",
        "shop.kinds.KINDS",
        "shop.kinds.Kind",
        "shop.names.clean",
        "shop.names.plain",
    }


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("shop/ensure.py", "in KINDS", "in reversed(KINDS)"),
        ("shop/ensure.py", "rank=Kind.RANK", "rank=2"),
        ("shop/ensure.py", "how=shop.names.plain", "how=None"),
        ("shop/ensure.py", "def store", "@shop.names.clean\ndef store"),
        ("shop/kinds.py", '["first"]', '["first", "second"]'),
        ("shop/kinds.py", "OTHER =", "KINDS.append('second')\nOTHER ="),
        ("shop/kinds.py", "ALL =", "if OTHER:\n    KINDS = []\nALL ="),
        ("shop/kinds.py", "RANK = 1", "RANK = 2"),
        ("shop/kinds.py", "return 1", "return 2"),  # a base class
        ("shop/kinds.py", "RANK = 1\n", "RANK = 1\nKind.RANK = 2\n"),
        ("shop/kinds.py", "RANK = 1\n", "RANK = 1\nsetattr(Kind, 'RANK', 2)\n"),
        ("shop/names.py", ".strip()", ".lower()"),
        ("shop/names.py", "else name", "else None"),
    ],
)
def test_a_change_of_what_it_reaches_is_other_work(path: str, old: str, new: str) -> None:
    assert followed(files=changed(path, old, new)).fingerprint != followed().fingerprint


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("shop/ensure.py", "return 1", "return 2"),  # not reached
        (
            "shop/ensure.py",
            "def store(apps, name):",
            "def store(apps, name):\n    '''Stores.'''\n    # a kind",
        ),
        (
            "shop/ensure.py",
            "def store(apps, name):\n    apps.",
            "def store(registry, name):\n    registry.",
        ),
        ("shop/kinds.py", '["x"]', '["y"]'),
        ("shop/kinds.py", "class Base", "class Other:\n    pass\n\nclass Base"),
        ("shop/kinds.py", 'KINDS = ["first"]', "KINDS = [\n    'first',\n]"),
    ],
)
def test_a_change_elsewhere_is_the_same_work(path: str, old: str, new: str) -> None:
    assert followed(files=changed(path, old, new)).fingerprint == followed().fingerprint


def test_a_function_that_was_moved_is_the_same_work() -> None:
    files = {**TREE, "shop/data/__init__.py": "", "shop/data/ensuring.py": ENSURE}
    del files["shop/ensure.py"]
    moved = followed(before="from shop.data.ensuring import ensure", files=files, name="0003_y")
    assert moved.fingerprint == followed().fingerprint


def test_a_name_that_packages_pass_on_is_the_same_work() -> None:
    files = {**TREE, "shop/data/__init__.py": "from shop.ensure import *\n"}
    assert followed(before="from shop.data import ensure", files=files).fingerprint == followed().fingerprint


@pytest.mark.parametrize(
    ("before", "operation"),
    [
        ("import shop.ensure", "migrations.RunPython(shop.ensure.ensure)"),
        ("from shop import ensure", "migrations.RunPython(ensure.ensure)"),
        ("from shop.ensure import ensure as run", "migrations.RunPython(run, elidable=True)"),
        ("from ..ensure import ensure", "migrations.RunPython(ensure, migrations.RunPython.noop)"),
    ],
)
def test_how_it_is_imported_does_not_matter(before: str, operation: str) -> None:
    assert followed(operation, before).fingerprint == followed().fingerprint


LOCAL = "def run(apps, schema_editor):\n    from shop.ensure import ensure\n    ensure(apps, schema_editor)\n"
ENTRIES = [
    ("migrations.RunPython(run)", LOCAL),
    ("migrations.RunPython(run)", LOCAL.replace("    from shop.ensure import ensure\n", "    import shop.ensure as e\n").replace("    ensure(", "    e.ensure(")),
    ("migrations.RunPython(run)", f"try:\n    from shop.ensure import ensure\nexcept ImportError:\n    ensure = None\n{LOCAL.replace('    from shop.ensure import ensure', '    pass')}"),
    ("migrations.RunPython(partial(ensure, how=None))", "from functools import partial\nfrom shop.ensure import ensure"),
    ("migrations.RunPython(lambda apps, editor: ensure(apps, editor))", "from shop.ensure import ensure"),
    ("migrations.RunPython(make(1))", "from shop.ensure import ensure\ndef make(n):\n    def inner(apps, editor):\n        ensure(apps, n)\n    return inner"),
    ("Load()", "from django.db.migrations.operations.base import Operation\nclass Load(Operation):\n    def state_forwards(self, a, s): pass\n"
        "    def database_forwards(self, a, s, f, t):\n        from shop.ensure import ensure\n        ensure(t.apps, s)"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "before"), ENTRIES)
def test_every_way_into_the_tree_is_followed(operation: str, before: str) -> None:
    one = followed(operation, before)
    assert not one.unknown
    assert "shop.names.clean" in one.reached
    other = followed(operation, before, changed("shop/names.py", ".strip()", ".lower()"))
    assert one.fingerprint != other.fingerprint


def test_its_arguments_are_part_of_the_work() -> None:
    before = "from functools import partial\nfrom shop.ensure import ensure"
    one, two = (followed(f"migrations.RunPython(partial(ensure, how={how}))", before) for how in (1, 2))
    assert one.fingerprint != two.fingerprint


@pytest.mark.parametrize(
    "body",
    [
        "import importlib\n\ndef ensure(apps, s):\n    importlib.import_module('shop.' + name()).run()\n\ndef name():\n    return 'x'",
        "from shop import kinds\n\ndef ensure(apps, s):\n    getattr(kinds, str(apps))()",
        "def ensure(apps, s):\n    missing(apps)",
        "from shop.kinds import GONE\n\ndef ensure(apps, s):\n    GONE(apps)",
        "def ensure(apps, s):\n    eval('apps')",
        "def ensure(apps, s):\n    open(str(apps))",
        "from django.core.management import call_command\n\ndef ensure(apps, s):\n    call_command('loaddata', 'gone.json')",
        "from django.core.management import call_command\n\ndef ensure(apps, s):\n    call_command(str(apps))",
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_no_other_work(body: str) -> None:
    files = {**TREE, "shop/ensure.py": body}
    one, other = followed(files=files), followed(files=files, name="0003_y")
    assert one.unknown
    assert one.fingerprint != other.fingerprint


def test_names_outside_of_the_tree_are_their_import_path() -> None:
    body = "import json\nfrom package.loading import load\n\ndef ensure(apps, s):\n    load(json.loads('[]'))"
    one = followed(files={"shop/ensure.py": body})
    assert not one.unknown
    assert (
        one.fingerprint
        == followed(
            files={
                "shop/ensure.py": body.replace("import load", "import load as l").replace(
                    "    load(", "    l("
                )
            }
        ).fingerprint
    )
    assert (
        one.fingerprint
        != followed(files={"shop/ensure.py": body.replace("package.loading", "package.other")}).fingerprint
    )


def test_an_app_may_be_called_as_a_module_of_python_is() -> None:
    files = {"calendar/__init__.py": "", "calendar/days.py": "def run(apps, s):\n    return 1"}
    one = followed("migrations.RunPython(run)", "from calendar.days import run", files)
    assert set(one.reached) == {"calendar.days.run"}


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("from django.core.management import call_command\n\ndef ensure(apps, s):\n    call_command('loaddata', 'kinds')", "shop/fixtures/kinds.json"),
        ("def ensure(apps, s):\n    s.execute(open('shop/sql/kinds.sql').read())", "shop/sql/kinds.sql"),
        ("from django.core.management import call_command\n\ndef ensure(apps, s):\n    call_command('fill')", "shop/management/commands/fill.py"),
        ("from django.conf import settings\n\ndef ensure(apps, s):\n    store(settings.KINDS)\n\ndef store(kinds):\n    pass", "project/settings.py"),
    ],
)  # fmt: skip
def test_files_commands_and_settings_that_it_reads(code: str, path: str) -> None:
    texts = {
        "shop/fixtures/kinds.json": ("[1]", "[2]"),
        "shop/sql/kinds.sql": ("INSERT 1", "INSERT 2"),
        "shop/management/commands/fill.py": ("class Command:\n    x = 1", "class Command:\n    x = 2"),
        "project/settings.py": ("KINDS = [1]\nA = 1", "KINDS = [2]\nA = 1"),
    }
    one, other = (followed(files={"shop/ensure.py": code, path: text}) for text in texts[path])
    assert not one.unknown
    assert one.fingerprint != other.fingerprint
    assert path in {each.path for each in one.reached.values()}


def test_code_that_reaches_nothing_has_its_own_text_alone() -> None:
    assert followed("migrations.RunPython(run)", "def run(apps, s):\n    print(apps)") == Followed("", {})


def test_a_name_that_a_function_binds_is_not_followed() -> None:
    body = "from shop import kinds\nfrom shop.names import clean\n\ndef ensure(apps, kinds):\n    for clean in kinds:\n        clean(kinds)"
    assert set(followed(files={**TREE, "shop/ensure.py": body}).reached) == {"shop.ensure.ensure"}


def test_a_method_does_not_hide_the_function_of_its_name() -> None:
    body = (
        "from shop.names import clean\n\nclass Loader:\n    def clean(self):\n        return clean(self)\n\n"
        "def ensure(apps, s):\n    Loader().clean()"
    )
    assert "shop.names.clean" in followed(files={**TREE, "shop/ensure.py": body}).reached


def test_too_much_of_the_tree_is_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stitchback.parsing.data_operation_code.MAX_DEFINITIONS", 3)
    assert "too much" in followed().unknown


def test_an_imported_function_that_does_nothing_leaves_nothing() -> None:
    body = "def ensure(apps, editor):\n    editor.execute('SET lock_timeout = 5')"
    assert followed(files={"shop/ensure.py": body}).empty
    assert not followed().empty


FILL = """
from django.db.models import F

def fill(apps, schema_editor):
    apps.get_model("shop", "Item").objects.filter(colour="").update(colour=F("name"))
"""


def reach(fill: str, before: str = "from shop.fill import fill") -> Reach:
    run = "migrations.RunPython(fill)"
    return followed(run, before, {**TREE, "shop/fill.py": fill}).reach


def test_what_an_imported_function_can_use() -> None:
    found = reach(FILL)
    assert found.models == {"shop.item"}
    assert found.names("colour")
    assert not found.names("size")


def test_near_miss_an_imported_function_that_uses_more_of_the_tree() -> None:
    """What `clean` does with the models is not known."""
    assert (
        reach(FILL.replace("from django", "from shop.names import clean\nfrom django") + "    clean(apps)\n")
        == EVERYTHING
    )
    assert reach(FILL, "def fill(apps, schema_editor):\n    pass\n") == EVERYTHING, (
        "of its own file: `Code.reach` says it"
    )


def test_a_file_that_will_run_with_mainlines_module_uses_what_either_uses() -> None:
    either = reach(FILL) | reach(FILL.replace("colour", "size"))
    assert either.names("colour")
    assert either.names("size")
    assert reach(FILL) | EVERYTHING == EVERYTHING
