"""A constraint, and the data operation that prepares the rows for it, on databases that count that one's migration as applied and never run it."""

from __future__ import annotations

import pytest
from migration_values import TRUE, add, add_unique, alter, field, integer, migration, operation
from plans_by_hand import candidate, patch, situation

from stitchback.model.data_reach import EVERYTHING, Reach
from stitchback.model.operations import Operation
from stitchback.model.plans import Refuted, SafePlan
from stitchback.model.problems import ProblemKind
from stitchback.model.values import Code, Constant
from stitchback.proof import prove
from stitchback.strategies.written_operations import conditional, state_only

SIZE = add("item", "size", integer(null=TRUE))
NOT_NULL = alter("item", "size", field("IntegerField"))
UNIQUE = alter("item", "size", integer(null=TRUE, unique=TRUE))


def fill(name: str, *words: str, reach: Reach | None = None) -> Operation:
    found = reach or Reach(frozenset({"shop.item"}), frozenset(words))
    return operation("RunPython", code=Code(name, name, f"def {name}(apps, editor): ...", reach=found))


FILL = fill("fill", "size")
OTHER = fill("other", "base")  # mainline has decided what its file of that name does with data (SB205)


def proved(
    ours: tuple[Operation, ...], theirs: tuple[Operation, ...], *behind: tuple[Operation, ...]
) -> SafePlan | Refuted:
    """Both branches have 0003_n, mainline has further migrations behind it; there is nothing to write."""
    mainline = [migration("shop.0003_n", "shop.0002_base", *theirs)]
    for number, operations in enumerate(behind, start=4):
        mainline.append(migration(f"shop.000{number}_m", str(mainline[-1].key), *operations))
    given = situation(*mainline, patches=[patch(migration("shop.0003_n", "shop.0002_base", *ours))])
    return prove(candidate(given), given)


@pytest.mark.parametrize("constraint", [NOT_NULL, UNIQUE, add_unique("item", "uq_size", "size")])
def test_a_constraint_without_the_operation_that_fills_its_column(constraint: Operation) -> None:
    """Real Django fails with an IntegrityError on every table with two rows (random seed 22355)."""
    found = proved((SIZE, OTHER), (SIZE, FILL), (constraint,))
    assert isinstance(found, Refuted)
    (failure,) = found.failures
    assert (failure.population, failure.problem.kind) == (
        "release/2.4 up to shop.0003_n",
        ProblemKind.FILL_SKIPPED,
    )
    assert str(failure.step) == "shop.0004_m"
    assert failure.problem.message.endswith(
        "needs values in shop.item.size that RunPython fill of shop.0003_n on main writes before, and that never runs here"
    )


def test_code_that_may_use_anything_may_fill_the_column() -> None:
    assert isinstance(proved((SIZE, OTHER), (SIZE, fill("fill", reach=EVERYTHING)), (NOT_NULL,)), Refuted)


def bridged(
    ours: tuple[Operation, ...], theirs: tuple[Operation, ...], *bridge: Operation
) -> SafePlan | Refuted:
    """Both branches have 0003_n, and the plan is a bridge with these operations."""
    given = situation(
        migration("shop.0003_n", "shop.0002_base", *theirs),
        patches=[patch(migration("shop.0003_n", "shop.0002_base", *ours))],
    )
    return prove(candidate(given, migration("shop.0004_bridge", "shop.0003_n", *bridge)), given)


MADE = conditional(SIZE)
SIZE_IS_NULL = state_only(alter("item", "size", integer(null=TRUE)))


