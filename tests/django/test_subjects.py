"""Which argument names the model: of every operation of the installed Django, by its signature, and of every kind that is played."""

from __future__ import annotations

from dataclasses import replace
from inspect import signature
from typing import Any

import pytest
from django.contrib.postgres import operations as postgres
from django.db.migrations import operations as plain
from django.db.migrations.operations.base import Operation as DjangoOperation
from django.db.migrations.operations.models import ModelOperation
from schema_cases import read_one

from stitchback.matching.named_models import named_models
from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.operations.applying import STEPS
from stitchback.operations.subjects import MODEL_ARGUMENTS, model_names, subject
from stitchback.parsing.signatures import KINDS
from stitchback.proof.slicing.footprint import changed_models

BASES = frozenset({"CollationOperation", "NotInTransactionMixin"})  # not operations that a file names


def operation_classes() -> list[type[Any]]:
    """Django's own and those of `contrib.postgres`."""
    own = [getattr(plain, name) for name in plain.__all__]
    others = [
        each for each in vars(postgres).values() if getattr(each, "__module__", "") == postgres.__name__
    ]
    classes = [each for each in (*own, *others) if isinstance(each, type) and each.__name__ not in BASES]
    assert all(issubclass(each, DjangoOperation) for each in classes)
    return classes


def by_signature(kind: type[Any]) -> tuple[str, ...]:
    names = signature(kind.__init__).parameters
    if "model_name" in names:
        return ("model_name",)
    if issubclass(kind, ModelOperation):
        return ("name",) if "name" in names else ("old_name", "new_name")
    return ()


@pytest.mark.parametrize("kind", operation_classes(), ids=lambda kind: kind.__name__)
def test_the_table_says_what_the_signature_says(kind: type[Any]) -> None:
    assert MODEL_ARGUMENTS[kind.__name__] == by_signature(kind)


def test_the_table_has_every_kind_that_is_played_or_read() -> None:
    assert set(MODEL_ARGUMENTS) == set(STEPS) == set(KINDS.values())


@pytest.mark.parametrize("kind", sorted(kind for kind, names in MODEL_ARGUMENTS.items() if names))
def test_slices_and_matching_know_the_models_of_every_kind(kind: str) -> None:
    said = ", ".join(f'{name}="Item{place}"' for place, name in enumerate(MODEL_ARGUMENTS[kind]))
    module = min((path.rpartition(".")[0] for path, named in KINDS.items() if named == kind), key=len)
    source = f"import django.db.migrations, {module}\nclass Migration(django.db.migrations.Migration):\n    operations = [{module}.{kind}({said})]\n"
    migration = read_one("0001_x", source)
    (operation,) = migration.operations
    assert isinstance(operation, Operation)
    models = frozenset(ModelKey.of("shop", f"Item{place}") for place, _ in enumerate(MODEL_ARGUMENTS[kind]))
    assert changed_models(migration).keys == models
    assert named_models([migration]) == models
    assert subject(operation, "shop") == (min(models) if len(models) == 1 else None)


def test_a_kind_that_is_not_known_may_name_any_model() -> None:
    source = "from django.db import migrations\nclass Migration(migrations.Migration):\n    operations = [migrations.AddField('Item', 'x', None)]\n"
    (operation,) = read_one("0001_x", source).operations
    assert isinstance(operation, Operation)
    assert model_names(replace(operation, kind="AddWhatever")) == (None,)
