"""Dependencies of the files in which a plan inserts operations that refer to models of other apps.

Django loads a model's relations before an operation runs: without the dependency, `migrate APP` on an empty database fails although a full
`migrate` happens to run the other app first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stitchback.graph import MigrationGraph
from stitchback.matching.case import Case
from stitchback.model.edits import Insert
from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.migrations import Dependency, Tree
from stitchback.model.operations import Operation
from stitchback.model.values import text, walk
from stitchback.strategies.draft import Draft, FileDraft
from stitchback.strategies.parents import dependency_there


def with_referenced_apps(draft: Draft, case: Case) -> Draft:
    """The draft in which each file reaches the migrations that create the models to which its inserted operations refer."""
    for file in tuple(draft.files.values()):
        for model in sorted(_referred(file)):
            wanted = _missing(draft, case, file.key, model)
            if wanted is not None:
                there = draft.files[file.key]
                draft = draft.with_file(replace(there, dependencies=(*there.dependencies, wanted)))
    return draft


def _referred(file: FileDraft) -> frozenset[ModelKey]:
    inserted = (edit.operation for edit in file.operations if isinstance(edit, Insert))
    return frozenset(model for each in inserted for model in _models(each) if model.app != file.key.app)


def _models(operation: Operation) -> Iterator[ModelKey]:
    for _, value in operation.arguments:
        for part in walk(value):
            label = text(part)
            if label and label.count(".") == 1:
                yield ModelKey.of(*label.split("."))


def _missing(draft: Draft, case: Case, key: MigrationKey, model: ModelKey) -> Dependency | None:
    """What the file has to depend on for the model; None where it does already, or where the tree does not create the model."""
    result = draft.result
    creator = _creator(result, model)
    graph = MigrationGraph.raw(result)
    if creator is None or creator in graph.ancestors(key) or key in graph.ancestors(creator):
        return None
    for own in _of_the_patch(draft, case, model.app):
        if creator in graph.ancestors(own) and key not in graph.ancestors(own):
            return own
    return next(iter(result.replacers.get(creator, ())), creator)


def _creator(tree: Tree, model: ModelKey) -> MigrationKey | None:
    for key in sorted(each for each in tree.migrations if each.app == model.app):
        for operation in tree.migrations[key].operations:
            if isinstance(operation, Operation) and operation.kind == "CreateModel":
                name = text(operation.argument("name"))
                if name and ModelKey.of(key.app, name) == model:
                    return key
    return None


def _of_the_patch(draft: Draft, case: Case, app: str) -> Iterator[MigrationKey]:
    """The migrations of the app on which the patch branches' own migrations depend, as the result has them."""
    for unit in case.units:
        for dependency in unit.migration.dependencies:
            there = dependency_there(draft, unit, dependency)
            if isinstance(there, MigrationKey) and there.app == app and draft.has_file(there):
                yield there
