"""Trees of files: which folders hold migrations, and what Django calls their apps."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pytest

from stitchback.model.field_names import DeclaredField
from stitchback.model.keys import MigrationKey
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import Code, Constant
from stitchback.parsing.custom_fields import unsaid_arguments
from stitchback.parsing.reading_context import CachedReading, ReadingConfig
from stitchback.parsing.tree import read_tree

from .reading import HEAD, entries, tree_of

INITIAL = f"{HEAD}class Migration(migrations.Migration):\n    initial = True\n    dependencies = []\n    operations = []\n"
ITEM = INITIAL.replace(
    "operations = []",
    "operations = [migrations.CreateModel(name='Item', fields=[('id', models.BigAutoField(primary_key=True))])]",
)


def second(label: str, parent: str = "0001_initial", operation: str = "") -> str:
    return (
        f"{HEAD}class Migration(migrations.Migration):\n    dependencies = [('{label}', '{parent}')]\n"
        f"    operations = [{operation}]\n"
    )


def app(folder: str, label: str = "", **more: str) -> dict[str, str | bytes]:
    """A package with two migrations that call the app by that label."""
    label = label or folder.rpartition("/")[2]
    return {
        f"{folder}/__init__.py": "",
        f"{folder}/models.py": "",
        f"{folder}/migrations/__init__.py": "",
        f"{folder}/migrations/0001_initial.py": ITEM,
        f"{folder}/migrations/0002_next.py": second(label),
        **{f"{folder}/{name}": text for name, text in more.items()},
    }


def labels(files: Mapping[str, str | bytes], config: ReadingConfig | None = None) -> dict[str, str]:
    return {label: found.path for label, found in tree_of(files, config).apps.items()}


def test_a_simple_project() -> None:
    color = "migrations.AddField('item', 'color', models.CharField(max_length=9, null=True))"
    files = {**app("shop"), "manage.py": "", "shop/migrations/0002_next.py": second("shop", operation=color)}
    tree = tree_of(files)
    assert sorted(tree.migrations) == [
        MigrationKey("shop", "0001_initial"),
        MigrationKey("shop", "0002_next"),
    ]
    found = tree.migrations[MigrationKey("shop", "0002_next")]
    assert found.parents == (MigrationKey("shop", "0001_initial"),)
    assert [str(operation) for operation in found.operations] == [
        "AddField(field=django.db.models.CharField(max_length=9, null=True), model_name='item', name='color')"
    ]
    assert not tree.unreadable
    assert (tree.apps["shop"].migrations, tree.apps["shop"].package) == ("shop/migrations", "shop")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (app("shop"), {"shop": "shop"}),
        (app("src/shop"), {"shop": "src/shop"}),
        (app("a/b/shop"), {"shop": "a/b/shop"}),
        ({**app("one/shop"), **app("two/store")}, {"shop": "one/shop", "store": "two/store"}),
        (app("shop", "store"), {"store": "shop"}),  # what its own dependencies call it
        (app("shop", "store", **{"apps.py": "from django.apps import AppConfig\nclass C(AppConfig):\n    name = 'shop'\n    label = 'store'\n"}), {"store": "shop"}),
        (app("a/shop", **{"apps.py": "from django.apps import AppConfig\nclass C(AppConfig):\n    name = 'a.shop'\n"}), {"shop": "a/shop"}),
        (
            app("shop", "x", **{"apps.py": "from django.apps import AppConfig\nclass Base(AppConfig):\n    name = 'shop'\nclass C(Base):\n    label = 'x'\n    default = True\n"}),
            {"x": "shop"},
        ),
        (app("shop", **{"apps/__init__.py": "from django.apps import AppConfig\nclass C(AppConfig):\n    name = 'shop'\n"}), {"shop": "shop"}),
        ({"shop/__init__.py": "", "shop/models.py": "", "shop/migrations/__init__.py": ""}, {"shop": "shop"}),
    ],
)  # fmt: skip
def test_labels(files: dict[str, str | bytes], expected: dict[str, str]) -> None:
    assert labels(files) == expected


def test_an_app_config_that_nothing_goes_by_is_not_the_installed_one() -> None:
    copied = "from django.apps import AppConfig\nclass C(AppConfig):\n    name = 'news'\n"
    assert labels(app("shop", **{"apps.py": copied})) == {"shop": "shop"}
    used = app("shop", "store", **{"apps.py": copied.replace("news", "store")})
    used["shop/migrations/0003_next.py"] = second("shop")
    assert labels(used) == {"store": "shop"}
    alone = app("shop", **{"apps.py": copied})
    del alone["shop/migrations/0002_next.py"]
    assert labels(alone) == {"news": "shop"}


def test_a_dependency_on_another_app_is_no_vote() -> None:
    files = {**app("shop"), "shop/migrations/0002_next.py": second("auth")}
    assert labels(files) == {"shop": "shop"}


def test_the_configuration_names_apps() -> None:
    assert labels(app("shop"), ReadingConfig(apps={"store": "shop"})) == {"store": "shop"}
    moved = {path.replace("/migrations/", "/db/"): text for path, text in app("shop").items()}
    assert labels(moved) == {}
    assert labels(moved, ReadingConfig(apps={"shop": "shop/db"})) == {"shop": "shop"}
    assert labels(moved, ReadingConfig(migration_modules={"shop": "shop.db"})) == {"shop": "shop"}


def test_migration_modules_of_the_settings() -> None:
    files = {
        **{path.replace("/migrations/", "/db_migrations/"): text for path, text in app("src/shop").items()},
        "src/project/__init__.py": "",
        "src/project/settings.py": "MIGRATION_MODULES = {'shop': 'shop.db_migrations'}\n",
        "src/project/test_settings.py": "MIGRATION_MODULES = {'shop': None}\n",
    }
    tree = tree_of(files)
    assert tree.apps["shop"].migrations == "src/shop/db_migrations"
    assert len(tree.migrations) == 2


@pytest.mark.parametrize(
    "path",
    [
        "shop/migrations/_helper.py",
        "shop/migrations/~0003_x.py",
        "shop/migrations/0003_x.pyc",
        "shop/migrations/0003.x.py",
        "shop/migrations/0003_x.py.orig",
        "shop/migrations/old/0003_x.py",
        "shop/migrations_old/0003_x.py",
        "shop/migrations/sql/0003_x.sql",
        "venv/lib/python3.11/site-packages/lib/migrations/0001_initial.py",
        "node_modules/x/migrations/0001_initial.py",
        ".tox/py/lib/x/migrations/0001_initial.py",
    ],
)
def test_files_that_django_does_not_load(path: str) -> None:
    tree = tree_of({**app("shop"), path: ITEM})
    assert len(tree.migrations) == 2
    assert not tree.unreadable


def test_a_file_without_a_migration_is_told() -> None:
    tree = tree_of(
        {**app("shop"), "shop/migrations/helper.py": "X = 1\n", "shop/migrations/0003_x.py": "X = = 1"}
    )
    assert [(item.reason, str(item.key)) for item in tree.unreadable] == [
        ("syntax error: invalid syntax", "shop.0003_x"),
        ("no Migration class", "shop.helper"),
    ]
    assert len(tree.migrations) == 2


def test_migrations_of_other_tools() -> None:
    alembic = {
        "db/migrations/env.py": "import alembic\n",
        "db/migrations/versions/1_x.py": "def upgrade(): pass\n",
    }
    package = {
        "lib/migrations/__init__.py": "",
        "lib/migrations/migration.py": "class Migration:\n    pass\n",
        "lib/migrations/run.py": "",
    }
    tree = tree_of({**app("shop"), **alembic, **package})
    assert list(tree.apps) == ["shop"]
    assert not tree.unreadable


def test_two_folders_with_one_label() -> None:
    tree = tree_of({**app("shop"), **app("tests/shop"), **app("tests/other")})
    assert labels({**app("shop"), **app("tests/shop")}) == {"shop": "shop"}
    assert sorted(tree.apps) == ["other", "shop"]
    (told,) = tree.unreadable
    assert told.span.path == "tests/shop/migrations"
    assert "also used by shop/migrations" in told.reason
    named = ReadingConfig(apps={"shop": "tests/shop"})
    assert labels({**app("shop"), **app("tests/shop")}, named) == {"shop": "tests/shop"}


def test_folders_that_the_configuration_excludes() -> None:
    """A template of a project, say: its app is never installed, and its `run_before` would hold everything up."""
    files = {**app("shop"), **app("templates/project/home")}
    assert sorted(labels(files)) == ["home", "shop"]
    assert sorted(labels(files, ReadingConfig(exclude=("templates/*",)))) == ["shop"]


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("../../outside", "git cannot check out such a path"),
        ("we'ird; app", "is not a valid Python identifier"),
        ("-rf", "is not a valid Python identifier"),
    ],
)
def test_folders_that_can_be_no_app(folder: str, reason: str) -> None:
    """A hostile tree has them; no checkout and no Django ever would. It is said, and the others are read."""
    tree = tree_of({**app("shop"), **app(folder, label=folder.rpartition("/")[2])})
    assert list(tree.apps) == ["shop"]
    (told,) = tree.unreadable
    assert told.span.path == f"{folder}/migrations"
    assert reason in told.reason


def test_relative_imports_within_a_root() -> None:
    files = {
        **app("src/shop"),
        "src/shop/sizes.py": "SIZE = 3\n",
        "src/shop/migrations/0003_x.py": f"{HEAD}from ..sizes import SIZE\nfrom shop import sizes\n"
        "class Migration(migrations.Migration):\n    operations = [migrations.RunSQL(str(SIZE), str(sizes.SIZE))]\n",
    }
    (operation,) = tree_of(files).migrations[MigrationKey("shop", "0003_x")].operations
    assert str(operation) == "RunSQL(reverse_sql='3', sql='3')"


def test_two_projects_in_one_repository() -> None:
    def project(name: str, size: str) -> dict[str, str | bytes]:
        return {
            **app(f"{name}/{name}shop"),
            f"{name}/common/__init__.py": "",
            f"{name}/common/sizes.py": f"SIZE = {size}\n",
            f"{name}/{name}shop/migrations/0003_x.py": f"{HEAD}from common.sizes import SIZE\n"
            "class Migration(migrations.Migration):\n    operations = [migrations.RunSQL(str(SIZE))]\n",
        }

    tree = tree_of({**project("a", "1"), **project("b", "2")})
    found = {
        app: str(tree.migrations[MigrationKey(app, "0003_x")].operations[0]) for app in ("ashop", "bshop")
    }
    assert found == {"ashop": "RunSQL(sql='1')", "bshop": "RunSQL(sql='2')"}


@pytest.mark.parametrize(
    "manage", [True, False], ids=["manage.py's folder is on the path", "nothing says so"]
)
def test_both_functions_of_a_helper_in_a_package_that_is_the_root(manage: bool) -> None:
    """`RunPython(*make(…))`: the closures that a helper returns are as much code as what stands in the file. Python puts the folder of
    manage.py on its path, though it is a package itself."""
    helper = (
        "def make(forwards_sql, backwards_sql, *, name=None):\n"
        "    if not name:\n        raise ValueError(name)\n"
        "    def forwards(apps, schema_editor):\n        run(forwards_sql, name)\n"
        "    def backwards(apps, schema_editor):\n        run(backwards_sql, name)\n"
        "    return forwards, backwards\n"
    )

    def read(sql: str) -> Operation | Opaque:
        operation = f"migrations.RunPython(*make('{sql}', '2', name='x'))"
        files = {
            **app("site/tasks"),
            "site/__init__.py": "",
            "site/core/__init__.py": "",
            "site/core/helpers.py": helper,
            "site/tasks/migrations/0002_next.py": second("tasks", operation=operation).replace(
                HEAD, f"{HEAD}from core.helpers import make\n"
            ),
            **({"site/manage.py": ""} if manage else {}),
        }
        (found,) = tree_of(files).migrations[MigrationKey("tasks", "0002_next")].operations
        return found

    one = read("1")
    assert isinstance(one, Operation) is manage
    if isinstance(one, Operation):
        code, back = one.argument("code"), one.argument("reverse_code")
        assert isinstance(code, Code)
        assert isinstance(back, Code)
        assert (code.name, back.name) == ("forwards", "backwards")
        assert code.fingerprint != back.fingerprint
        again, other = read("1"), read("3")
        assert isinstance(again, Operation)
        assert isinstance(other, Operation)
        assert again.argument("code") == code
        assert other.argument("code") != code  # the same text over another value is other work
        assert other.argument("reverse_code") == back


def test_field_bases() -> None:
    field = "migrations.AddField('item', 'x', shop.fields.Price())"
    files = {
        **app("shop"),
        "shop/fields.py": "from django.db import models\nfrom lib import Mixin\n"
        "class Money(models.DecimalField): pass\nclass Price(Mixin, Money): pass\n",
        "shop/migrations/0002_next.py": second("shop", operation=field).replace(
            HEAD, HEAD + "import shop.fields\n"
        ),
    }
    assert tree_of(files).field_bases == {
        "shop.fields.Money": "django.db.models.DecimalField",
        "shop.fields.Price": "shop.fields.Money",
    }


def test_field_names() -> None:
    """Which paths are one class, through modules and packages that pass it on; which arguments say nothing."""
    calls = ", ".join(f"shop.fields.{name}()" for name in ("Price", "Json", "Wrapped", "Cost"))
    files = {
        **app("shop"),
        "shop/fields/__init__.py": "from .price import Price, Cost, Wrapped\nfrom django.db.models import JSONField as Json\n",
        "shop/fields/price.py": "from django.db import models\n"
        "class Price(models.DecimalField):\n"
        "    def __init__(self, unit='EUR', *args, **kwargs):\n"
        "        self.net = kwargs.pop('net', False)\n"
        "        super().__init__(*args, **kwargs)\n"
        "Cost = Price\n"
        "@wrapped\nclass Wrapped(models.DecimalField):\n    def __init__(self, unit='EUR'): pass\n",
        "shop/migrations/0002_next.py": second(
            "shop", operation=f"migrations.RunSQL(str([{calls}]))"
        ).replace(HEAD, HEAD + "import shop.fields\n"),
    }
    found = tree_of(files).field_names
    price = DeclaredField("shop.fields.price.Price", {"unit": Constant("EUR"), "net": Constant(False)})
    assert [found.get(f"shop.fields.{name}") for name in ("Price", "Cost", "price.Price", "Nobody")] == [
        price,
        price,
        price,
        None,
    ]
    assert found["shop.fields.Json"] == DeclaredField("django.db.models.JSONField")
    assert found["shop.fields.Wrapped"] == DeclaredField("shop.fields.price.Wrapped")
    assert found.get("django.db.models.CharField") is None


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("self.a = kwargs.get('a', 1)\n        super().__init__(max_length=3)", {"a": 1}),
        ("self.a = kwargs.get('a', 1)\n        super().__init__(**kwargs)", {}),
        ("super().__init__(**kwargs)\n        self.a = kwargs.pop('a', 1)", {}),
        ("if b:\n            self.a = kwargs.pop('a', 1)\n        super().__init__(**kwargs)", {}),
        ("self.a = kwargs.get('a', 1)\n        self.b = kwargs.get('a', 2)", {}),
        ("self.a = kwargs.get('a', 1)\n        if 'a' in kwargs: pass", {}),
        ("self.a = kwargs.get('a')", {}),
        ("self.a = kwargs.get('a', A)", {}),
        ("self.a = kwargs.setdefault('a', 1)", {}),
    ],
)
def test_what_an_argument_is_where_it_is_left_out(body: str, told: dict[str, int]) -> None:
    """Only where nothing else can come of saying it."""
    source = f"class F(Field):\n    def __init__(self, b=[], **kwargs):\n        {body}\n"
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.ClassDef)
    assert unsaid_arguments(node) == {name: Constant(value) for name, value in told.items()}


@pytest.mark.parametrize(
    "head",
    ["class F(Field, metaclass=M)", "class F(Mixin, Field)", "class F"],
    ids=["made", "mixed", "baseless"],
)
def test_a_class_that_others_have_a_hand_in_tells_nothing(head: str) -> None:
    (node,) = ast.parse(f"{head}:\n    def __init__(self, a=1): pass\n").body
    assert isinstance(node, ast.ClassDef)
    assert unsaid_arguments(node) == {}


def test_settings() -> None:
    assert tree_of(app("shop")).settings == {"AUTH_USER_MODEL": "auth.User"}
    files = {**app("shop"), "project/settings/base.py": "AUTH_USER_MODEL = 'people.Person'\n"}
    tree = tree_of(files)
    assert tree.settings == {"AUTH_USER_MODEL": "people.Person"}
    assert tree.assumed_settings == {}
    source = INITIAL.replace(
        "operations = []", "operations = [migrations.RunSQL(getattr(settings, 'A', 'b'))]"
    )
    files["shop/migrations/0003_x.py"] = f"from django.conf import settings\n{source}"
    assert tree_of(files).assumed_settings == {"A": "b"}


class Cache:
    def __init__(self) -> None:
        self.held: dict[tuple[str, str], CachedReading] = {}

    def holds(self, blob: str, path: str) -> bool:
        return (blob, path) in self.held

    def get(self, blob: str, path: str, again: object) -> CachedReading | None:
        return self.held.get((blob, path))

    def put(self, blob: str, path: str, reading: CachedReading) -> None:
        self.held[blob, path] = reading


def test_the_cache_knows_what_a_reading_depends_on() -> None:
    cache = Cache()
    files = {
        **app("shop"),
        "shop/sizes.py": "SIZE = 3\n",
        "shop/migrations/0003_x.py": f"{HEAD}from shop.sizes import SIZE\nclass Migration(migrations.Migration):\n"
        "    operations = [migrations.RunSQL(str(SIZE))]\n",
    }
    key = MigrationKey("shop", "0003_x")
    first = read_tree("a", "1", entries(files), cache=cache)
    again = entries(files)
    assert read_tree("a", "1", again, cache=cache) == first
    assert sum(entry.reads for path, entry in again.items() if "/migrations/" in path) == 0
    changed = read_tree("b", "2", entries({**files, "shop/sizes.py": "SIZE = 4\n"}), cache=cache)
    assert str(changed.migrations[key].operations[0]) == "RunSQL(sql='4')"
    moved = read_tree(
        "b", "2", entries({**files, "shop/sizes.py": "", "shop/sizes/__init__.py": "SIZE = 5\n"}), cache=cache
    )
    assert "5" not in str(moved.migrations[key].operations[0])


def test_the_cache_keeps_what_is_noted() -> None:
    cache = Cache()
    field = "migrations.AddField('item', 'x', shop.fields.Price(getattr(settings, 'A', 1)))"
    head = HEAD + "import shop.fields\nfrom django.conf import settings\n"
    files = {
        **app("shop"),
        "shop/fields.py": "from django.db import models\nclass Price(models.DecimalField): pass\n",
        "shop/migrations/0002_next.py": second("shop", operation=field).replace(HEAD, head),
    }
    first = read_tree("a", "1", entries(files), cache=cache)
    assert first.field_bases
    assert first.assumed_settings
    assert read_tree("a", "1", entries(files), cache=cache) == first


def test_one_blob_at_two_places() -> None:
    cache = Cache()
    tree = read_tree("a", "1", entries({**app("shop"), **app("store", "store")}), cache=cache)
    assert {key.app for key in tree.migrations} == {"shop", "store"}
    assert all(migration.path.startswith(key.app) for key, migration in tree.migrations.items())


def test_a_large_file_is_not_parsed() -> None:
    tree = tree_of({**app("shop"), "shop/migrations/0003_x.py": b"x = 1\n" * 9_000_000})
    assert "more than 5,000,000 bytes" in tree.unreadable[0].reason


def test_paths_with_odd_names() -> None:
    folder = 'it"s\n../shop'
    tree = tree_of({f"{folder}/migrations/__init__.py": "", f"{folder}/migrations/00'01\n.py": ITEM})
    assert [key.name for key in tree.migrations] == ["00'01\n"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from shop.sizes import SIZE\n", True),
        ("from shop.sizes import OTHER, SIZE  # noqa\n", True),
        ("from shop.sizes import (\n    OTHER,\n    SIZE,\n)\n", True),
        ("from shop.sizes import BIG as SIZE\n", True),
        ("from shop.sizes import *\n", True),
        ("from shop.sizes import SIZES\n", False),
        ("x = shop.sizes.SIZE\n", False),
        ("x = f(size=SIZE)\n", False),
    ],
)
def test_a_constant_that_a_module_passes_on(text: str, found: bool) -> None:
    files = {
        **app("shop"),
        "shop/sizes.py": "SIZE = 3\nBIG = 3\nOTHER = 4\nSIZES = 5\n",
        "shop/passing.py": text,
        "shop/migrations/0003_x.py": f"{HEAD}import shop.passing\nclass Migration(migrations.Migration):\n"
        "    operations = [migrations.AddField('item', 'x', models.CharField(max_length=shop.passing.SIZE))]\n",
    }
    operation = tree_of(files).migrations[MigrationKey("shop", "0003_x")].operations[0]
    assert ("max_length=3" in str(operation)) is found
