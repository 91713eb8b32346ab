"""Where a patch migration hangs in mainline's tree."""

from __future__ import annotations

from stitchback.matching.case import Unit
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency
from stitchback.strategies.commuting import needed_dependencies
from stitchback.strategies.draft import Draft


def dependencies_there(draft: Draft, unit: Unit) -> tuple[Dependency, ...] | None:
    """What the patch migration needs, as mainline's tree has it: stitched ones for those stitched already, squashes for what
    was squashed (F19). None where a parent is nowhere."""
    found: list[Dependency] = []
    for dependency in needed_dependencies(unit):
        there = dependency_there(draft, dependency)
        if there is None:
            return None
        found.append(there)
    return tuple(dict.fromkeys(found))


def dependency_there(draft: Draft, dependency: Dependency) -> Dependency | None:
    """One dependency as mainline's tree has it; an app that mainline does not have at all is somebody else's package."""
    if not isinstance(dependency, MigrationKey) or dependency.name in ("__first__", "__latest__"):
        return dependency
    stand_in = draft.stand_ins.get(dependency)
    if stand_in is not None:
        return stand_in
    if draft.holds(dependency):
        return dependency
    replacers = draft.result.replacers.get(dependency, ())
    if replacers:
        return replacers[0]
    ours = any(key.app == dependency.app for key in draft.mainline.migrations)
    return None if ours else dependency


def with_parent(dependencies: tuple[Dependency, ...], *parents: Dependency) -> tuple[Dependency, ...]:
    """The dependencies and these too, each once."""
    return tuple(dict.fromkeys((*dependencies, *parents)))


def hangs_well(draft: Draft, unit: Unit) -> bool:
    """Whether mainline's migration of the same name needs nothing that the patch branch's did not have: a database that has
    applied the one has all parents of the other."""
    twin = unit.twin
    if twin is None:
        return False
    own = set(unit.migration.dependencies)
    there = {dependency_there(draft, dependency) for dependency in own}
    return all(parent in there or unit.has_below(parent) for parent in twin.dependencies)
