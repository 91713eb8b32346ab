"""The comments of stitched files, as they are written and as somebody has edited them."""

from __future__ import annotations

import pytest
from migration_values import key, migration, tree

from stitchback.matching.provenance import covered, stitched_for


@pytest.mark.parametrize(
    "line", ["covers nonsense", "covers", "covers  of release", "replaces", "copied .x", "covers shop. of x"]
)
def test_a_line_that_names_no_migration_says_nothing(line: str) -> None:
    edited = migration("shop.0002_x").with_changes(provenance=(line,))
    assert covered(tree(edited)) == frozenset()
    assert stitched_for(edited.provenance) == frozenset()


def test_what_a_file_was_stitched_for() -> None:
    lines = (
        "replaces shop.0003_a of release/2.4 (commit 0123456789ab)",
        "copied shop.0004_b of release/2.4",
        "covers shop.0005_c",
        "takes operations from shop.0006_d",
    )
    assert stitched_for(lines) == {key("shop.0003_a"), key("shop.0004_b"), key("shop.0005_c")}
    assert covered(tree(migration("shop.0002_x").with_changes(provenance=lines))) == {key("shop.0005_c")}
