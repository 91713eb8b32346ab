"""A file's bytes -> one Migration, or why there is none."""

from __future__ import annotations

import ast
from collections.abc import Callable

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Operations, Unreadable
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Code, walk
from stitchback.parsing import attributes, sources
from stitchback.parsing.class_hierarchy import ClassHierarchy, migration_class
from stitchback.parsing.context import ReadingContext
from stitchback.parsing.deferred_operations import DeferredFile, opener, operations_of
from stitchback.parsing.fast_reader import outline
from stitchback.parsing.interpreter import execute
from stitchback.parsing.operations import read_operations
from stitchback.parsing.provenance import provenance_of
from stitchback.parsing.reading_limits import reason_of
from stitchback.parsing.scopes import ModuleReading, Scope


def read_migration(
    key: MigrationKey,
    path: str,
    blob: str,
    source: bytes,
    context: ReadingContext,
    again: Callable[[], bytes] | None = None,
) -> Migration | Unreadable:
    """The migration that the file defines, never running it (`MigrationLoader.load_disk` imports it). A plain one's operations are
    made when they are asked for, of the bytes that `again` gives then, unless the context says that they will be."""
    try:
        tree = sources.parse(source)
        return _read(key, path, blob, source, tree, context, again or (lambda: source))
    except sources.NotPython as problem:
        place = Span(path, problem.line, problem.column, problem.line, problem.column)
        return Unreadable(place, problem.reason, key, is_python2=problem.is_python2)
    except RecursionError as problem:
        return Unreadable(Span(path), reason_of(problem), key)


def _read(
    key: MigrationKey,
    path: str,
    blob: str,
    source: bytes,
    tree: ast.Module,
    context: ReadingContext,
    again: Callable[[], bytes],
) -> Migration | Unreadable:
    plain = outline(
        key, path, blob, source, tree, context, lambda package: opener(DeferredFile(path, again, package))
    )
    if plain is None:
        return _read_whole(key, path, blob, source, tree, context)
    if context.is_opened(path):
        file = DeferredFile(path, again, plain.package)
        plain.migration.make(operations_of(plain.operations, plain.bound, file))
    return plain.migration


def _read_whole(
    key: MigrationKey, path: str, blob: str, source: bytes, tree: ast.Module, context: ReadingContext
) -> Migration | Unreadable:
    scope = Scope(ModuleReading(path, context, tree))
    scope.module.scopes.append(scope)
    try:
        execute(tree.body, scope)
        owner = migration_class(scope)
        if owner is None:
            return Unreadable(Span(path), "no Migration class", key)
        if isinstance(owner, Opaque):
            return Unreadable(owner.span, f"Migration: {owner.reason}", key)
        migration = _migration(key, path, blob, source, ClassHierarchy.of(owner), scope.module)
        if isinstance(migration, Migration) and (scope.module.codes or scope.module.others):
            _write_out(migration.operations)
        return migration
    finally:
        scope.forget()


def _migration(
    key: MigrationKey, path: str, blob: str, source: bytes, family: ClassHierarchy, module: ModuleReading
) -> Migration | Unreadable:
    """The migration, from the values of the class's names."""
    if family.is_south:
        return Unreadable(family.span(""), "a migration of South, not of Django", key)
    if not family.is_django and not family.unknown:
        return Unreadable(family.span(""), "Migration does not extend Django's Migration", key)
    initial, initial_opaque = attributes.flag(family, "initial", None)
    atomic, atomic_opaque = attributes.flag(family, "atomic", True)
    return Migration(
        key=key,
        path=path,
        blob=blob,
        dependencies=attributes.dependencies(family, "dependencies"),
        run_before=attributes.dependencies(family, "run_before"),
        replaces=attributes.replaced(family),
        operations=_operations(family, module),
        initial=initial,
        atomic=atomic,
        opaque_attributes=(*family.behaviour, *initial_opaque, *atomic_opaque),
        own_behaviour=tuple(each for one in family.classes for each in family.overridden(one)),
        provenance=provenance_of(source),
    )


def _write_out(operations: Operations) -> None:
    """Writes out the code in them, while the syntax trees exist."""
    for operation in operations:
        if isinstance(operation, Operation):
            for _, value in operation.arguments:
                for part in walk(value):
                    if isinstance(part, Code):
                        part.settle()
            _write_out(operation.database)
            _write_out(operation.state)


def _operations(family: ClassHierarchy, module: ModuleReading) -> tuple[Operation | Opaque, ...]:
    value = family.attribute("operations")
    return () if value is None else read_operations(value, module, family.span("operations"))
