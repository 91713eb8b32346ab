"""Two schemas' differences in words, each kind of schema object; and what of a plan could not be read."""

from __future__ import annotations

from dataclasses import replace

from migration_values import add, migration, operation, tree, worded

from stitchback.model.physical import PhysicalSchema, Table
from stitchback.model.source import Opaque, Span
from stitchback.proof.context import unread
from stitchback.proof.final_state_checks import in_short, schema_differences

UNREAD = Opaque("cannot be read", "op()", Span("shop/migrations/x.py", 3))


def said(found: PhysicalSchema, wanted: PhysicalSchema) -> tuple[str, ...]:
    return tuple(map(str, schema_differences(found, wanted)))


def test_each_kind_of_schema_object() -> None:
    for part, kind in (("columns", "column"), ("indexes", "index"), ("constraints", "constraint")):
        empty = Table()
        one, other = (PhysicalSchema({"t": replace(empty, **{part: {"x": text}})}) for text in ("a", "b"))
        assert said(one, other) == (f"{kind} t.x is a, on a fresh install b",)
        assert said(one, PhysicalSchema({"t": empty})) == (
            f"{kind} t.x exists, and a fresh install has none",
        )
        assert said(PhysicalSchema({"t": empty}), one) == (f"{kind} t.x is missing",)
        assert said(PhysicalSchema({}), one) == ("table t is missing",)
        assert said(one, PhysicalSchema({})) == ("table t exists, and a fresh install has none",)
        assert said(one, one) == ()


def test_the_first_three_and_how_many_more() -> None:
    assert str(in_short(tuple(map(worded, "abc")))) == "a; b; c"
    assert str(in_short(tuple(map(worded, "abcde")))) == "a; b; c; and 2 more"


def test_what_could_not_be_read_at_any_depth() -> None:
    known = replace(
        operation("SeparateDatabaseAndState"), database=(add("item", "x"), UNREAD), state=(operation("Own"),)
    )
    given = migration("shop.0003_x", "", add("item", "y"), known, UNREAD).with_changes(dependencies=(UNREAD,))
    lines = unread(tree(given, migration("shop.0004_y", "", add("item", "z"))))
    assert sorted(line.rpartition("; ")[2] for line in lines) == [
        "assumed to change no schema, and to run exactly once",
        "assumed to change no schema, and to run exactly once",
        "ignored",
    ]
    assert sum("Own is not known" in line for line in lines) == 1
