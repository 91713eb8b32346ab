"""`migrate --fake` beside the SQL (FACTS F10, F11)."""

from __future__ import annotations

import django
from migration_values import migration, tree
from repair_trees import (
    ADOPTED,
    BASE,
    DIAMOND,
    LATER,
    LOOSE_DIAMOND,
    MAINLINE,
    OLD_COLOR,
    SIZE,
    STITCH,
    rows,
    shown,
)

from stitchback.model.migrations import Tree
from stitchback.repair.faking import FakeTrial
from stitchback.repair.planner import RepairContext, RepairPlanner
from stitchback.repair.repair_outcomes import Repair

APPLIED = "shop.0001_base shop.0002_size shop.0003_color"


def trial(ledger: str, today: Tree) -> FakeTrial:
    deriver = RepairPlanner(today)
    repair = deriver.derive(rows(ledger), RepairContext(visible=shown(MAINLINE, ledger)))
    assert isinstance(repair, Repair)
    assert repair.edits
    return deriver.try_fake(repair)


def test_it_works_where_the_history_is_consistent() -> None:
    assert trial(APPLIED, LOOSE_DIAMOND).commands == ("migrate --fake shop 0002_stitch",)


def test_it_fails_where_django_refuses_before_it_does_anything() -> None:
    found = trial(APPLIED, DIAMOND)
    assert found.commands == ()
    assert "applied before its dependency" in found.reason


def test_it_would_fake_more_than_it_should() -> None:
    above = STITCH.with_changes(dependencies=(*STITCH.dependencies, LATER.key))
    today = tree(
        BASE,
        SIZE,
        OLD_COLOR.with_changes(operations=()),
        LATER,
        above,
        migration("shop.0005_merge", "shop.0002_stitch"),
    )
    found = trial(APPLIED, today)
    assert "would fake shop.0004_later too" in found.reason


def test_an_adopted_migration() -> None:
    """On Django 6 the fake leaves its row twice."""
    found = trial(APPLIED, ADOPTED)
    assert bool(found.commands) == (django.VERSION < (6,))
    assert bool(found.commands) or "twice" in found.reason
