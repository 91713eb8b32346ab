"""MIGRATION_MODULES decides which folder is read: what of it cannot be read is never taken for no setting."""

from __future__ import annotations

import pytest

from parsing.reading import tree_of
from stitchback.model.migrations import Tree
from stitchback.parsing.reading_context import ReadingConfig

FIRST = """from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = []
    operations = [migrations.CreateModel("Box", [("id", models.AutoField(primary_key=True))])]
"""
SECOND = """from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("depot", "0001_initial")]
    operations = [migrations.AddField("box", "size", models.IntegerField(null=True))]
"""
SETTINGS = "conf/settings.py"


def folder(path: str, *, second: bool = True) -> dict[str, str]:
    packages = [path[:end] for end in [i for i, letter in enumerate(path) if letter == "/"] + [len(path)]]
    found = {f"{package}/__init__.py": "" for package in packages}
    found[f"{path}/0001_initial.py"] = FIRST
    if second:
        found[f"{path}/0002_size.py"] = SECOND
    return found


def read(settings: str, config: ReadingConfig | None = None, **more: str) -> Tree:
    others = {path.replace("__", "/") + ".py": text for path, text in more.items()}
    files = {**folder("depot/ledger"), "conf/__init__.py": "", SETTINGS: settings, **others}
    return tree_of(files, config)


READ = [
    'if os.environ.get("X"):\n    MIGRATION_MODULES = {"depot": "depot.ledger"}\n',
    'if X:\n    MIGRATION_MODULES = {"depot": "depot.ledger"}\nelse:\n    MIGRATION_MODULES = {"depot": "elsewhere.x"}\n',
    'MIGRATION_MODULES = {"depot": "depot.ledger"} if X else {}\n',
    'MIGRATION_MODULES = {"depot": "depot.ledger" if X else None}\n',
    'MIGRATION_MODULES = {}\nMIGRATION_MODULES["depot"] = "depot.ledger"\n',
    'MIGRATION_MODULES = {}\nif X:\n    MIGRATION_MODULES["depot"] = "depot.ledger"\n',
    'MIGRATION_MODULES = {}\nMIGRATION_MODULES.update(depot="depot.ledger")\n',
    'MIGRATION_MODULES = {}\nif X:\n    MIGRATION_MODULES.update({"depot": "depot.ledger"})\n',
    'MIGRATION_MODULES = {}\nMIGRATION_MODULES |= {"depot": "depot.ledger"}\n',
    'MIGRATION_MODULES = dict(depot="depot.ledger")\n',
    'EXTRA = {}\nif X:\n    EXTRA["depot"] = "depot.ledger"\nMIGRATION_MODULES = {**EXTRA, "sites": "none.x"}\n',
    'MIGRATION_MODULES: dict = {"depot": "depot.ledger"}\n',
    'globals()["MIGRATION_MODULES"] = {"depot": "depot.ledger"}\n',
    'try:\n    import x\nexcept ImportError:\n    MIGRATION_MODULES = {"depot": "depot.ledger"}\n',
    'class Base(Configuration):\n    MIGRATION_MODULES = {"depot": "depot.ledger"}\n',
    'def modules():\n    return {"depot": "depot.ledger"}\nMIGRATION_MODULES = modules()\n',
    'with open("x"):\n    MIGRATION_MODULES = {"depot": "depot.ledger"}\n',
    'MIGRATION_MODULES.setdefault("depot", "depot.ledger")\n',
    'import sys\nif "test" in sys.argv:\n    class Off:\n        def __getitem__(self, item):\n            return None\n    MIGRATION_MODULES = Off()\nelse:\n    MIGRATION_MODULES = {"depot": "depot.ledger"}\n',
]


@pytest.mark.parametrize("settings", READ)
def test_what_can_be_read_is_read(settings: str) -> None:
    tree = read(settings)
    assert tree.apps["depot"].migrations == "depot/ledger"
    assert (len(tree.migrations), tree.unread_settings) == (2, ())


