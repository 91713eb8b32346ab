"""Files that only Python 2 can parse: read as Python 3 says the same, and never taken for more than was understood."""

from __future__ import annotations

import ast

import pytest

from stitchback.model.migrations import Unreadable
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Code
from stitchback.parsing import python2
from stitchback.parsing.sources import Python2Module, parse

from .reading import HEAD, body, migration, operations, read

FIELD = "migrations.AddField('item', 'x', models.CharField(max_length=36L))"
PRINTS = """
def forwards(apps, schema_editor):
    for item in apps.get_model('shop', 'Item').objects.all():
        print '  migrated {}'.format(item.pk)
    try:
        item.save()
    except (ValueError, TypeError), error:
        raise ValueError, 'no %s' % error
"""


def said(source: str) -> str:
    found = python2.translated(source.encode())
    assert found is not None, source
    ast.parse(found[0])
    return found[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x = 36L", "x = 36 "),
        ("x = 0xFFl", "x = 0xFF "),
        ("x = 0777", "x = 511 "),
        ("x = 0644L", "x = 420  "),
        ("x = ur'\\d'", "x =  r'\\d'"),
        ("x = 1 <> 2", "x = 1 != 2"),
    ],
)
def test_a_literal_keeps_its_width(old: str, new: str) -> None:
    assert said(old) == new
    assert len(new) == len(old)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("print x", "print(x)"),
        ("print", "print()"),
        ("print 'a', b", "print('a', b)"),
        ("print 'a, b',", "print('a, b', end=\" \")"),
        ("print >>sys.stderr, 'a', 'b'", "print('a', 'b', file=sys.stderr)"),
        ("print >>f", "print(file=f)"),
        ("print (1), 2", "print((1), 2)"),
        ("for x in y: print x", "for x in y: print(x)"),
        ("print x; print 3L", "print(x); print(3)"),
        ("raise X, 'why'", "raise X('why')"),
        ("try: pass\nexcept X, e: pass", "try: pass\nexcept X as e: pass"),
        ("try: pass\nexcept (X, Y), e: pass", "try: pass\nexcept (X, Y) as e: pass"),
    ],
)
def test_a_statement_becomes_python_3_s(old: str, new: str) -> None:
    assert said(old) == new


@pytest.mark.parametrize(
    "source",
    [
        "raise X, why",  # a value that may be an exception or a tuple
        "raise X, 'why', traceback",
        "x = `3`",
        "x = ur'\\u1234'",  # an escape even in a raw string
        "x = ['\\u1234', 3L]",  # no escape in bytes
        "try: pass\nexcept X, e.why: pass",
        "exec 'x = 1'",
    ],
)
def test_what_cannot_be_said_to_the_letter_is_no_python(source: str) -> None:
    result = read(
        f"{HEAD}{source}\nclass Migration(migrations.Migration):\n    operations = []\n    x = 1L\n"
    )
    assert isinstance(result, Unreadable)
    assert "syntax error" in result.reason


@pytest.mark.parametrize(
    "source",
    [
        'x = "36L 0777 print x <> y"\n',
        "# print 36L\n",
        "x = 0; y = 00; z = 0x1f; w = 1_000; v = 0o17\n",
        "print(1)\nprint (1, file=f)\n",
        "from __future__ import print_function\nprint\nlogger.print\n",
        "def print_all(): pass\n",
        "raise X\n",
        "try: pass\nexcept X as e: pass\n",
    ],
)
def test_python_3_is_left_alone(source: str) -> None:
    assert python2.translated(source.encode()) is None


def test_a_file_with_a_long_number_is_read_and_its_place_told() -> None:
    found = migration(
        f"{HEAD}class Migration(migrations.Migration):\n    operations = [\n        {FIELD}\n    ]\n"
    )
    (operation,) = found.operations
    assert operation == body(f"    operations = [{FIELD.replace('36L', '36')}]").operations[0]
    assert isinstance(operation, Operation)
    assert operation.span == Span(found.path, 4, 8, 4, 8 + len(FIELD))
    assert found.python2 is not None
    assert (found.python2.line, found.python2.column) == (4, 8 + FIELD.index("36L"))


def test_an_octal_number_is_that_number() -> None:
    (operation,) = operations("[migrations.AddField('item', 'x', models.IntegerField(default=0777))]")
    assert "default=511" in str(operation)


def test_a_function_of_python_2_is_compared_and_the_rest_of_the_file_read() -> None:
    """Names of locals do not count, what is done does."""
    text = "[migrations.RunPython(forwards), migrations.AddField('item', 'y', models.IntegerField())]"
    one, other = (operations(text, before) for before in (PRINTS, PRINTS.replace("error", "problem")))
    changed = operations(text, PRINTS.replace("migrated", "moved"))
    assert not any(isinstance(each, Opaque) for each in one)
    assert one[1] == other[1] == changed[1]
    codes = [each[0].argument("code") for each in (one, other, changed) if isinstance(each[0], Operation)]
    assert all(isinstance(code, Code) and code.python2 for code in codes)
    assert codes[0] == codes[1] != codes[2]


def test_python_3_s_function_is_no_python_2() -> None:
    (operation,) = operations("[migrations.RunPython(forwards)]", "def forwards(apps, editor): print('x')")
    assert isinstance(operation, Operation)
    code = operation.argument("code")
    assert isinstance(code, Code)
    assert not code.python2


def test_a_division_is_not_computed() -> None:
    (operation,) = operations("[migrations.AddField('item', 'x', models.CharField(max_length=511L / 2))]")
    assert isinstance(operation, Operation)
    assert [each.reason for each in operation.opaques] == ["Python 2 may cut off what is behind the point"]


def test_a_division_within_a_function_is_another_one_than_python_3_s() -> None:
    source = "def forwards(apps, editor):\n    apps.x = 3 / 2\n"
    old, new = (
        operations("[migrations.RunPython(forwards)]", before)[0] for before in (f"X = 3L\n{source}", source)
    )
    assert isinstance(old, Operation)
    assert isinstance(new, Operation)
    assert old.argument("code") != new.argument("code")


@pytest.mark.parametrize(
    "content",
    [
        "# -*- coding: latin-1 -*-\nX = '\u00e4'\nY = 3L\n".encode("latin-1"),
        b"\xef\xbb\xbfX = 1\r\nY = 3L\r\n",
        b"def f():\n    return 3L\n",
    ],
)
def test_encodings_and_line_ends_are_python_s_business(content: bytes) -> None:
    tree = parse(content)
    assert isinstance(tree, Python2Module)
    assert tree.form.text == "3L"


def test_brackets_that_never_close_take_no_time() -> None:
    assert python2.translated(b"raise (" * 100_000 + b"3L") is None


def test_conflict_markers_are_told_as_such() -> None:
    result = read(f"{HEAD}<<<<<<< a\nX = 3L\n=======\nX = 4L\n>>>>>>> b\n")
    assert isinstance(result, Unreadable)
    assert result.reason == "git conflict markers"


def test_another_fault_beside_is_told_in_its_place() -> None:
    result = read(f"{HEAD}X = 3L\nY = (\n")
    assert isinstance(result, Unreadable)


def test_a_helper_of_python_2_is_followed() -> None:
    found = body(
        "    operations = [migrations.AddField('item', 'x', models.CharField(max_length=LENGTH))]",
        "from shop.lengths import LENGTH",
        others={"shop/lengths.py": "LENGTH = 36L\nprint 'x'\n"},
    )
    (operation,) = found.operations
    assert "max_length=36" in str(operation)
    assert found.python2 is None
