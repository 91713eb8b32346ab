"""What a migration file was read as, in tuples of plain values and back.

The operations are most of a migration and seldom asked for: they are encoded apart, and made again when they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stitchback.adapters.cache_file import DamagedCache, Plain, packed, unpacked
from stitchback.model.data_reach import Reach
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import DeferredOperations, Dependency, Migration, Swappable, Unreadable
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Call, Code, Constant, Dictionary, Items, Reference, Value
from stitchback.parsing.deferred_operations import DeferredFile, code_in, opener
from stitchback.parsing.reading_context import CachedReading
from stitchback.parsing.unknown_values import UnknownLength

Entry = tuple[Plain, ...]
_PLAIN = frozenset({str, bool, int, float, bytes, type(None)})
_MIGRATION, _UNREADABLE = "m", "u"
_ELLIPSIS, _ITEMS, _DICTIONARY, _REFERENCE, _CODE, _CALL, _OPAQUE, _GAP, _COMPLEX, _LATER = range(10)
Makers = Mapping[int, Callable[..., Any]]


def encoded(reading: CachedReading, *, whole: bool = False) -> Entry:
    """`whole`: with the operations of a migration that its file alone is made of, too, where they have been built."""
    result = reading.result
    if isinstance(result, Unreadable):
        assert result.key is not None, "every file was read as some migration"
        return (
            _UNREADABLE,
            tuple(result.key),
            _span(result.span),
            result.reason,
            result.is_python2,
            result.has_migration,
            reading.questions,
        )
    return (
        _MIGRATION,
        tuple(result.key),
        result.path,
        result.blob,
        tuple(map(_dependency, result.dependencies)),
        tuple(map(_dependency, result.run_before)),
        tuple(map(_dependency, result.replaces)),
        result.initial,
        result.atomic,
        tuple(map(_value, result.opaque_attributes)),
        tuple(map(_value, result.own_behaviour)),
        result.provenance,
        result.operation_count,
        not result.opaques,
        _rest(result, whole and result.is_opened),
        reading.questions,
    )


def decoded(entry: Entry, again: Callable[[], bytes]) -> CachedReading:
    """Raises DamagedCache where the entry is none. `again` gives the file's bytes."""
    try:
        if entry[0] == _UNREADABLE:
            _, key, span, reason, is_python2, has_migration, questions = entry
            unreadable = Unreadable(
                _as_span(span),
                reason,
                MigrationKey(*key),
                is_python2=is_python2,
                has_migration=has_migration,
            )
            return CachedReading(unreadable, questions)
        (
            _,
            key,
            path,
            blob,
            parents,
            before,
            replaces,
            initial,
            atomic,
            opaque,
            own,
            said,
            count,
            clean,
            rest,
            asked,
        ) = entry
        name = MigrationKey(*key)
        package, operations = rest
        file = DeferredFile(path, again, package or "")
        made = opener(file) if operations is None else lambda: _operations(operations, file)
        migration = Migration.unopened(
            DeferredOperations(count, clean, made, package),
            key=name,
            path=path,
            blob=blob,
            dependencies=tuple(map(_as_dependency, parents)),
            run_before=tuple(map(_as_dependency, before)),
            replaces=tuple(map(_as_dependency, replaces)),
            initial=initial,
            atomic=atomic,
            opaque_attributes=tuple(map(_as_value, opaque)),
            own_behaviour=tuple(map(_as_value, own)),
            provenance=said,
        )
        return CachedReading(migration, asked)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
        raise DamagedCache(str(error)) from error


def is_whole(entry: Entry) -> bool:
    """Whether a migration's operations stand in it."""
    return entry[0] != _MIGRATION or entry[-2][1] is not None


def _rest(migration: Migration, whole: bool) -> Plain:
    """What relative imports start from where the file, which git has, is all that the operations are made of; and the operations, if they
    are to be kept."""
    package = None if migration.later is None else migration.later.package
    if package is not None and not whole:
        return (package, None)
    return (package, packed(tuple(map(_operation, migration.operations))))


def _operations(data: bytes, file: DeferredFile) -> tuple[Operation | Opaque, ...]:
    makers = {**_MAKERS, _LATER: lambda name, empty: code_in(file, name, empty)}
    return tuple(_as_operation(plain, makers) for plain in unpacked(data))


def _span(span: Span) -> Plain:
    return (span.path, span.line, span.column, span.end_line, span.end_column)


def _as_span(plain: Plain) -> Span:
    return Span(*plain)


def _dependency(item: Dependency) -> Plain:
    match item:
        case MigrationKey():
            return tuple(item)
        case Swappable(setting=setting):
            return setting
        case _:
            return _value(item)


