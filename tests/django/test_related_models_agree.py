"""Fields that refer to a model which no applied migration has created: `migrate APP` without a dependency on the other app."""

from __future__ import annotations

from typing import Any

import pytest
from conditional_databases import database
from django.db import models
from django.db.migrations import operations
from test_engine_agrees import Files, create, plain, really, symbolically, tree_of

from stitchback.engine import Engine, EngineCache, SymbolicDatabase
from stitchback.model.state import SchemaState

BASE: Files = {
    ("blog", "0001_x"): plain("blog", "0001_x", [], [create("Item")]),
    ("shop", "0001_x"): plain("shop", "0001_x", [], [create("Item")]),
}
MIGRATED = frozenset({"blog", "shop"})
KEY = models.AutoField(primary_key=True)
Targets = list[tuple[str, str | None] | None]
SHOP: Targets = [("shop", None)]
ALL: Targets = [None]


def reference(**more: Any) -> Any:
    return models.ForeignKey("blog.item", models.CASCADE, null=True, **more)


ADDED = operations.AddField("item", "post", reference())
NUMBER = operations.AddField("item", "number", models.IntegerField(null=True))
IN_STATE_ONLY = operations.SeparateDatabaseAndState([], [ADDED])
UNMANAGED = operations.CreateModel("Copy", [("id", KEY), ("post", reference())], {"managed": False})
CASES: dict[
    str, tuple[list[Any], Targets, bool]
] = {  # what 0002 of shop does, what is migrated, whether all of it is
    "a foreign key, its app not migrated": ([ADDED], SHOP, False),
    "a foreign key, its app migrated before": ([ADDED], ALL, True),
    "a foreign key without a constraint": (
        [operations.AddField("item", "post", reference(db_constraint=False))],
        SHOP,
        False,
    ),
    "a model with a foreign key": (
        [operations.CreateModel("Copy", [("id", KEY), ("post", reference())])],
        SHOP,
        False,
    ),
    "a many-to-many field": (
        [operations.AddField("item", "posts", models.ManyToManyField("blog.item"))],
        SHOP,
        False,
    ),
    "a model with a many-to-many field": (
        [operations.CreateModel("Copy", [("id", KEY), ("posts", models.ManyToManyField("blog.item"))])],
        SHOP,
        False,
    ),
    "altered to a foreign key": ([NUMBER, operations.AlterField("item", "number", reference())], SHOP, False),
    "removed, and added in the state only": (
        [IN_STATE_ONLY, operations.RemoveField("item", "post")],
        SHOP,
        False,
    ),
    "no model of that name": (
        [operations.AddField("item", "post", models.ForeignKey("shop.nothing", models.CASCADE, null=True))],
        ALL,
        False,
    ),
    "an unmanaged model": ([UNMANAGED], SHOP, True),
    "in the state only": ([IN_STATE_ONLY, NUMBER], SHOP, True),
}


@pytest.mark.parametrize("case", CASES)
def test_the_engine_refuses_what_django_refuses(case: str) -> None:
    work, targets, passes = CASES[case]
    files = {**BASE, ("shop", "0002_x"): plain("shop", "0002_x", [("shop", "0001_x")], work)}
    engine = Engine(tree_of(files), memory=EngineCache(SchemaState(migrated_apps=MIGRATED)))
    symbolic = SymbolicDatabase()
    with database("sqlite", ":memory:") as connection:
        for target in targets:
            real = really(connection, files, target)
            simulated, symbolic = symbolically(engine, symbolic, target)
            assert (bool(simulated.kind), simulated.ledger) == (bool(real.kind), real.ledger)
            if not real.kind:
                assert simulated.columns == real.columns
    assert (not simulated.kind) is passes


def test_a_reference_to_a_model_that_was_deleted() -> None:
    files = {
        **BASE,
        ("shop", "0002_x"): plain("shop", "0002_x", [("shop", "0001_x")], [operations.DeleteModel("item")]),
        ("blog", "0002_x"): plain(
            "blog",
            "0002_x",
            [("blog", "0001_x"), ("shop", "0002_x")],
            [operations.AddField("item", "owner", models.ForeignKey("shop.item", models.CASCADE, null=True))],
        ),
    }
    engine = Engine(tree_of(files), memory=EngineCache(SchemaState(migrated_apps=MIGRATED)))
    with database("sqlite", ":memory:") as connection:
        real = really(connection, files, None)
    simulated, _ = symbolically(engine, SymbolicDatabase(), None)
    assert simulated == real
    assert simulated.kind == "other"


def test_an_app_without_readable_migrations_may_have_the_model() -> None:
    """An installed package, or a file that cannot be read: nothing is known about its models."""
    files = {**BASE, ("shop", "0002_x"): plain("shop", "0002_x", [("shop", "0001_x")], [ADDED])}
    engine = Engine(tree_of(files), memory=EngineCache(SchemaState(migrated_apps=frozenset({"shop"}))))
    simulated, _ = symbolically(engine, SymbolicDatabase(), ("shop", None))
    assert simulated.kind == ""
