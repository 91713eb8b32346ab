"""The commands that a report ends with can be pasted."""

from __future__ import annotations

import pytest

from stitchback.model.ledger import Ledger
from stitchback.reporting.next_steps import repair_command


@pytest.mark.parametrize(
    ("ledger", "command"),
    [
        (Ledger("default", (), is_live=True), "stitchback repair --database default"),
        (Ledger("postgresql://u:***@h/app", (), is_live=True), "stitchback repair --database URL"),
        (
            Ledger("postgresql://u@h/app, schema acme", (), is_live=True, schema="acme"),
            "stitchback repair --schemas postgresql://u@h/app --out DIR",
        ),
        (
            Ledger("postgresql://u:***@h/app, schema acme", (), is_live=True, schema="acme"),
            "stitchback repair --schemas URL --out DIR",
        ),
        (
            Ledger("rows of staging.csv", ()),
            "stitchback repair --ledger 'rows of staging.csv' --vendor VENDOR",
        ),
    ],
)
def test_how_a_ledger_is_repaired(ledger: Ledger, command: str) -> None:
    assert repair_command(ledger) == command
