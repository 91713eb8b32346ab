"""Builds a case of patch branches and mainline, and the parts of a case."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from stitchback.matching.case import Case, Side
from stitchback.matching.match import compare, edited_since
from stitchback.matching.renamed_labels import relabelled_mainline, relabelled_patch, renamed_labels
from stitchback.matching.sides import sides
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree, field_bases_of, field_names_of
from stitchback.model.plans import Patch, Policy, Situation


def case_of(
    patches: tuple[Patch, ...], mainline: Tree, policy: Policy, ledgers: tuple[Ledger, ...] = ()
) -> Case:
    """The patch branches, each compared with mainline."""
    # A migration that a patch branch has too was released with it, whatever mainline's releases had.
    unreleased = policy.unreleased.difference(*(patch.tree.migrations for patch in patches))
    renamed = renamed_labels(patches, mainline)
    onto = relabelled_mainline(mainline, renamed)
    read = (relabelled_patch(patch, onto, renamed) for patch in patches)
    compared = tuple(replace(_side(patch, onto, policy, unreleased), renamed=renamed) for patch in read)
    matches = tuple(side.comparison.matches for side in compared)
    return Case(Situation(patches, mainline, matches, policy, ledgers), compared, onto, renamed)


def _side(patch: Patch, mainline: Tree, policy: Policy, unreleased: frozenset[MigrationKey]) -> Side:
    trees = (mainline, patch.tree)
    bases, names = field_bases_of(*trees), field_names_of(*trees)
    edited = edited_since(patch, mainline, bases, names).without(policy.accepted)
    split = sides(patch, mainline, edited)
    return Side(patch, split, compare(split, bases, names), unreleased)


def parts_of(case: Case) -> tuple[tuple[str, ...], ...]:
    """The apps with migrations to reconcile, those together whose own migrations depend on each other on a patch branch. One part where
    git has merged a branch: mainline's tree has all of its files."""
    apps = sorted({unit.key.app for unit in case.units})
    if any(patch.merged for patch in case.situation.patches):
        return (tuple(apps),)
    part = {app: frozenset({app}) for app in apps}
    for one, other in _links(case):
        joined = part[one] | part[other]
        part |= dict.fromkeys(joined, joined)
    return tuple(dict.fromkeys(tuple(sorted(part[app])) for app in apps))


def _links(case: Case) -> list[tuple[str, str]]:
    """Pairs of apps that must be planned together."""
    own = {unit.key for unit in case.units}
    links = [
        (unit.key.app, parent.app)
        for unit in case.units
        for parent in unit.migration.parents
        if parent in own
    ]
    shared = [side.patch.fork.migrations.keys() & own for side in case.sides]
    of_fork_point = sorted({key.app for keys in shared for key in keys})  # every part has these
    return [*links, *((of_fork_point[0], app) for app in of_fork_point)]


def part_of(case: Case, apps: Collection[str]) -> Case:
    """The case as if the patch branches had changed only these apps since the fork point."""
    given = case.situation
    labels = {*apps, *(old for old, new in case.renamed.labels.items() if new in apps)}
    patches = tuple(_patch_with(patch, labels) for patch in given.patches)
    return case_of(patches, given.mainline, given.policy, given.ledgers)


def _patch_with(patch: Patch, apps: Collection[str]) -> Patch:
    others = [each.key for each in patch.migrations if each.key.app not in apps]
    tree = patch.tree.with_migrations(dict.fromkeys(others))
    own = tuple(each for each in patch.migrations if each.key.app in apps)
    return replace(patch, tree=tree, migrations=own)
