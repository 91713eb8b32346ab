"""What happened to each thing on one side, as the shapes that it had one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from stitchback.model.atoms import Added, Altered, Atom, DataRun, Removed, Renamed, Shape, Thing, Unread

SchemaAtom = Added | Removed | Altered | Renamed


@dataclass(frozen=True, slots=True)
class Standing:
    """A thing at one moment: there under this name with this shape. Absent things have no Standing."""

    name: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class History:
    """`atoms[i]` leads from `moments[i]` to `moments[i + 1]`; None is a moment at which the thing is not there."""

    thing: Thing
    atoms: tuple[SchemaAtom, ...]
    moments: tuple[Standing | None, ...]

    @property
    def start(self) -> Standing | None:
        return self.moments[0]

    @property
    def end(self) -> Standing | None:
        return self.moments[-1]

    @property
    def database(self) -> bool:
        """Whether any of it is seen by a database."""
        return any(atom.database for atom in self.atoms)


def histories(atoms: Iterable[Atom]) -> Mapping[Thing, History]:
    """The atoms by thing, in their order. Data operations and what could not be read have no thing."""
    found: dict[Thing, History] = {}
    for atom in atoms:
        if isinstance(atom, DataRun | Unread):
            continue
        before = found.get(atom.thing) or History(atom.thing, (), (_moment_before(atom),))
        after = _moment_after(atom, before.end)
        found[atom.thing] = History(atom.thing, (*before.atoms, atom), (*before.moments, after))
    return found


def _moment_before(atom: SchemaAtom) -> Standing | None:
    match atom:
        case Added():
            return None
        case Removed(name=name, shape=shape):
            return Standing(name, shape)
        case Altered(name=name, before=before):
            return Standing(name, before)
        case Renamed(before=name):
            return Standing(name, ())
        case _:
            assert_never(atom)


def _moment_after(atom: SchemaAtom, now: Standing | None) -> Standing | None:
    match atom:
        case Added(name=name, shape=shape):
            return Standing(name, shape)
        case Removed():
            return None
        case Altered(name=name, after=after):
            return Standing(name, after)
        case Renamed(after=name):
            return Standing(name, now.shape if now else ())
        case _:
            assert_never(atom)
