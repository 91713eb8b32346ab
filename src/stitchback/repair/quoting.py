"""Writes any text as an ASCII SQL literal that is correct for every client, character set and server mode.

Letters, digits and harmless characters stay readable, a quote is doubled. Everything else is written as a number, so that no client can interpret a
backslash (MySQL with and without NO_BACKSLASH_ESCAPES, PostgreSQL with and without standard_conforming_strings), a percent sign (drivers), a line
break, a semicolon or a `&` (SQL*Plus).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_HARMLESS = r"A-Za-z0-9_.,:()=/ '\-"
_PLAIN = re.compile(f"[{_HARMLESS}]*")
_RUNS = re.compile(f"[{_HARMLESS}]+|[^{_HARMLESS}]+")
LONG_LINE = 500
LONG_COMMENT = 500
_CODES_A_CALL = 50  # SQLite takes at most 100 arguments in old builds


def is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def sqlite(text: str) -> str:
    return _joined(text, _sqlite_codes)


def postgresql(text: str) -> str:
    """`convert_from` takes UTF-8 to whatever the server's encoding is; `\\u` escapes would need a UTF-8 server before 13."""
    if is_plain(text):
        return _quoted(text)
    return f"convert_from(decode('{text.encode().hex()}', 'hex'), 'UTF8')"


def mysql(text: str) -> str:
    return _quoted(text) if is_plain(text) else f"CONVERT({mysql_bytes(text)} USING utf8mb4)"


def mysql_bytes(text: str) -> str:
    """The text's UTF-8 bytes. A hexadecimal literal is a binary string for MySQL and has no escapes."""
    return _quoted(text) if is_plain(text) else f"X'{text.encode().hex().upper()}'"


def oracle(text: str) -> str:
    """The text for Oracle, where the empty text is NULL. Long texts take several lines: SQL*Plus accepts 2,499 characters a line."""
    literal = _joined(text, _oracle_codes)
    return literal if len(literal) < LONG_LINE else literal.replace(" || ", " ||\n  ")


def _joined(text: str, spell: Callable[[str], list[str]]) -> str:
    parts: list[str] = []
    for run in _RUNS.findall(text):
        parts.extend([_quoted(run)] if is_plain(run) else spell(run))
    if len(parts) <= 1:
        return parts[0] if parts else "''"
    return f"({' || '.join(parts)})"


def _sqlite_codes(run: str) -> list[str]:
    chunks = (run[start : start + _CODES_A_CALL] for start in range(0, len(run), _CODES_A_CALL))
    return [f"char({', '.join(str(ord(letter)) for letter in chunk)})" for chunk in chunks]


def _oracle_codes(run: str) -> list[str]:
    chunks = (run[start : start + _CODES_A_CALL] for start in range(0, len(run), _CODES_A_CALL))
    return [f"UNISTR('{''.join(_oracle_units(chunk))}')" for chunk in chunks]


def _oracle_units(chunk: str) -> Iterator[str]:
    units = chunk.encode("utf-16-be").hex().upper()
    return (f"\\{units[at : at + 4]}" for at in range(0, len(units), 4))


def comment(text: str) -> str:
    """The text for one line after `-- `: ASCII, without line breaks and without characters that end a comment or that a client interprets."""
    line = text.encode("unicode_escape").decode("ascii")
    line = line.replace("*/", "* /").replace("/*", "/ *").replace(";", ",").replace("&", "+")
    line = line if len(line) <= LONG_COMMENT else line[:LONG_COMMENT] + " ..."
    return line.rstrip(" -") or "."
