"""Cases of `check --rolling` by hand: an old release with a model Item, and the operations of the new one, each a migration."""

from __future__ import annotations

from collections.abc import Iterable

from migration_values import char, create, integer, migration, tree

from stitchback.engine.rolling_stops import rolling_path
from stitchback.hazards.hazard import RollingHazard
from stitchback.hazards.rolling_case import RollingCase
from stitchback.matching.match import fold
from stitchback.model.migrations import Tree
from stitchback.model.operations import Operation
from stitchback.model.state import SchemaState

ITEM = create("Item", name=char(), color=char(30), size=integer())
VENDORS = ("sqlite", "postgresql", "mysql")


def rolling(
    *operations: Operation,
    old: Iterable[Operation] = (ITEM,),
    code_first: bool = False,
    large: Iterable[str] = (),
    vendors: Iterable[str] = VENDORS,
) -> RollingCase:
    first = migration("shop.0001_initial", "", *old)
    before, steps = "shop.0001_initial", []
    for number, operation in enumerate(operations, start=2):
        steps.append(migration(f"shop.000{number}_step", before, operation))
        before = f"shop.000{number}_step"
    released, new = tree(first, ref="v1"), tree(first, *steps, ref="v2")
    paths = {vendor: rolling_path(released, new, vendor) for vendor in vendors}
    return RollingCase(released, new, models(released), models(new), paths, code_first, frozenset(large))


def models(of: Tree) -> SchemaState:
    return fold(of.migrations[key] for key in sorted(of.migrations))


def messages(hazard: RollingHazard, case: RollingCase) -> list[str]:
    found = list(hazard.find(case))
    assert all(each.code == hazard.code and each.hint for each in found)
    return [each.message for each in found]


def recipe(hazard: RollingHazard, case: RollingCase) -> tuple[str, ...]:
    (finding,) = hazard.find(case)
    return finding.recipe