def _as_dependency(plain: Plain) -> Any:
    if isinstance(plain, str):
        return Swappable(plain)
    return MigrationKey(*plain) if len(plain) == 2 else _as_value(plain)


def _operation(item: Operation | Opaque) -> Plain:
    if isinstance(item, Opaque):
        return _value(item)
    return (
        item.kind,
        item.path,
        tuple((name, _value(value)) for name, value in item.arguments),
        _span(item.span),
        tuple(map(_operation, item.database)),
        tuple(map(_operation, item.state)),
        item.conditional,
    )


def _as_operation(plain: Plain, makers: Makers) -> Operation | Opaque:
    if len(plain) != 7:
        opaque = _as_value(plain, makers)
        assert isinstance(opaque, Opaque), "an operation is known or opaque"
        return opaque
    kind, path, arguments, span, database, state, conditional = plain
    return Operation(
        kind,
        path,
        tuple((name, _as_value(value, makers)) for name, value in arguments),
        Span(*span),
        tuple(_as_operation(inner, makers) for inner in database),
        tuple(_as_operation(inner, makers) for inner in state),
        conditional,
    )


def _value(value: Value) -> Plain:
    kind = type(value)
    if isinstance(value, Constant):
        constant = value.value
        if constant is Ellipsis:
            return (_ELLIPSIS,)
        if isinstance(constant, complex):
            return (_COMPLEX, constant.real, constant.imag)
        assert type(constant) in _PLAIN, "a literal"
        return constant
    if isinstance(value, Reference):
        return (_REFERENCE, value.path)
    if isinstance(value, Call):
        kwargs = tuple((name, _value(item)) for name, item in value.kwargs)
        return (_CALL, _value(value.callee), tuple(map(_value, value.args)), kwargs)
    if isinstance(value, Items):
        return (_ITEMS, value.kind, tuple(map(_value, value.items)))
    if isinstance(value, Dictionary):
        return (_DICTIONARY, tuple((_value(key), _value(item)) for key, item in value.items))
    if isinstance(value, Code):
        if value.later is not None:
            return (_LATER, value.name, value.empty)
        return (
            _CODE,
            value.name,
            value.fingerprint,
            value.source,
            value.empty,
            _reach(value.reach),
        )
    assert kind in (Opaque, UnknownLength), "the family of values is closed"
    return (_GAP if kind is UnknownLength else _OPAQUE, value.reason, value.source, _span(value.span))


def _reach(reach: Reach) -> Plain:
    models = None if reach.models is None else tuple(sorted(reach.models))
    return (models, tuple(sorted(reach.words)), reach.any_field, reach.runs_sql)


def _as_reach(models: Plain, words: Plain, any_field: bool, runs_sql: bool) -> Reach:
    return Reach(None if models is None else frozenset(models), frozenset(words), any_field, runs_sql)


def _as_value(plain: Plain, makers: Makers | None = None) -> Any:
    if type(plain) is not tuple:
        return Constant(plain)
    makers = _MAKERS if makers is None else makers
    make = makers.get(plain[0])
    if make is None:
        raise DamagedCache(f"no value is of kind {plain[0]!r}")
    return make(*plain[1:], makers) if plain[0] in _NESTED else make(*plain[1:])


def _as_call(callee: Plain, args: Plain, kwargs: Plain, makers: Makers) -> Call:
    named = tuple((name, _as_value(item, makers)) for name, item in kwargs)
    return Call(_as_value(callee, makers), tuple([_as_value(item, makers) for item in args]), named)


def _as_items(kind: Plain, items: Plain, makers: Makers) -> Items:
    return Items(kind, tuple([_as_value(item, makers) for item in items]))


def _as_dictionary(items: Plain, makers: Makers) -> Dictionary:
    return Dictionary(tuple([(_as_value(key, makers), _as_value(item, makers)) for key, item in items]))


_NESTED = frozenset({_ITEMS, _DICTIONARY, _CALL})
_MAKERS: Makers = {
    _ELLIPSIS: lambda: Constant(...),
    _ITEMS: _as_items,
    _DICTIONARY: _as_dictionary,
    _REFERENCE: Reference,
    _CODE: lambda name, fingerprint, source, empty, reach: Code(
        name, fingerprint, source, empty, _as_reach(*reach)
    ),
    _CALL: _as_call,
    _OPAQUE: lambda reason, source, span: Opaque(reason, source, _as_span(span)),
    _GAP: lambda reason, source, span: UnknownLength(reason, source, _as_span(span)),
    _COMPLEX: lambda real, imaginary: Constant(complex(real, imaginary)),
}