@pytest.mark.parametrize(
    ("ours", "theirs", "bridge"),
    [
        pytest.param((OTHER,), (SIZE, FILL, NOT_NULL), (SIZE_IS_NULL, MADE, NOT_NULL), id="NOT NULL (70753)"),
        pytest.param((SIZE, OTHER), (SIZE, FILL, UNIQUE), (conditional(UNIQUE),), id="unique"),
        pytest.param(
            (SIZE, OTHER),
            (SIZE, FILL, add_unique("item", "uq_size", "size")),
            (conditional(add_unique("item", "uq_size", "size")),),
            id="constraint",
        ),
    ],
)
def test_a_bridge_with_the_constraint_of_a_file_that_the_database_does_not_run(
    ours: tuple[Operation, ...], theirs: tuple[Operation, ...], bridge: tuple[Operation, ...]
) -> None:
    found = bridged(ours, theirs, *bridge)
    assert isinstance(found, Refuted)
    (failure,) = found.failures
    assert (failure.population, failure.problem.kind, str(failure.step)) == (
        "release/2.4 up to shop.0003_n",
        ProblemKind.FILL_SKIPPED,
        "shop.0004_bridge",
    )


WITH_DEFAULT = alter("item", "size", field("IntegerField", default=Constant(0)))


@pytest.mark.parametrize(
    ("ours", "theirs", "bridge"),
    [
        pytest.param((SIZE, fill("own", "size")), (SIZE, FILL, UNIQUE), (conditional(UNIQUE),), id="filled in other words"),
        pytest.param((SIZE, OTHER), (SIZE, FILL, UNIQUE), (fill("again", "size"), conditional(UNIQUE)), id="filled by the bridge"),
        pytest.param((SIZE, UNIQUE, OTHER), (SIZE, FILL, UNIQUE), (conditional(UNIQUE),), id="the database has it"),
        pytest.param((SIZE, OTHER), (SIZE, UNIQUE, FILL), (conditional(UNIQUE),), id="filled after it"),
        pytest.param((OTHER,), (SIZE, FILL, WITH_DEFAULT), (SIZE_IS_NULL, MADE, WITH_DEFAULT), id="with a default"),
    ],
)  # fmt: skip
def test_near_miss_a_bridge(
    ours: tuple[Operation, ...], theirs: tuple[Operation, ...], bridge: tuple[Operation, ...]
) -> None:
    assert isinstance(bridged(ours, theirs, *bridge), SafePlan)


@pytest.mark.parametrize(
    ("ours", "theirs", "behind"),
    [
        pytest.param((SIZE, fill("own", "size")), (SIZE, FILL), [(NOT_NULL,)], id="filled in other words"),
        pytest.param((SIZE, FILL), (SIZE, FILL), [(NOT_NULL,)], id="filled in the same words"),
        pytest.param((SIZE, OTHER), (SIZE, fill("base", "base")), [(NOT_NULL,)], id="another column is filled"),
        pytest.param((SIZE, OTHER), (SIZE, FILL), [(fill("again", "size"),), (NOT_NULL,)], id="filled later, too"),
        pytest.param((SIZE, OTHER), (SIZE, OTHER), [(UNIQUE,), (FILL,)], id="filled after it"),
        pytest.param(
            (SIZE, OTHER), (SIZE, FILL), [(alter("item", "size", field("IntegerField", default=Constant(0))),)], id="with a default"
        ),
        pytest.param(
            (SIZE, OTHER), (SIZE, FILL), [(alter("item", "size", integer(null=TRUE, help_text=Constant("cm"))),)],
            id="no constraint",
        ),
    ],
)  # fmt: skip
def test_near_miss(
    ours: tuple[Operation, ...], theirs: tuple[Operation, ...], behind: list[tuple[Operation, ...]]
) -> None:
    assert isinstance(proved(ours, theirs, *behind), SafePlan)


def test_near_miss_a_database_that_has_run_what_git_brought() -> None:
    """The merged tree's databases have the patch's rows under mainline's name for the branch (random seed 22894)."""
    filled = migration("shop.0003_n", "shop.0002_base", SIZE, FILL)
    tight = migration("shop.0004_n", "shop.0003_n", NOT_NULL)
    own = migration("shop.0003_m", "shop.0002_base", add("item", "rank"))
    merge = migration("shop.0005_merge", "shop.0003_m shop.0004_n")
    given = situation(filled, tight, own, merge, patches=[patch(filled, tight, merged=True)])
    assert isinstance(prove(candidate(given), given), SafePlan)
