"""A Django migration graph as bit sets: computes the applied nodes and the state for any ledger that has this
graph.

Bit n of a node set is the n-th migration of the graph's full plan (`MigrationExecutor.migration_plan` for all
leaves with `clean_start`). Dependencies come first in that plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.core.management.base import CommandError
from django.db.migrations.exceptions import AmbiguityError

from stitchback.engine.database import DatabaseId, Name, as_key
from stitchback.engine.engine_cache import EMPTY_STATE, EngineCache
from stitchback.engine.executor import SingleMigrationExecutor, SymbolicExecutor
from stitchback.engine.migrate_command import MigrateOptions, Target, connection_at, planned, targets_of
from stitchback.engine.simulation import BuiltGraph, LoaderFiles, SymbolicMigration
from stitchback.model.keys import MigrationKey
from stitchback.schema.clashes import InconsistentState

WIDTH = 16  # rows per lookup in `RowsToNodes`


class MigrationTarget(NamedTuple):
    """A migration target in one graph. `needed`: the nodes of `forwards_plan`. `named`: the node that was
    requested by name.
    """

    needed: int
    named: int


def shape_of(graph: Any) -> tuple[object, ...]:
    """A value that is equal for equal graphs, whatever ledger they were built for."""
    return tuple(
        (name, tuple([parent.key for parent in node.parents])) for name, node in graph.node_map.items()
    )


class CompiledGraph:
    """A graph and its full plan. `executor`: of any ledger that has this graph. Raises BrokenGraph if Django
    cannot plan it.
    """

    def __init__(self, executor: SymbolicExecutor, files: LoaderFiles, memory: EngineCache) -> None:
        self.executor, self.files, self.memory = executor, files, memory
        self.loader = executor.loader
        graph = self.loader.graph
        plan = planned(executor, graph.leaf_nodes(), clean_start=True)
        self.migrations: list[SymbolicMigration] = [migration for migration, _ in plan]
        names = [(each.app_label, each.name) for each in self.migrations]
        self.bits: dict[Name, int] = {name: 1 << number for number, name in enumerate(names)}
        self.own = sorted(
            (as_key(name), bit) for name, bit in self.bits.items() if name not in files.installed
        )
        self.parents = [
            sum(self.bits[parent.key] for parent in graph.node_map[name].parents) for name in names
        ]
        self.all = (1 << len(names)) - 1
        self.split = bool(self.loader.detect_conflicts())
        self.tokens: dict[int, int | None] = {0: EMPTY_STATE}
        self.aims: dict[tuple[Target | None, bool], MigrationTarget | None] = {}
        self.replacements = [
            (memory.bits_of(set(migration.replaces) - files.installed), memory.bit(key))
            for key, migration in self.loader.replacements.items()
        ]
        self.replacing = 0
        for replaced, own in self.replacements:
            self.replacing |= replaced | own
        self.recorded: dict[int, tuple[Name, ...]] = {}

    def unapplied(self, applied: int) -> tuple[MigrationKey, ...]:
        """The nodes that are not in `applied`, sorted, without those of installed packages."""
        return tuple(key for key, bit in self.own if not applied & bit)

    def token(self, applied: int) -> int | None:
        """The token of the state after these nodes in full-plan order (`_create_project_state`). None if
        their operations do not fit each other or a node lacks a parent. The token of each prefix of that
        order is cached.
        """
        waiting, known = applied, []
        while waiting not in self.tokens:
            number = waiting.bit_length() - 1
            known.append(number)
            waiting ^= 1 << number
        token = self.tokens[waiting]
        for number in reversed(known):
            token = None if self.parents[number] & ~waiting else self.after(token, number)
            waiting |= 1 << number
            self.tokens[waiting] = token
        return token

    def after(self, token: int | None, number: int) -> int | None:
        if token is None:
            return None
        migration = self.migrations[number]
        try:
            return self.memory.after(token, migration.content, migration.number)
        except InconsistentState:
            return None

    def aim(self, target: Target | None, *, exact: bool) -> MigrationTarget | None:
        """The target's nodes. None if Django refuses the target or if it is not a node of the graph."""
        place = (target, exact)
        if place not in self.aims:
            self.aims[place] = self.aimed(target, exact=exact)
        return self.aims[place]

    def aimed(self, target: Target | None, *, exact: bool) -> MigrationTarget | None:
        try:
            names = targets_of(self.executor, target, MigrateOptions(exact=exact))
        except (CommandError, AmbiguityError):
            return None
        if not self.bits.keys() >= set(names):
            return None
        plans = (self.loader.graph.forwards_plan(name) for name in names)
        needed = self.nodes(key for plan in plans for key in plan)
        by_name = target is not None and target[1] is not None
        return MigrationTarget(needed, self.nodes(names) if by_name else 0)

    def nodes(self, names: Iterable[Any]) -> int:
        found = 0
        for name in names:
            found |= self.bits[name]
        return found

    def stood_for(self, rows: int) -> int:
        """The squashed nodes whose replaced migrations all have rows."""
        return sum(
            self.bits.get(name, 0)
            for name, (replaced, _) in zip(self.loader.replacements, self.replacements, strict=True)
            if rows & replaced == replaced
        )

    def recorded_at_the_end(self, place: DatabaseId) -> tuple[Name, ...]:
        """The rows that `check_replacements` adds."""
        part = place.rows & self.replacing
        recorded = self.recorded.get(part)
        if recorded is None:
            recorded = self.recorded[part] = self.recorded_by_django(place)
        return recorded

    def recorded_by_django(self, place: DatabaseId) -> tuple[Name, ...]:
        if not self.replacements:
            return ()
        connection = connection_at(place, self.files, self.memory)
        executor, before = SingleMigrationExecutor(connection, self.loader), len(connection.rows)
        executor.check_replacements()
        return tuple(connection.rows[before:])


