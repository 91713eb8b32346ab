"""The classes of `OPERATIONS` against the installed Django: each of its operations is there, with its parameters, and the names that a class says are those
that Django's own state follows."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.postgres import operations as postgres
from django.db import migrations, models
from django.db.migrations import operations as plain
from django.db.migrations.operations import special
from django.db.migrations.operations.base import Operation as DjangoOperation
from django.db.migrations.state import ModelState, ProjectState
from migration_values import migration, operation

from stitchback.matching.relevant_models import named_models
from stitchback.model.keys import ModelKey
from stitchback.model.values import Call, Constant, Reference, Value
from stitchback.operations import BY_NAME, OPERATIONS
from stitchback.operations.base import ChangedPart, NamedParameters, OperationKind
from stitchback.operations.named_models import model_names, subject
from stitchback.proof.relevance.footprint import changed_models

if not settings.configured:
    settings.configure(INSTALLED_APPS=[], USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")

BASES = frozenset({"CollationOperation", "NotInTransactionMixin"})  # not operations that a file names
WIDER = frozenset({"RenameIndex"})  # it counts as a change of the whole model
ITEM = ("shop", "item")


def installed() -> list[type[Any]]:
    """Django's own and those of `contrib.postgres`."""
    own = [getattr(plain, name) for name in plain.__all__]
    others = [
        each for each in vars(postgres).values() if getattr(each, "__module__", "") == postgres.__name__
    ]
    classes = [each for each in (*own, *others) if isinstance(each, type) and each.__name__ not in BASES]
    assert all(issubclass(each, DjangoOperation) for each in classes)
    return classes


OF_DJANGO = pytest.mark.parametrize("cls", installed(), ids=lambda cls: cls.__name__)
EACH = pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.name)


@OF_DJANGO
def test_each_has_its_class_where_migrations_import_it_from(cls: type[Any]) -> None:
    assert cls.__name__ in BY_NAME, "it needs a class: see CONTRIBUTING, an operation"
    kind = BY_NAME[cls.__name__]
    module = migrations if kind.module == migrations.__name__ else postgres
    assert kind.module == module.__name__
    assert getattr(module, kind.name) is cls


@EACH
def test_every_fact_is_said(kind: OperationKind) -> None:
    assert [name for name in OperationKind.__annotations__ if not hasattr(kind, name)] == []
    said = {*kind.models, kind.field.before, kind.field.after, kind.table, kind.code} - {""}
    assert said <= set(kind.parameters)


