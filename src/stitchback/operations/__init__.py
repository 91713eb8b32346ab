"""Django's operations: one class each, which says everything that is known of it, and what lists of them do together."""

from __future__ import annotations

from collections.abc import Mapping

from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.operations import (
    add_field,
    alter_field,
    constraints,
    extensions,
    indexes,
    model_options,
    models,
    remove_field,
    rename_field,
    within,
)
from stitchback.operations.base import OperationKind, Template

# A new operation: one class, one line here, one test.
OPERATIONS: tuple[OperationKind, ...] = (
    models.CreateModel(),
    models.DeleteModel(),
    models.RenameModel(),
    model_options.AlterModelTable(),
    model_options.AlterModelTableComment(),
    model_options.AlterModelOptions(),
    model_options.AlterModelManagers(),
    model_options.AlterUniqueTogether(),
    model_options.AlterIndexTogether(),
    model_options.AlterOrderWithRespectTo(),
    add_field.AddField(),
    remove_field.RemoveField(),
    alter_field.AlterField(),
    rename_field.RenameField(),
    indexes.AddIndex(),
    indexes.RemoveIndex(),
    indexes.RenameIndex(),
    constraints.AddConstraint(),
    constraints.RemoveConstraint(),
    constraints.AlterConstraint(),
    within.SeparateDatabaseAndState(),
    within.RunSQL(),
    within.RunPython(),
    extensions.CreateExtension(),
    extensions.BloomExtension(),
    extensions.BtreeGinExtension(),
    extensions.BtreeGistExtension(),
    extensions.CITextExtension(),
    extensions.CryptoExtension(),
    extensions.HStoreExtension(),
    extensions.TrigramExtension(),
    extensions.UnaccentExtension(),
    indexes.AddIndexConcurrently(),
    indexes.RemoveIndexConcurrently(),
    extensions.CreateCollation(),
    extensions.RemoveCollation(),
    constraints.AddConstraintNotValid(),
    constraints.ValidateConstraint(),
)
BY_NAME: Mapping[str, OperationKind] = {kind.name: kind for kind in OPERATIONS}
BY_PATH: Mapping[str, OperationKind] = {
    kind.path: kind for kind in OPERATIONS
}  # paths as `names.canonical` gives them
TEMPLATES: Mapping[str, Template] = {
    kind.name: template for kind in OPERATIONS if (template := kind.template) is not None
}


def kind_of(operation: Operation | Opaque) -> OperationKind | None:
    """What is known of the operation's class; None for one that cannot be read, and of a class that is not here."""
    return None if isinstance(operation, Opaque) else BY_NAME.get(operation.kind)
