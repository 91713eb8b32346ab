"""Ledgers as people hand them in."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from stitchback.adapters.ledgers import parse_ledger, read_ledger_file
from stitchback.errors import EnvironmentProblem
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import LedgerRow

FIRST = MigrationKey("shop", "0001_initial")
SECOND = MigrationKey("shop", "0002_item_color")

PSQL = """\
 id | app  |      name       |            applied
----+------+-----------------+-------------------------------
  1 | shop | 0001_initial    | 2024-01-01 00:00:00.123456+00
  2 | shop | 0002_item_color | 2024-01-02 00:00:00+00
(2 rows)

"""
MYSQL = """\
+----+------+-----------------+----------------------------+
| id | app  | name            | applied                    |
+----+------+-----------------+----------------------------+
|  1 | shop | 0001_initial    | 2024-01-01 00:00:00.123456 |
|  2 | shop | 0002_item_color | 2024-01-02 00:00:00.000000 |
+----+------+-----------------+----------------------------+
2 rows in set (0.001 sec)
"""
FORMS = {
    "csv": ("csv", "app,name\nshop,0001_initial\nshop,0002_item_color\n"),
    "csv without a header": ("csv", "shop,0001_initial\nshop,0002_item_color"),
    "csv, CRLF, spaces, empty lines": (
        "csv",
        "app , name\r\n\r\nshop, 0001_initial\r\nshop ,0002_item_color\r\n",
    ),
    "csv with semicolons": ("csv", "name;app\n0001_initial;shop\n0002_item_color;shop\n"),
    "csv, quoted": ("csv", '"app","name"\n"shop","0001_initial"\n"shop","0002_item_color"\n'),
    "mysql --batch": ("csv", "id\tapp\tname\tapplied\n1\tshop\t0001_initial\t\n2\tshop\t0002_item_color\t\n"),
    "csv of psql": (
        "csv",
        "id,app,name,applied\n1,shop,0001_initial,2024-01-01\n2,shop,0002_item_color,2024-01-02\n",
    ),
    "psql": ("table", PSQL),
    "psql, border 2": ("table", MYSQL.replace("2 rows in set (0.001 sec)", "(2 rows)")),
    "psql, two columns": (
        "table",
        " app | name\n-----+-----\n shop | 0001_initial\n shop | 0002_item_color\n",
    ),
    "psql, unaligned": ("table", "id|app|name\n1|shop|0001_initial\n2|shop|0002_item_color\n(2 rows)\n"),
    "mysql": ("table", MYSQL),
    "sqlite3": (
        "table",
        "1|shop|0001_initial|2024-01-01 00:00:00\n2|shop|0002_item_color|2024-01-02 00:00:00\n",
    ),
    "json objects": (
        "json",
        '[{"app": "shop", "name": "0001_initial"},\n {"app": "shop", "name": "0002_item_color"}]',
    ),
    "json pairs": ("json", '[["shop", "0001_initial"], ["shop", "0002_item_color"]]'),
    "json names": ("json", '["shop.0001_initial", "shop.0002_item_color"]'),
    "json under a key": ("json", '{"rows": [["shop", "0001_initial"], ["shop", "0002_item_color"]]}'),
    "dumpdata": (
        "json",
        '[{"model": "migrations.migration", "pk": 1, "fields": {"app": "shop", "name": "0001_initial", "applied": null}},'
        ' {"model": "migrations.migration", "pk": 2, "fields": {"app": "shop", "name": "0002_item_color"}}]',
    ),
    "plan": ("showmigrations", "[X]  shop.0001_initial\n[X]  shop.0002_item_color\n[ ]  shop.0003_later\n"),
    "plan -v 2": (
        "showmigrations",
        "[X]  shop.0001_initial\n[X]  shop.0002_item_color ... (shop.0001_initial, blog.0002_x)\n",
    ),
    "list": (
        "showmigrations",
        "blog\n (no migrations)\nshop\n [X] 0001_initial\n [X] 0002_item_color\n [ ] 0003_later\n",
    ),
    "list -v 2, colours, squash": (
        "showmigrations",
        "\x1b[1mshop\x1b[0m\n [X] 0001_initial (2 squashed migrations) (applied at 2024-01-01 10:00:00)\n"
        " [X] 0002_item_color (applied at 2024-01-01 10:00:00)\n"
        " [-] 0003_x (3 squashed migrations) run 'manage.py migrate' to finish recording.\n",
    ),
}


@pytest.mark.parametrize("case", FORMS)
def test_every_form_gives_the_same_rows(case: str) -> None:
    form, text = FORMS[case]
    found = parse_ledger(text, "prod")
    assert [row.key for row in found.ledger.rows] == [FIRST, SECOND]
    assert (found.form, found.ledger.source) == (form, "prod")
    assert found.complete == (form != "showmigrations")
    assert bool(found.remarks) == (form == "showmigrations")


@pytest.mark.parametrize("text", [PSQL, MYSQL])
def test_a_table_keeps_id_and_applied(text: str) -> None:
    first = parse_ledger(text, "prod").ledger.rows[0]
    assert first.id == 1
    assert first.applied is not None
    assert first.applied.startswith("2024-01-01 00:00:00.123456")


def test_doubled_rows_stay_doubled_and_in_order() -> None:
    rows = parse_ledger("shop,b\nshop,a\nshop,b\n", "prod").ledger.rows
    assert [row.key.name for row in rows] == ["b", "a", "b"]


def test_names_with_commas_quotes_and_newlines_in_csv_and_json() -> None:
    csv_text = 'app,name\nshop,"a,""b"", c"\nshop,"two\nlines"\n'
    assert [row.key.name for row in parse_ledger(csv_text, "x").ledger.rows] == ['a,"b", c', "two\nlines"]
    assert parse_ledger('[["shop", "a|b\\nc"]]', "x").ledger.rows == (
        LedgerRow(MigrationKey("shop", "a|b\nc")),
    )


@pytest.mark.parametrize("text", ["app,name\n", "[]", " app | name \n-----+------\n(0 rows)\n"])
def test_an_empty_ledger_is_one_that_says_so(text: str) -> None:
    assert parse_ledger(text, "x").ledger.rows == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("\n\n", 1),
        ("app,name\nshop,0001\nshop\n", 3),
        ("app,name\nshop,\n", 2),
        ("app,name\n,0001\n", 2),
        ("shop,0001,2024,what,is,this\n", 1),
        ("id,app,name\nx,shop,0001\n", 2),
        ('app,name\nshop,"0001\n', 2),
        ('[\n["shop", "0001"],\n["shop"]\n]', 3),
        ('[\n{"app": "shop", "name": 1}\n]', 2),
        ('[\n["shop", "0001"],,\n]', 2),
        ('{"app": "shop"}', 1),
        ("[X]  shop.0001\nwhat is this\n", 2),
        ("[X]  shop.0001\n[X] 0002\n", 2),
        ("shop\n [X] 0001\n what\n", 3),
        (PSQL.replace("  2 | shop | 0002_item_color |", "  2 | shop | 0002_item_color"), 4),
        (PSQL + "Did not find any relation\n", 7),
        ("hello world\n", 1),
        ("[" * 100_000 + "]" * 100_000, 1),
        ('[["shop", "0001", ' + "[" * 50_000, 1),
        ('[["shop", ' + "1" * 5_000 + "]]", 1),
        ('{"rows": ' * 50_000, 1),
        ("id,app,name\n" + "1" * 900 + ",shop,0001\n", 2),
        ("id,app,name\n²,shop,0001\n", 2),
        ('[["shop", "0001"],\n["shop", "\\ud800"]]', 2),
        ("app,name\nshop,0001\n" + " " * 1_000_000 + "x\n", 3),
        ("-=" * 1_000_000, 1),
        ('ERROR:  relation "django_migrations" does not exist\n', 1),
    ],
)
def test_what_cannot_be_read_is_an_error_that_names_the_line(text: str, line: int) -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        parse_ledger(text, "prod.csv")
    assert caught.value.code == "SB606"
    assert caught.value.message.startswith(f"prod.csv: line {line} ")


def test_a_name_as_long_as_the_table_has_them() -> None:
    """255 characters, of four bytes each."""
    name = "é" * 255
    assert [row.key.name for row in parse_ledger(f"app,name\nshop,{name}\n", "x").ledger.rows] == [name]


def test_a_bracket_in_a_text_before_the_rows() -> None:
    assert len(parse_ledger('{"made by [x]": 1, "rows": [["shop", "0001"]]}', "x").ledger.rows) == 1


def test_many_rows_take_the_time_of_their_number() -> None:
    """Not of its square: the line of each row is counted from the one before."""
    many = "[" + '["shop", "0001"],\n' * 100_000 + '["shop", "0002"]]'
    start = time.process_time()
    assert len(parse_ledger(many, "x").ledger.rows) == 100_001
    assert time.process_time() - start < 5


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(EnvironmentProblem, match="more than 20,000,000 bytes") as caught:
        read_ledger_file(path)
    assert caught.value.code == "SB606"


def test_files_bom_utf16_and_what_is_no_text(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path = tmp_path / f"{encoding}.csv"
        path.write_text("app,name\nshop,0001_größe\n", encoding=encoding)
        assert read_ledger_file(path).ledger.rows[0].key.name == "0001_größe"
    path.write_bytes(b"app,name\nshop,\xff\xfe\n")
    with pytest.raises(EnvironmentProblem, match="line 2 is not utf-8"):
        read_ledger_file(path)
    with pytest.raises(EnvironmentProblem, match="cannot be read"):
        read_ledger_file(tmp_path / "missing")
