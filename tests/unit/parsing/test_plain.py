"""Plain migrations: what is told without making their operations is what the reader of all Python finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixture_repos import case_names

import stitchback
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Unreadable
from stitchback.parsing import sources
from stitchback.parsing.context import ReadingContext
from stitchback.parsing.migration import _read_whole, read_migration

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


def both(source: str | bytes) -> tuple[Migration | Unreadable, Migration | Unreadable, dict[str, str]]:
    """As read, and by the reader of all Python, with what that one asked."""
    content = source.encode() if isinstance(source, str) else source
    path = "shop/migrations/0002_x.py"
    read = read_migration(KEY, path, "b", content, ReadingContext())
    context = ReadingContext()
    with context.noting() as asked:
        whole = _read_whole(KEY, path, "b", content, sources.parse(content), context)
    return read, whole, asked


def is_plain(source: str | bytes) -> bool:
    """Whether it is taken for plain; if so everything that is told of it holds."""
    read, whole, asked = both(source)
    if isinstance(read, Unreadable) or read.later is None:
        assert repr(read) == repr(whole)
        return False
    assert isinstance(whole, Migration)
    assert read.operation_count == len(whole.operations)
    assert read.opaques == whole.opaques == ()
    assert all(question.startswith("called:django.") for question in asked)
    assert repr(read) == repr(whole)  # which opens it; places in the file too
    return True


def test_what_makemigrations_writes_is_plain() -> None:
    assert is_plain(HEAD + PLAIN)


@pytest.mark.parametrize("name", case_names())
def test_the_fixtures_migrations(name: str) -> None:
    found = [is_plain(path.read_bytes()) for path in sorted((FIXTURES / name).rglob("migrations/0*.py"))]
    assert any(found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("class Migration", "x = 1\nclass Migration"),
        ("class Migration", "def f(): pass\nclass Migration"),
        ("class Migration", "from shop import *\nclass Migration"),
        ("class Migration", "from . import models\nclass Migration"),
        ("class Migration", "from shop import migrations\nclass Migration"),
        ("class Migration", "@decorated\nclass Migration"),
        ("(migrations.Migration)", "(migrations.Migration, metaclass=X)"),
        ("(migrations.Migration)", "(Base)"),
        ("    initial = True\n", "    initial = 1 == 1\n"),
        ("    initial = True\n", "    initial = True\n    initial = False\n"),
        ("    initial = True\n", "    run_before = [('blog', '0001_initial')]\n"),
        ("    initial = True\n", "    def apply(self, *args): pass\n"),
        ("    initial = True\n", "    names = ['x']\n"),
        ("[('shop', '0001_initial'), ", "[('shop',), "),
        ("[('shop', '0001_initial'), ", "OTHER + [('shop', '0001_initial'), "),
        ("settings.AUTH_USER_MODEL)]", "settings.OTHER_MODEL)]"),
        ("max_length=3", "max_length=SIZE"),
        ("max_length=3", "max_length=settings.SIZE"),
        ("max_length=3", "max_length=3 + 4"),
        ("max_length=3", "max_length=getattr(settings, 'SIZE', 3)"),
        ("max_length=3", "**{'max_length': 3}"),
        ("max_length=3", "*[3]"),
        ("max_length=3", "help_text=f'{1}'"),
        ("max_length=3", "help_text='a'.upper()"),
        ("max_length=3", "validators=[django.core.validators.MinValueValidator(1)]"),
        ("models.CharField", "shop.fields.Price"),
        ("models.CharField", "models.fields.CharField"),
        ("migrations.DeleteModel('item')", "migrations.RunSQL('x')"),
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
    ],
)
def test_what_is_plain_too(old: str, new: str) -> None:
    assert is_plain(HEAD + PLAIN.replace(old, new, 1))


def test_a_syntax_error_is_told_though_nobody_opens_anything() -> None:
    broken = read_migration(KEY, "x.py", "b", (HEAD + PLAIN + "x = (").encode(), ReadingContext())
    assert isinstance(broken, Unreadable)
