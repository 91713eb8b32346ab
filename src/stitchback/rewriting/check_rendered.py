"""What was rendered, read again: it must be what was planned."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace

from stitchback.model.edits import NOWHERE, DeleteFile, FileEdit, WriteFile
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Code, Reference


class Misrendered(AssertionError):
    """A file would not be read as it was planned: a bug, and nothing may be written."""


def check_reread(edits: Iterable[FileEdit], planned: Tree, again: Tree) -> None:
    """`again` is the tree as read with the rendered files in it. Raises Misrendered where an edited migration is not what its edit
    says, or where the tree's migrations are not those that were planned. Places in files do not matter."""
    for edit in edits:
        match edit:
            case DeleteFile(key=key):
                if key in again.migrations:
                    raise Misrendered(f"{key} still exists")
            case WriteFile(key=key):
                found = again.migrations.get(key)
                if found is None:
                    raise Misrendered(f"{edit.path} does not read as {key}")
                _same(edit.result, found)
    if set(planned.migrations) != set(again.migrations):
        odd = sorted(set(planned.migrations) ^ set(again.migrations))
        raise Misrendered(f"planned or read alone: {', '.join(map(str, odd))}")


def _same(planned: Migration, found: Migration) -> None:
    """Of a file that stays byte for byte, the code that it imports may be another one where it is brought to: the plan's notes say so."""
    wanted, read = placeless(planned), placeless(found)
    if planned.blob == found.blob:
        wanted, read = _without_code(wanted), _without_code(read)
    for field in fields(wanted):
        one, other = getattr(wanted, field.name), getattr(read, field.name)
        if one != other:
            raise Misrendered(f"{planned.path}: {field.name} was planned as {one!r} and reads as {other!r}")


def placeless(migration: Migration) -> Migration:
    """The migration without its places in the file and its blob."""
    bare = _mapped(migration, _without_place)
    assert isinstance(bare, Migration)
    return replace(bare, blob="", provenance=tuple(sorted(bare.provenance)))


def _without_place(value: object) -> object:
    """Every Span in the value made the same, and what is said of an opaque value: its source is what it is."""
    match value:
        case Span():
            return NOWHERE
        case Opaque(source=source):
            return Opaque("", source, NOWHERE)
        case _:
            return value


def _without_code(migration: Migration) -> Migration:
    bare = _mapped(migration, lambda value: Reference(value.name) if isinstance(value, Code) else value)
    assert isinstance(bare, Migration)
    return bare


def _mapped(value: object, change: Callable[[object], object]) -> object:
    """The value, everything in it changed."""
    changed = change(value)
    if changed is not value or isinstance(value, Span | MigrationKey):
        return changed
    if isinstance(value, tuple):
        return tuple(_mapped(item, change) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: _mapped(getattr(value, field.name), change) for field in fields(value)}
        return type(value)(**parts)
    return value
