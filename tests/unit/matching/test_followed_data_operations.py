"""When two files of one name are one migration, whose work is followed once."""

from __future__ import annotations

from dataclasses import replace

from migration_values import add, migration, operation, run_python

from stitchback.matching.followed_data_operations import _same_text
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Call, Code, Constant, Value


def own(argument: Value, source: str = "class Own: ...") -> Operation:
    """An operation of the project's own, whose class stands in another file."""
    made = Call(Code("Own", f"fingerprint of {source}", source), (), ())
    return replace(operation("Own", argument=argument, made=made), path="shop.operations.Own")


def same(one: Operation | Opaque, other: Operation | Opaque) -> bool:
    files = (migration("shop.0003_x", "", each) for each in (one, other))
    first, second = files
    return _same_text(first.with_changes(blob="one"), second.with_changes(blob="other"))


def test_the_same_file() -> None:
    one, other = (
        migration("shop.0003_x", "", run_python(body)).with_changes(blob="same") for body in ("a", "b")
    )
    assert _same_text(one, other)


def test_the_same_operations() -> None:
    assert same(add("item", "x"), add("item", "x"))
    assert not same(add("item", "x"), add("item", "y"))
    assert not same(run_python("a"), run_python("b"))


def test_an_operation_of_the_projects_own_says_its_arguments() -> None:
    assert same(own(Constant(1)), own(Constant(1), "class Own: other = 1"))
    assert not same(own(Constant(1)), own(Constant(2)))


def test_operations_within_another_one() -> None:
    def within(inner: Operation) -> Operation:
        return replace(operation("SeparateDatabaseAndState"), database=(inner,))

    assert same(within(own(Constant(1))), within(own(Constant(1), "class Own: other = 1")))
    assert not same(within(own(Constant(1))), within(own(Constant(2))))


def test_unread_operations_are_compared_as_they_stand() -> None:
    one, other = (Opaque("cannot be read", text, Span("x.py", 1)) for text in ("a()", "b()"))
    assert same(one, one)
    assert not same(one, other)
