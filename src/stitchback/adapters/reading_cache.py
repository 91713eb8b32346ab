"""What migration files were read as, kept in one file in the user's cache directory, for the next command.

They are not in the repository, which may be a copy from another user. The cache is optional: a truncated or damaged file, or one of another user,
counts as missing, and reading it creates only plain values.

The operations are most of a migration and seldom asked for: they are encoded apart, and made again when they are.

A reading is known by its blob and its path, and it names every other question that it asked about its tree or the
configuration, with the answer (`parsing.reading_context.CachedReading`): it holds only where all answers are the same again. The file's name
contains the rest: the version of this reader.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
import stat
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import stitchback
from stitchback.model.data_reach import Reach
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import DeferredOperations, Dependency, Migration, Swappable, Unreadable
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Call, Code, Constant, Dictionary, Items, Reference, Value
from stitchback.parsing.deferred_operations import DeferredFile, code_in, opener
from stitchback.parsing.reading_context import CachedReading
from stitchback.parsing.unknown_values import UnknownLength

Plain = Any  # str, bytes, numbers, None, and tuples and dictionaries of such
MAGIC = b"stitchback keeps 1\n"
MOST_AGE = 30 * 24 * 3600  # seconds: files of other versions that were not written for so long are taken away
ROOT = Path(stitchback.__file__).parent


class DamagedCache(ValueError):
    """What is stored is not what was put in."""


class _PlainUnpickler(pickle.Unpickler):
    """Makes plain values only: a name of a class or function in the data is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise DamagedCache(f"{module}.{name} has no place here")


def packed(value: Plain) -> bytes:
    return pickle.dumps(value, protocol=5)


def unpacked(data: bytes) -> Plain:
    """Raises DamagedCache, whatever the bytes are."""
    try:
        return _PlainUnpickler(io.BytesIO(data)).load()
    except DamagedCache:
        raise
    except (
        Exception
    ) as error:  # "including (but not necessarily limited to)", says pickle of what damaged data raises
        raise DamagedCache(str(error)) from error


def place_of(git_dir: Path, kind: str, version: str) -> Path:
    """The file for one kind of value of one repository. `git_dir`: the common one, of all worktrees."""
    repository = hashlib.sha256(os.fsencode(git_dir.resolve())).hexdigest()[:20]
    return cache_folder() / repository / f"{kind}-{version}"


def cache_folder() -> Path:
    """The user's cache directory, as the operating system has it ($XDG_CACHE_HOME, ~/.cache, ~/Library/Caches, %LOCALAPPDATA%)."""
    import platformdirs

    return platformdirs.user_cache_path("stitchback", appauthor=False)


def load(place: Path) -> dict[Any, Any]:
    """What is kept there; nothing where there is no such file, or one that is not whole."""
    try:
        content = place.read_bytes() if is_own(place.parent) else b""
    except OSError:
        return {}
    start = len(MAGIC) + 8
    check, payload = content[len(MAGIC) : start], content[start:]
    if not content.startswith(MAGIC) or check != checksum(payload):
        return {}
    try:
        found = unpacked(payload)
    except DamagedCache:
        return {}
    return found if isinstance(found, dict) else {}


def store(place: Path, payload: bytes) -> None:
    """Writes the file. Raises OSError. Concurrent readers get the old file or the new one."""
    import tempfile  # what is only read needs none

    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not is_own(place.parent):
        raise PermissionError(f"{place.parent} belongs to another user")
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name.partition('-')[0]}-")
    with contextlib.ExitStack() as failing:
        failing.callback(os.unlink, name)
        with open(handle, "wb") as file:
            file.write(MAGIC + checksum(payload) + payload)
        os.replace(name, place)
        failing.pop_all()


def is_own(folder: Path) -> bool:
    """Whether it is a folder, not a symbolic link, of the user who runs this. Raises OSError where nothing is there."""
    status = os.lstat(folder)
    return stat.S_ISDIR(status.st_mode) and (os.name != "posix" or status.st_uid == os.geteuid())


def keep(place: Path, payload: bytes) -> None:
    """As `store`; where nothing can be written nothing is, and the next command does the work again."""
    with contextlib.suppress(OSError):
        store(place, payload)
        forget_others(place)


def checksum(payload: bytes) -> bytes:
    return b"%08x" % zlib.crc32(payload)


def forget_others(place: Path) -> None:
    """Removes this tool's files of other versions, and what a command that was killed left behind, once they are old."""
    for other in place.parent.iterdir():
        status = os.lstat(other)
        if other != place and stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime > MOST_AGE:
            other.unlink()


def version_of(*names: str) -> str:
    """Another one wherever these modules or packages of the tool may do otherwise: its version, Python's, their own sources."""
    parts = [stitchback.__version__, sys.version, *map(str, sorted(sources_of(names)))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def sources_of(names: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    """Name, size and time of each module in the package; empty for a package that is not on disk: then only the version identifies it."""
    for name in names:
        place = ROOT / name
        for module in _modules(str(place)) if place.is_dir() else (str(place),):
            with contextlib.suppress(OSError):
                status = os.stat(module)
                yield os.path.relpath(module, ROOT), status.st_size, status.st_mtime_ns


def _modules(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                yield entry.path
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from _modules(entry.path)


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


MOST_BYTES = 64_000_000  # of all entries; beyond it only what this command used is kept
_READERS = ("parsing", "model", "adapters/reading_cache.py")
Entries = dict[tuple[str, str], Entry]


class DiskReadings:
    """Readings by blob and path, those of the disk and new ones; `save` writes the new ones, all at once."""

    def __init__(self, git_dir: Path) -> None:
        """`git_dir`: the common one, of all worktrees."""
        self.place = place_of(git_dir, "readings", version_of(*_READERS))
        self._stored: Entries = load(self.place)
        self._known: dict[tuple[str, str], CachedReading] = {}
        self._new: dict[tuple[str, str], None] = {}

    def holds(self, blob: str, path: str) -> bool:
        """Whether there is a reading, good or not."""
        return (blob, path) in self._known or (blob, path) in self._stored

    def get(self, blob: str, path: str, again: Callable[[], bytes]) -> CachedReading | None:
        known = self._known.get((blob, path))
        if known is not None:
            return known
        entry = self._stored.get((blob, path))
        if entry is None:
            return None
        try:
            reading = decoded(entry, again)
        except DamagedCache:
            del self._stored[blob, path]
            return None
        self._known[blob, path] = reading
        return reading

    def put(self, blob: str, path: str, reading: CachedReading) -> None:
        self._known[blob, path] = reading
        self._new[blob, path] = None

    def save(self) -> None:
        """Writes what is new beside what was there. Of two commands that save at once the later one's file stands.

        Operations that were made of their file once more, though it had been read before, are put in too: they will be requested again.
        """
        entries = {place: encoded(self._known[place]) for place in self._new}
        entries |= {
            place: encoded(reading, whole=True)
            for place, reading in self._known.items()
            if place not in entries and self._was_opened_again(place, reading)
        }
        if not entries:
            return
        everything = {**self._stored, **entries}
        payload = packed(everything)
        if len(payload) > MOST_BYTES:
            used = self._known.keys()
            everything = {place: entry for place, entry in everything.items() if place in used}
            payload = packed(everything)
        keep(self.place, payload)
        self._stored = everything
        self._new.clear()

    def _was_opened_again(self, place: tuple[str, str], reading: CachedReading) -> bool:
        result = reading.result
        return isinstance(result, Migration) and result.is_opened and not is_whole(self._stored[place])
