"""One situation by hand, and plans for it, right ones and wrong ones. The names are those of FACTS."""

from __future__ import annotations

from collections.abc import Iterable

from migration_values import add, char, create, integer, keys, migration, tree

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Candidate, ManualInsert, Patch, Policy, Remark, Situation

BASE = (
    migration("shop.0001_initial", "", create("Item", label=char())),
    migration("shop.0002_base", "shop.0001_initial", add("item", "base")),
    migration("blog.0001_initial", "", create("Post", title=char())),
)
FORK = tree(*BASE, ref="v2.4")


def color(name: str, after: str, *, replaces: str = "") -> Migration:
    return migration(name, after, add("item", "color"), replaces=replaces)


def column(name: str, after: str, column_name: str, replaces: str = "") -> Migration:
    return migration(name, after, add("item", column_name, integer()), replaces=replaces)


P = color("shop.0003_p", "shop.0002_base")
X = column("shop.0003_x", "shop.0002_base", "x")
M = color("shop.0004_m", "shop.0003_x")
Y = column("shop.0005_y", "shop.0004_m", "y")
BLOG = migration("blog.0002_z", "blog.0001_initial", add("post", "z"))
S = color("shop.0003_s", "shop.0002_base", replaces="shop.0003_p")
EMPTY_M = M.with_changes(operations=())
MAINLINE = (X, M, Y, BLOG)


def changed(files: Tree, *put: Migration, without: str = "") -> Tree:
    return files.with_migrations({each.key: each for each in put} | dict.fromkeys(keys(without), None))


def patch(*own: Migration, fork: Tree = FORK, merged: bool = False, ref: str = "release/2.4") -> Patch:
    return Patch(Tree(ref, ref, changed(fork, *own).migrations), fork, own, merged)


def situation(
    *mainline: Migration, patches: Iterable[Patch] = (), policy: Policy | None = None, merged: bool = False
) -> Situation:
    """`mainline`: what mainline has on top of the fork point."""
    onto = Tree("main", "main", changed(FORK, *mainline).migrations)
    return Situation(tuple(patches) or (patch(P, merged=merged),), onto, (), policy or Policy())


def candidate(
    given: Situation, *put: Migration, without: str = "", hand: str = "", remarks: str = ""
) -> Candidate:
    """`hand="shop.0003_p: shop.0004_m"`: databases with m get p's row. `remarks`: the migrations that remarks are about."""
    manual_inserts = tuple(
        ManualInsert(keys(insert)[0], keys(applied))
        for insert, applied in (each.split(":") for each in hand.split(";") if each)
    )
    return Candidate(
        {"shop": "by hand"},
        (),
        changed(given.mainline, *put, without=without),
        manual_inserts,
        tuple(Remark(each, f"{each} is left out") for each in keys(remarks)),
    )


def keyed(migration: Migration, name: str) -> Migration:
    return migration.with_changes(key=MigrationKey(migration.key.app, name))


MAIN = situation(*MAINLINE)
HAND = "shop.0003_p: shop.0004_m"
ADOPT = candidate(MAIN, M.with_changes(replaces=keys("shop.0003_p")), hand=HAND)
DIAMOND = candidate(MAIN, S, EMPTY_M.with_changes(dependencies=keys("shop.0003_x shop.0003_s")), hand=HAND)
LEAF_DIAMOND = candidate(MAIN, S, EMPTY_M, migration("shop.0006_merge", "shop.0005_y shop.0003_s"), hand=HAND)
