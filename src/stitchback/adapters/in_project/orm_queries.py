"""What the project's own models do on a database that may have the schema of another release: they select, filter and insert, and many-to-many fields add and
remove. Each query in a transaction that is rolled back."""

from __future__ import annotations

import datetime
import decimal
import itertools
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from .distinct_values import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Answer = list[str]  # model, query, field, what was raised ("" if nothing)

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
MOST_ROWS = 100
UNTRIED = "not tried: "
LARGEST_MESSAGE = 300
MOST_COMBINATIONS = 16


def run(apps: list[str] | None = None) -> list[Answer]:
    """The answers for every model that has a table, of these apps or of all."""
    from django.apps import apps as registry

    answers: list[Answer] = []
    for model in registry.get_models():
        meta = model._meta
        if (
            meta.proxy
            or not meta.managed
            or meta.swapped
            or (apps is not None and meta.app_label not in apps)
        ):
            continue
        answers.extend(_answers(model))
    return answers


def _answers(model: Any) -> Iterator[Answer]:
    for query, field, act in _queries(model):
        yield [model._meta.label, query, field, _attempt(act)]


def _attempt(act: Callable[[], None]) -> str:
    from django.db import transaction

    try:
        with transaction.atomic():
            act()
            transaction.set_rollback(True)
    except NoValue as reason:
        return UNTRIED + str(reason)
    except Exception as error:  # noqa: BLE001 - whatever the project's fields and the engine raise
        return f"{type(error).__name__}: {' '.join(str(error).split())}"[:LARGEST_MESSAGE]
    return ""


def _queries(model: Any) -> Iterator[tuple[str, str, Callable[[], None]]]:
    yield "select", "", partial(_select, model)
    yield "insert", "", partial(_insert, model)
    yield "insert equal rows", "", partial(_insert_equal, model)
    for field in model._meta.local_concrete_fields:
        if _is_written(field):
            yield from _queries_on(model, field)
    for field in model._meta.local_many_to_many:
        if field.remote_field.through._meta.auto_created:
            yield "add and remove", field.name, partial(_add_and_remove, model, field)


def _queries_on(model: Any, field: Any) -> Iterator[tuple[str, str, Callable[[], None]]]:
    name, attribute = field.name, field.attname
    yield "filter", name, partial(_filter, model, field)
    if field.null:
        yield "insert NULL", name, partial(_insert, model, {attribute: None})
    if _has_database_default(field):
        yield "insert default", name, partial(_insert, model, without=attribute)
    if field.remote_field is None:
        for what, value in extreme_values(field).items():
            yield f"insert {what}", name, partial(_insert, model, {attribute: value})
    elif not field.unique and not field.null:
        yield "insert a new reference", name, partial(_insert_reference, model, field)


def _is_written(field: Any) -> bool:
    """Whether an INSERT takes a value of the instance: not a key that the database makes, nor the place of `order_with_respect_to`."""
    from django.db.models import AutoField
    from django.db.models.fields.proxy import OrderWrt

    return not getattr(field, "generated", False) and not isinstance(field, (AutoField, OrderWrt))


def _has_database_default(field: Any) -> bool:
    from django.db.models import NOT_PROVIDED

    return getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED


def _select(model: Any) -> None:
    list(model._base_manager.all()[:MOST_ROWS])


def _filter(model: Any, field: Any) -> None:
    model._base_manager.filter(**{field.name: _value(field, 1)}).count()


def _insert(model: Any, changes: dict[str, Any] | None = None, without: str = "") -> None:
    """A row, and whether it is read as it was written."""
    values = {**_row(model, 1), **(changes or {})}
    values.pop(without, None)
    instance = _save(model, values)
    read = _read_back(model, instance.pk, [*(changes or values)] if not without else [without])
    for name, value in read.items():
        if without:
            if value is None:
                raise ValueError(f"{name} is NULL")
        elif value != values[name]:
            raise ValueError(f"{name} {values[name]!r:.60} comes back as {value!r:.60}")


