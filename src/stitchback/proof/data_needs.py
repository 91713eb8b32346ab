"""The models and fields that the data operations of a situation need, by their work. The engine compares them with the models and the database."""

from __future__ import annotations

from dataclasses import dataclass, field

from stitchback.matching.data_conflicts import all_dropped_names, needed_on_a_fresh_install, needs_of
from stitchback.matching.data_inserts import demanded_elsewhere, demands_in, insertions, unset_by
from stitchback.model.atoms import Origin
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import SchemaState
from stitchback.operations.data_needs import Needs, joined
from stitchback.proof.ancestors import BranchAncestors
from stitchback.proof.data_runs import work_of

Own = tuple[Tree, frozenset[MigrationKey]]


@dataclass(frozen=True, slots=True)
class NeedsOfAll:
    """`by_work`: see `EngineCache.needs`. `kept`: the migrations that a slice must contain: those of such data operations, and those that drop or
    rename what they need, or require a value for a field that they do not set."""

    by_work: dict[str, Needs] = field(default_factory=dict)
    kept: frozenset[MigrationKey] = frozenset()


def data_needs(branches: BranchAncestors, start: SchemaState) -> NeedsOfAll:
    """The needs of all data operations that only one branch has, of all that any branch drops or renames, and of the fields that another branch makes
    NOT NULL. Work that several branches have needs the same on all of them."""
    own = [(tree, branches.parallel(tree)) for tree in branches.trees]
    by_work: dict[str, Needs] = {}
    kept: set[MigrationKey] = set()
    for found in (_of_what_goes(branches, own, start), _of_inserts(branches, own, start)):
        for work, needs in found.by_work.items():
            by_work[work] = by_work.get(work, Needs()) | needs
        kept |= found.kept
    return NeedsOfAll(by_work, frozenset(kept))


def _of_what_goes(branches: BranchAncestors, own: list[Own], start: SchemaState) -> NeedsOfAll:
    gone = all_dropped_names(own)
    if not gone:
        return NeedsOfAll()
    by_work: dict[str, Needs] = {}
    kept: set[MigrationKey] = set()
    for tree, keys in own:
        migrations = [tree.migrations[key] for key in sorted(keys)]
        for each in needs_of(tree, migrations, gone, branches.web, start):
            needs = needed_on_a_fresh_install(tree, each, gone, branches.web, start)
            _add(by_work, tree, each.origin, each.operation, needs)
            if needs:
                kept.add(each.origin.migration)
    if not kept:
        return NeedsOfAll()
    needed = {model for needs in by_work.values() for model in needs.models}
    tables = {table for needs in by_work.values() for table in needs.tables}
    kept |= {each.origin.migration for each in gone if each.model in needed or tables}
    return NeedsOfAll({work: needs for work, needs in by_work.items() if needs}, frozenset(kept))


def _of_inserts(branches: BranchAncestors, own: list[Own], start: SchemaState) -> NeedsOfAll:
    files = [[tree.migrations[key] for key in sorted(keys)] for tree, keys in own]
    demands = {number: tuple(demands_in("", found)) for number, found in enumerate(files)}
    if not any(demands.values()):
        return NeedsOfAll()
    inserted = {number: tuple(insertions(found, lambda: branches.web)) for number, found in enumerate(files)}
    into = {
        number: frozenset(model for each in found for model in each.models)
        for number, found in inserted.items()
    }
    models = demanded_elsewhere(demands, into)
    every = [demand for found in demands.values() for demand in found if demand.model in models]
    demanded = joined((each.model, each.field) for each in every)
    by_work: dict[str, Needs] = {}
    kept: set[MigrationKey] = set()
    for number, found in inserted.items():
        for each in found:
            if not each.models.isdisjoint(models):
                tree = own[number][0]
                needs = unset_by(each, tree, demanded, start)
                _add(by_work, tree, each.origin, each.operation, needs)
                if needs:
                    kept.add(each.origin.migration)
    unset = {
        (model, name)
        for needs in by_work.values()
        for model in needs.inserts
        for name in needs.inserts[model]
    }
    kept |= {each.origin.migration for each in every if (each.model, each.field) in unset}
    return NeedsOfAll({work: needs for work, needs in by_work.items() if needs}, frozenset(kept))


def _add(
    by_work: dict[str, Needs], tree: Tree, origin: Origin, operation: Operation | Opaque, needs: Needs
) -> None:
    migration = tree.migrations[origin.migration].with_changes(operations=(operation,))
    for work in work_of(migration):
        by_work[work] = by_work[work].common(needs) if work in by_work else needs
