"""Whether two fields, indexes or constraints are the same for a database, and in which words they differ."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from stitchback.model.atoms import Shape
from stitchback.model.source import Opaque
from stitchback.model.state import Field
from stitchback.model.values import FALSE, NONE, Call, Value, opaques, render
from stitchback.schema.expressions import canonical_definition, canonical_expression
from stitchback.schema.visible import (
    column_text,
    has_column,
    is_indexed,
    is_many_to_many,
    is_unique,
    is_visible,
)


class ComparisonKind(Enum):
    IDENTICAL = "identical"
    SAME_SCHEMA = "same schema"
    DIFFERENT = "different"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """`differences` in words, those that a database sees alone where the kind is DIFFERENT ("max_length: 100 and 200")."""

    kind: ComparisonKind
    differences: tuple[str, ...] = ()


IDENTICAL = FieldComparison(ComparisonKind.IDENTICAL)
UNSAID = {"null": FALSE, "unique": FALSE, "primary_key": FALSE, "db_index": FALSE}


def visible_shape(field: Field) -> tuple[str, ...]:
    """All that a database sees of the field, references by the model's label, so that it needs no state."""
    extras = [f"db_column {render(value)}" for name, value in field.arguments if name == "db_column"]
    if is_many_to_many(field):
        names = ("to", "through", "db_table", "db_constraint")
        return ("many to many", *(f"{name} {render(field.argument(name) or NONE)}" for name in names))
    if not has_column(field):
        return ("no column", field.path)
    return (column_text(field), f"unique {is_unique(field)}", f"index {is_indexed(field)}", *extras)


def compare_fields(a: Field | Opaque, b: Field | Opaque) -> FieldComparison:
    """IDENTICAL: every argument is equal, in one spelling. SAME_SCHEMA: `_field_should_be_altered` would say no, or the SQL
    that it gives changes nothing on any backend. OPAQUE: a part that a database may see cannot be read on one side."""
    if isinstance(a, Opaque) or isinstance(b, Opaque):
        return opaque_comparison(a, b)
    if unread_and_visible(a) or unread_and_visible(b):
        return opaque_comparison(*unread_and_visible(a), *unread_and_visible(b))
    if (a.path, a.arguments) == (b.path, b.arguments):
        return IDENTICAL
    if visible_shape(a) == visible_shape(b):
        words = differences(a, b, visible_only=False)
        return FieldComparison(ComparisonKind.SAME_SCHEMA, words) if words else IDENTICAL
    return FieldComparison(ComparisonKind.DIFFERENT, differences(a, b, visible_only=True))


def unread_and_visible(field: Field) -> tuple[Opaque, ...]:
    return tuple(
        item for name, value in field.arguments if is_visible(field, name) for item in opaques(value)
    )


def opaque_comparison(*sides: Field | Value) -> FieldComparison:
    reasons = sorted({item.reason for item in sides if isinstance(item, Opaque)})
    return FieldComparison(ComparisonKind.OPAQUE, tuple(f"cannot be read: {reason}" for reason in reasons))


def differences(a: Field, b: Field, *, visible_only: bool) -> tuple[str, ...]:
    """What differs, an argument each: "null: False and True", "class: IntegerField and BigIntegerField"."""
    found = []
    if a.path != b.path:
        found.append(f"class: {a.path.rpartition('.')[2]} and {b.path.rpartition('.')[2]}")
    names = sorted({name for name, _ in (*a.arguments, *b.arguments)})
    for name in names:
        left, right = a.argument(name), b.argument(name)
        if visible_only and not (is_visible(a, name) or is_visible(b, name)):
            continue
        if is_spelling(left, right):
            continue
        found.append(f"{name}: {value_text(name, left)} and {value_text(name, right)}")
    return tuple(found)


def is_spelling(a: Value | None, b: Value | None) -> bool:
    """Whether the two say the same."""
    return a == b or (a is not None and b is not None and canonical_expression(a) == canonical_expression(b))


def value_text(name: str, value: Value | None) -> str:
    """The value, or what it is where it is unsaid."""
    if value is not None:
        return render(value)
    return render(UNSAID[name]) if name in UNSAID else "not set"


def compare_definitions(a: Value, b: Value) -> FieldComparison:
    """Two indexes, or two constraints. The order of what is joined by `&` and `|` in a condition does not count, nor does
    `check=` for `condition=`, nor the message and code of violations (`BaseConstraint.non_db_attrs`)."""
    if opaques(a) or opaques(b):
        return opaque_comparison(*opaques(a), *opaques(b))
    if a == b:
        return IDENTICAL
    left, right = canonical_definition(a), canonical_definition(b)
    if left == right:
        return FieldComparison(ComparisonKind.SAME_SCHEMA, (f"spelling: {render(a)} and {render(b)}",))
    return FieldComparison(ComparisonKind.DIFFERENT, definition_differences(left, right))


def definition_differences(a: Value, b: Value) -> tuple[str, ...]:
    if not (isinstance(a, Call) and isinstance(b, Call)):
        return (f"definition: {render(a)} and {render(b)}",)
    found = [] if a.callee == b.callee else [f"class: {render(a.callee)} and {render(b.callee)}"]
    if a.args != b.args:
        found.append(f"expressions: {texts(a.args)} and {texts(b.args)}")
    for name in sorted({name for name, _ in (*a.kwargs, *b.kwargs)}):
        left, right = a.kwarg(name), b.kwarg(name)
        if left != right:
            found.append(f"{name}: {value_text(name, left)} and {value_text(name, right)}")
    return tuple(found)


def texts(values: tuple[Value, ...]) -> str:
    return ", ".join(render(value) for value in values) or "none"


def compare_shapes(a: Shape, b: Shape) -> FieldComparison:
    """Any two shapes of one schema object (`model.atoms.Shape`). Options differ in nothing that a database sees, `db_table` and
    `db_table_comment` apart."""
    match a, b:
        case Field(), _ if isinstance(b, Field | Opaque):
            return compare_fields(a, b)
        case _, Field() if isinstance(a, Opaque):
            return compare_fields(a, b)
        case tuple(), tuple():
            return compare_options(a, b)
        case _:
            if isinstance(a, tuple | Field) or isinstance(b, tuple | Field):
                return FieldComparison(ComparisonKind.DIFFERENT, ("objects of two kinds",))
            return compare_definitions(a, b)


DATABASE_OPTIONS = frozenset(
    {"db_table", "db_table_comment", "managed", "proxy", "swappable", "order_with_respect_to"}
)


def compare_options(a: tuple[tuple[str, Value], ...], b: tuple[tuple[str, Value], ...]) -> FieldComparison:
    if a == b:
        return IDENTICAL
    left, right = dict(a), dict(b)
    changed = sorted(name for name in {*left, *right} if left.get(name) != right.get(name))
    words = tuple(
        f"{name}: {value_text(name, left.get(name))} and {value_text(name, right.get(name))}"
        for name in changed
    )
    visible = DATABASE_OPTIONS.intersection(changed)
    return FieldComparison(ComparisonKind.DIFFERENT if visible else ComparisonKind.SAME_SCHEMA, words)
