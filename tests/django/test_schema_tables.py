"""Our tables of field classes hold all that the installed Django has, with its parameters and parents."""

from __future__ import annotations

import importlib
import inspect

import conditional_databases  # noqa: F401  (settings)
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.migrations.operations.models import AlterModelOptions

from stitchback.operations.model_options import ALTER_OPTION_KEYS
from stitchback.schema.field_classes import CLASSES, FIELD_PARAMETERS, MODELS


def test_every_field_class_is_known() -> None:
    fields = {
        name
        for name, each in vars(models).items()
        if inspect.isclass(each) and issubclass(each, models.Field)
    }
    assert {MODELS + name for name in fields} <= set(CLASSES)


def positional(cls: type) -> tuple[str, ...] | None:
    """The names of what can be given by position; None where it is `*args`."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]  # type: ignore[misc]
    if any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in parameters):
        return None
    return tuple(each.name for each in parameters if each.kind in kinds)


def installed(path: str) -> type | None:
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name, None)
    except (ImportError, ImproperlyConfigured, RuntimeError):  # no driver, no GDAL, no such app here
        return None


@pytest.mark.parametrize("path", CLASSES)
def test_parameters_and_parents_are_djangos(path: str) -> None:
    cls, known = installed(path), CLASSES[path]
    if cls is None:
        pytest.skip("not in this Django, or it cannot be imported here")
    names = positional(cls)
    if names is not None:
        assert names[: len(known.parameters)] == known.parameters[: len(names)]
    if known.parent:
        parent = installed(known.parent)
        assert parent is not None
        assert issubclass(cls, parent)


def test_a_field_takes_by_position_what_we_say() -> None:
    names = positional(models.Field)
    assert names == FIELD_PARAMETERS[: len(names or ())]


def test_the_options_that_go_when_they_are_not_said() -> None:
    assert set(AlterModelOptions.ALTER_OPTION_KEYS) == ALTER_OPTION_KEYS
