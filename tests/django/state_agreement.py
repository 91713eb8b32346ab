"""Our state beside Django's: every difference in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.conf import SettingsReference, settings
from django.db import models
from django.db.migrations.state import ModelState as DjangoModelState
from django.db.migrations.state import ProjectState
from django.db.models.options import normalize_together
from django_values import value_of

from stitchback.model.keys import ModelKey
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import Constant, Value, render, text
from stitchback.parsing.import_paths import canonical
from stitchback.schema.comparing import ComparisonKind, compare_definitions, compare_fields
from stitchback.schema.field_classes import CLASSES
from stitchback.schema.fields import canonical_field, without_defaults


def custom_bases(states: Iterable[ProjectState]) -> dict[str, str]:
    """Import path of every custom field class in the states -> the class that it extends first."""
    found: dict[str, str] = {}
    for state in states:
        for model in state.models.values():
            for field in model.fields.values():
                for number, each in enumerate(type(field).__mro__):
                    later = type(field).__mro__[number + 1 :]
                    parent = next((one for one in later if issubclass(one, models.Field)), None)
                    if parent is not None and not each.__module__.startswith("django."):
                        path, base = (
                            canonical(f"{of.__module__}.{of.__qualname__}") for of in (each, parent)
                        )
                        found.setdefault(path, base)
                        _, own, *_ = field.deconstruct()
                        if each is type(field):
                            found.setdefault(own, base)
    return found


def differences(ours: SchemaState, theirs: ProjectState, bases: Mapping[str, str]) -> Iterator[str]:
    """Nothing where the two states say the same."""
    keys = {ModelKey(app, name) for app, name in theirs.models}
    for key in sorted({*ours.models, *keys}):
        if key not in keys or key not in ours.models:
            yield f"{key}: {'only ours' if key not in keys else 'only theirs'}"
            continue
        yield from model_differences(ours.models[key], theirs.models[key.app, key.model], bases)


def model_differences(ours: ModelState, theirs: DjangoModelState, bases: Mapping[str, str]) -> Iterator[str]:
    key = ours.key
    if ours.name != theirs.name:
        yield f"{key}: name {ours.name} and {theirs.name}"
    if [name for name, _ in ours.fields] != list(theirs.fields):
        yield f"{key}: fields {[name for name, _ in ours.fields]} and {list(theirs.fields)}"
    for name, field in theirs.fields.items():
        yield from field_differences(f"{key}.{name}", ours, ours.field(name), field, bases)
    yield from together_differences(ours, theirs)
    yield from definition_differences(f"{key} indexes", ours.indexes, theirs.options["indexes"])
    yield from definition_differences(f"{key} constraints", ours.constraints, theirs.options["constraints"])
    yield from option_differences(ours, theirs)


def field_differences(
    place: str,
    model: ModelState,
    ours: Field | Opaque | None,
    theirs: models.Field[Any, Any],
    bases: Mapping[str, str],
) -> Iterator[str]:
    if not isinstance(ours, Field):
        yield f"{place}: {ours}"
        return
    if ours.path == "django.conf.settings.DEFAULT_AUTO_FIELD":
        ours = replace(ours, path=settings.DEFAULT_AUTO_FIELD)
    value = value_of(theirs)
    expected = canonical_field(value, model.key.app, model=model.name, bases=bases)
    assert isinstance(expected, Field)
    expected = without_what_says_nothing(ours, with_label(ours, expected, theirs), theirs)
    ours = without_what_goes_unsaid(ours, expected)
    comparison = compare_fields(ours, expected)
    if ours.path != expected.path or comparison.kind not in (
        ComparisonKind.IDENTICAL,
        ComparisonKind.SAME_SCHEMA,
    ):
        yield f"{place}: {comparison.kind.value} {comparison.differences} {ours.path}"
    elif comparison.kind == ComparisonKind.SAME_SCHEMA:
        yield f"{place}: state only {comparison.differences}"


def with_label(ours: Field, expected: Field, theirs: models.Field[Any, Any]) -> Field:
    """`deconstruct` names the setting where the label is the setting's value now; the file may say the label."""
    label = text(ours.argument("to"))
    said = theirs.deconstruct()[3].get("to")
    is_same = isinstance(said, SettingsReference) and label is not None and str(said).lower() == label
    return expected.with_argument("to", Constant(label)) if is_same else expected


def without_what_says_nothing(ours: Field, expected: Field, theirs: models.Field[Any, Any]) -> Field:
    """`deconstruct` of a custom class may name an argument whatever it is; ours leaves it out where the class has that value anyway. A
    field that is made without it tells whether that is so."""
    if ours.path == ours.base:
        return expected
    _, _, args, said = theirs.deconstruct()
    for name in {name for name, _ in expected.arguments} & said.keys():
        if ours.argument(name) is None:
            try:
                without = type(theirs)(*args, **{each: value for each, value in said.items() if each != name})
            except TypeError:  # it must be said
                continue
            if without.deconstruct()[1:] == theirs.deconstruct()[1:]:
                expected = replace(expected, arguments=tuple(e for e in expected.arguments if e[0] != name))
    return expected


def without_what_goes_unsaid(ours: Field, expected: Field) -> Field:
    """What the file says and `deconstruct` leaves out has the default's value: of a custom class too, whose defaults are
    those of the class that it extends or its own."""
    if ours.path == ours.base or ours.base not in CLASSES:
        return ours
    said = {name for name, _ in expected.arguments}
    plain = without_defaults(CLASSES[ours.base], dict(ours.arguments))
    kept = tuple(each for each in ours.arguments if each[0] in plain or each[0] in said)
    return replace(ours, arguments=kept)


def together_differences(ours: ModelState, theirs: DjangoModelState) -> Iterator[str]:
    for option in ("unique_together", "index_together"):
        expected = {tuple(names) for names in normalize_together(theirs.options.get(option) or ())}
        found = ours.unique_together if option == "unique_together" else ours.index_together
        if found != expected:
            yield f"{ours.key}: {option} {sorted(found)} and {sorted(expected)}"


def definition_differences(
    place: str, ours: tuple[tuple[str, Value], ...], theirs: Iterable[Any]
) -> Iterator[str]:
    expected = [(item.name, value_of(item)) for item in theirs]
    if [name for name, _ in ours] != [name for name, _ in expected]:
        yield f"{place}: {[name for name, _ in ours]} and {[name for name, _ in expected]}"
        return
    for (name, own), (_, value) in zip(ours, expected, strict=True):
        if compare_definitions(own, value).kind not in (ComparisonKind.IDENTICAL, ComparisonKind.SAME_SCHEMA):
            yield f"{place}.{name}: {render(own)} and {render(value)}"


APART = {"indexes", "constraints", "unique_together", "index_together"}


def option_differences(ours: ModelState, theirs: DjangoModelState) -> Iterator[str]:
    # `abstract: False` stands in a few migrations of Django's own, and means nothing.
    said = {name: item for name, item in theirs.options.items() if (name, item) != ("abstract", False)}
    expected = {name: render(value_of(item)) for name, item in said.items() if name not in APART}
    found = {name: render(value) for name, value in ours.options}
    if found != expected:
        yield f"{ours.key}: options {sorted(found.items() ^ expected.items())}"
    managers = [(name, render(value_of(manager))) for name, manager in theirs.managers]
    if [(name, render(value)) for name, value in ours.managers] != managers:
        yield f"{ours.key}: managers {ours.managers} and {managers}"
