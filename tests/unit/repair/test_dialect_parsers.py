"""Scripts read by a parser of each dialect. For Oracle, of which no server is at hand, this is all the trying that its SQL gets."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger, LedgerRow
from stitchback.repair.dialects import DIALECTS
from stitchback.repair.ledger_edits import (
    DeleteDuplicate,
    DeleteRow,
    EditGuard,
    InsertRow,
    LedgerEdit,
    Presence,
    RenameRow,
)
from stitchback.repair.sql import Script, render_script

A, B, C = (MigrationKey("shop", name) for name in ("0001_a", "0002_b", "it's; -- \\ % é\n🐍"))
TIMES = ("2024-01-01 00:00:00.123456", "2024-01-02 00:00:00+00:00", "2024-01-03 10:00:00.5")
LEDGER = Ledger("prod", tuple(LedgerRow(key, at, TIMES[at]) for at, key in enumerate((A, A, B))))
EDITS: list[LedgerEdit] = [
    InsertRow(
        C, "why; not\n*/", EditGuard(given=(A,), seen=(Presence("shop_item"), Presence("shop_item", "color")))
    ),
    DeleteDuplicate(A, "twice"),
    RenameRow(B, MigrationKey("store", "0002_b"), "renamed"),
    DeleteRow(C, "gone"),
]
KINDS = (
    exp.Select,
    exp.Union,
    exp.Insert,
    exp.Update,
    exp.Delete,
    exp.Transaction,
    exp.Commit,
    exp.Set,
    exp.Pragma,
)


def scripts(vendor: str) -> tuple[Script, Script]:
    """For a ledger that tells everything, and for one that tells names only."""
    untold = Ledger.of(*(row.key for row in LEDGER.rows), source="file.csv")
    return render_script(EDITS, vendor, LEDGER), render_script(EDITS, vendor, untold, shared=True)


def dialect(vendor: str) -> str:
    return {"postgresql": "postgres"}.get(vendor, vendor)


@pytest.mark.parametrize("vendor", DIALECTS)
def test_every_statement_is_one_statement_of_its_dialect(vendor: str) -> None:
    for script in scripts(vendor):
        statements = [*script.probe, *(item.sql for item in script.statements)]
        for sql in statements:
            parsed = sqlglot.parse(sql, dialect=dialect(vendor), error_level=sqlglot.ErrorLevel.RAISE)
            assert len(parsed) == 1, sql
            assert isinstance(parsed[0], KINDS), sql
            assert not isinstance(parsed[0], exp.Command), sql


@pytest.mark.parametrize("vendor", DIALECTS)
def test_whole_files_hold_only_what_they_should(vendor: str) -> None:
    """SQL*Plus' own line, and locks that the parser does not know, apart."""
    unknown = ("WHENEVER SQLERROR", "LOCK TABLE", "DO RELEASE_LOCK")
    for script in scripts(vendor):
        for text in (script.text, script.undo):
            lines = [line for line in text.splitlines() if not line.startswith(unknown)]
            parsed = sqlglot.parse("\n".join(lines), dialect=dialect(vendor))
            found = [each for each in parsed if each is not None]
            assert all(isinstance(each, (*KINDS, exp.Semicolon)) for each in found), [
                type(each) for each in found
            ]
            changes = [each for each in found if isinstance(each, exp.Insert | exp.Update | exp.Delete)]
            assert all(each.find(exp.Table).name == "django_migrations" for each in changes)
            assert all(each.find(exp.Where) is not None for each in changes)


def test_oracle_says_what_oracle_wants() -> None:
    script, untold = scripts("oracle")
    insert = script.statements[0].sql
    assert "SYS_EXTRACT_UTC(SYSTIMESTAMP) FROM dual" in insert
    assert "UNISTR('\\00E9" in insert
    assert "user_tab_columns WHERE table_name = 'SHOP_ITEM'" in insert
    assert script.opening == ("LOCK TABLE django_migrations IN EXCLUSIVE MODE WAIT 30",)
    assert "TO_TIMESTAMP('2024-01-02 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6')" in script.undo
    assert " AS present" not in script.text + untold.text
    for line in (script.text + script.undo).splitlines():
        assert "&" not in line
        assert not line.endswith("-")
        assert len(line) < 2500  # SQL*Plus takes no longer ones


def test_no_line_is_too_long_for_sqlplus() -> None:
    longest = MigrationKey("🐍" * 255, "é'" * 127)
    edits: list[LedgerEdit] = [
        InsertRow(longest, str(longest), EditGuard(given=(longest,))),
        RenameRow(A, longest, ""),
        DeleteRow(longest, ""),
    ]
    script = render_script(edits, "oracle", LEDGER)
    assert max(map(len, (script.text + script.undo).splitlines())) < 2499
    for item in script.statements:
        assert sqlglot.parse_one(item.sql, dialect="oracle")


@pytest.mark.parametrize("vendor", DIALECTS)
def test_id_is_never_set_but_to_put_a_row_back(vendor: str) -> None:
    for script in scripts(vendor):
        for item in script.statements:
            for insert in sqlglot.parse_one(item.sql, dialect=dialect(vendor)).find_all(exp.Insert):
                assert [column.name for column in insert.this.expressions] == ["app", "name", "applied"]
