"""Literals and comments: ASCII, and nothing in them that a client could take for its own."""

from __future__ import annotations

import re
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stitchback.repair import quoting

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
LITERALS = {
    "sqlite": quoting.sqlite,
    "postgresql": quoting.postgresql,
    "mysql": quoting.mysql,
    "mysql bytes": quoting.mysql_bytes,
    "oracle": quoting.oracle,
}
PARTS = re.compile(r"'(?:''|[A-Za-z0-9_.,:()=/ \-]|\\[0-9A-F]{4})*'|[A-Za-z0-9_(), |\n]")


@pytest.mark.parametrize("engine", LITERALS)
@given(text=TEXTS)
def test_a_literal_is_harmless_whatever_the_text(engine: str, text: str) -> None:
    literal = LITERALS[engine](text)
    assert PARTS.sub("", literal) == ""
    if engine != "oracle":
        assert "\\" not in literal


@given(text=TEXTS)
def test_sqlite_reads_the_text_back(text: str) -> None:
    assert sqlite3.connect(":memory:").execute(f"SELECT {quoting.sqlite(text)}").fetchone() == (text,)


@pytest.mark.parametrize(
    ("engine", "text", "literal"),
    [
        ("sqlite", "0002_item_color", "'0002_item_color'"),
        ("sqlite", "it's\n", "('it''s' || char(10))"),
        ("sqlite", "", "''"),
        ("postgresql", "it's", "'it''s'"),
        ("postgresql", "a\\b", "convert_from(decode('615c62', 'hex'), 'UTF8')"),
        ("mysql", "é%", "CONVERT(X'C3A925' USING utf8mb4)"),
        ("oracle", "a&b", "('a' || UNISTR('\\0026') || 'b')"),
        ("oracle", "\U0001f600", "UNISTR('\\D83D\\DE00')"),
    ],
)
def test_how_literals_look(engine: str, text: str, literal: str) -> None:
    assert LITERALS[engine](text) == literal


@given(text=TEXTS)
def test_a_comment_is_one_line_of_ascii_and_ends_no_statement(text: str) -> None:
    line = quoting.comment(text)
    assert line
    assert line.isascii()
    assert line.isprintable()
    assert not set(line) & set(";&\n\r")
    assert "*/" not in line
    assert "/*" not in line
    assert not line.endswith("-")  # SQL*Plus would go on with the next line