UNREAD = [
    'MIGRATION_MODULES = env.json("MIGRATION_MODULES")\n',
    'MIGRATION_MODULES = load()\n',
    'MIGRATION_MODULES = {app: f"{app}.{NAME}" for app in APPS}\n',
    'from elsewhere import MIGRATION_MODULES\n',
    'from elsewhere import MODULES as MIGRATION_MODULES\n',
    'MIGRATION_MODULES = {}\nMIGRATION_MODULES.update(load())\n',
    'MIGRATION_MODULES = {}\nfor app in APPS:\n    MIGRATION_MODULES[app] = app + ".ledger"\n',
    'MIGRATION_MODULES = {}\nfill(MIGRATION_MODULES)\n',
    'MIGRATION_MODULES = {"depot": env("DEPOT_MIGRATIONS")}\n',
    'MIGRATION_MODULES = {**load(), "sites": "x.y"}\n',
    'def set_up():\n    global MIGRATION_MODULES\n    MIGRATION_MODULES = load()\nset_up()\n',
    'globals().update({"MIGRATION_MODULES": load()})\n',
    'if X:\n    MIGRATION_MODULES = load()\n',
    'MIGRATION_MODULES = {}\nOTHER = MIGRATION_MODULES\nOTHER["depot"] = load()\n',
    'class Prod(Base):\n    @property\n    def x(self): ...\n    MIGRATION_MODULES = values.DictValue()\n',
]  # fmt: skip


@pytest.mark.parametrize("settings", UNREAD)
def test_what_cannot_be_read_is_named_with_the_folders_that_it_may_mean(settings: str) -> None:
    tree = read(settings)
    assert tree.migrations == {}
    assert tree.unread_settings, "it counts as not set"
    first = tree.unread_settings[0]
    assert first.span.path == SETTINGS
    assert [(each.path, each.label, each.module) for each in first.candidates] == [
        ("depot/ledger", "depot", "depot.ledger")
    ]


@pytest.mark.parametrize("settings", UNREAD)
def test_the_configuration_answers_it(settings: str) -> None:
    tree = read(settings, ReadingConfig(migration_modules={"depot": "depot.ledger"}))
    assert len(tree.migrations) == 2
    assert all(item.candidates == () for item in tree.unread_settings)


@pytest.mark.parametrize("settings", UNREAD)
def test_it_cannot_matter_where_every_folder_with_migrations_is_read(settings: str) -> None:
    tree = tree_of({**folder("depot/migrations"), "conf/__init__.py": "", SETTINGS: settings})
    assert len(tree.migrations) == 2
    assert all(item.candidates == () for item in tree.unread_settings)


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "# MIGRATION_MODULES = load()\n",
        "MIGRATION_MODULES = {}\n",
        'MIGRATION_MODULES = {"depot": None}\n',
        'MIGRATION_MODULES = {"sites": "package.of.another.kind"}\n',
        'if "test" in sys.argv:\n    MIGRATION_MODULES = {app: None for app in INSTALLED_APPS}\n',
        "MIGRATION_MODULES = dict.fromkeys(INSTALLED_APPS)\n",
        "from collections import defaultdict\nMIGRATION_MODULES = defaultdict(lambda: None)\n",
        "class Off:\n    def __contains__(self, x):\n        return True\n    def __getitem__(self, x):\n        return 'notmigrations'\nif TESTS:\n    MIGRATION_MODULES = Off()\n",
    ],
)
def test_near_misses_leave_the_apps_own_folder(settings: str) -> None:
    tree = tree_of({**folder("depot/migrations"), "conf/__init__.py": "", SETTINGS: settings})
    assert (len(tree.migrations), tree.unread_settings, tree.unreadable) == (2, (), ())


