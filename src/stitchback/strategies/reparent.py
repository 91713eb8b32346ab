"""reparent: the same migration under the same name, with the patch branch's dependencies."""

from __future__ import annotations

from dataclasses import replace

from stitchback.graph import MigrationGraph
from stitchback.matching.case import Unit
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration
from stitchback.strategies.draft import Draft
from stitchback.strategies.parents import dependencies_there, has_applicable_dependencies, with_parent


class Reparent:
    """A backport under the same name (FACTS F30): mainline made it depend on its own chain, and a patched database fails at once. Its
    children take over the parent that it loses; losing a parent is harmless, and they had it before by way of it (F13). Where a
    child has been backported too, and without that parent, the child's children do."""

    name = "reparent"
    summary = (
        "Mainline's migration of the same name depends only on what every database that has it has applied."
    )
    conditional = False

    def propose(self, draft: Draft, unit: Unit) -> Draft | None:
        twin = unit.twin
        if twin is None or has_applicable_dependencies(draft, unit) or not _same_changes(unit, twin):
            return None
        loosened = reparented(draft, unit, twin)
        if loosened is None:
            return None
        return loosened.with_replacement(unit.key, twin.key).with_strategy(unit.key.app, self.name)


def reparented(draft: Draft, unit: Unit, twin: Migration) -> Draft | None:
    """The draft in which mainline's migration of the same name has the patch branch's dependencies. None where they are in no tree, or the same."""
    parents = dependencies_there(draft, unit, (twin.key,))
    if parents is None or set(parents) == set(twin.dependencies):
        return None
    lost = tuple(parent for parent in twin.dependencies if parent not in parents)
    people = f"Dependencies as on {unit.side.patch.tree.ref}, whose databases have applied this migration without {_names(lost)}."
    file = replace(draft.get_file(twin.key), dependencies=parents).with_comment(people)
    loosened = draft.with_file(file)
    for child in _heirs(draft, unit, twin.key, lost):
        heir = loosened.get_file(child)
        loosened = loosened.with_file(replace(heir, dependencies=with_parent(heir.dependencies, *lost)))
    return loosened


def _same_changes(unit: Unit, twin: Migration) -> bool:
    verdicts = {match.verdict.value for match in unit.touching}
    return twin.operations == unit.migration.operations or verdicts <= {"identical", "same schema", "evolved"}


def _children(draft: Draft, key: MigrationKey) -> tuple[MigrationKey, ...]:
    found = draft.result.migrations
    return tuple(sorted(child for child, migration in found.items() if key in migration.parents))


def _heirs(
    draft: Draft, unit: Unit, key: MigrationKey, lost: tuple[Dependency, ...]
) -> tuple[MigrationKey, ...]:
    found: dict[MigrationKey, None] = {}
    graph = MigrationGraph.raw(unit.side.patch.tree)
    for child in _children(draft, key):
        if child in graph.nodes and not set(lost) <= set(graph.ancestors(child)):
            found.update(dict.fromkeys(_heirs(draft, unit, child, lost)))
        else:
            found[child] = None
    return tuple(found)


def _names(parents: tuple[Dependency, ...]) -> str:
    return ", ".join(str(parent) for parent in parents) or "its other dependencies"
