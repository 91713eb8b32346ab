"""Ledgers from files: whatever a person can get out of a database that stitchback cannot reach.

The form is found by looking: JSON, CSV, `showmigrations` (list and `--plan`), or a table as `psql`, `mysql` or `sqlite3`
print it. What cannot be read is an error that names the line; no line is left out in silence.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from stitchback.errors import EnvironmentProblem
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger, LedgerRow

_LINE_END = re.compile(r"\r\n|\n|\r")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
MAX_BYTES = 20_000_000  # of a ledger file: some hundred thousand rows
MAX_LINE = 1_000  # characters of a line that is no JSON: names of migrations have at most 255
_NUMBER = re.compile(r"[0-9]{1,19}")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_COLUMNS = ("id", "app", "name", "applied")
_NOISE = re.compile(
    r"^\s*(\(\d+ rows?\)|\d+ rows? in set.*|Time: .*|mysql>.*|MariaDB \[.*|.*[=-][#>] .*select.*)\s*$", re.I
)
_RULE = re.compile(r"^\s*[|+]?[-+=|]+[|+]?\s*$")
_PLAN = re.compile(r"^\[(?P<mark>[ Xx-])\]\s+(?P<app>[^\s.]+)\.(?P<name>\S+)(\s+\.\.\. \(.*\))?\s*$")
_ITEM = re.compile(
    r"^\s+\[(?P<mark>[ Xx-])\]\s+(?P<name>.+?)"
    r"(?P<squash> \((?P<count>\d+) squashed migrations\))?"
    r"(?P<hint> run 'manage\.py migrate' to finish recording\.)?"
    r"( \(applied at (?P<applied>[^)]+)\))?\s*$"
)
_LABEL = re.compile(r"^(?P<app>[A-Za-z_]\w*)\s*$")

SHOWN_ONLY = (
    "`showmigrations` lists the migrations of its own code only, not rows without a file, duplicate rows and rows of"
    " replaced migrations. Use a database URL, or the output of `SELECT id, app, name, applied FROM django_migrations`, for all rows."
)


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """A ledger read from a file. `form`: "csv", "json", "showmigrations" or "table".

    `complete` is False if the form does not contain every row; `remarks` report this to the user.
    """

    ledger: Ledger
    form: str
    complete: bool = True
    remarks: tuple[str, ...] = ()


def read_ledger_file(path: Path) -> LedgerFile:
    """Raises EnvironmentProblem: SB606 where the file cannot be read or understood."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise EnvironmentProblem("SB606", f"{path}: cannot be read: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise EnvironmentProblem("SB606", f"{path} has more than {MAX_BYTES:,} bytes")
    return parse_ledger(decoded(raw, str(path)), str(path))


