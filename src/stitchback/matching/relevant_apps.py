"""Which apps' models have to be known to compare two sides.

An operation changes models of its own app, and what refers to a model that it renames. So what the patch branch has not changed since
the fork point, and no app that it changed depends on or refers to, is not played, neither from before the fork point nor of mainline's
own: in a large project that is nearly all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.model.state import SchemaState
from stitchback.schema.references import targets


def below(apps: Iterable[str], migrations: Iterable[Migration]) -> frozenset[str]:
    """These apps and all that their migrations depend on, in any number of steps."""
    parents: dict[str, set[str]] = {}
    for migration in migrations:
        app = migration.key.app
        for parent in migration.dependencies:
            if isinstance(parent, MigrationKey) and parent.app != app:
                parents.setdefault(app, set()).add(parent.app)
        for child in migration.run_before:
            if isinstance(child, tuple):
                parents.setdefault(child[0], set()).add(migration.key.app)
    found = set(apps)
    waiting = list(found)
    for app in waiting:
        new = parents.get(app, set()) - found
        found |= new
        waiting.extend(new)
    return frozenset(found)


def referred_to(state: SchemaState) -> frozenset[str]:
    """The apps of all models that the models refer to."""
    return frozenset(key.app for model in state.models.values() for key in targets(model.fields))


def of_apps(migrations: Sequence[Migration], apps: frozenset[str]) -> tuple[Migration, ...]:
    return tuple(migration for migration in migrations if migration.key.app in apps)
