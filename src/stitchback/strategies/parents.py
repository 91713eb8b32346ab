"""What a patch migration depends on in mainline's tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.graph import MigrationGraph
from stitchback.matching.case import Unit
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration
from stitchback.strategies.draft import Draft


def dependencies_there(
    draft: Draft, unit: Unit, counted: Iterable[MigrationKey] = ()
) -> tuple[Dependency, ...] | None:
    """The patch migration's dependencies, as mainline's tree has them: stitched ones for those that are stitched already, squashes for
    what was squashed (F19). None where one is in no tree.

    `counted`: mainline migrations; a database that has applied all of them counts the patch migration as applied. A dependency that a
    database may lack which counts the migration as applied gives way to the dependencies of that one (F13). What else the migration had
    before it on its own branch stays before it.
    """
    own = {other.key: other for other in unit.side.units}
    above = applied_with(unit, tuple(counted))
    found: dict[Dependency, None] = {}
    for dependency in _kept(draft, unit, own, above):
        there = dependency_there(draft, unit, dependency)
        if there is None:
            return None
        found[there] = None
    return (*found, *_lost(draft, unit, own, above, tuple(found)))


Units = dict[MigrationKey, Unit]
Keys = frozenset[MigrationKey]


def _kept(draft: Draft, unit: Unit, own: Units, above: Keys | None) -> Iterator[Dependency]:
    """The unit's dependencies, each that a database may lack replaced by what it depends on. So is one that an earlier plan has covered: its
    own databases lack the rows of what makes the same."""
    waiting = list(unit.migration.dependencies)
    seen: set[Dependency] = set()
    while waiting:
        dependency = waiting.pop(0)
        below = _below_without_file(draft, unit, dependency)
        if below is not None:
            waiting[:0] = (each for each in below if each not in waiting)
            continue
        other = own.get(dependency) if isinstance(dependency, MigrationKey) else None
        if other is None or not _may_lack(draft, unit, other, above):
            yield dependency
        elif dependency not in seen:
            waiting[:0] = other.migration.dependencies
        seen.add(dependency)


def _below_without_file(draft: Draft, unit: Unit, dependency: Dependency) -> tuple[Dependency, ...] | None:
    """What stands below a migration of the branch that has no file in the result: what a squash of the fork point replaced, or the dependencies
    of a migration that mainline covers without a row for it."""
    if not isinstance(dependency, MigrationKey) or draft.has_file(dependency):
        return None
    split, branch = unit.side.sides, unit.side.patch.tree.migrations
    if dependency in split.squashed:
        return split.squashed[dependency]
    covered = dependency in split.known and dependency_there(draft, unit, dependency) is None
    return branch[dependency].dependencies if covered and dependency in branch else None


def _lost(
    draft: Draft, unit: Unit, own: Units, above: Keys | None, parents: tuple[Dependency, ...]
) -> Iterator[MigrationKey]:
    """What the unit had before it on its own branch and does not reach by way of `parents`, nearest first; without what a database may
    lack."""
    reached = _reached(draft, parents)
    for key in reversed(MigrationGraph.raw(unit.side.patch.tree).ancestors(unit.key)[:-1]):
        replacement = draft.replacements.get(key)
        other = own.get(key)
        if other is None or replacement is None or replacement in reached or replacement == unit.key:
            continue
        if not _may_lack(draft, unit, other, above):
            yield replacement
            reached |= _reached(draft, (replacement,))


def _reached(draft: Draft, starts: Iterable[Dependency]) -> set[MigrationKey]:
    """These and what they depend on in the draft, as far as the result has files for it."""
    waiting = [each for each in starts if isinstance(each, MigrationKey)]
    found = set(waiting)
    for key in waiting:
        if draft.has_file(key):
            parents = {each for each in draft.get_file(key).dependencies if isinstance(each, MigrationKey)}
            waiting.extend(parents - found)
            found |= parents
    return found


def _may_lack(draft: Draft, unit: Unit, other: Unit, above: Keys | None) -> bool:
    """Whether a database that counts the unit as applied may lack what stands in for the other one in the result.

    One of the patch branch has the other migration itself, so it lacks a mainline migration that makes the same without replacing it.
    One of mainline has what mainline had applied by then: the other's file, or all that makes the same.
    """
    replacement = draft.replacements.get(other.key)
    if (
        replacement is not None
        and replacement != other.key
        and not _is_applied_with(draft, unit, other, replacement)
    ):
        return True
    if above is None or other.key in above:
        return False
    givers = {atom.origin.migration for match in other.duplicated for atom in match.given}
    return not givers or not givers <= above


def _is_applied_with(draft: Draft, unit: Unit, other: Unit, replacement: MigrationKey) -> bool:
    """Whether a database of the patch branch that has both counts the stand-in of the other one as applied."""
    return unit.has_below(replacement) or other.key in draft.get_file(replacement).replaces


def applied_with(unit: Unit, counted: tuple[MigrationKey, ...]) -> Keys | None:
    """Mainline's own migrations that a database has which has applied these; None where there are none of these."""
    if not counted:
        return None
    files: dict[MigrationKey, Migration] = {each.key: each for each in unit.side.sides.mainline}
    waiting = list(counted)
    found = set(waiting)
    for key in waiting:
        parents = (
            {parent for parent in files[key].parents if parent in files} - found if key in files else set()
        )
        found |= parents
        waiting.extend(sorted(parents))
    return frozenset(found)


def dependency_there(draft: Draft, unit: Unit, dependency: Dependency) -> Dependency | None:
    """One dependency as mainline's tree has it; an app that mainline does not have at all is an installed package."""
    if not isinstance(dependency, MigrationKey) or dependency.name in ("__first__", "__latest__"):
        return dependency
    replacement = draft.replacements.get(dependency)
    if replacement is not None:
        return replacement
    if draft.has_file(dependency):
        return dependency
    finished = unit.side.sides.finished.items()
    replacers = draft.result.replacers.get(dependency, ()) or [
        key for key, old in finished if dependency in old
    ]
    if replacers:
        return replacers[0]
    ours = any(key.app == dependency.app for key in draft.mainline.migrations)
    return None if ours else dependency


def parent_below(draft: Draft, unit: Unit) -> MigrationKey | None:
    """The migration on which migrations that depend on the unit depend where the unit itself is left out: the only one of its
    dependencies in its app that no other of them depends on."""
    parents = dependencies_there(draft, unit) or ()
    own = [each for each in parents if isinstance(each, MigrationKey) and each.app == unit.key.app]
    last = [
        each for each in own if not any(each in _reached(draft, (other,)) for other in own if other != each)
    ]
    return last[0] if len(last) == 1 else None


def with_parent(dependencies: tuple[Dependency, ...], *parents: Dependency) -> tuple[Dependency, ...]:
    """The dependencies and these too, each once."""
    return tuple(dict.fromkeys((*dependencies, *parents)))


def has_applicable_dependencies(draft: Draft, unit: Unit) -> bool:
    """Whether mainline's migration of the same name needs nothing that the patch branch's did not have: a database that has
    applied the one has all parents of the other."""
    twin = unit.twin
    if twin is None:
        return False
    own = set(unit.migration.dependencies)
    there = {dependency_there(draft, unit, dependency) for dependency in own}
    return all(parent in there or unit.has_below(parent) for parent in twin.dependencies)
