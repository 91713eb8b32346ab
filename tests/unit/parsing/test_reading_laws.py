"""Laws of reading."""

from __future__ import annotations

import ast

from hypothesis import given, settings
from hypothesis import strategies as st

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Unreadable
from stitchback.model.values import Constant, Dictionary, Items, Value, render
from stitchback.parsing.migration import read_migration
from stitchback.parsing.reading_context import ReadingContext

from .test_values import value

constants = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.binary(max_size=10), st.floats(allow_nan=False, allow_infinity=False)
).map(Constant)  # fmt: skip


def displays(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    few = st.lists(inner, max_size=4).map(tuple)
    return st.one_of(
        st.builds(Items, st.sampled_from(["list", "tuple"]), few),
        st.lists(st.tuples(constants, inner), max_size=4, unique_by=lambda pair: render(pair[0])).map(
            lambda pairs: Dictionary(tuple(pairs))
        ),
    )


literals: st.SearchStrategy[Value] = st.recursive(constants, displays, max_leaves=12)


@given(literals)
@settings(max_examples=150, deadline=None)
def test_a_literal_that_is_written_is_read_back(literal: Value) -> None:
    assert value(render(literal)) == literal


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_a_migration_or_a_reason(source: bytes) -> None:
    found = read_migration(MigrationKey("a", "b"), "a/b.py", "0", source, ReadingContext())
    assert isinstance(found, Migration | Unreadable)


FRAGMENTS = st.sampled_from(
    [
        "\n    operations =",
        "operations +=",
        "x =",
        "x +=",
        "[x]",
        "[*x]",
        "x.append(1)",
        "for x in x:\n        pass",
        "if x:\n        x = 1\n   ",
        "[i for i in x]",
        "f'{x}'",
        "lambda x: x",
        "x(x)",
        "x[0]",
        "x[0] = 1",
        "del x",
        "x if x else x",
        "(x, y) =",
        "y",
        "{**x}",
        "x % x",
        "x * 9\n   ",
        "def x(): return x",
        "class x(x): pass",
        "import x",
        "from x import *",
        "try:\n        x\n    except x:\n        x = 2",
        "global x\n   ",
        "while x: x = 1",
        "with x as y: pass",
        "x: int = 1",
        "x = y = []",
        "migrations.RunSQL(x)",
        "assert x",
        "{}",
        "x or y",
        "not x",
        "-x\n    ",
    ]
)


@given(st.lists(FRAGMENTS, max_size=12))
@settings(max_examples=300, deadline=None)
def test_any_statements_give_a_migration(fragments: list[str]) -> None:
    lines: list[str] = []
    for fragment in fragments:
        line = "    " + fragment.strip() + (" [x, y]" if fragment.strip().endswith("=") else "")
        try:
            ast.parse("class A:\n" + line)
        except SyntaxError:
            continue
        lines.append(line)
    text = (
        "from django.db import migrations\nclass Migration(migrations.Migration):\n    x = y = [1]\n"
        + "\n".join(lines)
    )
    found = read_migration(MigrationKey("a", "b"), "a/b.py", "0", text.encode(), ReadingContext())
    assert isinstance(found, Migration | Unreadable)
