"""A mainline, a release with a hotfix that mainline makes too, and ways in which they were stitched: for tests of repairs."""

from __future__ import annotations

from migration_values import add, create, integer, key, migration, tree

from stitchback.engine import EngineCache
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Migration, Tree
from stitchback.repair.recorder_rules import RecorderRules
from stitchback.repair.schema_of_applied import AppliedSchema, SchemaOfApplied
from stitchback.repair.visible_schema import VisibleSchema

BASE = migration("shop.0001_base", "", create("Item", name=integer()))
SIZE = migration("shop.0002_size", "shop.0001_base", add("item", "size"))
OLD_COLOR = migration("shop.0003_color", "shop.0002_size", add("item", "color"))
LATER = migration("shop.0004_later", "shop.0003_color", add("item", "later"))
HOTFIX = migration("shop.0002_hotfix", "shop.0001_base", add("item", "color"))

MAINLINE = tree(BASE, SIZE, OLD_COLOR, LATER)
PATCH = tree(BASE, HOTFIX, ref="release")


def saying(made: Migration, *provenance: str) -> Migration:
    return made.with_changes(provenance=provenance)


STITCH = saying(
    migration("shop.0002_stitch", "shop.0001_base", add("item", "color"), replaces="shop.0002_hotfix"),
    "replaces shop.0002_hotfix of release (commit abc)",
    "takes operations from shop.0003_color",
)
EMPTIED = migration("shop.0003_color", "shop.0002_size shop.0002_stitch")
DIAMOND = tree(BASE, SIZE, STITCH, EMPTIED, LATER)
LOOSE_DIAMOND = tree(
    BASE,
    SIZE,
    STITCH,
    migration("shop.0003_color", "shop.0002_size"),
    LATER,
    migration("shop.0005_merge", "shop.0004_later shop.0002_stitch"),
)
ADOPTED = tree(BASE, SIZE, OLD_COLOR.with_changes(replaces=(HOTFIX.key,)), LATER)


def rows(text: str) -> Ledger:
    return Ledger.of(*map(key, text.split()), source="prod")


def shown(made_by: Tree, text: str) -> VisibleSchema:
    """What a look shows of a database on which these migrations of that tree ran."""
    found = SchemaOfApplied(RecorderRules(made_by), EngineCache()).play(frozenset(map(key, text.split())))
    assert isinstance(found, AppliedSchema)
    return VisibleSchema.showing(found.names)
