"""Plain migrations: what is told without making their operations is what the reader of all Python finds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from fixture_repos import case_names

import stitchback
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Unreadable
from stitchback.model.values import Code
from stitchback.parsing import sources
from stitchback.parsing.migration import _read_whole, read_migration
from stitchback.parsing.reading_context import ReadingContext

from .reading import entries

FIXTURES = Path(stitchback.__file__).parents[2] / "fixtures" / "repos"
KEY = MigrationKey("shop", "0002_x")
HEAD = "from django.conf import settings\nfrom django.db import migrations, models\nimport django.utils.timezone\n"
PLAIN = (
    "class Migration(migrations.Migration):\n"
    "    initial = True\n"
    "    dependencies = [('shop', '0001_initial'), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]\n"
    "    operations = [migrations.AddField('item', 'x', models.CharField(max_length=3, choices=[('a', 'A')],\n"
    "        default=django.utils.timezone.now)), migrations.DeleteModel('item')]\n"
)


def both(
    source: str | bytes, others: Mapping[str, str]
) -> tuple[Migration | Unreadable, Migration | Unreadable, list[dict[str, str]]]:
    """As read, and by the reader of all Python, with what each asked of the tree."""
    content = source.encode() if isinstance(source, str) else source
    path = "shop/migrations/0002_x.py"
    asked = []
    found = []
    for reader in (read_migration, _read_whole):
        context = ReadingContext(
            entries({"shop/__init__.py": "", "shop/migrations/__init__.py": "", **others, path: content})
        )
        given = (content,) if reader is read_migration else (content, sources.parse(content))
        with context.noting() as questions:
            found.append(reader(KEY, path, "b", *given, context))  # type: ignore[operator]
        asked.append(questions)
    return found[0], found[1], asked


def is_plain(source: str | bytes, others: Mapping[str, str] | None = None) -> bool:
    """Whether it is taken for plain; if so everything that is told of it holds, and the same was asked of the tree."""
    read, whole, asked = both(source, others or {})
    if isinstance(read, Unreadable) or read.is_opened:
        assert repr(read) == repr(whole)
        return False
    assert isinstance(whole, Migration)
    assert read.operation_count == len(whole.operations)
    assert read.opaques == whole.opaques == ()
    assert asked[0] == asked[1]
    assert read == whole
    assert repr(read) == repr(whole)  # which opens it; places in the file and the code of functions too
    return True


def test_what_makemigrations_writes_is_plain() -> None:
    assert is_plain(HEAD + PLAIN)


@pytest.mark.parametrize("name", case_names())
def test_the_fixtures_migrations(name: str) -> None:
    found = [is_plain(path.read_bytes()) for path in sorted((FIXTURES / name).rglob("0*.py"))]
    assert any(found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("class Migration", "x = 1 + 1\nclass Migration"),
        ("class Migration", "x, y = 1, 2\nclass Migration"),
        ("class Migration", "x: int = 1\nclass Migration"),
        ("class Migration", "x = [1]\nclass Migration"),
        ("class Migration", "print(1)\nclass Migration"),
        ("class Migration", "if x:\n    import models\nclass Migration"),
        ("class Migration", "async def f(): pass\nclass Migration"),
        ("class Migration", "@decorated\ndef f(): pass\nclass Migration"),
        ("class Migration", "class Other: pass\nclass Migration"),
        ("class Migration", "from shop import *\nclass Migration"),
        ("class Migration", "from shop import migrations\nclass Migration"),
        ("class Migration", "@decorated\nclass Migration"),
        ("(migrations.Migration)", "(migrations.Migration, metaclass=X)"),
        ("(migrations.Migration)", "(Base)"),
        ("    initial = True\n", "    initial = 1 == 1\n"),
        ("    initial = True\n", "    initial = True\n    initial = False\n"),
        ("    initial = True\n", "    run_before = [('blog', '0001_initial')]\n"),
        ("    initial = True\n", "    def apply(self, *args): pass\n"),
        ("    initial = True\n", "    names = ['x'] + ['y']\n"),
        ("    initial = True\n", "    timezone = 3\n    django = 4\n"),
        ("[('shop', '0001_initial'), ", "[('shop',), "),
        ("[('shop', '0001_initial'), ", "OTHER + [('shop', '0001_initial'), "),
        ("settings.AUTH_USER_MODEL)]", "OTHER_MODEL)]"),
        ("settings.AUTH_USER_MODEL)]", "'shop.User')]"),
        ("max_length=3", "max_length=SIZE"),
        ("max_length=3", "max_length=__name__"),
        ("max_length=3", f"max_length=0x{'f' * 2000}"),
        ("max_length=3", f"max_length=-0x{'f' * 2000}"),
        ("max_length=3", "max_length=-True"),
        ("max_length=3", "max_length=--3"),
        ("max_length=3", "max_length=dict(a=1)"),
        ("max_length=3", "choices=set(others)"),
        ("max_length=3", "default=lambda: 3"),
        ("max_length=3", "max_length=django.utils.six.PY3"),
        ("max_length=3", "max_length=3 + 4"),
        ("max_length=3", "max_length=getattr(settings, 'SIZE', 3)"),
        ("max_length=3", "**{'max_length': 3}"),
        ("max_length=3", "*[3]"),
        ("max_length=3", "help_text=f'{1}'"),
        ("max_length=3", "help_text='a'.upper()"),
        ("migrations.DeleteModel('item')", "migrations.RunSQL('x', 'y', [])"),
        ("migrations.DeleteModel('item')", "migrations.RunSQL('x', state_operations=more)"),
        ("migrations.DeleteModel('item')", "migrations.SeparateDatabaseAndState([], [])"),
        ("migrations.DeleteModel('item')", "migrations.SeparateDatabaseAndState(**{})"),
        ("migrations.DeleteModel('item')", "migrations.RunPython(f)"),
        ("migrations.DeleteModel('item')", "migrations.DeleteModel('item', 1, 2)"),
        ("migrations.DeleteModel('item')", "migrations.Unheard('item')"),
        ("migrations.DeleteModel('item')", "*more"),
        ("migrations.DeleteModel('item')]", "migrations.DeleteModel('item')] + more()"),
        ("migrations.DeleteModel('item')]\n", "migrations.DeleteModel('item')]\nMigration.atomic = False\n"),
        ("migrations.DeleteModel('item')]\n", "migrations.DeleteModel('item')]\n    operations.append(1)\n"),
    ],
)
def test_what_is_not_plain_is_read_whole(old: str, new: str) -> None:
    source = HEAD + PLAIN.replace(old, new, 1)
    assert source != HEAD + PLAIN
    assert not is_plain(source)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("class Migration", '"""Words."""\nclass Migration'),
        (
            "    initial = True\n",
            "    '''Words.'''\n    atomic = False\n    replaces = [('shop', '0000_gone')]\n",
        ),
        ("    initial = True\n", "    initial = None\n"),
        (
            "max_length=3",
            "max_length=3, db_column='\u00e4', blank=True, null=None, default={'a': [1.5, (b'x',)]}",
        ),
        ("models.CharField(", "models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, "),
        ("models.CharField(", "models.CharField(db_default=models.Value('x'), "),
        ("models.CharField", "models.fields.CharField"),
        ("class Migration", "x = 1\nclass Migration"),
        ("class Migration", "from . import other\nclass Migration"),
        ("class Migration", "from ..models import other\nclass Migration"),
        ("max_length=3", "default=set()"),
        ("class Migration", "def f(a, b=x()): pass\nclass Migration"),
        ("    initial = True\n", "    names = ['x']\n    stage = 'pre'\n"),
        ("settings.AUTH_USER_MODEL)]", "settings.OTHER_MODEL)]"),
        ("[('shop', '0001_initial'), ", "[('shop', '0001_initial'), ('blog', '__first__'), "),
        ("max_length=3", "max_length=settings.SIZE"),
        ("max_length=3", "max_length=-3.5"),
        ("max_length=3", "validators=[django.core.validators.MinValueValidator(-1)]"),
        ("max_length=3", "default=dict, choices={('b', 'B'), ('a', 'A'), ('a', 'A')}"),
        ("max_length=3", "choices=set([('b', 'B'), ('a', 'A')]), default=frozenset((1, 1))"),
        ("migrations.DeleteModel('item')", "migrations.RunSQL('x')"),
        ("migrations.DeleteModel('item')", "migrations.RunSQL(['x', ('y', [1])], migrations.RunSQL.noop)"),
        (
            "migrations.DeleteModel('item')",
            "migrations.RunSQL('x', state_operations=[migrations.DeleteModel('item')])",
        ),
        (
            "migrations.DeleteModel('item')",
            "migrations.SeparateDatabaseAndState(database_operations=None, state_operations=[\n"
            "        migrations.RunSQL('x', state_operations=[migrations.DeleteModel('item')])])",
        ),
        ("migrations.DeleteModel('item')", "migrations.RunPython(print, migrations.RunPython.noop)"),
    ],
)
def test_what_is_plain_too(old: str, new: str) -> None:
    assert is_plain(HEAD + PLAIN.replace(old, new, 1))


FUNCTIONS = (
    HEAD
    + """import shop.sizes
