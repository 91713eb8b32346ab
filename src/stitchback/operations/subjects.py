"""Which models an operation names: the one place that says for every kind which of its arguments hold a model's name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.schema.labels import string

_WHOLE = ("name",)
_PART = ("model_name",)
_NONE = ()

# Every kind of `applying.STEPS`; a test compares it with the signatures of the installed Django.
MODEL_ARGUMENTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "CreateModel": _WHOLE,
        "DeleteModel": _WHOLE,
        "RenameModel": ("old_name", "new_name"),
        "AlterModelTable": _WHOLE,
        "AlterModelTableComment": _WHOLE,
        "AlterUniqueTogether": _WHOLE,
        "AlterIndexTogether": _WHOLE,
        "AlterOrderWithRespectTo": _WHOLE,
        "AlterModelOptions": _WHOLE,
        "AlterModelManagers": _WHOLE,
        "AddField": _PART,
        "AlterField": _PART,
        "RemoveField": _PART,
        "RenameField": _PART,
        "AddIndex": _PART,
        "AddIndexConcurrently": _PART,
        "RemoveIndex": _PART,
        "RemoveIndexConcurrently": _PART,
        "RenameIndex": _PART,
        "AddConstraint": _PART,
        "AddConstraintNotValid": _PART,
        "RemoveConstraint": _PART,
        "AlterConstraint": _PART,
        "ValidateConstraint": _PART,
        "CreateCollation": _NONE,
        "RemoveCollation": _NONE,
        "CreateExtension": _NONE,
        "BloomExtension": _NONE,
        "BtreeGinExtension": _NONE,
        "BtreeGistExtension": _NONE,
        "CITextExtension": _NONE,
        "CryptoExtension": _NONE,
        "HStoreExtension": _NONE,
        "TrigramExtension": _NONE,
        "UnaccentExtension": _NONE,
        "RunPython": _NONE,
        "RunSQL": _NONE,
        "SeparateDatabaseAndState": _NONE,
    }
)


def model_names(operation: Operation) -> tuple[str | None, ...]:
    """The names of the models that the operation itself names; None for one that cannot be read, and of a kind that is not known."""
    arguments = MODEL_ARGUMENTS.get(operation.kind)
    return (None,) if arguments is None else tuple(string(operation.argument(name)) for name in arguments)


def subject(operation: Operation, app: str) -> ModelKey | None:
    """The one model that the operation changes; None where it names none or two, or where the name cannot be read."""
    names = model_names(operation)
    return ModelKey.of(app, names[0]) if len(names) == 1 and names[0] else None
