"""PEP 758: `except A, B:` is Python 3.14, and was something else in Python 2."""

from __future__ import annotations

import ast

import pytest

from stitchback.parsing import sources

HEAD = "from package import errors\nfrom package.lost import Gone as Away\n\n\ndef run():\n    try:\n        pass\n"


@pytest.mark.parametrize(
    ("handlers", "caught"),
    [
        (["except SyntaxError, ValueError:"], ["(SyntaxError, ValueError)"]),
        (["except errors.Lost, Away:  # either"], ["(errors.Lost, Away)"]),
        (
            [
                "except KeyError, TypeError, OSError:",
                "except Away, ValueError :",
                "except Exception as error:",
            ],
            ["(KeyError, TypeError, OSError)", "(Away, ValueError)", "Exception"],
        ),
    ],
)
def test_it_is_read_as_with_parentheses(handlers: list[str], caught: list[str]) -> None:
    source = HEAD + "".join(f"    {each}\n        raise\n" for each in handlers)
    found = [each for each in ast.walk(sources.parse(source.encode())) if isinstance(each, ast.ExceptHandler)]
    assert [ast.unparse(each.type) for each in found if each.type is not None] == caught
    assert [each.lineno for each in found] == [8 + 2 * number for number in range(len(handlers))]


def test_a_text_with_such_a_line_stays_as_it_is() -> None:
    source = HEAD + '    except KeyError, ValueError:\n        return """\n    except A, B:\n"""\n'
    assert "except A, B:" in ast.unparse(sources.parse(source.encode()))


@pytest.mark.parametrize("second", ["e", "error", "(a, b)"])
def test_near_miss_a_name_that_the_file_does_not_know_is_python_2(second: str) -> None:
    source = HEAD + f"    except ValueError, {second}:\n        raise\n"
    with pytest.raises(sources.NotPython) as caught:
        sources.parse(source.encode())
    assert caught.value.is_python2


def test_near_miss_another_error_below_is_reported() -> None:
    source = HEAD + "    except ValueError, KeyError:\n        print 'lost'\n"
    with pytest.raises(sources.NotPython) as caught:
        sources.parse(source.encode())
    assert caught.value.is_python2