def test_a_split_settings_package_and_the_module_that_manage_py_names() -> None:
    manage = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.start.live")\n'
    files = {
        **folder("depot/ledger"),
        "manage.py": manage,
        "server/__init__.py": "",
        "server/start/__init__.py": "",
        "server/start/live.py": "from .common import *\n",
        "server/start/common.py": 'MIGRATION_MODULES = {"depot": "depot.ledger"}\n',
    }
    assert len(tree_of(files).migrations) == 2
    files["server/start/common.py"] = "MIGRATION_MODULES = load()\n"
    (unread,) = tree_of(files).unread_settings
    assert unread.span.path == "server/start/common.py"


def test_a_value_imported_from_a_module_of_the_tree() -> None:
    modules = 'if X:\n    MODULES = {"depot": "depot.ledger"}\nelse:\n    MODULES = {}\n'
    tree = read("from conf.modules import MODULES as MIGRATION_MODULES\n", conf__modules=modules)
    assert (len(tree.migrations), tree.unread_settings) == (2, ())


def test_two_folders_that_it_may_name() -> None:
    either = 'MIGRATION_MODULES = {"depot": "depot.ledger" if X else "depot.older"}\n'
    files = {
        **folder("depot/ledger"),
        **folder("depot/older", second=False),
        "conf/__init__.py": "",
        SETTINGS: either,
    }
    (unread,) = tree_of(files).unread_settings
    assert [each.path for each in unread.candidates] == ["depot/ledger", "depot/older"]
    config = ReadingConfig(migration_modules={"depot": "depot.ledger"})
    answered = tree_of(files, config)
    assert (len(answered.migrations), answered.unread_settings, answered.unreadable) == (2, (), ())


def test_under_a_condition_the_apps_own_folder_is_the_other_answer() -> None:
    condition = 'if X:\n    MIGRATION_MODULES = {"depot": "depot.ledger"}\n'
    files = {
        **folder("depot/ledger"),
        **folder("depot/migrations", second=False),
        "conf/__init__.py": "",
        SETTINGS: condition,
    }
    (unread,) = tree_of(files).unread_settings
    assert [each.path for each in unread.candidates] == ["depot/ledger", "depot/migrations"]


def test_a_folder_that_the_setting_replaces_is_dead() -> None:
    files = {
        **folder("depot/ledger"),
        **folder("depot/migrations", second=False),
        **folder("depot/migrations_old", second=False),
        "conf/__init__.py": "",
        SETTINGS: 'MIGRATION_MODULES = {"depot": "depot.ledger"}\n',
    }
    tree = tree_of(files)
    assert tree.apps["depot"].migrations == "depot/ledger"
    assert (tree.unread_settings, tree.unreadable) == ((), ())


def test_a_module_that_the_tree_lacks() -> None:
    tree = read('MIGRATION_MODULES = {"depot": "depot.legder"}\n')
    (unread,) = tree.unread_settings
    assert (unread.is_missing, unread.span.path) == (True, SETTINGS)
    assert "depot.legder" in unread.reason


def test_settings_of_tests_say_nothing_of_the_databases() -> None:
    off = "MIGRATION_MODULES = load()\n"
    tree = tree_of({**folder("depot/migrations"), "conf/__init__.py": "", "conf/test_settings.py": off})
    assert (len(tree.migrations), tree.unread_settings) == (2, ())


def test_a_folder_without_init_is_not_djangos() -> None:
    files = folder("depot/migrations")
    del files["depot/migrations/__init__.py"]
    tree = tree_of(files)
    assert tree.migrations == {}
    (unread,) = tree.unreadable
    assert (unread.span.path, "no __init__.py" in unread.reason) == ("depot/migrations", True)


def test_a_folder_with_init_alone_is_an_app_without_migrations() -> None:
    tree = tree_of({"depot/__init__.py": "", "depot/migrations/__init__.py": ""})
    assert (sorted(tree.apps), tree.unreadable) == (["depot"], ())
