"""Mainline's own migrations that no plan changes and that are irrelevant to the essential ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stitchback.graph.resolution import FIRST, LATEST
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.model.plans import Candidate
from stitchback.operations.data_needs import models_queried
from stitchback.operations.model_relations import ModelRelations
from stitchback.proof.data_runs import work_of
from stitchback.proof.relevance.footprint import (
    Models,
    changed_models,
    joined,
    lifecycle_models,
    mentioned_models,
    under_all_names,
    withdrawn_models,
)
from stitchback.proof.relevance.shared_migrations import is_readable, same_content
from stitchback.proof.relevance.tree_view import Keys, TreeView


@dataclass(frozen=True, slots=True)
class UnaffectedMigrations:
    """`steady`: migrations that may be combined or left out; `models`: those that all other, essential, migrations work on."""

    steady: Keys
    essential: Keys
    models: Models


def set_apart(
    candidate: Candidate,
    views: Sequence[TreeView],
    web: Callable[[], ModelRelations],
    kept: Keys = frozenset(),
) -> UnaffectedMigrations:
    """Finds the unaffected migrations. `views`: mainline's, the result's, the others'. `web`: the relations of all models of all trees. `kept`
    migrations are essential. A migration that changes other models is essential too if essential data operations query one of them: the database must
    have all of it by then."""
    own = {key: migration for view in views for key, migration in view.own.items()}
    versions = list({id(each): each for view in views for each in view.own.values()}.values())
    steady = unchanged(views) - named_elsewhere(candidate, versions) - kept
    queried = {key: models for key in steady if (models := models_queried(own[key].operations, key.app, web))}
    while True:
        essential = [migration for migration in versions if migration.key not in steady]
        changed = under_all_names(joined(map(changed_models, essential)), versions)
        mentioned = under_all_names(joined(map(mentioned_models, essential)), versions)
        withdrawn = joined(map(withdrawn_models, essential))
        works = {work for migration in essential for work in work_of(migration)}
        touching = {
            key
            for key in steady
            if changed_models(own[key]).meets(changed)
            or lifecycle_models(own[key]).meets(mentioned)
            or ((withdrawn.keys or withdrawn.apps) and mentioned_models(own[key]).meets(withdrawn))
            or (key in queried and Models(queried[key]).meets(changed))
            or not works.isdisjoint(work_of(own[key]))
        }
        if not touching:
            return UnaffectedMigrations(frozenset(steady), frozenset(set(own) - steady), changed | mentioned)
        steady -= touching


def unchanged(views: Sequence[TreeView]) -> set[MigrationKey]:
    """Migrations that only mainline has and that are equal in the result."""
    mainline, result, *others = views
    elsewhere = {key for view in others for key in view.own}
    return {
        key
        for key, migration in mainline.own.items()
        if key not in elsewhere
        and same_content(migration, result.own.get(key))
        and is_plain(migration, mainline.tree.migrations, mainline.labels)
    }


def is_plain(migration: Migration, files: Mapping[MigrationKey, Migration], apps: Collection[str]) -> bool:
    """Whether it depends only on files of its tree by name, or on migrations outside of it."""
    return (
        is_readable(migration)
        and not migration.run_before
        and not migration.replaces
        and all(
            parent in files or (parent.app not in apps and parent.name not in (FIRST, LATEST))
            for parent in migration.parents
        )
    )


def named_elsewhere(candidate: Candidate, migrations: Iterable[Migration]) -> set[MigrationKey]:
    """Keys in manual inserts, in `replaces`, in `run_before`."""
    named = {key for each in candidate.manual_inserts for key in (each.insert, *each.applied)}
    for migration in migrations:
        named.update(migration.ghosts)
        named.update(each for each in migration.run_before if isinstance(each, MigrationKey))
    return named


@dataclass(frozen=True, slots=True)
class MigrationRun:
    """Unaffected migrations of one app that are equivalent for the essential ones: `keys` in order, the last one represents all. `before`: the run
    that it follows without a dependency: of another app, equally equivalent."""

    keys: tuple[MigrationKey, ...]
    before: MigrationKey | None


def migration_runs(
    views: Sequence[TreeView],
    apart: UnaffectedMigrations,
    marks: Sequence[Keys],
    entire: Collection[str] = (),
) -> tuple[MigrationRun, ...]:
    """Unaffected migrations that have the same essential ancestors and descendants in all `views` (mainline and the result) and are in the same
    `marks` (ledgers, unreleased ones), by app. Those without any are left out, except for the apps in `entire`."""
    kin = [relations(view, apart) for view in views]
    kinds: dict[tuple[object, ...], EquivalentMigrations] = {}
    for key in views[0].order(apart.steady):
        related = tuple(found[key] for found in kin)
        if key.app in entire or any(mask for pair in related for mask in pair):
            kind = (related, tuple(key in mark for mark in marks))
            kinds.setdefault(kind, EquivalentMigrations()).add(key, views[0].parents(key))
    return tuple(clump for kind in kinds.values() for clump in kind.migration_runs())


class EquivalentMigrations:
    """Migrations that are equivalent for the essential ones, dependencies first, combined by app into as few runs as possible: two apps whose
    migrations depend on each other in turn get several runs each, because single runs would form a cycle."""

    def __init__(self) -> None:
        self.runs: list[list[MigrationKey]] = []
        self.place: dict[MigrationKey, int] = {}  # a migration -> the index of its run
        self.last: dict[str, int] = {}  # an app -> its last run

    def add(self, key: MigrationKey, parents: Iterable[MigrationKey]) -> None:
        number = self.last.get(key.app, -1)
        if number < max((self.place.get(parent, 0) for parent in parents), default=0):
            number = self.last[key.app] = len(self.runs)
            self.runs.append([])
        self.place[key] = number
        self.runs[number].append(key)

    def migration_runs(self) -> Iterator[MigrationRun]:
        before: MigrationKey | None = None
        for keys in self.runs:
            yield MigrationRun(tuple(keys), before)
            before = keys[-1]


def relations(view: TreeView, apart: UnaffectedMigrations) -> dict[MigrationKey, tuple[int, int]]:
    """Each own migration -> its essential ancestors and descendants, as bits."""
    order = view.order(view.own)
    bits = {key: 1 << number for number, key in enumerate(order) if key in apart.essential}
    above, below = dict.fromkeys(order, 0), dict.fromkeys(order, 0)
    for key in order:
        for parent in view.parents(key):
            above[key] |= above.get(parent, 0) | bits.get(parent, 0)
    for key in reversed(order):
        for parent in view.parents(key):
            if parent in below:
                below[parent] |= below[key] | bits.get(key, 0)
    return {key: (above[key], below[key]) for key in order}
