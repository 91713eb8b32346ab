"""renumber: mainline's unreleased migrations depend on the patch's, under new numbers."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import replace

from stitchback.matching.case import Unit
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency
from stitchback.strategies.copy_file import brought
from stitchback.strategies.draft import Draft, FileDraft, Resolution
from stitchback.strategies.parents import with_parent


class Renumber:
    """What maintainers do by hand with migrations that no database can have applied. Only for what the policy calls unreleased
    (`--unreleased-since REF`): any other database would fail (FACTS F13)."""

    name = "renumber"
    summary = "The patch migration is copied; mainline's unreleased migrations depend on it, with new numbers where those collide."
    conditional = False

    def propose(self, draft: Draft, unit: Unit) -> Draft | None:
        unreleased = _unreleased(draft, unit)
        if not unreleased or unit.twin or any(giver not in unreleased for giver in _givers(unit)):
            return None
        file = brought(draft, unit)
        if file is None:
            return None
        brought_in = (
            draft.with_file(file).with_replacement(unit.key, unit.key).with_strategy(unit.key.app, self.name)
        )
        if unit.duplicated:
            brought_in = brought_in.with_resolution(unit, Resolution.REMOVE, unit.key)
        return _reparented(brought_in, unit, unreleased)


def _givers(unit: Unit) -> set[MigrationKey]:
    return {atom.origin.migration for match in unit.duplicated for atom in match.given}


def _unreleased(draft: Draft, unit: Unit) -> frozenset[MigrationKey]:
    return frozenset(key for key in unit.side.unreleased if key.app == unit.key.app and draft.has_file(key))


def _reparented(draft: Draft, unit: Unit, unreleased: frozenset[MigrationKey]) -> Draft:
    """The first of the unreleased depend on the patch's last migration instead of the patch's own dependency."""
    parents = set(draft.get_file(unit.key).dependencies)
    for key in sorted(unreleased):
        file = draft.get_file(key)
        own = [
            parent
            for parent in file.dependencies
            if isinstance(parent, MigrationKey) and parent.app == key.app
        ]
        if any(parent in unreleased for parent in own):
            continue
        kept = tuple(parent for parent in file.dependencies if parent not in parents)
        draft = draft.with_file(replace(file, dependencies=with_parent(kept, unit.key)))
    return draft


def renumbered(draft: Draft, app: str, unreleased: frozenset[MigrationKey], after: int) -> Draft:
    """The unreleased migrations of the app under numbers behind `after`, in their old order, every dependency on them renamed; as they are
    where another file has one of the names."""
    mine = sorted(
        (key for key in unreleased if key.app == app and draft.has_file(key)), key=lambda key: key.name
    )
    lowest = min((number(key) for key in mine), default=0)
    shift = after + 1 - lowest
    if shift <= 0 or lowest == 0:
        return draft
    names = {key: MigrationKey(app, f"{number(key) + shift:04d}{_rest(key)}") for key in mine}
    if any(draft.has_file(name) and name not in names for name in names.values()):
        return draft  # another file has the name
    moved = draft
    for old in reversed(mine):
        file = moved.get_file(old)
        path = posixpath.join(posixpath.dirname(file.path), f"{names[old].name}.py")
        moved = moved.without_file(old).with_file(replace(file, key=names[old], path=path))
    for key in sorted(moved.result.migrations):
        moved = _referring(moved, moved.get_file(key), names)
    return moved


def _referring(draft: Draft, file: FileDraft, names: Mapping[MigrationKey, MigrationKey]) -> Draft:
    dependencies = tuple(_renamed(parent, names) for parent in file.dependencies)
    replaces = tuple(names.get(ghost, ghost) for ghost in file.replaces)
    if (dependencies, replaces) == (file.dependencies, file.replaces):
        return draft
    return draft.with_file(replace(file, dependencies=dependencies, replaces=replaces))


def _renamed(parent: Dependency, names: Mapping[MigrationKey, MigrationKey]) -> Dependency:
    return names.get(parent, parent) if isinstance(parent, MigrationKey) else parent


def number(key: MigrationKey) -> int:
    found = re.match(r"\d+", key.name)
    return int(found.group()) if found else 0


def _rest(key: MigrationKey) -> str:
    return re.sub(r"^\d+", "", key.name)
