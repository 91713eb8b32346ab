"""Reads rendered files again and checks that they contain what was planned."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace

from stitchback.model.edits import NOWHERE, DeleteFile, FileEdit, WriteFile
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Code, Reference


class Misrendered(AssertionError):
    """A rendered file differs from the plan when read again: this is a bug, and nothing may be written."""


def check_reread(edits: Iterable[FileEdit], planned: Tree, again: Tree) -> None:
    """Compares the plan with `again`, the tree read with the rendered files. Raises Misrendered if an edited migration differs from its edit or the
    tree's migrations differ from the planned ones. Positions in files are ignored."""
    for edit in edits:
        match edit:
            case DeleteFile(key=key):
                if key in again.migrations:
                    raise Misrendered(f"{key} still exists")
            case WriteFile(key=key):
                found = again.migrations.get(key)
                if found is None:
                    raise Misrendered(f"{edit.path} does not read as {key}")
                odd_part = difference(edit.result, found)
                if odd_part is not None:
                    raise Misrendered(odd_part)
    if set(planned.migrations) != set(again.migrations):
        odd = sorted(set(planned.migrations) ^ set(again.migrations))
        raise Misrendered(f"planned or read alone: {', '.join(map(str, odd))}")


def difference(planned: Migration, found: Migration) -> str | None:
    """What differs between the planned migration and the file as it reads, if anything does. A file that is copied unchanged may import different
    code in its new location: the plan's notes mention it."""
    wanted, read = placeless(planned), placeless(found)
    if planned.blob == found.blob:
        wanted, read = _without_code(wanted), _without_code(read)
    for field in fields(wanted):
        one, other = getattr(wanted, field.name), getattr(read, field.name)
        if one != other:
            return f"{planned.path}: {field.name} was planned as {one!r} and reads as {other!r}"
    return None


def placeless(migration: Migration) -> Migration:
    """The migration without its positions in the file and its blob."""
    bare = _mapped(migration, _without_place)
    assert isinstance(bare, Migration)
    return replace(bare, blob="", provenance=tuple(sorted(bare.provenance)))


def _without_place(value: object) -> object:
    """The value with all Spans equal and without descriptions of opaque values: their source identifies them."""
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
    """The value with `change` applied to each part."""
    changed = change(value)
    if changed is not value or isinstance(value, Span | MigrationKey):
        return changed
    if isinstance(value, tuple):
        return tuple(_mapped(item, change) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: _mapped(getattr(value, field.name), change) for field in fields(value)}
        return type(value)(**parts)
    return value
