"""What is read back must be what was planned."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import add, key, migration
from rendered import tree

from stitchback.model.edits import DeleteFile, SetDependencies, WriteFile
from stitchback.model.source import Span
from stitchback.rewriting.check_rendered import Misrendered, check_reread

OLD = migration("shop.0002_b", "shop.0001_a", add("item", "color"))
EDIT = WriteFile(OLD.key, OLD.path, OLD, (SetDependencies((key("shop.0001_c"),)),))


def test_the_same_elsewhere_in_the_file() -> None:
    operation = replace(OLD.operations[0], span=Span("y.py", 9, 9, 9, 9))
    found = EDIT.result.with_changes(operations=(operation,), blob="other")
    check_reread((EDIT,), tree((EDIT.result,)), tree((found,)))


@pytest.mark.parametrize(
    "changes",
    [
        {"dependencies": ()},
        {"operations": (add("item", "colour"),)},
        {"operations": ()},
        {"replaces": (key("shop.0001_a"),)},
        {"initial": True},
        {"atomic": False},
        {"provenance": ("replaces x",)},
        {"key": key("shop.0003_x")},
    ],
)
def test_a_difference(changes: dict[str, object]) -> None:
    with pytest.raises(Misrendered):
        check_reread((EDIT,), tree((EDIT.result,)), tree((EDIT.result.with_changes(**changes),)))


def test_a_migration_more_or_less() -> None:
    with pytest.raises(Misrendered, match=r"0002_b|0003_x"):
        check_reread((EDIT,), tree((EDIT.result,)), tree(()))
    more = migration("shop.0003_x")
    with pytest.raises(Misrendered, match=r"shop\.0003_x"):
        check_reread((EDIT,), tree((EDIT.result,)), tree((EDIT.result, more)))
    with pytest.raises(Misrendered, match="still exists"):
        check_reread((DeleteFile(OLD.key, OLD.path),), tree(()), tree((OLD,)))
