"""Which patch migrations need which: a stitched migration hangs only on what its operations need."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Unit
from stitchback.model.atoms import Added, Altered, Atom, DataRun, Renamed, Thing, ThingKind, Unread
from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.migrations import Dependency, Migration
from stitchback.model.state import Field
from stitchback.model.values import text

WHOLE_MODEL = (ThingKind.TABLE, ThingKind.OPTIONS)
OVER_COLUMNS = (ThingKind.INDEX, ThingKind.CONSTRAINT, ThingKind.UNIQUE_TOGETHER, ThingKind.INDEX_TOGETHER)


def needed_dependencies(unit: Unit) -> tuple[Dependency, ...]:
    """The unit's dependencies, where one that it commutes with gives way to what that one depends on.

    Two migrations commute where no order of them makes a difference: other things, and neither refers to what the other makes.
    """
    return unit.side.once(_needed_dependencies, unit)


def _needed_dependencies(unit: Unit) -> tuple[Dependency, ...]:
    own = {other.key: other for other in unit.side.units}
    found: list[Dependency] = []
    for dependency in unit.migration.dependencies:
        found.extend(_needed(unit, dependency, own, frozenset()))
    return tuple(dict.fromkeys(found))


def _needed(
    unit: Unit, dependency: Dependency, own: dict[MigrationKey, Unit], seen: frozenset[MigrationKey]
) -> Iterator[Dependency]:
    other = own.get(dependency) if isinstance(dependency, MigrationKey) else None
    if other is None or other.key in seen or not _commute(unit, other):
        yield dependency
        return
    for above in other.migration.dependencies:
        yield from _needed(unit, above, own, seen | {other.key})


def _commute(unit: Unit, other: Unit) -> bool:
    if _went_without(unit, other):
        return True
    mine, theirs = _atoms(unit), _atoms(other)
    if not mine or not theirs or any(isinstance(atom, DataRun | Unread) for atom in (*mine, *theirs)):
        return False
    return not any(_meet(one, two) for one in mine for two in theirs)


def _went_without(unit: Unit, other: Unit) -> bool:
    """Whether mainline's migration of the same name came before anything of what the other one does: its databases may have
    the one and lack the other (FACTS F13)."""
    if unit.twin is None or other.twin is not None:
        return False
    above = _own_ancestors(unit.twin, unit.side.sides.mainline)
    givers = {atom.origin.migration for match in other.duplicated for atom in match.given}
    return other.key not in above and not givers & above


def _own_ancestors(migration: Migration, own: tuple[Migration, ...]) -> frozenset[MigrationKey]:
    """The migrations of mainline's own that come before this one."""
    files = {each.key: each for each in own}
    waiting, found = [migration], set[MigrationKey]()
    for each in waiting:
        parents = {key for key in each.parents if key in files} - found
        found |= parents
        waiting.extend(files[key] for key in sorted(parents))
    return frozenset(found)


def _atoms(unit: Unit) -> tuple[Atom, ...]:
    """What the unit does wherever it is still to be run."""
    atoms = (atom for atom in unit.side.comparison.patch_atoms if atom.origin.migration == unit.key)
    lasting = (atom for atom in atoms if not (isinstance(atom, DataRun) and atom.empty))
    return tuple(atom for atom in lasting if atom.origin.index not in unit.forgone)


def _meet(one: Atom, two: Atom) -> bool:
    assert not isinstance(one, DataRun | Unread)
    assert not isinstance(two, DataRun | Unread)
    if _refers_to(one, two.thing.model) or _refers_to(two, one.thing.model):
        return True
    return one.thing.model == two.thing.model and _meet_in_a_model(one.thing, two.thing, (one, two))


def _meet_in_a_model(one: Thing, two: Thing, atoms: tuple[Atom, Atom]) -> bool:
    kinds = {one.kind, two.kind}
    if one == two or kinds & set(WHOLE_MODEL) or any(isinstance(atom, Renamed) for atom in atoms):
        return True
    return bool(kinds & set(OVER_COLUMNS)) and one.kind is not two.kind


def _refers_to(atom: Added | Altered | Atom, model: ModelKey) -> bool:
    """Whether a relation of the atom's field points at another model that the other migration touches."""
    shapes = [getattr(atom, name, None) for name in ("shape", "after", "before")]
    targets = {
        text(shape.argument(name))
        for shape in shapes
        if isinstance(shape, Field)
        for name in ("to", "through")
    }
    thing = getattr(atom, "thing", None)
    return str(model) in targets and (thing is None or thing.model != model)
