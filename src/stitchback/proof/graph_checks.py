"""Checks of the reconciled tree that do not depend on a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from stitchback.engine import Engine, EngineCache, SymbolicDatabase
from stitchback.graph import MigrationGraph, missing_words
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.physical import PhysicalSchema
from stitchback.model.plans import Situation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.state import SchemaState
from stitchback.operations.data import code_of, label_of, session_statements
from stitchback.proof.final_state_checks import in_short, schema_differences
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.tables import physical_of


def sound_graph(tree: Tree) -> Iterator[Problem]:
    """Reports apps with several leaf nodes, missing dependencies and cycles: with these, Django runs nothing."""
    graph = MigrationGraph.of(tree)
    yield from unlinked(tree)
    yield from several_leaves(graph, {key.app for key in graph.nodes})


def unlinked(tree: Tree) -> Iterator[Problem]:
    """Reports missing dependencies and cycles."""
    graph = MigrationGraph.of(tree)
    for child, parent in graph.missing:
        said = f"{missing_words(tree, child, parent)}, which does not exist"
        yield Problem(ProblemKind.DEPENDENCY_MISSING, (child, parent), said)
    for ring in graph.cycles:
        yield Problem.of(ProblemKind.CYCLE, tuple(ring))


def several_leaves(graph: MigrationGraph, apps: Collection[str]) -> Iterator[Problem]:
    leaves: dict[str, list[MigrationKey]] = {}
    for key in graph.leaves():
        leaves.setdefault(key.app, []).append(key)
    for app, names in sorted(leaves.items()):
        if len(names) > 1 and app in apps:
            yield Problem.of(ProblemKind.SEVERAL_LEAVES, app, tuple(names))


def split_without_us(result: Tree, situation: Situation) -> frozenset[str]:
    """Apps that have several leaf nodes on mainline and that neither a patch branch nor the plan changes: SB302 reports them, with or without a plan."""
    mainline = situation.mainline
    counts = Counter(key.app for key in MigrationGraph.of(mainline).leaves())
    ours = {migration.key.app for patch in situation.patches for migration in patch.migrations}
    split = {app for app, count in counts.items() if count > 1} - ours
    return frozenset(app for app in split if of_app(result, app) == of_app(mainline, app))


def of_app(tree: Tree, app: str) -> dict[MigrationKey, Migration]:
    return {key: migration for key, migration in tree.migrations.items() if key.app == app}


def one_replacer_a_ghost(tree: Tree, mainline: Tree) -> Iterator[Problem]:
    """Reports ghosts with several replacing migrations (FACTS F4), unless mainline has them already and nothing was added."""
    before = mainline.replacers
    for ghost, replacers in sorted(tree.replacers.items()):
        if len(replacers) > 1 and replacers != before.get(ghost):
            said = f"{ghost} is named in `replaces` by {' and '.join(map(str, replacers))}: a stop between them loses what one of them creates"
            yield Problem(ProblemKind.SEVERAL_REPLACERS, (ghost, tuple(replacers)), said)


def statements_stay(tree: Tree, situation: Situation) -> Iterator[Problem]:
    """Reports statements of the session (`SET CONSTRAINTS ALL IMMEDIATE`) that were moved: they must stay in their migration and transaction (FACTS
    F35). Each migration must have those of its file on mainline, or otherwise on its branch, in the same order."""
    trees = (situation.mainline, *(patch.tree for patch in situation.patches))
    for key, migration in sorted(tree.migrations.items()):
        was = next((other.migrations[key] for other in trees if key in other.migrations), migration)
        if was is migration or was.operations == migration.operations:
            continue
        kept = iter(session_statements(migration.operations))
        for statement in session_statements(was.operations):
            if statement not in kept:
                yield Problem.of(ProblemKind.STATEMENT_LOST, key, label_of(statement, code_of(statement)))


def schema_is_the_states(
    tree: Tree, installed: PhysicalSchema, excused: frozenset[str], memory: EngineCache
) -> Iterator[Problem]:
    """Differences of a fresh install's tables from the models, except for `excused` tables, which differ on a branch already."""
    wanted = physical_of(final_state(tree, memory))
    unlike = unlike_tables(installed, wanted) - excused
    if unlike:
        found = schema_differences(only(installed, unlike), only(wanted, unlike))
        yield in_short(found).worded("a fresh install differs from the models: ")


def excused_tables(tree: Tree, memory: EngineCache) -> frozenset[str]:
    """Tables that a fresh install of this tree creates differently from its models (SeparateDatabaseAndState, RunSQL)."""
    run = Engine(tree, memory=memory).migrate(SymbolicDatabase())
    try:
        return unlike_tables(run.final.schema, physical_of(final_state(tree, memory)))
    except InconsistentState:
        return frozenset()


def unlike_tables(one: PhysicalSchema, other: PhysicalSchema) -> frozenset[str]:
    names = {*one.tables, *other.tables}
    return frozenset(name for name in names if one.tables.get(name) != other.tables.get(name))


def only(schema: PhysicalSchema, names: frozenset[str]) -> PhysicalSchema:
    return PhysicalSchema({name: table for name, table in schema.tables.items() if name in names})


def final_state(tree: Tree, memory: EngineCache) -> SchemaState:
    """The models at the leaf nodes, as from Django's `project_state()`. Raises InconsistentState."""
    token = 0
    for key in MigrationGraph.of(tree).order():
        token = memory.migration_effect(token, tree.migrations[key]).after
    return memory.states[token]