def decoded(raw: bytes, source: str) -> str:
    """The text: UTF-8, or UTF-16 with a byte order mark (PowerShell's redirection)."""
    encoding = next((name for mark, name in _BOMS if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        _fail(source, line, f"is not {encoding} text")


def parse_ledger(text: str, source: str) -> LedgerFile:
    """The ledger in the text, in the order of its lines. An empty text is an error: it may be a failed export."""
    lines = _LINE_END.split(_ANSI.sub("", text).rstrip("\r\n"))
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        _fail(source, 1, "is empty", "A ledger without rows is `app,name` with no lines below, or [].")
    form, parse = _form_of(first, lines, source)
    rows = tuple(parse(lines, source))
    remarks = (SHOWN_ONLY,) if form == "showmigrations" else ()
    return LedgerFile(Ledger(source, rows), form, complete=form != "showmigrations", remarks=remarks)


Parser = Callable[[Sequence[str], str], Iterator[LedgerRow]]


def _form_of(first: str, lines: Sequence[str], source: str) -> tuple[str, Parser]:
    stripped = first.strip()
    is_plan = len(stripped) <= MAX_LINE and _PLAN.match(stripped)
    if not is_plan and stripped.startswith(("[", "{")):
        return "json", _json
    long = next((number for number, line in enumerate(lines, 1) if len(line) > MAX_LINE), None)
    if long is not None:
        _fail(source, long, f"has more than {MAX_LINE:,} characters")
    if is_plan:
        return "showmigrations", _plan
    if _LABEL.match(first) and any(_ITEM.match(line) or line.strip() == "(no migrations)" for line in lines):
        return "showmigrations", _listing
    if any("|" in line for line in lines if not _NOISE.match(line)) and "," not in first:
        return "table", _table
    return "csv", _csv


def _csv(lines: Sequence[str], source: str) -> Iterator[LedgerRow]:
    """`app,name[,applied]`, or any order of id, app, name, applied under a header; separated by commas, semicolons or tabs."""
    first = next(line for line in lines if line.strip())
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter, strict=True)
    try:
        cells = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        _fail(source, reader.line_num, f"is not CSV: {error}")
    yield from _rows(cells, source)


def _table(lines: Sequence[str], source: str) -> Iterator[LedgerRow]:
    """A table as pasted from psql, mysql or sqlite3: cells between bars, rules and row counts around."""
    cells = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or _RULE.match(line) or _NOISE.match(line):
            continue
        if "|" not in line:
            _fail(source, number, f"is not a row of the table: {line.strip()[:60]!r}")
        inner = line.strip()
        inner = inner[1:-1] if inner.startswith("|") and inner.endswith("|") and len(inner) > 1 else line
        cells.append((number, [cell.strip() for cell in inner.split("|")]))
    yield from _rows(cells, source)


def _rows(cells: Sequence[tuple[int, Sequence[str]]], source: str) -> Iterator[LedgerRow]:
    names = _header(cells[0][1]) if cells else None
    for number, row in cells[1:] if names else cells:
        columns = names or _headless(row, source, number)
        if len(row) != len(columns):
            _fail(source, number, f"has {len(row)} cells, the lines above have {len(columns)}")
        yield _row(dict(zip(columns, row, strict=True)), source, number)


def _header(row: Sequence[str]) -> tuple[str, ...] | None:
    names = tuple(cell.strip().strip('"`').lower() for cell in row)
    return names if "app" in names and "name" in names else None


def _headless(row: Sequence[str], source: str, line: int) -> tuple[str, ...]:
    """Columns of a line where no header names them: by their number, an id first where it is a whole number."""
    numbered = row[0].strip().isdigit()
    known = {
        (2, numbered): ("app", "name"),
        (3, True): ("id", "app", "name"),
        (3, False): ("app", "name", "applied"),
        (4, True): _COLUMNS,
    }
    columns = known.get((len(row), numbered))
    if columns is None:
        _fail(source, line, f"has {len(row)} cell{'s'[: len(row) != 1]}, not app,name[,applied]")
    return columns


def _row(values: dict[str, str], source: str, line: int) -> LedgerRow:
    app, name = values["app"].strip(), values["name"].strip()
    if not app or not name:
        _fail(source, line, f"has no {'name' if app else 'app'}")
    if any(
        "\ud800" <= character <= "\udfff" for character in app + name
    ):  # JSON's \uXXXX may name half a character
        _fail(source, line, f"has an app or a name that is not text: {ascii(f'{app}.{name}')[:60]}")
    number = values.get("id", "").strip()
    if number and not _NUMBER.fullmatch(number):
        _fail(source, line, f"has an id that is not a number: {number[:20]!r}")
    applied = values.get("applied", "").strip()
    return LedgerRow(MigrationKey(app, name), int(number) if number else None, applied or None)


def _plan(lines: Sequence[str], source: str) -> Iterator[LedgerRow]:
    """`showmigrations --plan`: `[X]  app.name`, what is not ticked is not applied."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        found = _PLAN.match(line.strip())
        if found is None:
            _fail(source, number, f"is not a line of `showmigrations --plan`: {line.strip()[:60]!r}")
        if found["mark"] in "Xx":
            yield LedgerRow(MigrationKey(found["app"], found["name"]))


def _listing(lines: Sequence[str], source: str) -> Iterator[LedgerRow]:
    """`showmigrations`: an app's label, and its migrations below. `[-]` is a squash that no row records yet."""
    app = ""
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.strip() == "(no migrations)":
            continue
        if label := _LABEL.match(line):
            app = label["app"]
            continue
        found = _ITEM.match(line)
        if found is None or not app:
            _fail(source, number, f"is not a line of `showmigrations`: {line.strip()[:60]!r}")
        if found["mark"] in "Xx":
            yield LedgerRow(MigrationKey(app, found["name"]), applied=found["applied"])


def _json(lines: Sequence[str], source: str) -> Iterator[LedgerRow]:
    """A list of {"app", "name", …}, of ["app", "name"], of "app.name", or of dumpdata's objects; or {"rows": that list}."""
    text = "\n".join(lines)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        _fail(source, error.lineno, f"is not JSON: {error.msg}")
    except RecursionError:
        _fail(source, 1, "is nested too deeply")
    except ValueError as error:  # a number of thousands of digits
        _fail(source, 1, f"is not readable JSON: {error}")
    if isinstance(document, dict):
        document = document.get("rows", document.get("ledger"))
    if not isinstance(document, list):
        _fail(source, 1, 'is JSON, but neither a list of rows nor {"rows": […]}')
    places = _places(text)
    for index, item in enumerate(document):
        yield _json_row(item, source, places[index] if index < len(places) else 1)


def _places(text: str) -> list[int]:
    """The line on which each item of the text's (first) list begins."""
    decoder = json.JSONDecoder()
    position, counted, line = text.index("[") + 1, 0, 1
    found = []
    while (position := _skip(text, position)) < len(text) and text[position] != "]":
        line, counted = line + text.count("\n", counted, position), position
        found.append(line)
        try:
            _, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError:  # the bracket belongs to a text
            return []
    return found


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n,":
        position += 1
    return position


def _json_row(item: object, source: str, line: int) -> LedgerRow:
    values: dict[object, object]
    match item:
        case {"fields": dict(fields), **rest}:
            values = {**fields, "id": rest.get("pk")}
        case dict() if "app" in item and "name" in item:
            values = dict(item)
        case [app, name, *applied] if len(applied) <= 1:
            values = {"app": app, "name": name, "applied": applied[0] if applied else None}
        case str() if "." in item:
            app, _, name = item.partition(".")
            values = {"app": app, "name": name}
        case _:
            _fail(source, line, f"is not a row of django_migrations: {json.dumps(item)[:60]}")
    if not (isinstance(values.get("app"), str) and isinstance(values.get("name"), str)):
        _fail(source, line, "has an app or a name that is not text")
    return _row({key: "" if values.get(key) is None else str(values[key]) for key in _COLUMNS}, source, line)


def _fail(source: str, line: int, reason: str, hint: str = "") -> NoReturn:
    raise EnvironmentProblem(
        "SB606",
        f"{source}: line {line} {reason}",
        hint=hint
        or "Use CSV (app,name[,applied]), JSON, the output of showmigrations, or a table printed by psql or mysql.",
    ) from None
