"""A file's bytes -> one Migration, or why there is none."""

from __future__ import annotations

import ast
from collections.abc import Callable

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Operations, Swappable, Unreadable
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Call, Code, Constant, Items, Reference, Value, render, text, walk
from stitchback.parsing import sources
from stitchback.parsing.class_hierarchy import ClassHierarchy, migration_class
from stitchback.parsing.deferred_operations import DeferredFile, opener, operations_of
from stitchback.parsing.fast_reader import outline
from stitchback.parsing.interpreter import execute
from stitchback.parsing.operation_lists import read_operations
from stitchback.parsing.reading_context import ReadingContext
from stitchback.parsing.reading_limits import reason_of
from stitchback.parsing.scopes import ModuleReading, Scope
from stitchback.parsing.sources import MAX_SHOWN, provenance_of
from stitchback.parsing.unknown_values import UnknownLength


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
            return Unreadable(Span(path), "no Migration class", key, has_migration=False)
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
        reason = "Migration does not extend Django's Migration"
        return Unreadable(family.span(""), reason, key, has_migration=False)
    initial, initial_opaque = _flag(family, "initial", None)
    atomic, atomic_opaque = _flag(family, "atomic", True)
    return Migration(
        key=key,
        path=path,
        blob=blob,
        dependencies=_dependencies(family, "dependencies"),
        run_before=_dependencies(family, "run_before"),
        replaces=_replaced(family),
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


_SETTINGS = "django.conf.settings."


def _dependencies(family: ClassHierarchy, name: str) -> tuple[Dependency, ...]:
    """`dependencies` or `run_before`. What of it cannot be read is one Opaque in its place."""
    value = family.attribute(name)
    if value is None:
        return ()
    span = family.span(name)
    return tuple(_dependency(item, span) for item in _listed(value, span))


def _replaced(family: ClassHierarchy) -> tuple[MigrationKey | Opaque, ...]:
    value = family.attribute("replaces")
    if value is None:
        return ()
    span = family.span("replaces")
    found: list[MigrationKey | Opaque] = []
    for item in _listed(value, span):
        dependency = _dependency(item, span)
        known = isinstance(dependency, MigrationKey | Opaque)
        found.append(dependency if known else _opaque("this is not the name of a migration", item, span))  # type: ignore[arg-type]
    return tuple(found)


def _flag(family: ClassHierarchy, name: str, default: bool | None) -> tuple[bool | None, tuple[Opaque, ...]]:
    """`initial` or `atomic`, and what of it could not be read (then it is None)."""
    value = family.attribute(name)
    match value:
        case None:
            return default, ()
        case Constant(value=None):
            return None, ()
        case Constant(value=constant):
            return bool(constant), ()
        case _:
            return None, (_opaque(f"{name} is not known", value, family.span(name)),)


def _listed(value: Value, span: Span) -> tuple[Value, ...]:
    match value:
        case Items(items=items):
            return items
        case Call(callee=Reference(path="operator.add"), args=parts):
            return tuple(item for part in parts for item in _listed(part, span))
        case _:
            return (UnknownLength.of(_opaque("a list that is not known", value, span)),)


def _dependency(value: Value, span: Span) -> Dependency:
    """One `(app, name)`, or a swappable one (`django.db.migrations.migration.swappable_dependency`)."""
    match value:
        case Items(items=(Constant(value=str() | bytes() as app), Constant(value=str() | bytes() as name))):
            return MigrationKey(_string(app), _string(name))
        case Call(
            callee=Reference(path="django.db.migrations.swappable_dependency"), args=args, kwargs=kwargs
        ):
            given = args or tuple(item for _, item in kwargs)
            return (
                _swappable(given[0], span)
                if len(given) == 1
                else _opaque("not a swappable model", value, span)
            )
        case _:
            return _opaque("a dependency that is not known", value, span)


def _string(name: str | bytes) -> str:
    """Python 2's byte strings are strings here: no project of Python 3 can have meant them otherwise."""
    return name if isinstance(name, str) else name.decode("utf-8", "replace")


def _swappable(value: Value, span: Span) -> Dependency:
    if isinstance(value, Reference) and value.path.startswith(_SETTINGS):
        return Swappable(value.path.removeprefix(_SETTINGS))
    label = text(value)
    if label is not None:
        return MigrationKey(label.partition(".")[0], "__first__")
    return _opaque("a swappable dependency that is not known", value, span)


def _opaque(reason: str, value: Value, span: Span) -> Opaque:
    """What was opaque already keeps its own place and reason."""
    if isinstance(value, Opaque):
        return value
    shown = render(value)
    return Opaque(reason, shown if len(shown) <= MAX_SHOWN else shown[:MAX_SHOWN] + " …", span)
