"""Two models with one table: what creates the one is no stranger to what creates the other."""

from __future__ import annotations

import pytest
from migration_values import add, create, migration, operation
from plans_by_hand import candidate, patch, situation

from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.model.plans import SafePlan
from stitchback.model.values import Constant
from stitchback.proof import prove
from stitchback.proof.relevance.footprint import same_tables

TOWERS = {"db_table": Constant("shop_towers")}


def moved(model: str, table: str) -> Operation:
    return operation("AlterModelTable", name=Constant(model), table=Constant(table))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (create("Tower", TOWERS), create("Turret", TOWERS), True),
        (create("Tower", TOWERS), create("Turret", {"db_table": Constant("SHOP_TOWERS")}), True),
        (create("Tower", {"db_table": Constant("shop_turret")}), create("Turret", {}), True),
        (create("Tower", TOWERS), moved("turret", "shop_towers"), True),
        (create("Tower", TOWERS), create("Turret", {}), False),
        (create("Tower", TOWERS), moved("tower", "shop_towers"), False),
    ],
    ids=["named twice", "in capitals", "the usual name of one", "named later", "near miss: its own", "near miss: one model"],
)  # fmt: skip
def test_models_that_have_one_table(one: Operation, other: Operation, same: bool) -> None:
    migrations = (migration("shop.0003_a", "", one), migration("shop.0004_b", "", other))
    pair = (ModelKey("shop", "tower"), ModelKey("shop", "turret"))
    assert list(same_tables(migrations)) == ([pair] if same else [])


@pytest.mark.parametrize("table", ["shop_towers", "shop_turrets"])
def test_a_plan_that_creates_one_table_twice_fails(table: str) -> None:
    """Else mainline's model would be left out as irrelevant, and only the rehearsal would see it."""
    ours = migration("shop.0003_tower", "shop.0002_base", create("Tower", TOWERS))
    beside = migration("shop.0003_x", "shop.0002_base", add("item", "x"))
    theirs = migration("shop.0004_turret", "shop.0003_x", create("Turret", {"db_table": Constant(table)}))
    merge = migration("shop.0005_merge", "shop.0003_tower shop.0004_turret")
    given = situation(beside, theirs, patches=[patch(ours)])
    proof = prove(candidate(given, ours, merge), given)
    proof = prove(candidate(given, ours, merge), given)
    if table == "shop_turrets":
        assert isinstance(proof, SafePlan)
    else:
        assert not isinstance(proof, SafePlan)
        assert "table shop_towers exists already" in {each.message for each in proof.failures}