class LedgersOfOneGraph:
    """Ledgers that agree on all rows relevant to `replaces`. For all of them Django builds the same graph,
    and the same nodes count as applied without a row, or as unapplied although they have one.
    """

    def __init__(self, graph: CompiledGraph, built: BuiltGraph) -> None:
        self.graph = graph
        bits, files, memory = graph.bits, graph.files, graph.memory
        self.rows = RowsToNodes(memory, bits, files.installed)
        self.counted = RowsToNodes(memory, bits, files.installed | built.counted, built.discounted)

    def applied(self, rows: int) -> int:
        """The nodes that count as applied: `MigrationLoader.applied_migrations`."""
        return self.counted.of(rows)

    def is_consistent(self, rows: int, applied: int) -> bool:
        """Whether each node that has a row counts as applied, and each node that counts without a row has
        rows for all that it replaces. With the parents applied (`CompiledGraph.token`),
        `check_consistent_history` then raises nothing. If False, it may still raise nothing (nested
        squashes), and the caller must run Django.
        """
        nodes = self.rows.of(rows)
        without_row = applied & ~nodes
        return not nodes & ~applied and not (without_row and without_row & ~self.graph.stood_for(rows))


class RowsToNodes:
    """Converts rows (bits of `EngineCache`) to nodes (bits of the graph). Nodes in `always` are always
    included, nodes in `never` are not.
    """

    def __init__(
        self,
        memory: EngineCache,
        nodes: dict[Name, int],
        always: frozenset[Name],
        never: frozenset[Name] = frozenset(),
    ) -> None:
        self.always = sum(bit for name, bit in nodes.items() if name in always and name not in never)
        self.pairs: dict[int, list[tuple[int, int]]] = {}  # index of the group of WIDTH rows -> (row, node)
        for name, bit in nodes.items():
            if name not in always and name not in never:
                number = memory.bit(name).bit_length() - 1
                self.pairs.setdefault(number // WIDTH, []).append((1 << number % WIDTH, bit))
        self.known: dict[tuple[int, int], int] = {}

    def of(self, rows: int) -> int:
        found, number = self.always, 0
        while rows:
            part = rows & (1 << WIDTH) - 1
            if part:
                nodes = self.known.get((number, part))
                if nodes is None:
                    nodes = sum(node for row, node in self.pairs.get(number, ()) if part & row)
                    self.known[number, part] = nodes
                found |= nodes
            rows >>= WIDTH
            number += 1
        return found