from ..models import Item
from . import other
from shop.models import Kind as Sort
SIZE = 3
NAME = "shop"

def later(rows):
    return rows + SIZE

def forwards(apps, schema_editor):
    # a remark
    for row in apps.get_model(NAME, "Item").objects.all():
        later(row)
        shop.sizes.shrink(row, Sort, also, Item, other)

def also(x):
    return forwards

forwards_again = "not a function"

def twice():
    return 1

def twice():
    return 2

"""
    + PLAIN.replace(
        "migrations.DeleteModel('item')",
        "migrations.RunPython(forwards, reverse_code=also), migrations.RunPython(code=forwards, hints={'x': later}),\n"
        "        migrations.AddField('item', 'y', models.TextField(default=twice, max_length=SIZE))",
    )
)


class TestFunctions:
    def test_their_code_is_the_same(self) -> None:
        assert is_plain(FUNCTIONS)

    def test_their_code_is_written_when_it_is_asked_for(self) -> None:
        migration = both(FUNCTIONS, {})[0]
        assert isinstance(migration, Migration)
        code = migration.operations[1].argument("code")  # type: ignore[union-attr]
        assert isinstance(code, Code)
        assert code.later is not None
        assert code.name == "forwards"
        assert not code.empty
        assert code.later is not None
        assert code.source.startswith("def forwards(apps, schema_editor):")
        assert code.later is None

    def test_too_deep_to_be_compared_by_more_than_its_bytes(self) -> None:
        deep = FUNCTIONS.replace("rows + SIZE", " + ".join(["rows"] * 700))
        first, second = (both_operations(deep) for _ in range(2))
        assert first == second
        assert first != both_operations(deep.replace("rows + rows", "rows - rows", 1))


def both_operations(source: str) -> tuple[object, ...]:
    found = read_migration(KEY, "shop/migrations/0002_x.py", "b", source.encode(), ReadingContext())
    assert isinstance(found, Migration)
    assert not found.is_opened
    return found.operations


MODULES = {
    "shop/fields.py": "from django.db import models\nSIZE = 3\nclass Price(models.DecimalField): pass\ndef price(): return Price()\n",
    "shop/lists.py": "from shop.fields import *\n",
}


class TestWhatIsImported:
    """From the tree, where a value would have to be known, or from elsewhere."""

    @pytest.mark.parametrize(
        ("text", "plain"),
        [
            ("shop.fields.Price(max_length=3)", True),
            ("shop.fields.Missing(max_length=3)", True),
            ("shop.missing.Price(max_length=3)", True),
            ("somewhere.fields.Price(max_length=somewhere.SIZE)", True),
            ("models.CharField(default=shop.fields.price)", True),
            ("models.CharField(default=shop.fields.Price.x)", True),
            ("models.CharField(max_length=shop.fields.SIZE)", False),
            ("shop.fields.price()", False),
            ("shop.lists.price()", False),
            ("models.CharField(max_length=shop.lists.SIZE)", False),
            ("textwrap.dedent('x')", False),
            ("models.CharField(default=settings.NAME.upper())", False),
            ("models.CharField(default=getattr(settings, 'NAME', 1))", False),
        ],
    )
    def test_it_is_asked_of_the_tree(self, text: str, plain: bool) -> None:
        head = HEAD + "import shop.fields, shop.lists, shop.missing, somewhere.fields, textwrap\n"
        field = (
            "models.CharField(max_length=3, choices=[('a', 'A')],\n        default=django.utils.timezone.now)"
        )
        assert is_plain(head + PLAIN.replace(field, text), MODULES) is plain


def test_a_syntax_error_is_told_though_nobody_opens_anything() -> None:
    broken = read_migration(KEY, "x.py", "b", (HEAD + PLAIN + "x = (").encode(), ReadingContext())
    assert isinstance(broken, Unreadable)
