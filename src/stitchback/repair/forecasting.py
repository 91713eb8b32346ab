"""What `migrate` will do to one database as it is: by Django's own loader and executor, on the schema that the database shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from stitchback.engine import Engine, Memory, Run, SymbolicDatabase
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree
from stitchback.model.physical import PhysicalSchema
from stitchback.repair.adjusting import as_shown
from stitchback.repair.edits import Presence
from stitchback.repair.playing import Played, Player
from stitchback.repair.proving import followed
from stitchback.repair.visible import Names, VisibleSchema


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one call of `migrate` will do if nobody repairs anything. `error` is what Django says, "" where it goes well, and `at` the
    migration that it says it of. `harms`: what the engine loses without an error. Not `looked`: by the rows alone."""

    runs: tuple[MigrationKey, ...]
    error: str = ""
    at: MigrationKey | None = None
    harms: tuple[str, ...] = ()
    looked: bool = False


class Forecaster:
    """For databases of one engine, against one tree."""

    def __init__(self, tree: Tree, player: Player, engine: str) -> None:
        self.player = player
        self.memory = Memory(engine=engine)
        self.today = Engine(tree, memory=self.memory)
        self._tree = tree

    @cached_property
    def following(self) -> Engine:
        return Engine(followed(self._tree), memory=self.memory)

    @cached_property
    def wanted(self) -> PhysicalSchema:
        """What a fresh install has."""
        return self.today.migrate(SymbolicDatabase()).final.schema

    def forecast(self, ledger: Ledger, visible: VisibleSchema) -> tuple[Forecast, Forecast, PhysicalSchema]:
        """A full migrate as things are, the next release's after it, and the schema that the first one leaves."""
        found = self.database(ledger, visible)
        now = self.today.migrate(found)
        later = self.following.migrate(now.final)
        return self._told(self.today, found, now), self._told(self.following, now.final, later), now.final.schema

    def _told(self, engine: Engine, start: SymbolicDatabase, run: Run) -> Forecast:
        harms, schema = list[str](), start.schema
        for step in run.steps:
            migration = self.memory.number(engine.tree.migrations[step.key])
            harms += self.memory.harms.get((self.memory.schema_number(schema), migration), ())
            schema = step.database.schema
        error = run.error
        return Forecast(
            run.ran, error.message if error else "", error.at if error else None, tuple(harms), looked=True
        )

    def database(self, ledger: Ledger, visible: VisibleSchema) -> SymbolicDatabase:
        """The database with the rows that were read, and with what is seen of the tables that the tree's migrations ever have."""
        played = self._played(ledger)
        shown = visible.names_in(self._tables(played.names), self.player.ever | played.names)
        effects = (effect for effects in self.player.effects.values() for effect in effects)
        schema = as_shown(played.schema, shown, effects)
        return SymbolicDatabase(tuple(row.key for row in ledger.rows), schema, played.data)

    def _tables(self, more: Names) -> frozenset[str]:
        return frozenset(name.table for name in self.player.ever | more if name.table)

    def _played(self, ledger: Ledger) -> Played:
        """What the rows tell, as far as one can play it: names and shapes for what is seen."""
        accounts = self.player.accounts
        made = accounts.standing(ledger.keys).made
        for choice in (made, accounts.standing(frozenset()).nodes):
            played = self.player.play(choice)
            if isinstance(played, Played):
                return played
        return Played(PhysicalSchema(), (), frozenset[Presence]())