@OF_DJANGO
def test_every_parameter_is_known(cls: type[Any]) -> None:
    """A newer Django may have more of them at the end."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    positional = tuple(each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD)
    kind = BY_NAME[cls.__name__]
    assert positional == kind.parameters[: len(positional)]
    assert tuple(each.name for each in parameters if each.kind is each.KEYWORD_ONLY) == kind.keywords


@OF_DJANGO
def test_arguments_over_several_lines(cls: type[Any]) -> None:
    assert BY_NAME[cls.__name__].spread == tuple(cls.serialization_expand_args)


@EACH
def test_a_template_extends_its_class(kind: OperationKind) -> None:
    if kind.template is not None:
        assert kind.template.kind == kind.name
        assert f"class {kind.template.name}(migrations.{kind.name}):" in kind.template.source


@OF_DJANGO
def test_what_is_run_instead_on_sqlite_is_djangos(cls: type[Any]) -> None:
    kind = BY_NAME[cls.__name__]
    if kind.on_sqlite:
        assert issubclass(cls, getattr(migrations, kind.on_sqlite))
    else:
        assert not hasattr(migrations, kind.name)


CONDITION = (
    "condition" if "condition" in inspect.signature(models.CheckConstraint.__init__).parameters else "check"
)


def index(name: str) -> models.Index:
    return models.Index(fields=["size"], name=name)


def check(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(name=name, **{CONDITION: models.Q(size=1)})


# What each class is called with, on `Item`.
ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "CreateModel": {"name": "Fresh", "fields": [("id", models.BigAutoField(primary_key=True))]},
    "DeleteModel": {"name": "Item"},
    "RenameModel": {"old_name": "Item", "new_name": "Fresh"},
    "AlterModelTable": {"name": "Item", "table": "elsewhere"},
    "AlterModelTableComment": {"name": "Item", "table_comment": "x"},
    "AlterModelOptions": {"name": "Item", "options": {"ordering": ["size"]}},
    "AlterModelManagers": {"name": "Item", "managers": [("own", models.Manager())]},
    "AlterUniqueTogether": {"name": "Item", "unique_together": {("size", "name")}},
    "AlterIndexTogether": {"name": "Item", "index_together": {("size", "name")}},
    "AlterOrderWithRespectTo": {"name": "Item", "order_with_respect_to": "name"},
    "AddField": {"model_name": "Item", "name": "fresh", "field": models.IntegerField(null=True)},
    "RemoveField": {"model_name": "Item", "name": "size"},
    "AlterField": {"model_name": "Item", "name": "size", "field": models.BigIntegerField()},
    "RenameField": {"model_name": "Item", "old_name": "size", "new_name": "fresh"},
    "AddIndex": {"model_name": "Item", "index": index("new")},
    "AddIndexConcurrently": {"model_name": "Item", "index": index("new")},
    "RemoveIndex": {"model_name": "Item", "name": "old"},
    "RemoveIndexConcurrently": {"model_name": "Item", "name": "old"},
    "RenameIndex": {"model_name": "Item", "old_name": "old", "new_name": "new"},
    "AddConstraint": {"model_name": "Item", "constraint": check("new")},
    "AddConstraintNotValid": {"model_name": "Item", "constraint": check("new")},
    "RemoveConstraint": {"model_name": "Item", "name": "old"},
    "AlterConstraint": {"model_name": "Item", "name": "old", "constraint": check("old")},
    "ValidateConstraint": {"model_name": "Item", "name": "old"},
    "CreateExtension": {"name": "x"},
    **{f"{name}Extension": {} for name in ("Bloom", "BtreeGin", "BtreeGist", "CIText", "Crypto", "HStore", "Trigram", "Unaccent")},
    "CreateCollation": {"name": "x", "locale": "und"},
    "RemoveCollation": {"name": "x", "locale": "und"},
    "RunPython": {"code": migrations.RunPython.noop},
    "RunSQL": {"sql": "SELECT 1"},
    "SeparateDatabaseAndState": {},
}  # fmt: skip
DEFINED = {
    "indexes": ("index",),
    "constraints": ("unique", "check", "index"),
    "unique_together": ("unique",),
    "index_together": ("index",),
}
NAMES_ALONE = frozenset(
    {"AlterConstraint", "RenameIndex"}
)  # every index and constraint stays in the database


def before() -> ProjectState:
    state = ProjectState()
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("size", models.IntegerField()),
        ("name", models.CharField(max_length=9)),
    ]
    state.add_model(
        ModelState("shop", "Item", fields, {"indexes": [index("old")], "constraints": [check("old")]})
    )
    return state


def around(cls: type[Any]) -> tuple[ProjectState, ProjectState]:
    """The states before and after it."""
    old = before()
    new = old.clone()
    cls(**ARGUMENTS[cls.__name__]).state_forwards("shop", new)
    return old, new


def named(parameters: NamedParameters, said: Mapping[str, Any]) -> tuple[str, str]:
    """The names in lower case, before and after; "" where there is none."""
    old, new = (str(said.get(name, "")).lower() for name in (parameters.before, parameters.after))
    return old, new


def type_of(state: ProjectState, field: str) -> type:
    return type(state.models[ITEM].fields[field])


@OF_DJANGO
def test_models_and_fields_have_their_names_before_and_after(cls: type[Any]) -> None:
    kind, said = BY_NAME[cls.__name__], ARGUMENTS[cls.__name__]
    old, new = around(cls)
    was, now = named(kind.model, said)
    assert {name for _, name in old.models} - {name for _, name in new.models} == {was} - {now, ""}
    assert {name for _, name in new.models} - {name for _, name in old.models} == {now} - {was, ""}
    if ITEM in new.models:
        fields, others = set(old.models[ITEM].fields), set(new.models[ITEM].fields)
        was, now = named(kind.field, said)
        assert (fields - others, others - fields) == ({was} - {now, ""}, {now} - {was, ""})
        assert kind.field.kept == any(
            fields & others
            and old.models[ITEM].fields[name] is not new.models[ITEM].fields[name]
            and type(old.models[ITEM].fields[name]) is not type(new.models[ITEM].fields[name])
            for name in fields & others
        )
        table = new.models[ITEM].options.get("db_table")
        assert table == (said[kind.table] if kind.table else None)


@OF_DJANGO
def test_the_part_that_it_changes(cls: type[Any]) -> None:
    kind, (old, new) = BY_NAME[cls.__name__], around(cls)
    if kind.name in WIDER:
        assert kind.part is ChangedPart.MODEL
        return
    assert kind.part in parts_changed(old, new, kind)


def parts_changed(old: ProjectState, new: ProjectState, kind: OperationKind) -> tuple[ChangedPart, ...]:
    if set(old.models) != set(new.models):
        return (ChangedPart.MODEL,)
    one, other = old.models[ITEM], new.models[ITEM]
    gone, come = set(one.fields) - set(other.fields), set(other.fields) - set(one.fields)
    if gone and come:
        return (ChangedPart.MODEL,)
    if gone or come or kind.field.kept:
        return (ChangedPart.FIELD,)
    changed = {
        name
        for name in {*one.options, *other.options}
        if not alike(one.options.get(name), other.options.get(name))
    }
    if changed & set(DEFINED):
        return (ChangedPart.DEFINITION,)
    if changed or one.managers != other.managers:
        return (ChangedPart.MODEL,)
    if kind.models:
        return (ChangedPart.DEFINITION,)
    return (ChangedPart.WITHIN,) if hasattr(special, kind.name) else (ChangedPart.DATABASE,)


def alike(one: Any, other: Any) -> bool:
    """Lists by their objects."""
    if isinstance(one, list) and isinstance(other, list):
        return [*map(id, one)] == [*map(id, other)]
    return bool(one == other)


@OF_DJANGO
def test_the_part_has_the_name_that_the_operation_says(cls: type[Any]) -> None:
    kind, said = BY_NAME[cls.__name__], ARGUMENTS[cls.__name__]
    given = operation(kind.name, **{name: symbolic(value) for name, value in said.items()})
    of_two = "old_name" in said  # then it may be any of the model's
    definition = "new" if kind.name.startswith("Add") else "" if of_two else "old"
    wanted = {
        ChangedPart.FIELD: said.get("name", ""),
        ChangedPart.DEFINITION: kind.name if "name" in kind.models else definition,
    }
    assert kind.part_name(given) == wanted.get(kind.part, "")


def symbolic(value: Any) -> Value:
    if isinstance(value, models.Index | models.CheckConstraint):
        return Call(Reference("django.db.models.Index"), (), (("name", Constant(value.name)),))
    return Constant(value if isinstance(value, str) else None)


@OF_DJANGO
def test_the_definitions_that_it_settles(cls: type[Any]) -> None:
    kind, (old, new) = BY_NAME[cls.__name__], around(cls)
    if kind.name in NAMES_ALONE or ITEM not in new.models:
        assert kind.defines == ()
        return
    one, other = old.models[ITEM].options, new.models[ITEM].options
    changed = [defined for name, defined in DEFINED.items() if not alike(one.get(name), other.get(name))]
    assert kind.defines == (changed[0] if changed else ())


@OF_DJANGO
def test_what_runs_code(cls: type[Any]) -> None:
    assert bool(BY_NAME[cls.__name__].code) == cls.__name__.startswith("Run")


@EACH
def test_slices_and_matching_know_the_models_of_every_kind(kind: OperationKind) -> None:
    said = {name: Constant(f"Item{place}") for place, name in enumerate(kind.models)}
    given = operation(kind.name, **said)
    written = migration("shop.0002_x", "", given)
    expected = frozenset(ModelKey.of("shop", f"Item{place}") for place, _ in enumerate(kind.models))
    assert named_models([written]) == expected
    assert changed_models(written).keys == expected
    assert subject(given, "shop") == (min(expected) if len(expected) == 1 else None)


def test_a_kind_that_is_not_known_may_name_any_model() -> None:
    assert model_names(replace(operation("AddField", model_name=Constant("Item")), kind="AddWhatever")) == (
        None,
    )
