"""Conditional operations on databases that are, or are not yet, as they should be. Law: whatever the database had before,
afterwards it is what the state says; doing it twice is doing it once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bridge_cases import CASES, ITEM
from schema_sources import database, migration, operation, run

from stitchback.model.operations import Operation
from stitchback.operations.applying import apply_operation, physical_effects
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.tables import physical_of


def bridge(source: str) -> Operation:
    return replace(operation(source), conditional=True)


@pytest.mark.parametrize(("done", "bridged"), CASES, ids=[done for done, _ in CASES])
def test_a_bridge_at_the_leaf(done: str, bridged: str) -> None:
    """The state is as it should be already; one database has it, the other not."""
    state, has = database(migration(ITEM), migration(done, "shop.0002_x"))
    _, lacks = database(migration(ITEM))
    found = bridge(bridged)
    assert apply_operation(state, "shop", found).models == state.models
    wanted = physical_of(state)
    leftover = (
        {"shop_item_tags"} if done.startswith("DeleteModel") else set()
    )  # what the state no longer tells of
    for physical in (has, lacks):
        once = run(physical, found, state, state)
        assert {name: table for name, table in once.tables.items() if name not in leftover} == wanted.tables
        assert run(once, found, state, state) == once


@pytest.mark.parametrize("source", [done for done, bridged in CASES if done == bridged])
def test_a_guard_in_the_place_of_the_operation(source: str) -> None:
    """The state does not have it yet; one database has."""
    state, lacks = database(migration(ITEM))
    after, has = database(migration(ITEM), migration(source, "shop.0002_x"))
    found = bridge(source)
    assert apply_operation(state, "shop", found).models == after.models
    for physical in (has, lacks):
        assert run(physical, found, state, after).tables == physical_of(after).tables


@pytest.mark.parametrize(
    "bridged",
    ['RenameModel("Other", "Person")', 'RenameField("Item", "weight", "mass")'],
)
def test_renaming_what_the_state_has_under_neither_name(bridged: str) -> None:
    """A later rename took the new name away too; real Django fails in the template (`ProjectState.rename_model`, `rename_field`)."""
    state, _ = database(migration(ITEM))
    with pytest.raises(InconsistentState):
        physical_effects(bridge(bridged), "shop", state, apply_operation(state, "shop", bridge(bridged)))
