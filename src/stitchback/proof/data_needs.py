"""What the data operations of a situation need, by their work: for the engine to hold against the models and the database."""

from __future__ import annotations

from dataclasses import dataclass, field

from stitchback.matching.data_conflicts import all_gone, needs_of
from stitchback.model.keys import MigrationKey
from stitchback.model.state import SchemaState
from stitchback.proof.ancestors import Branches
from stitchback.proof.data_runs import work_of
from stitchback.schema.data_needs import Needs


@dataclass(frozen=True, slots=True)
class NeedsOfAll:
    """`by_work`: see `Memory.needs`. `kept`: the migrations that have to be in a slice: those of such data operations, and those that
    drop or rename what they need."""

    by_work: dict[str, Needs] = field(default_factory=dict)
    kept: frozenset[MigrationKey] = frozenset()


def data_needs(branches: Branches, start: SchemaState) -> NeedsOfAll:
    """Of all data operations that a branch has for itself, and of all that any branch drops or renames for itself. Work that several
    branches have needs what it needs on all of them."""
    own = [(tree, branches.parallel(tree)) for tree in branches.trees]
    gone = all_gone(own)
    if not gone:
        return NeedsOfAll()
    by_work: dict[str, Needs] = {}
    kept: set[MigrationKey] = set()
    for tree, keys in own:
        migrations = [tree.migrations[key] for key in sorted(keys)]
        for each in needs_of(tree, migrations, gone, branches.web, start):
            migration = tree.migrations[each.origin.migration].with_changes(operations=(each.operation,))
            for work in work_of(migration):
                by_work[work] = by_work[work].common(each.needs) if work in by_work else each.needs
            if each.needs:
                kept.add(each.origin.migration)
    if not kept:
        return NeedsOfAll()
    needed = {model for needs in by_work.values() for model in needs.models}
    tables = {table for needs in by_work.values() for table in needs.tables}
    kept |= {each.origin.migration for each in gone if each.model in needed or tables}
    return NeedsOfAll({work: needs for work, needs in by_work.items() if needs}, frozenset(kept))