def _read_back(model: Any, key: Any, names: list[str]) -> dict[str, Any]:
    """Nothing where the row cannot be selected, which is another answer."""
    from django.db import DatabaseError, transaction

    try:
        with transaction.atomic():
            row = model._base_manager.filter(pk=key).values(*names).first()
    except DatabaseError:
        return {}
    return row or {}


def _insert_equal(model: Any) -> None:
    """Two rows that differ only in one field of each set that the models declare unique, whichever it is."""
    from django.db import transaction

    first, second = _row(model, 1), _row(model, 2)
    for distinct in itertools.islice(itertools.product(*_unique_sets(model)), MOST_COMBINATIONS):
        with transaction.atomic():
            _save(model, first)
            _save(model, {name: second[name] if name in distinct else value for name, value in first.items()})
            transaction.set_rollback(True)


def _unique_sets(model: Any) -> list[list[str]]:
    """Sets of attributes that are unique together."""
    meta = model._meta
    sets = [[field.name] for field in meta.local_concrete_fields if field.unique and _is_written(field)]
    sets += list(meta.unique_together)
    sets += [each.fields for each in meta.constraints if getattr(each, "fields", ()) and not each.condition]
    return [[meta.get_field(name).attname for name in names] for names in sets]


def _save(model: Any, values: dict[str, Any]) -> Any:
    """One INSERT into the model's own table, as loaddata does it."""
    instance = model(**values)
    instance.save_base(raw=True, force_insert=True)
    _check_references(model._meta.db_table)
    return instance


def _check_references(table: str) -> None:
    """Foreign keys that the engine checks at the end of a transaction. MySQL defers none."""
    from django.db import connection

    if connection.vendor != "mysql":
        connection.check_constraints([table])


def _row(model: Any, number: int) -> dict[str, Any]:
    return {
        field.attname: _value(field, number)
        for field in model._meta.local_concrete_fields
        if _is_written(field)
    }


def _value(field: Any, number: int) -> Any:
    return plain_value(field, number) if field.remote_field is None else _reference(field, number)


def _reference(field: Any, number: int) -> Any:
    """The key of a row to which no other refers, by the column alone; where there is none, of a new one."""
    target = field.target_field
    everything = _values_in(target.model._meta.db_table, target.column)
    used = set(_values_in(field.model._meta.db_table, field.column))
    keys = [key for key in everything if key not in used]
    if len(keys) >= number:
        return target.to_python(keys[number - 1])
    try:
        return _new_target(target, number)
    except NoValue:
        if field.unique or not everything:
            raise
        return target.to_python(everything[0])


def _new_target(target: Any, number: int) -> Any:
    from django.db import DatabaseError

    try:
        return getattr(_save(target.model, _row(target.model, 10 + number)), target.attname)
    except DatabaseError as error:
        raise NoValue(f"{target.model._meta.label} has no row to refer to") from error


def _insert_reference(model: Any, field: Any) -> None:
    """To a row that only the table has which the code knows, or, where the database is not to enforce it, to none."""
    target = field.target_field
    key = _new_target(target, 5) if field.db_constraint else plain_value(target, 9)
    _insert(model, {field.attname: key})


def _values_in(table: str, column: str) -> list[Any]:
    from django.db import DatabaseError, connection, transaction

    quote = connection.ops.quote_name
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT {quote(column)} FROM {quote(table)} ORDER BY 1")
            return [row[0] for row in cursor.fetchall() if row[0] is not None]
    except DatabaseError:
        return []


def _add_and_remove(model: Any, field: Any) -> None:
    """By keys alone, so that only the field's table matters."""
    key, target = model._meta.pk, field.remote_field.model._meta.pk
    own = _values_in(model._meta.db_table, key.column)
    others = _values_in(target.model._meta.db_table, target.column)
    if not own or not others:
        raise NoValue("there are no rows to relate")
    manager = getattr(model(pk=key.to_python(own[0])), field.name)
    other = target.to_python(others[-1])
    manager.remove(other)
    manager.add(other)
    _check_references(field.m2m_db_table())
    assert list(manager.values_list("pk", flat=True).filter(pk=other)) == [other], (
        "the added row is not listed"
    )
    manager.remove(other)


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
