"""Forecasts of `migrate` that one planner makes for several ledgers."""

from __future__ import annotations

import pytest
from migration_values import add, alter, char, create, integer, migration, tree
from repair_trees import rows, shown

from stitchback.repair.planner import RepairPlanner

BASE = migration("shop.0001_base", "", create("Item", name=char(20)))
LOCKER = migration("shop.0002_locker", "shop.0001_base", add("item", "locker", integer()))
LONGER = migration("shop.0003_longer", "shop.0001_base", alter("item", "name", char(50)))
MERGE = migration("shop.0004_merge", "shop.0002_locker shop.0003_longer")
TREE = tree(BASE, LOCKER, LONGER, MERGE)
LOST, COMPLETE = "shop.0001_base", "shop.0001_base shop.0002_locker"


@pytest.mark.parametrize("order", [(LOST, COMPLETE), (COMPLETE, LOST)])
def test_the_same_tables_with_other_rows(order: tuple[str, ...]) -> None:
    """SQLite recreates the table from the models, and these follow from the rows: the column's values are lost where its row is missing."""
    forecaster = RepairPlanner(TREE).forecaster("sqlite")
    seen = shown(TREE, COMPLETE)
    harms = {ledger: forecaster.forecast(rows(ledger), seen)[0].harms for ledger in order}
    assert harms[COMPLETE] == ()
    assert any("shop_item.locker" in harm for harm in harms[LOST])
