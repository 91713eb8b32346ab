"""Values of a model's fields for rows that its code may insert: plain ones, equal or distinct, and the extreme ones of each field."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any

from .distinct_values import digest

LONG_TEXT = 5000  # characters
TEXTS = (
    "CharField",
    "TextField",
    "SlugField",
    "FileField",
    "FilePathField",
    "EmailField",
    "URLField",
    "ImageField",
)
DAY = datetime.datetime(2001, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)  # noqa: UP017 - Python 3.10


class NoValue(Exception):
    """Nothing is known of the field's class."""


def plain_value(field: Any, number: int) -> Any:
    """The same for the same number. Raises NoValue."""
    if field.choices and not field.unique:
        return field.flatchoices[0][0]
    kind = field.get_internal_type()
    if kind in TEXTS:
        return digest(field.model._meta.label, field.name, number)[: min(field.max_length or 20, 20)]
    if "IntegerField" in kind or kind in ("OrderWrt", "AutoField", "BigAutoField", "SmallAutoField"):
        return 10_000 + number
    if kind == "DecimalField":
        return _decimal(field, str(1 + number % 8))
    moment = DAY + datetime.timedelta(days=number)
    values = {
        "BooleanField": True,
        "NullBooleanField": True,
        "FloatField": 12.625 + number,
        "DateField": moment.date(),
        "TimeField": moment.time(),
        "DurationField": datetime.timedelta(days=number, seconds=7),
        "UUIDField": uuid.UUID(int=2**100 + number),
        "JSONField": {"own": number},
        "BinaryField": b"\xff\x00" + str(number).encode(),
        "GenericIPAddressField": f"10.0.{number // 200}.{number % 200 + 1}",
    }
    if kind == "DateTimeField":
        return _moment(moment)
    if kind not in values:
        raise NoValue(f"no value is known for a {type(field).__name__}")
    return values[kind]


def extreme_values(field: Any) -> dict[str, Any]:
    """Name -> value, of those that a column of a narrower type would not keep."""
    from django.db import connection

    kind = field.get_internal_type()
    if field.choices:
        return {}
    if kind in TEXTS:
        return {"longest": "0" * ((field.max_length or LONG_TEXT) - 1) + "7"}
    if "IntegerField" in kind:
        least, greatest = connection.ops.integer_field_range(kind)
        return {
            "greatest": 2**63 - 1 if greatest is None else greatest,
            "least": -(2**63) if least is None else least,
        }
    if kind == "DecimalField":
        return {"greatest": _decimal(field, "9" * (field.max_digits - field.decimal_places))}
    if kind == "FloatField":
        return {"greatest": 123456789.12345678}
    return {"false": False} if kind == "BooleanField" else {}


def _decimal(field: Any, whole: str) -> decimal.Decimal:
    return decimal.Decimal(f"{whole or 0}.{'7' * field.decimal_places}" if field.decimal_places else whole)


def _moment(moment: datetime.datetime) -> datetime.datetime:
    from django.conf import settings

    return moment if settings.USE_TZ else moment.replace(tzinfo=None)
