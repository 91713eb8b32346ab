"""Which values of one column another column does not keep: the code of one release writes them, the database has the column of another one.

Source: `data_types` and `integer_field_range` of Django's backends, and what each engine converts on its own: SQLite ignores lengths and sizes
(https://www.sqlite.org/datatype3.html), PostgreSQL has no cast between boolean and integer in an INSERT.
"""

from __future__ import annotations

from collections.abc import Mapping

from stitchback.schema.column_shape import ColumnShape

SMALL, NORMAL, BIG = 2**15, 2**31, 2**63
EXACT_IN_FLOAT = 2**53
LARGEST_TINY = 127
Range = tuple[int, int]

SIGNED: Mapping[str, Range] = {
    **dict.fromkeys(("SmallIntegerField", "SmallAutoField"), (-SMALL, SMALL - 1)),
    **dict.fromkeys(("IntegerField", "AutoField"), (-NORMAL, NORMAL - 1)),
    **dict.fromkeys(("BigIntegerField", "BigAutoField"), (-BIG, BIG - 1)),
}
POSITIVE: Mapping[str, int] = {
    "PositiveSmallIntegerField": SMALL,
    "PositiveIntegerField": NORMAL,
    "PositiveBigIntegerField": BIG,
}
TEXT = frozenset({"varchar", "TextField"})
NUMBERS = frozenset({"integer", "boolean", "decimal", "FloatField"})
UNCONVERTED_IN_SQLITE = frozenset({"UUIDField", "GenericIPAddressField", "BinaryField"})


def family(shape: ColumnShape) -> str:
    """Columns of one family differ in the range of their values alone."""
    if shape.kind in TEXT:
        return "text"
    if shape.kind in SIGNED or shape.kind in POSITIVE or shape.kind == "automatic":
        return "integer"
    return {"DecimalField": "decimal"}.get(shape.kind, shape.kind)


def integers(shape: ColumnShape, engine: str) -> Range:
    """The range that Django's field and the engine's column share."""
    if shape.kind == "automatic":
        return (-NORMAL, NORMAL - 1)
    if engine == "sqlite":
        return (0 if shape.kind in POSITIVE else -BIG, BIG - 1)
    if shape.kind in POSITIVE:
        most = POSITIVE[shape.kind]
        return (0, 2 * most - 1 if engine == "mysql" else most - 1)
    return SIGNED[shape.kind]


def lost_values(code: ColumnShape, there: ColumnShape, engine: str) -> str:
    """In words, values that code with the column `code` writes, and that a database with the column `there` refuses or changes; "" for none. References are
    compared by what they refer to, not here. `engine`: Django's vendor."""
    if there.is_generated != code.is_generated:
        return "" if code.is_generated else "any value: the database computes it"
    if "reference" in (code.kind, there.kind) or code.type_text == there.type_text:
        return ""
    one, other = family(code), family(there)
    if one == other:
        return _in_family(one, code, there, engine)
    if one in NUMBERS and other in NUMBERS:
        return _of_numbers(one, other, code, there, engine)
    if engine == "sqlite" and one == "text" and other in UNCONVERTED_IN_SQLITE:
        return ""
    return f"values of {code.type_text}"


def _in_family(name: str, code: ColumnShape, there: ColumnShape, engine: str) -> str:
    if name == "text":
        return _longer_text(code, there, engine)
    if name == "integer" and not code.kind.endswith("AutoField"):  # those the database makes
        return _outside(integers(code, engine), integers(there, engine), engine)
    if name == "decimal":
        return _more_digits(code, there, engine)
    return ""


def _longer_text(code: ColumnShape, there: ColumnShape, engine: str) -> str:
    if engine == "sqlite" or there.size is None or (code.size is not None and code.size <= there.size):
        return ""
    return f"text of more than {there.size} characters"


def _outside(wide: Range, narrow: Range, engine: str) -> str:
    """Where SQLite has a check, it is the one of PositiveIntegerField."""
    if wide[0] < narrow[0] == 0:
        return "negative numbers"
    if wide[0] < narrow[0] or wide[1] > narrow[1]:
        return f"numbers outside {narrow[0]} to {narrow[1]}"
    return ""


def _more_digits(code: ColumnShape, there: ColumnShape, engine: str) -> str:
    if engine == "sqlite" or None in (code.digits, code.places, there.digits, there.places):
        return ""
    if whole_digits(code) > whole_digits(there):
        return f"numbers of more than {whole_digits(there)} digits before the point"
    return f"more than {there.places} decimal places" if (code.places or 0) > (there.places or 0) else ""


def whole_digits(shape: ColumnShape) -> int:
    return (shape.digits or 0) - (shape.places or 0)


def _of_numbers(one: str, other: str, code: ColumnShape, there: ColumnShape, engine: str) -> str:
    if other == "boolean":
        return f"numbers other than 0 to {LARGEST_TINY if engine == 'mysql' else 1}"
    if one == "boolean":
        return "" if engine in ("sqlite", "mysql") else "true and false"
    if one == "integer" and other == "FloatField":
        return "numbers of more than 15 digits" if integers(code, engine)[1] > EXACT_IN_FLOAT else ""
    if engine == "sqlite":
        return ""
    if one == "integer":
        largest = 10 ** whole_digits(there) - 1
        return _outside(integers(code, engine), (-largest, largest), engine)
    return "fractions" if other == "integer" else f"exact values of {code.type_text}"


def is_known(shape: ColumnShape) -> bool:
    """Whether it is known which values the column takes: not for a field class of a package or project."""
    return shape.kind != "opaque" and "." not in shape.kind
