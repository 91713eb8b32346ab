"""Files that only Python 2 can parse: not read, and said to be that, with the place."""

from __future__ import annotations

import pytest

from stitchback.model.migrations import Migration, Unreadable
from stitchback.parsing.sources import NotPython, parse

from .reading import HEAD, read

FORMS = {
    "36L": "X = 36L",
    "0xFFl": "X = {'a': 0xFFl}",
    "0777": "X = 0777",
    "ur": "X = ur'x'",
    "<>": "X = 1 <> 2",
    "`": "X = `1`",
    "print 'moved', x": "def f():\n    print 'moved', x",
    "exec 'x'": "exec 'x'",
    "except X, e:": "try:\n    pass\nexcept X, e:\n    pass",
    "raise X,": "raise X, 'text'",
}


@pytest.mark.parametrize(("form", "code"), FORMS.items(), ids=list(FORMS))
def test_every_form_is_named_with_its_place(form: str, code: str) -> None:
    source = f"{HEAD}{code}\nclass Migration(migrations.Migration): pass\n"
    found = read(source)
    assert isinstance(found, Unreadable)
    assert (found.is_python2, found.reason) == (True, f"Python 2 syntax: {form}")
    line = source.splitlines()[found.span.line - 1]
    assert line[found.span.column :].strip().startswith(form)


@pytest.mark.parametrize(
    "code",
    [
        "X = (",
        "X = 36 L",
        "print('x'",
        "print('x') y",
        "print = = 3",
        "except X as e:",
        "raise X from",
        "X = 0x",
        "X = 0 7",
        "X = L36 = = 1",
        "def f(:",
    ],
)
def test_what_neither_python_can_parse_is_a_syntax_error(code: str) -> None:
    with pytest.raises(NotPython, match="syntax error") as caught:
        parse(code.encode())
    assert not caught.value.is_python2


def test_conflict_markers_are_told_as_such() -> None:
    result = read(f"{HEAD}<<<<<<< a\nX = 3L\n=======\nX = 4L\n>>>>>>> b\n")
    assert isinstance(result, Unreadable)
    assert (result.reason, result.is_python2) == ("git conflict markers", False)


@pytest.mark.parametrize(
    "code", ["print ('x')", "X = '36L 0777 <> `'", "print\nX = 0o777", "X = 7_0 if 0 else 00"]
)
def test_python_3_is_python_3(code: str) -> None:
    result = read(f"{HEAD}{code}\nclass Migration(migrations.Migration): pass\n")
    assert isinstance(result, Migration), result


def test_a_long_line_takes_no_time() -> None:
    with pytest.raises(NotPython):
        parse(b"except " + b"," * 190_000)
