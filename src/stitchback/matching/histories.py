"""What happened to each schema object on one side, as the shapes that it had one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from stitchback.model.atoms import (
    Added,
    Altered,
    Atom,
    DataRun,
    Removed,
    Renamed,
    SchemaObject,
    Shape,
    UnreadChange,
)

SchemaAtom = Added | Removed | Altered | Renamed


@dataclass(frozen=True, slots=True)
class ObjectState:
    """A schema object at one moment: there under this name with this shape. Absent ones have no Standing."""

    name: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class History:
    """`atoms[i]` leads from `moments[i]` to `moments[i + 1]`; None is a moment at which the schema object is not there."""

    schema_object: SchemaObject
    atoms: tuple[SchemaAtom, ...]
    moments: tuple[ObjectState | None, ...]

    @property
    def start(self) -> ObjectState | None:
        return self.moments[0]

    @property
    def end(self) -> ObjectState | None:
        return self.moments[-1]

    @property
    def database(self) -> bool:
        """Whether any of it is seen by a database."""
        return any(atom.database for atom in self.atoms)


def histories(atoms: Iterable[Atom]) -> Mapping[SchemaObject, History]:
    """The atoms by schema object, in their order. Data operations and what could not be read have none."""
    found: dict[SchemaObject, History] = {}
    for atom in atoms:
        if isinstance(atom, DataRun | UnreadChange):
            continue
        before = found.get(atom.schema_object) or History(atom.schema_object, (), (_moment_before(atom),))
        after = _moment_after(atom, before.end)
        found[atom.schema_object] = History(
            atom.schema_object, (*before.atoms, atom), (*before.moments, after)
        )
    return found


def _moment_before(atom: SchemaAtom) -> ObjectState | None:
    match atom:
        case Added():
            return None
        case Removed(name=name, shape=shape):
            return ObjectState(name, shape)
        case Altered(name=name, before=before):
            return ObjectState(name, before)
        case Renamed(before=name):
            return ObjectState(name, ())
        case _:
            assert_never(atom)


def _moment_after(atom: SchemaAtom, now: ObjectState | None) -> ObjectState | None:
    match atom:
        case Added(name=name, shape=shape):
            return ObjectState(name, shape)
        case Removed():
            return None
        case Altered(name=name, after=after):
            return ObjectState(name, after)
        case Renamed(after=name):
            return ObjectState(name, now.shape if now else ())
        case _:
            assert_never(atom)
