"""Whether a column's values survive when its type is altered."""

from __future__ import annotations

from stitchback.model.state import Field
from stitchback.schema.field_classes import ancestry
from stitchback.schema.known_fields import MODELS

KINDS = {
    "AutoField": "integer", "BigAutoField": "integer", "SmallAutoField": "integer", "IntegerField": "integer",
    "CharField": "text", "TextField": "text", "FileField": "text", "FilePathField": "text",
    "BooleanField": "boolean", "DecimalField": "decimal", "FloatField": "float", "UUIDField": "uuid",
    "DateTimeField": "datetime", "DateField": "date", "TimeField": "time", "DurationField": "duration",
    "JSONField": "json", "BinaryField": "binary", "GenericIPAddressField": "address", "IPAddressField": "address",
    "ForeignKey": "key", "ManyToManyField": "pairs",
}  # fmt: skip
"""Django's class, without its module -> the kind of value that it holds."""

KEPT = frozenset({
    ("integer", "decimal"), ("integer", "float"), ("boolean", "integer"), ("date", "datetime"),
    *((kind, "text") for kind in ("integer", "boolean", "decimal", "float", "uuid", "datetime", "date", "time", "json", "address")),
})  # fmt: skip
"""(before, after): every value of the one kind has its own value of the other, on each engine that Django supports, and the engine converts
it in an ALTER TABLE. How long a text or how large a number may be is another question."""


def keeps_values(before: Field, after: Field) -> bool:
    """Whether each value that the column holds before it is altered is there afterwards, in the type that it has then. False if it is not
    known what one of two different classes holds."""
    one, other = kind_of(before), kind_of(after)
    if not one or not other:
        return before.path == after.path
    return one == other or (one, other) in KEPT


def kind_of(field: Field) -> str:
    """The kind of value, by the nearest of Django's own classes that the field is or extends; "" where none is known."""
    names = (path.removeprefix(MODELS) for path in ancestry(field.base or field.path, {}))
    return next((KINDS[name] for name in names if name in KINDS), "")
