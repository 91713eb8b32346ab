"""The migrations that are relevant to a plan, for branches with too many migrations to try every applied set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.model.plans import Candidate, Situation
from stitchback.proof.applied_sets import Keys
from stitchback.proof.relevance.footprint import changed_models, joined, under_all_names

MOST_WAYS = 60_000  # number of applied sets times migration targets


def is_too_much(situation: Situation) -> bool:
    """Whether a branch has too many own migrations to try every applied set with every target."""
    trees = [tree for patch in situation.patches for tree in (patch.tree, situation.mainline)]
    forks = [patch.fork for patch in situation.patches for _ in range(2)]
    for tree, fork in zip(trees, forks, strict=True):
        own = tree.migrations.keys() - fork.migrations.keys()
        apps = len({key.app for key in own})
        if len(own) * (apps + 1) * (len(own) + apps) > MOST_WAYS:
            return True
    return False


def what_matters(candidate: Candidate, situation: Situation) -> Keys:
    """The migrations that the plan changes, adds or names, those that only a patch branch has, and all that work on the models of those."""
    first = {migration.key: migration for migration in are_distinguished(candidate, situation)}
    trees = [situation.mainline, candidate.result]
    trees += [tree for patch in situation.patches for tree in (patch.fork, patch.tree)]
    every = list({id(each): each for tree in trees for each in tree.migrations.values()}.values())
    models = under_all_names(joined(map(changed_models, first.values())), every)
    touching = {migration.key for migration in every if changed_models(migration).meets(models)}
    named = {key for each in candidate.manual_inserts for key in (each.insert, *each.applied)}
    ghosts = {ghost for migration in first.values() for ghost in migration.ghosts}
    return frozenset(touching | named | ghosts | first.keys())


def are_distinguished(candidate: Candidate, situation: Situation) -> Iterator[Migration]:
    before, after = situation.mainline.migrations, candidate.result.migrations
    for key in {*before, *after}:
        if before.get(key) != after.get(key):
            yield from (tree[key] for tree in (before, after) if key in tree)
    for patch in situation.patches:
        yield from patch.migrations
        yield from (each for tree in (patch.fork, patch.tree) for each in absent(tree.migrations, before))


def absent(
    those: Mapping[MigrationKey, Migration], there: Mapping[MigrationKey, Migration]
) -> Iterator[Migration]:
    return (migration for key, migration in those.items() if key not in there)
